"""By hand: three matches of which two join groups, and a refusal between the two customers."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.evaluate.expected import Estimate, expected
from engine.evaluate.metrics import Scores
from engine.runs import RunTables


@pytest.fixture
def run(tmp_path: Path) -> RunTables:
    """Records a, b, c are one customer and d another; a-c joins nothing that a-b and b-c haven't joined."""
    folder = tmp_path / "run"
    folder.mkdir()
    matches = [("x:a", "x:b", 2.0), ("x:b", "x:c", 1.0), ("x:a", "x:c", 0.5)]
    columns = ["record_a", "record_b", "weight"]
    tables = {
        "members": pa.Table.from_pylist(
            [{"record_id": f"x:{r}", "customer_id": c} for r, c in zip("abcd", "1112", strict=True)]
        ),
        "matches": pa.Table.from_pylist(
            [{**dict(zip(columns, m, strict=True)), "stage": "identifier"} for m in matches]
        ),
        "refusals": pa.Table.from_pylist([{"record_a": "x:c", "record_b": "x:d", "weight": 8.0}]),
    }
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    return RunTables(folder)


def _of(found: Estimate, threshold: float) -> tuple[int, float, float, int, Scores]:
    step = next(s for s in found.steps if s.threshold == threshold)
    return step.joins, step.false_merges, step.false_splits, step.pairs, step.scores


def test_joins_make_pairs_as_likely_as_they_are(run: RunTables) -> None:
    found = expected(run, 0.0)
    joins, wrong, missed, pairs, scores = _of(found, 0.0)
    # a-b is 4/5 sure; b-c is 2/3 sure and makes two pairs; the refusal of 8 bits keeps apart what is 1/2 sure.
    right, apart = 4 / 5 + 2 * 2 / 3, 3 * 1 / 2
    assert (joins, pairs) == (2, 3)
    assert wrong == pytest.approx(1 / 5 + 1 / 3)
    assert missed == pytest.approx(1 / 2)
    assert (scores.precision, scores.recall) == pytest.approx((right / 3, right / (right + apart)))


def test_a_higher_threshold_splits_what_it_leaves_out(run: RunTables) -> None:
    joins, wrong, missed, pairs, scores = _of(expected(run, 0.0), 1.5)
    assert (joins, pairs) == (1, 1)
    assert (wrong, missed) == pytest.approx((1 / 5, 1 / 2 + 2 / 3))
    assert scores.precision == pytest.approx(4 / 5)


def test_the_truth_stands_beside_it_and_only_its_records_count(run: RunTables, tmp_path: Path) -> None:
    truth = tmp_path / "truth.csv"
    truth.write_text("source,key,person\nx,a,ann\nx,c,ann\nx,d,ann\n", encoding="utf-8")
    step = expected(run, 0.0, truth).steps[0]
    assert step.pairs == 1
    assert step.true == Scores.of(1.0, 1 / 3)


def test_the_least_cost_is_where_the_costs_say(run: RunTables) -> None:
    found = expected(run, 0.0)
    dear = found.cost(false_merge=100, false_split=1)
    assert min(dear, key=lambda step: step["cost"])["threshold"] == 3
    cheap = found.cost(false_merge=1, false_split=100)
    assert min(cheap, key=lambda step: step["cost"])["threshold"] == 0
    assert cheap[0]["cost"] == pytest.approx(1 / 5 + 1 / 3 + 100 / 2)
