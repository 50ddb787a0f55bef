"""What people decide of a project, asked as they ask: by e-mail, phone, record or customer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from api.project import Project
from engine.errors import ConfigError, NotFoundError, StateError
from graph.store import Customer

#: The demo's hero: the shop knows his e-mail, the help desk and the SMS tool his phone.
EMAIL, PHONE = "john@email.com", "+15551234567"
DESK = "zendesk_users:555123456700"


@pytest.fixture
def shop(copy: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLEW_ACTOR", "ann")
    return copy


def test_a_record_is_taken_out_of_its_customer_and_put_back(shop: Path, clew: Callable[..., Result]) -> None:
    with Project(shop) as project:
        before = _customer(project, EMAIL)
        customer_id = before.customer_id
        made = project.decide("different", DESK, customer_id, reason="another John")
        assert (made.left, DESK in made.right, len(made.right)) == ((DESK,), False, len(before.records) - 1)
        assert made.right == tuple(sorted(made.right))  # and not by their secret numbers
        assert (made.new, made.waits, made.actor, made.customers) == (True, True, "ann", (customer_id,))
        plan = project.plan()
        assert (plan.comparison.decided, plan.comparison.undecided) == ((made.entry,), ())
        assert plan.comparison.kinds["split"] == 1
        project.apply(plan.plan_id)
        assert _customer(project, DESK).customer_id != customer_id
        assert _customer(project, EMAIL).customer_id == customer_id
        assert not project.decisions().decisions[0].waits
        why = clew("-p", shop, "why", EMAIL, DESK)
        assert f"decided by ann to be two people (entry {made.entry})" in " ".join(why.stdout.split())
        with pytest.raises(StateError, match=f"entry {made.entry}, by ann on"):
            project.decide("same", DESK, EMAIL)
        project.undo(made.entry)
        project.run()
        after = _customer(project, DESK)
        assert (after.customer_id, _records(after)) == (customer_id, _records(before))
        assert project.decisions().decisions == ()
        assert project.decisions(everything=True).decisions[0].undone is not None


def test_two_strangers_are_one_person(shop: Path, clew: Callable[..., Result]) -> None:
    with Project(shop) as project:
        stranger = next(c for (c,) in _customers(project) if c != _customer(project, EMAIL).customer_id)
        made = project.decide("same", EMAIL, stranger)
        assert not project.decide("same", stranger, EMAIL).new
        project.run()
        ids = {_customer(project, asked).customer_id for asked in (EMAIL, stranger, PHONE)}
        assert len(ids) == 1
    told = clew("-p", shop, "why", EMAIL, made.right[0]).stdout
    assert f"decided by ann (entry {made.entry})" in " ".join(told.split())


def test_why_names_the_decision_that_strangers_are_two_people(shop: Path, clew: Callable[..., Result]) -> None:
    with Project(shop) as project:
        john = _customer(project, EMAIL).customer_id
        stranger = next(c for (c,) in _customers(project) if c != john and not project.why(john, c).refusals)
        made = project.decide("different", stranger, john, reason="I know both")
        found = project.why(EMAIL, stranger)
        assert [entry.seq for entry in found.decisions] == [made.entry]
        told = " ".join(clew("-p", shop, "why", EMAIL, stranger).stdout.split())
        assert f"by ann (entry {made.entry}): " in told
        assert "are two people “I know both”" in told
        project.undo(made.entry)
        assert project.why(EMAIL, stranger).decisions == ()


def _customer(project: Project, asked: str) -> Customer:
    found = project.whois(asked).customer
    assert found is not None
    return found


def _records(customer: Customer) -> list[str]:
    return [record.record_id for record in customer.records]


def _customers(project: Project) -> list[tuple[str]]:
    from engine.compute import Compute

    with Compute() as compute:
        path = project.layout.run(project.status().run.run_id).path("customers")  # type: ignore[union-attr]
        return compute.rows("SELECT customer_id FROM read_parquet($path) ORDER BY ALL", {"path": str(path)})


def test_decisions_on_the_command_line(shop: Path, clew: Callable[..., Result]) -> None:
    assert "Nobody has decided anything" in clew("-p", shop, "decisions").stdout
    blocked = clew("-p", shop, "block", "(555) 123-4567", "--reason", "everybody's").stdout
    assert f"phone {PHONE} never links" in blocked
    entry = json.loads(clew("-p", shop, "decisions", "--json").stdout)["decisions"][0]["entry"]
    assert f"clew undo {entry}" in blocked
    assert "That was decided before: nothing is new." in clew("-p", shop, "block", PHONE).stdout
    listed = clew("-p", shop, "decisions").stdout
    assert "by ann, from the next run on" in listed
    assert "everybody's" in listed
    assert clew("-p", shop, "run").exit_code == 0
    nobody = clew("-p", shop, "whois", PHONE)
    assert nobody.exit_code == NotFoundError.exit_code
    assert f"blocked by ann (entry {entry})" in " ".join(nobody.stderr.split())
    why = clew("-p", shop, "why", EMAIL, DESK).stdout
    assert "Two customers" in why
    assert "phone:" not in why
    assert "goes by the scores again" in " ".join(clew("-p", shop, "undo", entry).stdout.split())
    assert "Nobody has decided anything" in clew("-p", shop, "decisions").stdout
    assert f"undone by entry {entry + 1}" not in clew("-p", shop, "decisions").stdout
    assert "undone by entry" in clew("-p", shop, "decisions", "--all").stdout


def test_a_decision_of_records_that_have_gone_is_idle(shop: Path, clew: Callable[..., Result]) -> None:
    desk = shop / "zendesk_users.ndjson"
    said = desk.read_text(encoding="utf-8")
    with Project(shop) as project:
        entry = project.decide("different", DESK, EMAIL).entry
        project.run()
        desk.write_text("".join(line for line in said.splitlines(True) if "555123456700" not in line), encoding="utf-8")
        project.run()
        assert [d.idle for d in project.decisions().decisions] == [True]
        assert f"entry {entry} " in (told := " ".join(clew("-p", shop, "decisions").stdout.split()))
        assert "by ann, idle: no source holds one of the two" in told
        desk.write_text(said, encoding="utf-8")
        project.run()
        assert [d.idle for d in project.decisions().decisions] == [False]
        assert _customer(project, DESK).customer_id != _customer(project, EMAIL).customer_id


@pytest.mark.parametrize(
    ("a", "b", "error", "told"),
    [
        (EMAIL, "nobody@nowhere.com", NotFoundError, "no record holds the e-mail"),
        (EMAIL, EMAIL, ConfigError, "is both"),
        (EMAIL, PHONE, ConfigError, "is both. Name records"),
    ],
)
def test_what_cannot_be_decided(shop: Path, a: str, b: str, error: type[Exception], told: str) -> None:
    with Project(shop) as project, pytest.raises(error, match=told):
        project.decide("different", a, b)


def test_a_customer_is_not_two_by_itself(shop: Path) -> None:
    with Project(shop) as project:
        customer_id = _customer(project, EMAIL).customer_id
        with pytest.raises(ConfigError, match="they are the same records"):
            project.decide("different", customer_id, customer_id)


def test_nothing_that_could_be_blocked(shop: Path) -> None:
    with Project(shop) as project, pytest.raises(NotFoundError, match="could be blocked"):
        project.block("zendesk_users:555123456700")


def test_an_id_that_ended_stands_for_the_customer_it_leads_to(shop: Path) -> None:
    with Project(shop) as project:
        customer_id = _customer(project, EMAIL).customer_id
        others = [c for (c,) in _customers(project) if c != customer_id][:2]
        project.decide("same", EMAIL, others[0])
        project.run()
        (ended,) = {customer_id, others[0]} - {_customer(project, EMAIL).customer_id}
        assert project.decide("same", ended, others[1]).new
        project.run()
        ids = {_customer(project, asked).customer_id for asked in (EMAIL, others[1])}
        assert len(ids) == 1
