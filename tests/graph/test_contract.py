"""What every graph store keeps to: each test runs on each store."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from engine.compute import Compute
from engine.errors import NotFoundError, StateError, TableError
from engine.runs import RunTables
from graph.neo4j import publish as neo4j_publish
from graph.search import slips
from graph.sqlite import SqliteStore
from graph.sqlite import publish as sqlite_publish
from graph.sqlite import schema as sqlite_schema
from graph.store import Answered, GraphStore, Hit, Holder, Outline, Owner, Permission, Reason
from graph.tables import GRAPH_TABLES
from tests.graph.runs import (
    T0,
    Row,
    Run,
    called,
    crowd,
    customer,
    identifier,
    john,
    known,
    match,
    member,
    merged,
    reason,
    record,
)
from tests.neo4j.graphs import Graphs

NOON = T0.replace(tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("neo4j", marks=pytest.mark.xdist_group("neo4j"))], scope="module")
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def store(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GraphStore]:
    """An empty store."""
    opened = SqliteStore(tmp_path / "graph.db") if kind == "sqlite" else request.getfixturevalue("neo4j").empty()
    yield opened
    opened.close()


def _filled(kind: str, request: pytest.FixtureRequest, folder: Path, fill: Callable[[GraphStore], None]) -> GraphStore:
    """A store for reading only."""
    if kind == "neo4j":
        graphs: Graphs = request.getfixturevalue("neo4j")
        return graphs.shown(fill)
    opened = SqliteStore(folder / "graph.db")
    fill(opened)
    return opened


@pytest.fixture(scope="module")
def first(
    kind: str, one: RunTables, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GraphStore]:
    """A store that shows run one. It is only read."""

    def fill(store: GraphStore) -> None:
        store.publish(one, None)

    opened = _filled(kind, request, tmp_path_factory.mktemp("first"), fill)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def second(
    kind: str, one: RunTables, two: RunTables, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GraphStore]:
    """A store that was brought from run one to run two. It is only read."""

    def fill(store: GraphStore) -> None:
        store.publish(one, None)
        store.publish(two, one)

    opened = _filled(kind, request, tmp_path_factory.mktemp("second"), fill)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def searched(
    kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GraphStore]:
    """A store that shows a few people and a company. It is only read."""
    folder = tmp_path_factory.mktemp("searched")
    run = crowd().write(folder / "runs" / "crowd")

    def fill(store: GraphStore) -> None:
        store.publish(run, None)

    opened = _filled(kind, request, folder, fill)
    yield opened
    opened.close()


class TestPublish:
    def test_an_empty_store_shows_no_run(self, store: GraphStore) -> None:
        assert store.current_run() is None
        with pytest.raises(StateError, match="clew publish"):
            store.find("email", "john@email.com")

    def test_the_first_publish_loads_everything(self, store: GraphStore, one: RunTables) -> None:
        report = store.publish(one, None)
        assert (report.full, report.previous, store.current_run()) == (True, None, "one")
        assert report.added["identifiers"] == 10
        assert store.verify(one) == []

    def test_twice_is_once(self, store: GraphStore, one: RunTables, two: RunTables) -> None:
        store.publish(one, None)
        assert store.publish(one, None).unchanged
        store.publish(two, one)
        again = store.publish(two, one)
        assert again.unchanged
        assert not again.added
        assert store.verify(two) == []

    def test_a_known_previous_run_costs_the_difference_only(
        self, store: GraphStore, one: RunTables, two: RunTables
    ) -> None:
        store.publish(one, None)
        report = store.publish(two, one)
        assert (report.full, report.previous) == (False, "one")
        assert report.added["records"] == 1
        assert report.removed["records"] == 2
        assert report.added["identifiers"] == 0
        assert store.verify(two) == []

    def test_an_unknown_previous_run_means_a_load_of_everything(
        self, store: GraphStore, one: RunTables, two: RunTables, tmp_path: Path
    ) -> None:
        store.publish(one, None)
        assert store.publish(two, None).full
        assert store.verify(two) == []
        another, deleted = one, RunTables(tmp_path / "gone" / "one")
        assert store.publish(one, another).full
        assert store.publish(two, deleted).full
        assert store.verify(two) == []

    def test_back_and_forth_ends_where_a_load_does(self, store: GraphStore, one: RunTables, two: RunTables) -> None:
        store.publish(one, None)
        store.publish(two, one)
        store.publish(one, two)
        assert store.verify(one) == []
        assert store.customer("c2").customer_id == "c2"

    def test_to_an_empty_run_and_back(self, store: GraphStore, one: RunTables, tmp_path: Path) -> None:
        nothing = Run().write(tmp_path / "runs" / "nothing")
        store.publish(one, None)
        store.publish(nothing, one)
        assert store.verify(nothing) == []
        assert store.find("email", "john@email.com").status == "unknown"
        store.publish(one, nothing)
        assert store.verify(one) == []

    def test_in_every_table_a_row_may_hold_something_else(
        self, store: GraphStore, two: RunTables, tmp_path: Path
    ) -> None:
        store.publish(two, None)
        other: Row = {
            "records": {"name": "Other"}, "customers": {"name": "Other"}, "members": {"confidence": 0.5},
            "identifiers": {"status": "weak"}, "known_by": {"confidence": 0.5}, "permissions": {"why_not": "other"},
            "shared_values": {"reason": "other"}, "matches": {"weight": 0.5}, "refusals": {"refusal": "other"},
            "device_windows": {"until": None, "because": "click"}, "ledger": {"customer_ids": ["c4"]},
            "redirects": {"kind": "split"},
        }  # fmt: skip
        run = merged().with_rows("shared_values", *john().tables["shared_values"])
        run = run.with_rows("refusals", *john().tables["refusals"])
        before = run.write(tmp_path / "runs" / "before")
        assert set(other) == set(run.tables) == set(GRAPH_TABLES)
        for table, values in other.items():
            run = run.changed(table, lambda row: True, **values)
        after = run.write(tmp_path / "runs" / "after")
        store.publish(before, two)
        store.publish(after, before)
        assert store.verify(after) == []
        assert [(e.seq, e.customer_ids) for e in store.customer("c4").entries] == [(1, ("c4",)), (2, ("c4",))]
        assert not store.customer("c1").entries

    def test_a_device_window_may_have_no_beginning(self, store: GraphStore, one: RunTables, tmp_path: Path) -> None:
        window = {"device": "d-9", "customer_id": "c1", "because": "login"}
        without = john().with_rows("device_windows", window).write(tmp_path / "runs" / "without")
        other = john().with_rows("device_windows", {**window, "because": "order"}).write(tmp_path / "runs" / "other")
        for run, previous in ((without, None), (other, without), (one, other)):
            store.publish(run, previous)
            assert store.verify(run) == []

    def test_a_repeated_key_is_refused_and_nothing_changes(
        self, store: GraphStore, one: RunTables, tmp_path: Path
    ) -> None:
        store.publish(one, None)
        run = john()
        repeated: dict[str, Row] = {
            "records": {"name": "Other"}, "members": {"confidence": 0.5}, "matches": {"weight": 0.5},
            "known_by": {"confidence": 0.5}, "device_windows": {"because": "click"},
        }  # fmt: skip
        for table, changed in repeated.items():
            bad = run.with_rows(table, {**run.tables[table][0], **changed}).write(tmp_path / "runs" / table)
            for previous in (one, None):
                with pytest.raises(TableError, match=table):
                    store.publish(bad, previous)
        assert store.verify(one) == []

    def test_a_dangling_reference_is_refused_and_nothing_changes(
        self, store: GraphStore, one: RunTables, tmp_path: Path
    ) -> None:
        store.publish(one, None)
        bad = john().with_rows("matches", match("shop:1", "nobody:5", 3.0, 9)).write(tmp_path / "runs" / "bad")
        for previous in (one, None):
            with pytest.raises(TableError, match="matches"):
                store.publish(bad, previous)
        assert store.current_run() == "one"
        assert store.verify(one) == []

    def test_a_run_without_a_table_is_damaged(self, store: GraphStore, one: RunTables, tmp_path: Path) -> None:
        store.publish(one, None)
        damaged = RunTables(Path(shutil.copytree(one.folder, tmp_path / "runs" / "two")))
        damaged.path("members").unlink()
        with pytest.raises(StateError, match=r"run two has no members\.parquet"):
            store.publish(damaged, one)
        assert store.verify(one) == []

    def test_a_table_with_a_wrong_column_is_named(self, store: GraphStore, one: RunTables, tmp_path: Path) -> None:
        wrong = RunTables(Path(shutil.copytree(one.folder, tmp_path / "runs" / "two")))
        wrong.path("members").write_bytes(one.path("customers").read_bytes())
        with pytest.raises(TableError, match=r"run two.*members.*no column record_id"):
            store.publish(wrong, None)

    def test_dropped_and_rebuilt(self, store: GraphStore, one: RunTables, two: RunTables) -> None:
        store.drop()
        store.publish(one, None)
        store.drop()
        assert store.current_run() is None
        with pytest.raises(StateError, match="clew publish"):
            store.customer("c1")
        assert store.publish(two, one).full
        assert store.verify(two) == []

    def test_of_two_publishers_the_second_is_told_and_the_first_goes_on(
        self, kind: str, store: GraphStore, one: RunTables, two: RunTables, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store.publish(one, None)
        begun, go_on = threading.Event(), threading.Event()
        publishing = sqlite_publish if kind == "sqlite" else neo4j_publish
        opened = publishing.open_run

        def slowly(compute: Compute, run: RunTables, prefix: str) -> None:
            begun.set()
            assert go_on.wait(60)
            opened(compute, run, prefix)

        monkeypatch.setattr(publishing, "open_run", slowly)
        monkeypatch.setattr(sqlite_schema, "WRITE_TIMEOUT", 0.1)
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(store.publish, two, one)
            try:
                assert begun.wait(60)
                with pytest.raises(StateError, match=f"being published to by process {os.getpid()} on "):
                    store.publish(two, None)
                assert store.current_run() == "one"
            finally:
                go_on.set()
            assert first.result(60).added
        assert store.verify(two) == []

    def test_verify_tells_what_differs(self, store: GraphStore, one: RunTables, two: RunTables, tmp_path: Path) -> None:
        store.publish(one, None)
        assert [(d.table, d.what) for d in store.verify(two)] == [("graph", "run")]
        run = john().without("matches", lambda r: r["step"] == 2)
        run = run.changed("known_by", lambda r: r["type"] == "email", confidence=0.75)
        other = run.write(tmp_path / "other" / "one")
        differences = store.verify(other)
        assert [(d.table, d.what) for d in differences] == [("known_by", "checksum"), ("matches", "rows")]
        assert str(differences[1]) == "matches: rows should be 1 and is 2"


#: For each thing that a graph holds: how to alter one, and how to lose one (None where other things would go with it).
DAMAGES: dict[str, dict[str, tuple[str, str | None]]] = {
    "sqlite": {
        "records": ("UPDATE record SET name = 'x' WHERE key = '7'", None),
        "customers": ("UPDATE customer SET phone = 'x' WHERE customer_id = 'c2'", None),
        "members": ("UPDATE member SET confidence = 0.1 WHERE record = 1", "DELETE FROM member WHERE record = 1"),
        "identifiers": ("UPDATE holder SET display = 'x' WHERE record = 1 AND value = 1",
                        "DELETE FROM holder WHERE record = 1 AND value = 1"),
        "known_by": ("UPDATE known_by SET first_seen = 1 WHERE value = 1", "DELETE FROM known_by WHERE value = 1"),
        "permissions": ("UPDATE permission SET conflict = 0", "DELETE FROM permission"),
        "shared_values": ("UPDATE shared SET reason = 'x'", "DELETE FROM shared"),
        "matches": ("UPDATE match SET weights = replace(weights, '11.25', '9') WHERE step = 1",
                    "DELETE FROM match WHERE step = 2"),
        "refusals": ("UPDATE refusal SET refusal = 'x'", "DELETE FROM refusal"),
        "device_windows": ("UPDATE device_window SET until = NULL", "DELETE FROM device_window WHERE until IS NULL"),
        "ledger": ("UPDATE ledger SET hash = 'x'", "DELETE FROM ledger WHERE seq = 1"),
        "redirects": ("UPDATE redirect SET kind = 1", "DELETE FROM redirect"),
        "about": ("UPDATE about SET customer = 'c3' WHERE customer = 'c1' AND seq = 2",
                  "DELETE FROM about WHERE seq = 2 AND customer = 'c1'"),
        "values": ("INSERT INTO value SELECT 99, type, 'forgotten@email.com' FROM value WHERE id = 1", None),
        "words": ("INSERT INTO customer_search (rowid, names) SELECT id, 'jane' FROM customer WHERE customer_id = 'c1'",
                  "INSERT INTO customer_search (customer_search, rowid, names, others) "
                  "SELECT 'delete', id, names, others FROM customer WHERE customer_id = 'c1'"),
    },
    "neo4j": {
        "records": ("MATCH (n:Record {id: 'support:7'}) SET n.name = 'x'", None),
        "customers": ("MATCH (n:Customer {id: 'c2'}) SET n.phone = 'x'", None),
        "members": ("MATCH (:Record {id: 'shop:1'})-[r:BELONGS_TO]->() SET r.confidence = 0.1",
                    "MATCH (:Record {id: 'shop:1'})-[r:BELONGS_TO]->() DELETE r"),
        "identifiers": ("MATCH (:Record {id: 'shop:1'})-[r:HAS]->(:Email) SET r.display = 'x'",
                        "MATCH (:Record {id: 'shop:1'})-[r:HAS]->(:Email) DELETE r"),
        "known_by": ("MATCH ()-[r:KNOWN_BY]->(:Email) REMOVE r.first_seen", "MATCH ()-[r:KNOWN_BY]->(:Email) DELETE r"),
        "permissions": ("MATCH ()-[r:CONSENTS]->() SET r.conflict = false", "MATCH ()-[r:CONSENTS]->() DELETE r"),
        "shared_values": ("MATCH (n:Phone {status: 'shared'}) SET n.shared_because = 'x'", None),
        "matches": ("MATCH ()-[r:MATCHES {step: 1}]->() SET r.reasons = r.reasons[1..]",
                    "MATCH ()-[r:MATCHES {step: 1}]->() DELETE r"),
        "refusals": ("MATCH ()-[r:REFUSED]->() SET r.refusal = 'x'", "MATCH ()-[r:REFUSED]->() DELETE r"),
        "device_windows": ("MATCH (:Device)-[r:USED_BY]->() REMOVE r.until",
                           "MATCH ()-[r:USED_BY]->() WHERE r.until IS NULL DELETE r"),
        "ledger": ("MATCH (n:LedgerEntry {seq: 1}) SET n.hash = 'x'", None),
        "redirects": ("MATCH ()-[r:MERGED_INTO]->() SET r.kind = 'x'", "MATCH ()-[r:MERGED_INTO]->() DELETE r"),
        "about": ("MATCH (l:LedgerEntry {seq: 2})-[r:ABOUT]->(:Customer {id: 'c1'}) MATCH (c:Customer {id: 'c3'}) "
                  "CREATE (l)-[:ABOUT {born: r.born}]->(c) DELETE r",
                  "MATCH (:LedgerEntry {seq: 2})-[r:ABOUT]->(:Customer {id: 'c1'}) DELETE r"),
        "values": ("MATCH (n:Email {value: 'john@email.com'}) REMOVE n:Email", None),
        "customer ids": ("CREATE (:Customer {id: 'c9', retired: true, born: 1})", "MATCH (n {retired: true}) DELETE n"),
    },
}  # fmt: skip


def _damage(store: GraphStore, request: pytest.FixtureRequest, statements: list[str]) -> None:
    """Change a graph behind its store's back."""
    if not isinstance(store, SqliteStore):
        for statement in statements:
            request.getfixturevalue("neo4j").run(statement)
        return
    with closing(sqlite3.connect(store.path)) as connection, connection:
        for statement in statements:
            assert connection.execute(statement).rowcount, statement


class TestVerify:
    @pytest.fixture
    def whole(self, store: GraphStore, tmp_path: Path) -> RunTables:
        """A run with rows in every table, which the store shows."""
        later = merged()
        run = john().with_rows("ledger", *later.tables["ledger"]).with_rows("redirects", *later.tables["redirects"][1:])
        assert all(run.tables[name] for name in GRAPH_TABLES)
        written = run.write(tmp_path / "runs" / "whole")
        store.publish(written, None)
        assert store.verify(written) == []
        return written

    def test_it_finds_one_altered_thing_of_each_kind(
        self, kind: str, store: GraphStore, whole: RunTables, request: pytest.FixtureRequest
    ) -> None:
        _damage(store, request, [alter for alter, _ in DAMAGES[kind].values()])
        assert [d.table for d in store.verify(whole)] == list(DAMAGES[kind])

    def test_it_finds_one_lost_thing_of_each_kind(
        self, kind: str, store: GraphStore, whole: RunTables, request: pytest.FixtureRequest
    ) -> None:
        lost = {name: lose for name, (_, lose) in DAMAGES[kind].items() if lose}
        _damage(store, request, list(lost.values()))
        assert {d.table: d.what for d in store.verify(whole)} == dict.fromkeys(lost, "rows")


class TestFind:
    def test_a_value_leads_to_its_customer(self, first: GraphStore) -> None:
        finding = first.find("email", "john@email.com")
        assert (finding.status, finding.customers, finding.records) == ("known", (Owner("c1", 1.0),), 2)
        assert finding.holders == (Holder("shop:1", "c1", "ok"), Holder("support:7", "c1", "ok"))

    def test_an_unknown_value(self, first: GraphStore) -> None:
        assert first.find("email", "nobody@email.com").status == "unknown"
        assert first.find("shoe size", "john@email.com").status == "unknown"

    def test_a_shared_value_has_no_customer_but_its_holders(self, first: GraphStore) -> None:
        finding = first.find("phone", "+15550000000")
        assert (finding.status, finding.customers, finding.reason) == ("shared", (), "two households")
        assert [h.customer_id for h in finding.holders] == ["c2", "c1"]

    def test_a_placeholder_says_so(self, first: GraphStore) -> None:
        finding = first.find("email", "test@test.com")
        assert (finding.status, finding.customers) == ("unlinkable", ())
        assert "placeholder" in finding.reason
        assert finding.holders == (Holder("form:a:b", "c3", "placeholder"),)

    def test_a_value_of_records_that_are_nobodys(self, first: GraphStore) -> None:
        finding = first.find("loyalty", "L-9")
        assert (finding.status, finding.holders) == ("unlinkable", (Holder("till:9", None, "ok"),))

    def test_a_device_leads_to_all_whose_it_was_surest_first(self, first: GraphStore) -> None:
        finding = first.find("device", "d-1")
        assert finding.customers[0] == Owner("c1", 0.8)
        assert {o.customer_id for o in finding.customers} == {"c1", "c2"}

    def test_candidates_come_back_in_their_order_without_the_unknown(self, first: GraphStore) -> None:
        candidates = [("phone", "+15551234567"), ("email", "x"), ("email", "john@email.com")]
        assert [f.type for f in first.find_any(candidates)] == ["phone", "email"]

    def test_holders_are_counted_beyond_the_limit(self, first: GraphStore) -> None:
        finding = first.find("email", "john@email.com", limit=1)
        assert (len(finding.holders), finding.records) == (1, 2)

    def test_a_bare_id_finds_the_accounts_of_all_systems(self, first: GraphStore) -> None:
        found = first.find_id("123")
        assert [(f.type, f.value, f.customers[0].customer_id) for f in found] == [
            ("account", "hubspot:123", "c2"),
            ("account", "shopify:123", "c1"),
        ]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("c1", [("customer", "c1")]),
            ("1", [("record", "crm:1"), ("record", "shop:1")]),
            ("shop:1", [("record", "shop:1")]),
            ("form:a:b", [("record", "form:a:b")]),
            ("a:b", [("record", "form:a:b")]),
            ("shopify:123", [("account", "shopify:123")]),
            ("d-1", [("device", "d-1")]),
            ("L-9", [("loyalty", "L-9")]),
            ("nothing", []),
            ("", []),
        ],
    )
    def test_an_id_of_any_kind(self, first: GraphStore, text: str, expected: list[tuple[str, str]]) -> None:
        assert [(f.type, f.value) for f in first.find_id(text)] == expected


class TestSearch:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("john smith", ["john", "jon"]),
            ("Smith, John", ["john", "jon"]),
            ("JOHN SMITH berlin", ["john"]),
            ("jhon smiht", ["john", "jon"]),
            ("jon smit", ["jon", "john"]),
            ("smit hamburg", ["jon"]),
            ("jo sm berlin", ["john", "joan"]),
            ("j s", ["jon", "john", "joan"]),
            ("bob miller", ["bob"]),
            ("robert miler", ["bob"]),
            ("Bobby Leeds", ["bob"]),
            ("Müller Köln", ["jurgen"]),
            ("mueller koeln", ["jurgen"]),
            ("ls1 4ap", ["bob"]),
            ("LS14AP miller", ["bob"]),
            ("john.smith84", ["john"]),
            ("john.smith84@elsewhere.com", ["john"]),
            ("smith 4567", ["john"]),
            ("+49 30 1234567", ["john"]),
            ("acme", ["acme"]),
            ("smith munich", ["john"]),
            ("smiht munich", ["john", "jon"]),
            ("miller, 80331 munich", []),
            ("zebra", []),
            ("", []),
            ('* OR ~ "', []),
        ],
    )
    def test_half_a_name_finds_the_customer(self, searched: GraphStore, text: str, expected: list[str]) -> None:
        assert [hit.customer_id for hit in searched.search(text)] == expected

    def test_a_hit_says_who_it_is_and_what_answers(self, searched: GraphStore) -> None:
        (first,), (only,) = searched.search("jhon berl x"), searched.search("smith munich")
        assert first == Hit(
            "john", "John Smith", "john.smith84@mail.com", "+49 30 1234567", "Berlin, DE", 2, NOON, first.score,
            (
                Answered("jhon", "john", "misspelt"),
                Answered("berl", "berlin", "begins"),
                Answered("x", None, "missing"),
            ),
        )  # fmt: skip
        assert 0 < only.score < 1
        assert only.words == (Answered("smith", "smith", "same"), Answered("munich", None, "missing"))

    def test_a_limit_takes_the_best(self, searched: GraphStore) -> None:
        assert [hit.customer_id for hit in searched.search("j s", limit=2)] == ["jon", "john"]

    def test_a_slip_is_one_of_a_letter_and_found_among_many_near_words(self, store: GraphStore, tmp_path: Path) -> None:
        near = [word for word in slips("smth") if word < "smith"]
        assert len(near) > 50
        run = crowd()
        for customer_id, row in (
            ("near", record("crm:7", name="Ann", company=" ".join(near))),
            ("7", called("crm:8", "Jon 7mth")),
        ):
            rows = customer(customer_id, row["record_id"], row["record_id"], name=row["name"])
            run = run.with_rows("records", row).with_rows("customers", *rows["customers"])
            run = run.with_rows("members", *rows["members"])
        store.publish(run.write(tmp_path / "runs" / "a"), None)
        assert [hit.customer_id for hit in store.search("jon smth")] == ["john"]

    def test_who_is_renamed_or_gone_is_found_no_more(self, store: GraphStore, tmp_path: Path) -> None:
        one = crowd()
        two = one.changed("records", lambda r: r["record_id"] == "crm:1", last_name="wagner")
        two = two.changed("customers", lambda r: r["customer_id"] == "bob", email="rmiller7@mail.com")
        for table in ("customers", "members", "records"):
            two = two.without(table, lambda r: r.get("customer_id") == "jon" or r.get("record_id") == "crm:2")
        runs = one.write(tmp_path / "runs" / "a"), two.write(tmp_path / "runs" / "b")
        store.publish(runs[0], None)
        report = store.publish(runs[1], runs[0])
        assert not report.full
        assert store.verify(runs[1]) == []
        assert [hit.customer_id for hit in store.search("jon smit")] == ["john"]
        assert [hit.customer_id for hit in store.search("wagner")] == ["john"]
        assert [hit.customer_id for hit in store.search("rmiller")] == ["bob"]
        store.publish(runs[0], runs[1])
        assert store.verify(runs[0]) == []
        assert [hit.customer_id for hit in store.search("jon smit")] == ["jon", "john"]
        assert store.search("wagner") == ()


class TestCustomer:
    def test_a_whole_customer(self, first: GraphStore) -> None:
        found = first.customer("c1")
        assert (found.customer_id, found.anchor, found.name, found.email) == (
            "c1",
            "shop:1",
            "John Doe",
            "john@email.com",
        )
        assert (found.first_seen, found.phone) == (NOON, None)
        assert [r.record_id for r in found.records] == ["shop:1", "sms:+15551234567", "support:7"]
        shop = found.records[0]
        assert (shop.source, shop.key, shop.kind, shop.seen_at, shop.created_at) == ("shop", "1", "contact", NOON, None)
        assert (shop.customer_id, shop.confidence, shop.since) == ("c1", 1.0, NOON)
        assert shop.fields == {
            "name": "John Doe",
            "first_name": "john",
            "birth_date": date(1969, 7, 20),
            "gender": "m",
            "x_vip": "yes",
        }
        assert [(i.type, i.value, i.status) for i in shop.identifiers] == [
            ("account", "shopify:123", "ok"),
            ("email", "john@email.com", "ok"),
            ("phone", "+15550000000", "shared"),
        ]
        assert shop.identifiers[1].display == "John@Email.com"
        assert found.records[2].identifiers[1].detail == "mobile"
        assert [(k.type, k.value, k.confidence, k.sources, k.status) for k in found.identifiers] == [
            ("account", "shopify:123", 1.0, ("shop",), "ok"),
            ("email", "john@email.com", 1.0, ("shop", "support"), "ok"),
            ("phone", "+15551234567", 0.9, ("sms", "support"), "ok"),
            ("device", "d-1", 0.8, ("analytics",), "ok"),
        ]
        assert found.identifiers[1].last_seen == NOON
        assert found.holders("phone", "+15551234567") == ("sms:+15551234567", "support:7")
        assert [(d.device, d.since, d.until, d.because, d.record_id) for d in found.devices] == [
            ("d-1", NOON, None, "order", "shop:1")
        ]

    def test_what_addresses_may_be_used_for(self, first: GraphStore) -> None:
        mail = ("email", "email", "john@email.com", "out", True, NOON, "shop", ("support",), ("shop",), 1.0)
        phone = ("sms", "phone", "+15551234567", "in", False, None, "shop", ("shop", "sms"), (), 1.0)
        assert first.customer("c1").permissions == (Permission(*mail, "opted out"), Permission(*phone, None))
        assert first.customer("c2").permissions == ()

    def test_what_addresses_may_be_used_for_changes(self, second: GraphStore) -> None:
        later = second.customer("c1").permissions
        assert [(p.channel, p.state, p.conflict, p.why_not) for p in later] == [
            ("email", "in", False, None), ("phone", "out", False, "opted out"), ("sms", "in", False, None),
        ]  # fmt: skip

    def test_evidence_keeps_its_reasons(self, first: GraphStore) -> None:
        strong, weak = first.evidence("c1")
        assert first.customer("c1").matches == (strong, weak)
        assert (strong.record_a, strong.record_b, strong.weight, strong.stage, strong.step) == (
            "shop:1", "support:7", 12.5, "identifier", 1,
        )  # fmt: skip
        assert strong.probability == pytest.approx(0.99982, abs=1e-5)
        assert strong.reasons == (
            Reason("e-mail", "exact match", 11.25),
            Reason("first name", "equal", 1.25),
            Reason("birth date", "missing", None),
        )
        assert (weak.stage, weak.rule) == ("collective", "phone")
        assert weak.reasons == (Reason("phone", "exact match", 7.0, "sms:+15551234567", "support:7"),)

    def test_refusals_are_told_to_both_sides(self, first: GraphStore) -> None:
        for customer_id in ("c1", "c2"):
            (refused,) = first.refusals(customer_id)
            assert (refused.match.record_a, refused.match.record_b) == ("crm:1", "shop:1")
            assert refused.refusal == "first names differ"
        assert first.refusals("c3") == ()

    def test_a_device_and_its_windows(self, first: GraphStore) -> None:
        assert [(w.customer_id, w.until) for w in first.windows("d-1")] == [("c2", NOON), ("c1", None)]
        assert first.windows("d-2") == ()

    def test_a_record(self, first: GraphStore) -> None:
        assert first.record("form:a:b").customer_id == "c3"
        nobodys = first.record("till:9")
        assert (nobodys.customer_id, nobodys.confidence) == (None, None)
        with pytest.raises(NotFoundError, match="no record shop:2"):
            first.record("shop:2")
        assert first.owners(["form:a:b", "crm:1", "till:9", "shop:2"]) == {
            record: first.record(record).customer_id for record in ("form:a:b", "crm:1")
        }
        assert first.owners([]) == {}

    def test_what_is_not_there(self, first: GraphStore) -> None:
        for ask in (first.customer, first.evidence, first.refusals):
            with pytest.raises(NotFoundError, match="no customer c99"):
                ask("c99")
        with pytest.raises(NotFoundError, match="no table nonsense"):
            first.read("nonsense")
        assert first.retired("c1") is None

    def test_customers_in_short(self, second: GraphStore) -> None:
        assert second.outlines([]) == []
        ids = sorted(set(second.members()["customer_id"].to_pylist()))
        assert len(ids) > 1
        for asked in (ids, ids[::-1]):
            whole = [second.customer(customer_id) for customer_id in asked]
            assert second.outlines(asked) == [
                Outline(c.customer_id, c.name, c.email, c.phone, c.place, len(c.records)) for c in whole
            ]
        for gone, told in (("c2", "c2 is retired .*; it is now c1"), ("c99", "no customer c99")):
            with pytest.raises(NotFoundError, match=told):
                second.outlines([ids[0], gone])

    def test_a_retired_id_tells_where_it_went(self, second: GraphStore) -> None:
        retired = second.retired("c0")
        assert retired is not None
        assert ([s.new_id for s in retired.steps], retired.now) == (["c2", "c1"], ("c1",))
        with pytest.raises(NotFoundError, match=r"c2 is retired \(merged on 2024-03-01\); it is now c1"):
            second.customer("c2")
        (found,) = second.find_id("c2")
        assert (found.type, found.customers) == ("customer", (Owner("c1", 1.0),))

    def test_what_parted_before_an_id_came_is_none_of_its(self, store: GraphStore, tmp_path: Path) -> None:
        later = T0 + timedelta(days=9)
        steps = [
            {"old_id": "c1", "new_id": "c2", "kind": "split", "at": T0},
            {"old_id": "x", "new_id": "c1", "kind": "merged", "at": T0 + timedelta(days=1)},
        ]
        run = john().with_rows("redirects", *steps).write(tmp_path / "runs" / "came")
        store.publish(run, None)
        went = store.retired("x")
        assert went is not None
        assert ([s.new_id for s in went.steps], went.now) == (["c1"], ("c1",))
        # A living id isn't retired, whatever has parted from it.
        assert store.retired("c1") is None
        parted = [*steps, {"old_id": "c1", "new_id": "c2", "kind": "split", "at": later}]
        again = john().with_rows("redirects", *parted).write(tmp_path / "runs" / "parted")
        store.publish(again, run)
        went = store.retired("x")
        assert went is not None
        assert [(s.new_id, s.at) for s in went.steps][1:] == [("c2", later.replace(tzinfo=UTC))]

    @pytest.mark.parametrize("kind", ["erased", "retired"])
    def test_an_id_of_nobody_does_not_lead_to_what_parted_from_it(
        self, store: GraphStore, tmp_path: Path, kind: str
    ) -> None:
        steps: list[dict[str, object]] = [
            {"old_id": "gone", "new_id": "c1", "kind": "split", "at": T0},
            {"old_id": "gone", "new_id": None, "kind": kind, "at": T0 + timedelta(days=1)},
            {"old_id": "x", "new_id": "gone", "kind": "merged", "at": T0 - timedelta(days=1)},
        ]
        store.publish(john().with_rows("redirects", *steps).write(tmp_path / "runs" / kind), None)
        for asked in ("gone", "x"):
            went = store.retired(asked)
            assert went is not None
            assert went.now == ()

    def test_ids_that_were_retired_into_each_other_end(self, store: GraphStore, tmp_path: Path) -> None:
        steps = [
            {"old_id": a, "new_id": b, "kind": "moved", "at": T0} for a, b in (("x", "y"), ("y", "x"), ("x", "c1"))
        ]
        run = john().with_rows("redirects", *steps).write(tmp_path / "runs" / "loop")
        store.publish(run, None)
        retired = store.retired("x")
        assert retired is not None
        assert retired.now == ("c1",)

    def test_an_id_whose_records_are_all_gone_leads_nowhere(self, store: GraphStore, tmp_path: Path) -> None:
        run = john().write(tmp_path / "runs" / "one")
        step = {"old_id": "gone", "new_id": None, "kind": "retired", "at": T0}
        less = john().with_rows("redirects", step).write(tmp_path / "runs" / "two")
        store.publish(run, None)
        store.publish(less, run)
        assert store.verify(less) == []
        retired = store.retired("gone")
        assert retired is not None
        assert retired.now == ()
        with pytest.raises(NotFoundError, match=r"gone is retired \(retired on 2024-03-01\); it is now nobody"):
            store.customer("gone")
        store.publish(run, less)
        assert store.retired("gone") is None

    def test_two_customers_may_part_and_join_more_than_once(self, store: GraphStore, tmp_path: Path) -> None:
        steps = [
            {"old_id": "c0", "new_id": "c1", "kind": kind, "at": datetime(2024, month, 1)}
            for month, kind in enumerate(("split", "split", "merged"), 1)
        ]
        runs = [
            john().with_rows("redirects", *steps[:count]).write(tmp_path / "runs" / str(count)) for count in (1, 3, 2)
        ]
        for previous, run in pairwise([None, *runs]):
            assert run is not None
            store.publish(run, previous)
            assert store.verify(run) == []
        retired = store.retired("c0")
        assert retired is not None
        assert [s.kind for s in retired.steps] == ["split", "split"]
        assert retired.now == ("c1",)

    def test_the_ledger_of_a_customer(self, first: GraphStore, second: GraphStore) -> None:
        assert first.customer("c1").entries == ()
        created, merge = second.customer("c1").entries
        assert (created.kind, merge.kind, merge.actor, merge.reason) == ("created", "merged", "engine", "same phone")
        assert (merge.customer_ids, merge.record_ids, merge.at) == (("c1", "c2"), ("crm:1",), NOON)

    def test_after_a_merge(self, second: GraphStore) -> None:
        found = second.customer("c1")
        assert [r.record_id for r in found.records] == ["crm:1", "shop:1", "sms:+15551234567"]
        assert found.records[1].fields["x_vip"] == "no"
        assert second.find("phone", "+15550000000").customers == (Owner("c1", 0.97),)
        assert second.find("email", "john@email.com").records == 1
        with pytest.raises(NotFoundError):
            second.record("support:7")

    def test_answers_together_come_from_one_run(self, store: GraphStore, one: RunTables, two: RunTables) -> None:
        store.publish(one, None)
        published: list[object] = []

        def ask(graph: GraphStore) -> tuple[tuple[Owner, ...], int]:
            owners = graph.find("account", "hubspot:123").customers
            if not published:
                published.append(store.publish(two, one))
            return owners, len(graph.customer(owners[0].customer_id).records)

        answers = {"one": ((Owner("c2", 1.0),), 1), "two": ((Owner("c1", 1.0),), 3)}
        run, found = store.together(ask)
        assert found == answers[run]
        assert store.together(ask) == ("two", answers["two"])
        with pytest.raises(NotFoundError, match="no customer c99"):
            store.together(lambda graph: graph.customer("c99"))


class TestBulk:
    def test_members_as_arrow(self, first: GraphStore) -> None:
        members = first.members()
        assert members.column_names == ["record_id", "customer_id", "confidence", "since"]
        assert members.to_pylist()[0] == {
            "record_id": "crm:1", "customer_id": "c2", "confidence": 1.0, "since": T0,
        }  # fmt: skip

    def test_every_table_comes_back_as_it_was(self, second: GraphStore) -> None:
        for name, rows in merged().tables.items():
            found = second.read(name).to_pylist()
            assert len(found) == len(rows), name
            key = GRAPH_TABLES[name].key
            given = {tuple(r[k] for k in key): r for r in rows}
            for row in found:
                expected = given[tuple(row[k] for k in key)]
                extras = {c for c in expected if c.startswith("x_")}
                assert {c: row[c] for c in expected if c not in extras} == {
                    c: v for c, v in expected.items() if c not in extras
                }

    def test_stats(self, first: GraphStore) -> None:
        stats = first.stats()
        assert (stats.run_id, stats.rows["records"], stats.rows["matches"]) == ("one", 6, 2)
        assert stats.size > 0


HOSTILE = [
    'o\'brien "quoted" `back`',
    "line\nbreak\r\ttab",
    "🧶 clew 👩‍👩‍👧",
    "x" * 65_536,
    "‏ltr‮ override",
    "nul\0inside\0",
    "'); DROP TABLE record; --",
    "MATCH (n) DETACH DELETE n",
    "a:b:c:",
    " leading and trailing ",
    "%_*?[]\\",
    "e\u0301 é",  # two forms of one letter are two values
]


def hostile_run(run: Run) -> Run:
    """A run with hostile texts wherever a text may stand: customer c1 holds them all."""
    run = run.with_rows("records", record("shop:2")).with_rows("members", member("shop:2", "c1"))
    for n, hostile in enumerate(HOSTILE):
        reasons = (reason(hostile, hostile, -0.5, hostile, None), reason("other", "level", 1e-9))
        run = (
            run.with_rows("records", record(f"shop:{hostile}", name=hostile, first_name=hostile, x_note=hostile))
            .with_rows("identifiers", identifier(f"shop:{hostile}", "email", hostile))
            .with_rows("identifiers", identifier(f"shop:{hostile}", hostile, "v"))
            .with_rows("known_by", known("c1", "email", hostile, 0.01 + n / 100, hostile))
            .with_rows("members", member(f"shop:{hostile}", "c1"))
            .with_rows("matches", match(f"shop:{hostile}", "shop:2", 1.5, 10 + n, *reasons, rule=hostile))
            .with_rows("redirects", {"old_id": hostile, "new_id": "c1", "kind": hostile, "at": datetime(1969, 1, 1)})
        )
    return run


def test_hostile_values_go_through_unharmed(store: GraphStore, one: RunTables, tmp_path: Path) -> None:
    tables = hostile_run(john()).write(tmp_path / "runs" / "hostile")
    store.publish(one, None)
    store.publish(tables, one)
    assert store.verify(tables) == []
    found = store.customer("c1")
    for n, hostile in enumerate(HOSTILE):
        assert {hit.customer_id for hit in store.search(hostile)} <= {"c1"}
        assert store.find("email", hostile).customers == (Owner("c1", 0.01 + n / 100),)
        theirs = store.record(f"shop:{hostile}")
        assert store.owners([theirs.record_id]) == {theirs.record_id: theirs.customer_id}
        assert theirs in found.records
        assert (theirs.key, theirs.fields["name"], theirs.fields["x_note"]) == (hostile, hostile, hostile)
        assert {(i.type, i.value) for i in theirs.identifiers} == {("email", hostile), (hostile, "v")}
        assert (hostile,) in [k.sources for k in found.identifiers]
        (theirs_by,) = (m for m in found.matches if m.rule == hostile)
        assert theirs_by.reasons == (Reason(hostile, hostile, -0.5, hostile, None), Reason("other", "level", 1e-9))
        retired = store.retired(hostile)
        assert retired is not None
        assert (retired.steps[0].kind, retired.steps[0].at) == (hostile, datetime(1969, 1, 1, tzinfo=UTC))
        assert ("record", f"shop:{hostile}") in [(f.type, f.value) for f in store.find_id(hostile)]
    assert store.publish(one, tables).full is False
    assert store.verify(one) == []
