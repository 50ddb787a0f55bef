"""The difference between two runs' tables, which every store is fed with."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from engine import differences
from engine.compute import Compute
from engine.differences import read_difference, write_difference
from engine.errors import TableError
from engine.fingerprints import write_fingerprints
from engine.runs import RunTables
from engine.stages import COMPARED
from graph.tables import GRAPH_TABLES, changes, open_run
from tests.graph.runs import Run, john, merged, record


def _fingerprint(*runs: RunTables) -> None:
    with Compute(memory_limit="500MB", threads=1) as compute:
        for run in runs:
            for path in run.folder.glob("*.parquet"):
                write_fingerprints(compute, path)


def _difference(old: RunTables, new: RunTables) -> dict[str, list[tuple[object, ...]]]:
    with Compute(memory_limit="500MB") as compute:
        open_run(compute, old, "old")
        open_run(compute, new, "new")
        changes(compute, "old", "new", (old, new))
        tables = [f"{side}_{name}" for name in GRAPH_TABLES for side in ("gone", "fresh")]
        return {table: sorted(compute.rows(f"SELECT * FROM {table}"), key=repr) for table in tables}


def test_every_run_gets_fingerprints_of_the_tables_that_are_compared() -> None:
    assert set(COMPARED) | {"ledger"} == set(GRAPH_TABLES)


def test_what_runs_keep_leads_to_the_same_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = john().write(tmp_path / "one"), merged().write(tmp_path / "two")
    without = _difference(one, two)
    assert without["gone_members"] == [("crm:1", "c2"), ("support:7", "c1")]
    _fingerprint(one, two)
    assert _difference(one, two) == without
    assert not any(_difference(two, two).values())
    with Compute(memory_limit="500MB", threads=1) as compute:
        compared = [name for name in GRAPH_TABLES if one.path(name).exists() and two.path(name).exists()]
        monkeypatch.setattr(differences, "_MOST", 0)
        for name in compared:
            write_difference(compute, one.path(name), two.path(name))
            assert read_difference(one.path(name), two.path(name)) is not None
    assert _difference(one, two) == without


def test_a_random_difference_is_found_whole(tmp_path: Path) -> None:
    seed = 11
    chance = random.Random(seed)

    def some(name: str) -> Run:
        ids = [n for n in range(3000) if chance.random() < 0.9]
        return Run({"records": tuple(record(f"shop:{n}", name=f"{name}{chance.randrange(3)}") for n in ids)})

    first, second = some("x"), some("x")
    one, two = first.write(tmp_path / "one"), second.write(tmp_path / "two")
    _fingerprint(one, two)
    found = _difference(one, two)
    before, after = ({r["record_id"]: r["name"] for r in run.tables["records"]} for run in (first, second))
    column = list(GRAPH_TABLES["records"].columns).index("name")
    assert {r[0] for r in found["gone_records"]} == {i for i, n in before.items() if after.get(i) != n}, f"seed {seed}"
    fresh = {r[0]: r[column] for r in found["fresh_records"]}
    assert fresh == {i: n for i, n in after.items() if before.get(i) != n}, f"seed {seed}"


@pytest.mark.parametrize("fingerprinted", [False, True])
def test_whole_rows_that_repeat_are_refused(tmp_path: Path, fingerprinted: bool) -> None:
    one = john().write(tmp_path / "one")
    two = john().with_rows("records", *john().tables["records"][:1]).write(tmp_path / "two")
    if fingerprinted:
        _fingerprint(one, two)
    with pytest.raises(TableError, match="table records of the run repeats whole rows; its key is record_id"):
        _difference(one, two)


def test_a_record_whose_id_is_not_its_source_and_key_is_refused(tmp_path: Path) -> None:
    one = john().write(tmp_path / "one")
    two = john().changed("records", lambda r: r["record_id"] == "crm:1", key="2").write(tmp_path / "two")
    with pytest.raises(TableError, match="record_id 'crm:1' isn't its source:key"):
        _difference(one, two)
