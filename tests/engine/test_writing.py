"""Tables written beside the computation: what goes wrong there is told, and leaving doesn't wait for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.compute import Compute
from engine.differences import read_difference
from engine.errors import ClewError
from engine.runs import RunTables
from engine.writing import Writer

ORDER = {"one": "n DESC", "two": "n"}


@pytest.fixture
def compute() -> Iterator[Compute]:
    with Compute() as compute:
        yield compute


def test_tables_are_written_in_order_whether_begun_early_or_not(compute: Compute, tmp_path: Path) -> None:
    for name in ORDER:
        compute.table(name, "SELECT range AS n FROM range(1000)")
    with Writer(compute, tmp_path / "run", ORDER, ("two",)) as writer:
        writer.begin("one")
        compute.table("other", "SELECT 1 AS n")
        writer.finish()
    assert {p.name for p in (tmp_path / "run").iterdir()} == {"one.parquet", "two.parquet", "two.hashes"}
    assert compute.rows("SELECT n FROM read_parquet(?) LIMIT 2", [str(tmp_path / "run" / "one.parquet")]) == [
        (999,),
        (998,),
    ]


def test_what_differs_from_the_run_before_is_kept(compute: Compute, tmp_path: Path) -> None:
    previous = None
    for name in ("first", "second"):
        compute.table(
            "one", f"SELECT '{name}' AS name, range AS n FROM range(2) UNION ALL SELECT '', range FROM range(99)"
        )
        with Writer(compute, tmp_path / name, {"one": "name, n"}, ("one",), previous) as writer:
            writer.finish()
        previous = RunTables(tmp_path / name)
    found = read_difference(tmp_path / "first" / "one.parquet", tmp_path / "second" / "one.parquet")
    assert found is not None
    assert sorted(found["name"].to_pylist()) == ["first", "first", "second", "second"]


def test_what_goes_wrong_is_raised_when_all_should_be_there(compute: Compute, tmp_path: Path) -> None:
    compute.table("one", "SELECT 1 AS n")
    with Writer(compute, tmp_path / "run", ORDER, ()) as writer:
        writer.begin("one", "two")
        with pytest.raises(Exception, match="two does not exist"):
            writer.finish()


def test_an_error_elsewhere_breaks_off_what_is_being_written(compute: Compute, tmp_path: Path) -> None:
    # Takes minutes, were it not broken off.
    compute.view("one", "SELECT sum(a.range * b.range) AS n FROM range(1000000) a, range(1000000) b")
    begun = time.monotonic()
    with pytest.raises(ClewError), Writer(compute, tmp_path / "run", ORDER, ()) as writer:
        writer.begin("one", "two")
        while not any("clew-writer" in t.name for t in threading.enumerate()):
            time.sleep(0.01)
        time.sleep(0.3)
        raise ClewError("something else")
    assert time.monotonic() - begun < 30
    assert not any("clew-writer" in t.name for t in threading.enumerate())
