"""The queue of a demo shop's doubts: what is in it, in which order, and what leaves it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.compute import Compute
from engine.evaluate.labels import label
from engine.ledger.decisions import decide
from engine.review import Doubt, Queue, queue
from engine.review.queue import BORDERLINE, BRIDGE
from engine.runs import RunTables
from engine.state import State
from tests.engine.conftest import Published

ALL = 1_000_000


@pytest.fixture(scope="module")
def run(published: Published) -> RunTables:
    return published.result.run


@pytest.fixture
def state(published: Published, run: RunTables, tmp_path: Path) -> Iterator[State]:
    """A copy of the demo's state.db, to be written."""
    shutil.copy(run.folder.parents[1] / "state.db", tmp_path / "state.db")
    with State.open(tmp_path) as state:
        yield state


@pytest.fixture(scope="module")
def found(run: RunTables) -> Queue:
    with State.open(run.folder.parents[1], read_only=True) as state:
        return queue(run, state, 0.0, ALL)


def test_every_refused_pair_of_customers_is_there_once_by_its_strongest_match(run: RunTables, found: Queue) -> None:
    with Compute() as compute:
        for table in ("members", "refusals"):
            compute.read_parquet(table, run.path(table))
        strongest = compute.rows(
            """SELECT least(x.customer_id, y.customer_id) AS a, greatest(x.customer_id, y.customer_id) AS b, max(weight)
            FROM refusals JOIN members x ON x.record_id = record_a JOIN members y ON y.record_id = record_b
            GROUP BY a, b ORDER BY a, b"""
        )
    refused = [d for d in found.doubts if d.kind == "refused"]
    assert sorted((*sorted((d.a.customer_id, d.b.customer_id)), d.weight) for d in refused) == strongest
    assert strongest


def test_admitted_ones_are_light_and_of_one_customer(found: Queue) -> None:
    bounds = {"borderline": (0.0, BORDERLINE), "bridge": (BORDERLINE, BRIDGE)}
    admitted = [d for d in found.doubts if d.kind != "refused"]
    assert {d.kind for d in admitted} == set(bounds)
    for doubt in admitted:
        low, high = bounds[doubt.kind]
        assert low <= doubt.weight < high
        assert doubt.a.customer_id == doubt.b.customer_id


def test_what_has_most_at_stake_and_is_least_sure_comes_first(run: RunTables, found: Queue) -> None:
    priorities = [d.priority for d in found.doubts]
    assert priorities == sorted(priorities, reverse=True)
    average = _average(run)
    for doubt in found.doubts:
        stake = doubt.stake.records + max(doubt.stake.revenue, 0) / average
        wrong = 1 / (1 + 2 ** (8 - doubt.weight)) if doubt.kind == "refused" else 1 - doubt.probability
        assert doubt.priority == pytest.approx(stake * wrong)
        assert doubt.stake.records == min(doubt.a.records, doubt.b.records)


def _average(run: RunTables) -> float:
    """What a record earned on average: net of refunds, over all records."""
    with Compute() as compute:
        for table in ("orders", "records"):
            compute.read_parquet(table, run.path(table))
        return float(
            compute.value(
                """SELECT sum(base_total - coalesce(base_refunded, 0)) / (SELECT count(*) FROM records) FROM orders
                WHERE coalesce(status, 'paid') NOT IN ('voided', 'cancelled', 'canceled', 'failed', 'expired')"""
            )
        )


def test_a_limit_leaves_the_first(run: RunTables, state: State, found: Queue) -> None:
    assert queue(run, state, 0.0, 3) == Queue(found.doubts[:3], found.waiting)
    assert found.waiting == len(found.doubts)


@pytest.mark.parametrize("kind", ["refused", "borderline"])
def test_what_was_labelled_or_decided_is_asked_no_more(run: RunTables, state: State, found: Queue, kind: str) -> None:
    one, two = [d for d in found.doubts if d.kind == kind][:2]
    label(state, one.record_a, one.record_b, True, actor="ann")
    assert _pairs(queue(run, state, 0.0, ALL).doubts) == _pairs(d for d in found.doubts if d != one)
    customers = (two.a.customer_id, two.b.customer_id)
    decide(state, "different", [two.record_b], [two.record_a], customers, actor="ann")
    assert _pairs(queue(run, state, 0.0, ALL).doubts) == _pairs(d for d in found.doubts if d not in (one, two))


def _pairs(doubts: Iterator[Doubt] | tuple[Doubt, ...]) -> list[tuple[str, str]]:
    return [(d.record_a, d.record_b) for d in doubts]
