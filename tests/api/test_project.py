from __future__ import annotations

import csv
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import api.project as projects
from api.project import Project, init, open_project
from api.results import Demo
from engine.demo.hero import CUSTOMER_KEY
from engine.errors import ConfigError, NotFoundError, SourceError, StateError
from engine.state import State


def test_everything_prints_as_json(shop: Demo, project: Project, tmp_path: Path) -> None:
    for result in (shop, shop.run, project.status(), project.publish(), project.export_members(tmp_path / "m.csv")):
        assert json.loads(json.dumps(result.to_dict()))


@pytest.mark.parametrize(
    "asked",
    [
        "john@email.com",
        " John@Email.com ",
        "+15551234567",
        "+1 (555) 123-4567",
        "555-123-4567",
        "(555) 123 4567",
        "zendesk_users:555123456700",
        "555123456700",
        "GA1.555123456.7000000001",
        f"shopify:{CUSTOMER_KEY}",
        CUSTOMER_KEY,
    ],
)
def test_john_is_one_customer_whatever_he_is_called(shop: Demo, project: Project, asked: str) -> None:
    answer = project.whois(asked)
    assert shop.answer.customer is not None
    assert answer.customer == shop.answer.customer
    assert {r.source for r in answer.customer.records} == {
        "shopify_customers",
        "shopify_orders",
        "sms_subscribers",
        "zendesk_users",
    }


@pytest.mark.parametrize("mark", ["#", "# ", ""])
def test_an_order_is_known_by_the_number_on_it(project: Project, mark: str) -> None:
    rows = project.sql("SELECT record_id, number FROM orders ORDER BY number DESC LIMIT 1").to_arrow()
    ((record_id, number),) = (row.values() for row in rows.to_pylist())
    answer = project.whois(mark + number.removeprefix("#"))
    assert answer.customer is not None
    assert record_id in {record.record_id for record in answer.customer.records}
    if mark:
        assert answer.understood.value == record_id
        assert answer.notes == (f"{mark}{number.removeprefix('#')} is the number of the order {record_id}",)
        assert project.profile(mark + number.removeprefix("#")).customer_id == answer.customer.customer_id


@pytest.mark.parametrize("text", ["#99999999", "#", "99999999", "#1 OR 1=1"])
def test_a_number_of_no_order_leads_to_nobody(project: Project, text: str) -> None:
    with pytest.raises(NotFoundError):
        project.whois(text)


def test_several_texts_are_asked_for_at_once(project: Project) -> None:
    found = project.whois_all(["john@email.com", "+1 555-123-4567"])
    assert found.customer == project.whois("john@email.com").customer


def test_every_identifier_of_john_has_a_thread(shop: Demo) -> None:
    answer = shop.answer
    assert answer.customer is not None
    assert {t.type for t in answer.threads} == {"account", "phone", "device"}
    assert len(answer.threads) == len(answer.customer.identifiers) - 1
    hops = [hop for t in answer.threads if t.path for hop in t.path.hops]
    assert answer.weakest in hops
    assert all(hop.strength >= answer.weakest.strength for hop in hops if answer.weakest)


def test_nobody_is_found_in_a_helpful_sentence(project: Project) -> None:
    with pytest.raises(NotFoundError, match=r"nobody@nowhere\.com: check its spelling"):
        project.whois("nobody@nowhere.com")
    with pytest.raises(NotFoundError, match=r"nobody@x\.y is no e-mail address that there could be"):
        project.whois("nobody@x.y")
    with pytest.raises(NotFoundError, match=r"test@test\.com.*placeholder"):
        project.whois("test@test.com")


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda p: p.plan(threshold="high"), "linkage.threshold: 'high' should be a number"),
        (lambda p: p.decide("mabye", "a@b.com", "c@d.com"), "kind: 'mabye' should be same or different"),
        (lambda p: p.audience("win-bakc"), "purpose: 'win-bakc' should be .*; did you mean win-back"),
        (lambda p: p.addressees("newsletter", "mail"), "channel: 'mail' should be .*; did you mean email"),
        (lambda p: p.audience("newsletter", layout="metta"), "layout: 'metta' should be .*; did you mean meta"),
        (lambda p: p.audiences("lists", "metta"), "layout: 'metta'"),
        (lambda p: p.explain_shift("repeatrate"), "metric: 'repeatrate' should be .*; did you mean repeat-rate"),
    ],
)
def test_a_misspelt_word_is_told_with_those_that_there_are(
    project: Project, ask: Callable[[Project], object], told: str
) -> None:
    with pytest.raises(ConfigError, match=told):
        ask(project)


def test_the_summary_adds_up(shop: Demo, project: Project) -> None:
    run = shop.run
    assert sum(s.records for s in run.sources) == run.records
    assert {s.source for s in run.sources} == {s.title for s in project.config.sources}
    assert max(s.customers for s in run.sources) <= run.customers
    assert 0 < run.several <= run.customers
    assert run.changes["created"] == run.customers
    assert run.example is not None
    assert project.whois(run.example).customer is not None


def test_status_tells_of_the_current_run(shop: Demo, project: Project) -> None:
    run = project.status().run
    assert run is not None
    assert (run.run_id, run.records, run.customers) == (shop.run.run_id, shop.run.records, shop.run.customers)
    assert run.graph == "shows this run"
    assert not run.changed
    assert project.expected_seconds().keys() >= {"sources", "link", "cluster"}


def test_status_tells_of_other_settings_and_of_a_failed_try(copy: Path) -> None:
    file = copy / "clew.yaml"
    file.write_text(file.read_text() + "\nlimits:\n  max_records: 4000\n")
    (copy / "pos_loyalty.csv").unlink()
    with Project(file) as project:
        with pytest.raises(SourceError):
            project.run()
        status = project.status()
    assert status.run is not None
    assert status.run.changed
    assert status.failed is not None
    assert status.failed.status == "failed"


def test_a_store_of_an_earlier_version_is_brought_up_to_date_by_whoever_asks(copy: Path) -> None:
    with closing(sqlite3.connect(copy / ".clew" / "state.db")) as connection:
        for made_since in (
            "DROP TRIGGER record_moved",
            "DROP INDEX entry_decision",
            *(f"DROP TABLE {table}" for table in ("said", "erased", "moved_before", "label", "api_key", "once")),
            *(f"ALTER TABLE run DROP COLUMN {column}" for column in ("actor", "reason")),
        ):
            connection.execute(made_since)
        connection.execute("PRAGMA user_version = 1")
    with Project(copy) as project:
        assert project.status().run is not None
        project.run("pos_loyalty", actor="ann")
        assert [run.actor for run in project.changes().runs] == [None, "ann"]


def test_changes_tell_what_awaits_the_next_run(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = copy / "clew.yaml"
    file.write_text(f"{file.read_text()}\nrates: [{{currency: EUR, rate: 1.1}}]\n")
    with Project(file) as project:
        found = project.changes()
        assert [(c.key, c.before, c.after) for c in found.pending] == [("rates.EUR", None, "1.1")]
        assert "purchases" in found.redefined
        monkeypatch.setenv("CLEW_ACTOR", "ann")
        project.run("pos_loyalty", reason="the euro has moved")
        found = project.changes()
    assert found.pending == ()
    last = found.runs[-1]
    assert (last.actor, last.reason, [c.key for c in last.changes]) == ("ann", "the euro has moved", ["rates.EUR"])
    assert json.loads(json.dumps(found.to_dict()))["runs"][-1]["changes"][0]["path"] == ["rates", "EUR"]


def test_health_of_a_run_of_an_earlier_version(copy: Path) -> None:
    with Project(copy) as project:
        run = project.status().run
        assert run is not None
        (copy / ".clew" / "runs" / run.run_id / "health.parquet").unlink()
        with pytest.raises(StateError, match=r"earlier version of Clew and has no health; `clew run` does"):
            project.health()
        assert project.run("pos_loyalty").health == project.health().grade
        assert project.health().notes[0].startswith("this is the first run that was measured")


def test_before_the_first_run(copy: Path) -> None:
    shutil.rmtree(copy / ".clew")
    with Project(copy / "clew.yaml") as project:
        assert project.status().run is None
        assert project.expected_seconds() == {}
        with pytest.raises(StateError, match="nothing has been run yet; `clew run`"):
            project.whois("john@email.com")
        with pytest.raises(StateError, match="nothing has been run yet"):
            project.publish()
        with pytest.raises(StateError, match="nothing has been run yet"):
            project.health()
        assert not (copy / ".clew").exists()


def test_members_are_exported_as_csv_and_parquet(shop: Demo, project: Project, tmp_path: Path) -> None:
    exported = project.export_members(tmp_path / "members.csv")
    with (tmp_path / "members.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == exported.rows == shop.run.records
    assert list(rows[0]) == ["source", "key", "customer_id"]
    project.export_members(tmp_path / "members.PARQUET")
    assert pq.read_table(tmp_path / "members.PARQUET").to_pylist() == rows
    assert sorted(p.name for p in tmp_path.iterdir()) == ["members.PARQUET", "members.csv"]


def test_events_are_exported_each_with_its_customer_if_any(project: Project, shop: Demo, tmp_path: Path) -> None:
    exported = project.export_events(tmp_path / "events.csv")
    with (tmp_path / "events.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == exported.rows == shop.run.events
    assert list(rows[0]) == ["source", "key", "customer_id", "confidence"]
    known = [float(row["confidence"]) for row in rows if row["customer_id"]]
    assert len(known) == shop.run.owned
    assert 0 < min(known) <= max(known) <= 1
    assert 0 < shop.run.stitched < shop.run.anonymous


def test_the_timeline_of_the_hero_holds_the_visit_before_the_login(project: Project) -> None:
    found = project.timeline("john@email.com")
    hero = project.whois("john@email.com").customer
    assert hero is not None
    assert found.customer_id == hero.customer_id
    kinds = {m.kind for m in found.moments}
    assert {"contact", "order", "ticket"} <= kinds
    assert {"session", "device"} & {m.because for m in found.moments}
    times = [m.at for m in found.moments if m.at]
    assert times == sorted(times)


def test_an_export_that_can_not_be_written_says_so(project: Project, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"should end in \.csv or \.parquet"):
        project.export_members(tmp_path / "members.xlsx")
    with pytest.raises(ConfigError, match="there is no folder"):
        project.export_members(tmp_path / "no" / "members.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ConfigError, match="is a folder"):
        project.export_members(tmp_path / "folder.csv")


def test_an_audit_needs_no_run_and_leaves_nothing(copy: Path) -> None:
    shutil.rmtree(copy / ".clew")
    with Project(copy / "clew.yaml") as project:
        found = project.audit()
    assert {s.source for s in found.sources} == {s.title for s in project.config.sources}
    assert not (copy / ".clew").exists()


def test_a_dropped_graph_comes_back_with_the_next_question(copy: Path) -> None:
    graph = copy / ".clew" / "graph.db"
    graph.unlink()
    with Project(copy / "clew.yaml") as project:
        status = project.status()
        assert status.run is not None
        assert status.run.graph == "is missing"
        assert project.whois("john@email.com").customer is not None
        assert project.publish().unchanged
        graph.unlink()
        again = project.publish()
    assert again.full
    assert not again.unchanged
    assert again.added["records"] == status.run.records


def test_a_damaged_graph_is_told_of_and_built_anew(copy: Path) -> None:
    with closing(sqlite3.connect(copy / ".clew" / "graph.db")) as graph, graph:
        graph.execute("DELETE FROM about WHERE seq = 1")
    with Project(copy / "clew.yaml") as project:
        with pytest.raises(StateError, match=r"the graph isn't run .*: about: rows should be .*--rebuild"):
            project.publish(verify=True)
        assert project.publish(rebuild=True, verify=True).verified


def test_a_second_run_keeps_every_id_and_brings_the_graph_along(copy: Path, shop: Demo) -> None:
    before = shop.answer.customer
    with Project(copy / "clew.yaml") as project:
        again = project.run("shopify_customers")
        status = project.status()
        answer = project.whois("john@email.com")
    assert again.run_id != shop.run.run_id
    assert (again.customers, again.records) == (shop.run.customers, shop.run.records)
    assert status.run is not None
    assert status.run.graph == "shows this run"
    assert answer.customer is not None
    assert before is not None
    assert answer.customer.customer_id == before.customer_id


def test_while_another_process_writes_the_earlier_graph_answers(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Project(copy / "clew.yaml") as project:
        # A run whose publish to the graph did not happen.
        with monkeypatch.context() as patch:
            patch.setattr(Project, "_bring_up_to_date", lambda self: None)
            again = project.run("shopify_customers")
        with State.open(copy / ".clew") as state, state.writing("another run"):
            assert project.whois("john@email.com").customer is not None
            status = project.status()
            assert status.run is not None
            assert status.run.graph == "shows an earlier run"
            with pytest.raises(StateError, match="being written by another run"):
                project.publish()
        assert project.publish().run_id == again.run_id


def test_init_writes_a_project_that_opens(shop: Demo, tmp_path: Path) -> None:
    shutil.copy(shop.folder / "shopify_customers.csv", tmp_path)
    path = init(tmp_path)
    assert path == tmp_path / "clew.yaml"
    with open_project(tmp_path) as project:
        assert [s.preset for s in project.config.sources] == ["shopify_customers"]
    with pytest.raises(ConfigError, match="is there already"):
        init(tmp_path)


def test_init_of_a_folder_with_no_known_file(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear all")
    with pytest.raises(SourceError, match="No file"):
        projects.init(tmp_path)


def test_a_row_that_can_not_be_read_is_told_of_once(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(
        'id,name,email\n1,Ana Diaz,ana@x.com\n2,Bo "B" Berg,bo@x.com\n3,"C"y Cole,cy@x.com\n'
    )
    with open_project(init(tmp_path)) as project:
        found = project.run()
    assert found.rejected == 1
    told = [said for said in found.warnings if said.startswith("people: 1 of 3 rows")]
    assert len(told) == 1
    assert "people.csv, line 4: " in told[0]


def test_what_was_never_compared_is_weighed_when_somebody_asks(shop: Demo, project: Project) -> None:
    members = project.graph.members().to_pylist()
    assert shop.answer.customer is not None
    john = shop.answer.customer.customer_id
    near = {r.match.record_a for r in project.graph.refusals(john)} | {
        r.match.record_b for r in project.graph.refusals(john)
    }
    other = next(m["record_id"] for m in members if m["customer_id"] != john and m["record_id"] not in near)
    found = project.why("john@email.com", other)
    assert not found.same
    assert found.weighed is not None
    assert found.weighed.weight < 0
    weights = {r.comparison: r.weight for r in found.weighed.reasons}
    assert len(weights) == len(found.weighed.reasons)
    assert min(w for w in weights.values() if w is not None) < 0
    assert project.why("john@email.com", "5551234567").weighed is None
