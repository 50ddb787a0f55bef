"""A person who is erased is gone from all that is kept, and nobody else is."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from engine import pipeline
from engine.compute import Compute
from engine.erasure import erase as erasing
from engine.erasure.search import search
from engine.errors import NotFoundError
from engine.ledger import follow, verify
from engine.ledger.decisions import block, decide, decisions, undo
from engine.ledger.table import write_ledger
from engine.runs import Layout, RunTables, read_manifest
from engine.stages import RUN_TABLES, Request
from engine.state import State
from tests.engine.corner import PEOPLE, TILL, VISITS, WEB, Corner, customers, table

#: Ann: on the web and at the till, with a device that logged in.
ANN = ("web:1", "till:7", "aarch@mail.com", "+14155552671", "d1")
OTHERS = [p for p in PEOPLE if "web:1" not in p]


def customer_of(corner: Corner, record: str) -> str:
    found = dict(zip(*columns(corner.current(), "members", "record_id", "customer_id"), strict=True))
    return str(found[record])


def columns(run: RunTables, table: str, *names: str) -> list[list[Any]]:
    read = pq.read_table(run.path(table))
    return [read[name].to_pylist() for name in names]


def erase(corner: Corner, record: str = "web:1") -> RunTables:
    """Erase the person whose record it is, to the end."""
    _, run = pipeline.erase(corner.config, corner.folder, customer_of(corner, record), actor="ann", reason="asked to")
    pipeline.finish_erasing(corner.config, corner.folder)
    return run


@pytest.fixture(scope="module")
def ran_twice(corner_run: Corner, tmp_path_factory: pytest.TempPathFactory) -> Corner:
    """Run twice, with other files each time, a decision about Ann with her name in its reason, and a plan."""
    corner = corner_run.copy(tmp_path_factory.mktemp("twice") / "corner")
    with State.open(corner.store) as state:
        made = decide(
            state, "different", ["web:1"], ["web:2"], ("C0000001Z", "C0000002X"), actor="bob", reason="Ann Archer rang"
        )
        assert made.reason
    corner.write("till", TILL[:2])
    corner.run(reason="first")
    pipeline.plan(corner.config, corner.folder, Request(actor="bob"))
    return corner


@pytest.fixture
def twice(ran_twice: Corner, tmp_path: Path) -> Corner:
    """A copy of that, to be changed."""
    return ran_twice.copy(tmp_path / "corner")


@pytest.fixture(scope="module")
def ran_erased(ran_twice: Corner, tmp_path_factory: pytest.TempPathFactory) -> Corner:
    """The same without Ann. It is only read."""
    corner = ran_twice.copy(tmp_path_factory.mktemp("erased") / "corner")
    erase(corner)
    return corner


@pytest.fixture
def erased(ran_erased: Corner, tmp_path: Path) -> Corner:
    """A copy of that, to be changed."""
    return ran_erased.copy(tmp_path / "corner")


def held(corner: Corner) -> list[Path]:
    return search(corner.store, ANN)[1]


def test_a_search_finds_a_person_wherever_they_are(ran_twice: Corner) -> None:
    found = {path.name for path in held(ran_twice)}
    assert {"records.parquet", "identifiers.parquet", "state.db", "events.parquet", "device_windows.parquet"} <= found
    assert any("plans" in path.parts for path in held(ran_twice))


def test_a_search_looks_into_what_is_no_database(tmp_path: Path) -> None:
    for name, text in (("access.db", "seen: john@email.com"), ("state.db", "seen: jane@email.com"), ("other.db", "")):
        (tmp_path / name).write_text(text)
    assert search(tmp_path, ["john@email.com"]) == (3, [tmp_path / "access.db"])


def test_nothing_of_the_person_is_left(ran_erased: Corner) -> None:
    run = ran_erased.current()
    assert held(ran_erased) == []
    assert search(ran_erased.store, ["Archer", "Ann Archer", "archer", "Ann Archer rang"])[1] == []
    with State.open(ran_erased.store, read_only=True) as state, Compute() as compute:
        assert verify(state, compute, run.path("members")) == []
        assert "Ann" not in "".join(str(d.reason) for d in decisions(state))


def test_all_others_stay_as_they_were_in_every_run(ran_twice: Corner, ran_erased: Corner) -> None:
    runs = {path.name: customers(RunTables(path)) for path in sorted((ran_twice.store / "runs").iterdir())}
    before = dict(zip(*columns(ran_twice.current(), "members", "record_id", "customer_id"), strict=True))
    after = dict(zip(*columns(ran_erased.current(), "members", "record_id", "customer_id"), strict=True))
    assert after == {record: c for record, c in before.items() if record not in ANN}
    for name, groups in runs.items():
        there = customers(RunTables(ran_erased.store / "runs" / name))
        assert there == [group for group in groups if not set(group) & set(ANN)]


def test_what_is_counted_is_what_is_left(ran_twice: Corner, ran_erased: Corner) -> None:
    counted = []
    for corner in (ran_twice, ran_erased):
        counts = read_manifest(corner.current())["counts"]
        rows = {name: pq.read_metadata(corner.current().path(name)).num_rows for name in RUN_TABLES}
        assert {name: counts[name] for name in rows} == rows
        health = zip(*columns(corner.current(), "health", "metric", "source", "value", "whole"), strict=True)
        said = {(metric, source): (value, whole) for metric, source, value, whole in health}
        counted.append((counts["anonymous"], counts["stitched"], said["customers", None][0], said["records", "web"][0]))
        assert ("stitched", None) not in said or said["stitched", None] == (counts["stitched"], counts["anonymous"])
    assert counted == [(1, 1, 4, 4), (0, 0, 3, 3)]


def test_a_rollback_counts_what_is_left(twice: Corner) -> None:
    erase(twice)
    twice.write("till", TILL)
    twice.run()
    goal = sorted(path.name for path in (twice.store / "runs").iterdir())[0]
    found = pipeline.rollback(twice.config, twice.folder, goal, actor="ann")
    assert found.manifest["counts"]["records"] == pq.read_metadata(found.run.path("records")).num_rows
    assert (found.manifest["counts"]["anonymous"], found.manifest["counts"]["stitched"]) == (0, 0)
    assert read_manifest(found.run) == found.manifest
    assert "stitched" not in columns(found.run, "health", "metric")[0]


def test_the_ledger_says_so_without_a_value(ran_twice: Corner, ran_erased: Corner) -> None:
    customer_id = customer_of(ran_twice, "web:1")
    with State.open(ran_erased.store, read_only=True) as state:
        last = list(state.rows("SELECT kind, actor, records FROM ledger ORDER BY seq DESC LIMIT 1"))
        assert last == [("erased", "ann", 2)]
        assert follow(state, customer_id) == [customer_id, ""]
    (old, new, kind) = columns(ran_erased.current(), "redirects", "old_id", "new_id", "kind")
    assert (customer_id, None, "erased") in list(zip(old, new, kind, strict=True))


def test_the_ledgers_table_names_the_records_of_others_alone(
    ran_twice: Corner, ran_erased: Corner, tmp_path: Path
) -> None:
    named: list[list[list[str]]] = []
    for corner in (ran_twice, ran_erased):
        with State.open(corner.store, read_only=True) as state:
            write_ledger(state, corner.current().run_id, tmp_path / "ledger.parquet")
        named.append(pq.read_table(tmp_path / "ledger.parquet")["record_ids"].to_pylist())
    before, after = named
    assert any(set(records) & set(ANN) for records in before)
    assert after[: len(before)] == [[r for r in records if r not in ANN] for records in before]


def test_the_person_comes_back_in_no_source(erased: Corner) -> None:
    erased.write("web", [*WEB, {**WEB[0], "id": "99"}])
    erased.write("till", [*TILL, {"id": "98", "first_name": "A", "phone": "415-555-2671"}])
    erased.write("visits", [*VISITS, {"event_id": "v9", "event": "view", "at": "2026-02-01T10:00:00Z", "device": "d1"}])
    run = erased.run().run
    assert customers(run) == OTHERS
    assert held(erased) == []
    stopped = [why for why in columns(run, "rejects", "reason")[0] if why.startswith("stopped")]
    assert sorted(why.split(" (")[0] for why in stopped) == [
        "stopped: 2 of a person who was erased",
        "stopped: 2 of a person who was erased",
    ]


def test_whoever_wants_to_come_back_can(erased: Corner) -> None:
    with State.open(erased.store) as state:
        (made,) = (d for d in decisions(state) if d.kind == "erase")
        undo(state, made.entry, actor="ann", reason="signed up again")
    erased.write("till", TILL)
    run = erased.run().run
    assert customers(run) == PEOPLE
    with State.open(erased.store, read_only=True) as state, Compute() as compute:
        assert verify(state, compute, run.path("members")) == []


def test_what_others_hold_too_stays_with_them(corner: Corner) -> None:
    shared = "415-555-0199"
    corner.write("web", [{**row, "phone": shared} if row["id"] in ("1", "4") else row for row in WEB])
    corner.run()
    person = erasing.find_person(Layout(corner.store), corner.current(), customer_of(corner, "web:1"))
    assert ("phone", "+14155550199") in person.shared
    erase(corner)
    assert customers(corner.run().run) == OTHERS
    assert "+14155550199" in columns(corner.current(), "identifiers", "value")[0]


def test_records_that_have_left_their_source_go_from_the_runs_that_hold_them(corner: Corner) -> None:
    # The first was her customer's; the second was one of its own, and holds what nobody else has now.
    other = {"id": "5", "first_name": "Zoe", "last_name": "Zimmer", "email": "aarch@mail.com"}
    corner.write("till", [*TILL, other])
    corner.run()
    assert ["till:5"] in customers(corner.current())
    corner.write("till", TILL[1:])
    corner.run()
    with State.open(corner.store, read_only=True) as state:
        write_ledger(state, corner.current().run_id, corner.current().path("ledger"))
    person = erasing.find_person(Layout(corner.store), corner.current(), customer_of(corner, "web:1"))
    assert (person.record_ids, person.former) == (("web:1",), ("till:5", "till:7"))
    erase(corner)
    assert search(corner.store, [*ANN, "till:5", "archer", "zimmer"])[1] == []
    corner.write("till", TILL)
    assert customers(corner.run().run) == OTHERS


def test_an_earlier_run_shows_nobody_else_with_what_is_theirs_alone_now(corner: Corner) -> None:
    corner.write("web", [{**row, "phone": WEB[0]["phone"]} if row["id"] == "4" else row for row in WEB])
    earlier = corner.run().run
    corner.write("web", WEB)
    corner.run()
    assert ("web:4", "+1 415-555-2671") in table(earlier, "customers", "anchor, phone")
    erase(corner)
    assert search(corner.store, [*ANN, "+1 415-555-2671"])[1] == []
    assert ("web:4", None) in table(earlier, "customers", "anchor, phone")
    assert ["web:4"] in customers(earlier)


def test_why_their_values_were_blocked_is_forgotten(corner: Corner) -> None:
    with State.open(corner.store) as state:
        block(state, "phone", "+14155552671", actor="bob", reason="Ann Archer shares it")
        block(state, "phone", "+14155552679", actor="bob", reason="the till's own")
    erase(corner)
    assert [d.reason for d in _decisions(corner)] == [None, "the till's own", "asked to"]


@pytest.mark.parametrize("steps", [0, 1, 2, 4, 6])
def test_stopped_anywhere_the_next_run_goes_on(twice: Corner, monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    done = 0

    def stop(self: Path, target: Path) -> Path:
        nonlocal done
        done += 1
        if done > steps:
            raise KeyboardInterrupt
        return rename(self, target)

    rename = Path.rename
    monkeypatch.setattr(Path, "rename", stop)
    try:
        erase(twice)
    except KeyboardInterrupt:
        assert done > steps
    monkeypatch.undo()
    run = twice.run().run
    published = any(d.kind == "erase" for d in _decisions(twice))
    assert published is (steps > 0)
    assert (held(twice) == []) is published
    if published:
        assert customers(run) == [p for p in OTHERS if p != ["till:9"]]
        kept = {path.name for path in (twice.store / "runs").iterdir()}
        with State.open(twice.store, read_only=True) as state:
            assert kept == {r.run_id for r in state.runs() if r.status == "published"}


def _decisions(corner: Corner) -> list[Any]:
    with State.open(corner.store, read_only=True) as state:
        return decisions(state)


def test_a_model_forgets_what_only_they_held_and_serves_on(corner: Corner) -> None:
    shutil.rmtree(corner.store)
    before = corner.run()
    erase(corner)
    after = corner.run()
    assert after.manifest["model"] == before.manifest["model"]
    assert held(corner) == []


def test_nobody_of_that_id(corner: Corner) -> None:
    with pytest.raises(NotFoundError, match="no customer C0000001Z in the current run"):
        pipeline.erase(corner.config, corner.folder, "C0000001Z", actor="ann")
