"""What one table has otherwise than another, kept beside it: whole, and not used where it may be wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.compute import Compute
from engine.differences import FRESH, read_difference, write_difference
from engine.fingerprints import write_fingerprints

ROWS = "SELECT i AS id, 'name ' || i % 7 AS name, [{{'level': i, 'weight': NULL}}] AS list FROM range({}, {}) t(i)"


@pytest.fixture(scope="module")
def compute() -> Iterator[Compute]:
    with Compute(memory_limit="500MB") as opened:
        yield opened


def _write(compute: Compute, path: Path, first: int, last: int, fingerprint: bool = True) -> Path:
    compute.table("written", ROWS.format(first, last))
    compute.write_parquet("written", path, order_by="id")
    if fingerprint:
        write_fingerprints(compute, path)
    return path


@pytest.fixture
def files(compute: Compute, tmp_path: Path) -> tuple[Path, Path]:
    """Two files of 1000 rows, of which 20 are in one alone."""
    files = (_write(compute, tmp_path / "old.parquet", 0, 1000), _write(compute, tmp_path / "new.parquet", 20, 1020))
    write_difference(compute, *files)
    return files


def test_the_rows_of_one_side_alone_are_kept(compute: Compute, files: tuple[Path, Path]) -> None:
    found = read_difference(*files)
    assert found is not None
    compute.load("found", found)
    assert compute.rows(f"SELECT {FRESH}, count(*), min(id), max(id) FROM found GROUP BY ALL ORDER BY ALL") == [
        (False, 20, 0, 19),
        (True, 20, 1000, 1019),
    ]
    assert compute.value("SELECT list FROM found WHERE id = 7") == [{"level": 7, "weight": None}]


def test_no_difference_is_one_too(compute: Compute, files: tuple[Path, Path], tmp_path: Path) -> None:
    same = _write(compute, tmp_path / "same.parquet", 20, 1020)
    write_difference(compute, files[1], same)
    found = read_difference(files[1], same)
    assert found is not None
    assert found.num_rows == 0


def test_that_of_another_state_of_either_file_counts_as_absent(compute: Compute, files: tuple[Path, Path]) -> None:
    old, new = files
    os.utime(old, ns=(0, 0))
    assert read_difference(old, new) is None
    write_difference(compute, old, new)
    assert read_difference(old, new) is None, "fingerprints are of the file's earlier state"
    write_fingerprints(compute, old)
    write_difference(compute, old, new)
    assert read_difference(old, new) is not None
    _write(compute, new, 20, 1021, fingerprint=False)
    assert read_difference(old, new) is None


def test_a_large_difference_is_not_kept(compute: Compute, files: tuple[Path, Path], tmp_path: Path) -> None:
    other = _write(compute, tmp_path / "other.parquet", 500, 1500)
    write_difference(compute, files[0], other)
    assert read_difference(files[0], other) is None


def test_files_without_fingerprints_have_none(compute: Compute, tmp_path: Path) -> None:
    old = _write(compute, tmp_path / "old.parquet", 0, 10)
    new = _write(compute, tmp_path / "new.parquet", 0, 10, fingerprint=False)
    write_difference(compute, old, new)
    assert read_difference(old, new) is None
    assert read_difference(old, tmp_path / "nothing.parquet") is None
