"""Hashes of rows beside a table's file: right where they are used, and not used where they may be wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.compute import Compute
from engine.fingerprints import read_fingerprints, write_fingerprints


@pytest.fixture(scope="module")
def compute() -> Iterator[Compute]:
    with Compute(memory_limit="500MB") as opened:
        yield opened


def _write(compute: Compute, path: Path, select: str, fingerprint: bool = True) -> Path:
    compute.table("written", select)
    compute.write_parquet("written", path, order_by="id")
    if fingerprint:
        write_fingerprints(compute, path)
    return path


ROWS = "SELECT i AS id, 'name ' || i % 7 AS name, [i, NULL] AS list FROM range({}) t(i)"


def test_rows_are_told_apart(compute: Compute, tmp_path: Path) -> None:
    one = _write(compute, tmp_path / "one.parquet", ROWS.format(200_000))
    # Other columns first, and one row that differs.
    changed = ROWS.format(200_000).replace("i % 7", "CASE WHEN i = 150000 THEN 'x' ELSE (i % 7)::VARCHAR END")
    two = _write(compute, tmp_path / "two.parquet", f"SELECT list, name, id FROM ({changed})")
    found = read_fingerprints(compute, (one, two))
    assert found is not None
    a, b = (dict(zip(side.hashes.tolist(), side.rows.tolist(), strict=True)) for side in found)
    assert len(a) == len(b) == 200_000
    assert all(b[h] == row for h, row in a.items() if row != 150_000)
    assert set(a) - set(b) == {h for h, row in a.items() if row == 150_000}


def test_an_empty_table_has_no_hashes(compute: Compute, tmp_path: Path) -> None:
    empty = _write(compute, tmp_path / "empty.parquet", ROWS.format(0))
    found = read_fingerprints(compute, (empty,))
    assert found is not None
    assert found[0].hashes.tolist() == found[0].rows.tolist() == []


def test_those_of_another_state_of_the_file_count_as_absent(compute: Compute, tmp_path: Path) -> None:
    path = _write(compute, tmp_path / "one.parquet", ROWS.format(10))
    _write(compute, path, ROWS.format(11), fingerprint=False)
    assert read_fingerprints(compute, (path,)) is None


def test_those_over_other_columns_cannot_be_compared(compute: Compute, tmp_path: Path) -> None:
    one = _write(compute, tmp_path / "one.parquet", ROWS.format(10))
    two = _write(compute, tmp_path / "two.parquet", f"SELECT *, 1 AS x_more FROM ({ROWS.format(10)})")
    assert read_fingerprints(compute, (one, two)) is None


def test_where_there_are_none_there_are_none(compute: Compute, tmp_path: Path) -> None:
    one = _write(compute, tmp_path / "one.parquet", ROWS.format(10), fingerprint=False)
    assert read_fingerprints(compute, (one,)) is None
    assert read_fingerprints(compute, (tmp_path / "nothing.parquet",)) is None
