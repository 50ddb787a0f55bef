from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

import pytest

from engine.compute import Compute
from engine.errors import ClewError
from engine.standardise.birth import birth_date
from engine.standardise.bulk import Task, apply
from engine.standardise.phone import phone


@pytest.fixture(scope="module")
def compute() -> Iterator[Compute]:
    with Compute(memory_limit="500MB", threads=2) as opened:
        opened.table("numbers", "SELECT (2125550000 + i % 1500)::VARCHAR AS text, 'US' AS region FROM range(3000) t(i)")
        yield opened


class Pair(NamedTuple):
    """Two results of one value."""

    length: str
    day: date | None


def pair(text: str | None) -> Pair:
    """Measure a text."""
    return Pair(str(len(text or "")), None)


def failing(text: str) -> str:
    """Fail, as a worker would for want of memory."""
    raise ValueError(text)


def test_one_row_per_distinct_input(compute: Compute) -> None:
    assert apply(compute, Task("SELECT * FROM numbers", phone, "phones")) == 1500
    assert list(compute.columns("phones")) == [
        *("in_text", "in_region", "type", "value", "display", "status", "detail"),
    ]


def test_workers_give_the_same(compute: Compute) -> None:
    apply(compute, Task("SELECT * FROM numbers", phone, "alone"))
    apply(compute, Task("SELECT * FROM numbers", phone, "together", pool_above=100))
    assert compute.count("together") == 1500
    assert compute.count("together") == compute.value("SELECT count(*) FROM (FROM alone INTERSECT FROM together)")
    assert [path for path in compute.folder.iterdir() if path.suffix in (".in", ".out")] == []


def test_null_and_empty_inputs(compute: Compute) -> None:
    apply(compute, Task("SELECT unnest(['abc', NULL]) AS text", pair, "pairs"))
    assert sorted(compute.rows("SELECT in_text, length, day FROM pairs"), key=str) == [
        ("abc", "3", None),
        (None, "0", None),
    ]
    assert apply(compute, Task("SELECT text, region FROM numbers WHERE false", birth_date, "nothing")) == 0
    assert compute.columns("nothing")["value"] == "DATE"


def test_failing_worker_says_so(compute: Compute) -> None:
    with pytest.raises(ClewError, match="ended with 1"):
        apply(compute, Task("SELECT text FROM numbers", failing, "failed", pool_above=10))
