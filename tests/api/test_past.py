"""The past of a demo shop, asked as people ask: what happened to a customer, who somebody was, does it add up."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from typer.testing import Result

from api.project import Project
from engine.compute import Compute
from engine.errors import ConfigError, NotFoundError
from engine.state import State

EMAIL, PHONE = "john@email.com", "+15551234567"
DESK = "zendesk_users:555123456700"


@pytest.fixture(scope="module")
def parted(shop_folder: Path) -> tuple[Path, str, datetime]:
    """The demo, in which John's help desk record was decided to be another's; its first id and when that was so."""
    with Project(shop_folder) as project:
        customer = project.whois(EMAIL).customer
        assert customer is not None
        with State.open(project.layout.store, read_only=True) as state:
            first = state.runs()[-1].finished
        made = project.decide("different", DESK, EMAIL, reason="another John", actor="ann")
        project.block(PHONE, actor="ann")
        project.block(visited_on(project)[0], actor="ann")
        project.run(actor="bob")
        project.undo(made.entry, actor="cy")
    assert first is not None
    return shop_folder, customer.customer_id, first


def visited_on(project: Project) -> tuple[str, str]:
    """A device that no record holds, and the customer that logged in or clicked there."""
    tables = project.layout.run(project.status().run.run_id)  # type: ignore[union-attr]
    with Compute() as compute:
        for name in ("events", "event_owners", "identifiers"):
            compute.read_parquet(name, tables.path(name))
        device, customer = compute.rows(
            """SELECT device, customer_id FROM events JOIN event_owners USING (source, key)
            WHERE because IN ('login', 'click') AND device NOT IN (SELECT value FROM identifiers WHERE type = 'device')
            ORDER BY ALL LIMIT 1"""
        )[0]
    return device, customer


@pytest.fixture(scope="module")
def shop_folder(shop: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(shop.folder, tmp_path_factory.mktemp("past") / "shop"))  # type: ignore[attr-defined]


Parted = tuple[Path, str, datetime]


def test_a_history_tells_moves_and_decisions_with_who_and_why(parted: Parted, clew: Callable[..., Result]) -> None:
    folder, customer, _ = parted
    with Project(folder) as project:
        found = project.history(customer)
        assert (found.customer_id, found.leads_to) == (customer, ())
        assert [e.kind for e in found.entries][:4] == ["created", "refused", "blocked", "split"]
        assert found.entries[-1].kind == "undone"
        created, refused, blocked = found.entries[:3]
        assert (DESK in created.records, bool(created.matches)) == (True, True)
        assert (refused.reason, refused.actor, refused.records[: refused.left]) == ("another John", "ann", (DESK,))
        assert found.values == {blocked.mark: ("phone", PHONE)}
        for asked in (DESK, "john@email.com"):
            assert any(e.seq == refused.seq for e in project.history(asked).entries)
    told = " ".join(clew("-p", folder, "history", customer).stdout.split())
    assert f"{customer} was created, of {len(created.records)} records" in told
    assert "match by same e-mail" in told
    assert f"decided: {DESK} and" in told
    assert "“another John”" in told
    assert f"decided: phone {PHONE} never links" in told
    assert f"was split off from {customer}, with 1 record: {DESK}" in told
    assert f"because {DESK} and" in told
    assert "are no longer held together by: same phone" in told
    assert "by clew run (bob)" in told
    assert f"decision {refused.seq} was taken back" in told
    assert json.loads(clew("-p", folder, "history", customer, "--json").stdout)["entries"][0]["kind"] == "created"


def test_a_blocked_device_is_told_of_whoever_logged_in_there(parted: Parted, clew: Callable[..., Result]) -> None:
    with Project(parted[0]) as project:
        device, customer = visited_on(project)
        found = project.history(customer)
        (blocked,) = (e for e in found.entries if e.kind == "blocked")
        assert not project.block(device).new
        assert found.values == {blocked.mark: ("device", device)}
    told = " ".join(clew("-p", parted[0], "history", customer).stdout.split())
    assert f"decided: device {device} never links" in told


def test_a_history_ends_where_it_is_asked_to(parted: Parted, clew: Callable[..., Result]) -> None:
    folder, customer, first = parted
    with Project(folder) as project:
        assert [e.kind for e in project.history(customer, first).entries] == ["created"]
        parted_off = project.whois(DESK).customer
        assert parted_off is not None
        with pytest.raises(NotFoundError, match="the id was first given on"):
            project.history(parted_off.customer_id, first)
    assert clew("-p", folder, "history", customer, "--as-of", "2020-01-01").exit_code == NotFoundError.exit_code


def test_somebody_was_who_they_were(parted: Parted, clew: Callable[..., Result]) -> None:
    folder, customer, first = parted
    with Project(folder) as project:
        was = project.whois_as_of(DESK, first)
        assert (was.customer_id, len(was.records) > 3, was.decisions) == (customer, True, ())
        assert was.values is not None
        assert was.values.email == EMAIL
        assert any(DESK in match for match in was.matches)
        today = project.whois_as_of(DESK, date.today())
        assert today.customer_id != customer
        assert [r.record_id for r in today.records] == [DESK]
        # Its decision was taken back since, and today counts up to its end.
        assert today.decisions == ()
        # The e-mail's records of today were his then.
        assert project.whois_as_of(EMAIL, first).customer_id == customer
        # The phone is held by records of two customers now: at the first run they were one.
        assert project.whois_as_of(PHONE, first).customer_id == customer
        several = project.whois_as_of(PHONE, date.today())
        assert (several.customer_id, customer in several.several) == (None, True)
    told = clew("-p", folder, "whois", DESK, "--as-of", first.isoformat())
    assert told.exit_code == 0
    assert "Why they belonged together" in told.stdout
    assert f"John Doe  {customer}" in told.stdout
    shown = clew("-p", folder, "whois", PHONE, "--as-of", f"{date.today():%Y-%m-%d}").stdout
    assert "customers then" in " ".join(shown.split())
    assert json.loads(clew("-p", folder, "whois", DESK, "--as-of", first.isoformat(), "--json").stdout)["run_id"]


def test_of_a_run_that_is_gone_only_the_ledger_speaks(
    parted: Parted, tmp_path: Path, clew: Callable[..., Result]
) -> None:
    folder, customer, first = parted
    copy = Path(shutil.copytree(folder, tmp_path / "shop"))
    with Project(copy) as project:
        oldest = project.runs().runs[-1]
        shutil.rmtree(project.layout.run(oldest.run_id).folder)
        was = project.whois_as_of(customer, first)
        assert (was.values, len(was.records) > 3) == (None, True)
        assert was.matches
    told = " ".join(clew("-p", copy, "whois", customer, "--as-of", first.isoformat()).stdout.split())
    assert f"The tables of run {oldest.run_id} are no longer kept" in told


@pytest.mark.parametrize(
    ("asked", "as_of", "error", "told"),
    [
        (EMAIL, "2020-01-01", NotFoundError, "nothing had been run yet at 2020-01-01 23:59 UTC: the first answer is"),
        (EMAIL, "last week", ConfigError, "is no date: write 2026-01-31"),
        ("nobody@nowhere.com", None, NotFoundError, "no record holds the e-mail"),
        ("C0000000Z", None, NotFoundError, "its check character is wrong"),
    ],
)
def test_nobody_to_tell_of(parted: Parted, asked: str, as_of: str | None, error: type[Exception], told: str) -> None:
    with Project(parted[0]) as project, pytest.raises(error, match=told):
        project.whois_as_of(asked, as_of or date.today())


@pytest.mark.parametrize("asked", ["nobody@nowhere.com", "+12125550199"])
def test_nobody_has_no_history(parted: Parted, asked: str) -> None:
    with Project(parted[0]) as project, pytest.raises(NotFoundError, match="no record holds the"):
        project.history(asked)


def test_verify_proves_ledger_answer_and_graph(parted: Parted, tmp_path: Path, clew: Callable[..., Result]) -> None:
    folder, *_ = parted
    well = clew("-p", folder, "verify")
    assert well.exit_code == 0
    assert "The ledger is whole" in well.stdout
    assert "all of it agrees" in well.stdout
    copy = Path(shutil.copytree(folder, tmp_path / "shop"))
    with sqlite3.connect(copy / ".clew" / "state.db") as connection:
        connection.execute("DROP TRIGGER entry_UPDATE")
        connection.execute("UPDATE entry SET kind = 'joined' WHERE seq = 1")
    with sqlite3.connect(copy / ".clew" / "graph.db") as connection:
        connection.execute("DELETE FROM customer WHERE rowid = 1")
    broken = clew("-p", copy, "verify")
    assert broken.exit_code == 5
    assert "entry 1 was altered" in broken.stdout
    assert "The graph isn't that run" in broken.stdout
    (copy / ".clew" / "graph.db").unlink()
    assert "The graph is not there; the next question" in clew("-p", copy, "verify").stdout
    assert json.loads(clew("-p", copy, "verify", "--json").stdout)["problems"]
