"""The queue of doubts: the pairs of records that people should look at, most consequential first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import nsmallest
from typing import Literal

import pyarrow as pa

from engine.compute import Compute
from engine.evaluate.expected import REFUSAL
from engine.evaluate.labels import judgements
from engine.measure import open_views
from engine.review.hanging import hanging
from engine.runs import RunTables
from engine.state import State
from engine.state.numbers import record_number_sql

#: An admitted match of less than so many bits above the threshold is borderline; one of less than so many, a bridge.
BORDERLINE, BRIDGE = 3.0, 7.0


@dataclass(frozen=True)
class Side:
    """What one of the two records stands for: its customer, or the part of it that would fall off."""

    customer_id: str
    records: int
    revenue: float


@dataclass(frozen=True)
class Doubt:
    """Two records that may have been judged wrongly.

    `refused`: they are two customers, by `why`. `borderline` and `bridge`: they are one, by rule `why`, and nothing
    stronger than this match joins the two sides; a borderline one is hardly above the threshold. `weight` (bits) and
    `probability` are the match's own.

    `priority` is what is at stake times the chance that the answer is wrong: 1 - p of an admitted match, and of a
    refused one the p of REFUSAL bits less. At stake is the smaller side, which would change hands: its records, plus
    its net revenue divided by the run's average revenue a record.
    """

    record_a: str
    record_b: str
    kind: Literal["refused", "borderline", "bridge"]
    why: str
    weight: float
    probability: float
    a: Side
    b: Side
    priority: float

    @property
    def stake(self) -> Side:
        """The smaller side."""
        return _smaller(self.a, self.b)


@dataclass(frozen=True)
class Queue:
    """The first doubts of a run, and how many there are in all."""

    doubts: tuple[Doubt, ...]
    waiting: int


def queue(run: RunTables, state: State, threshold: float, limit: int) -> Queue:
    """Find the first `limit` doubts of a run, whose matches were admitted from `threshold` bits on.

    Two customers, or two sides of one, are there once, by their strongest match. Those are left out of which a label or
    a decision says whether they are one person.
    """
    with Compute() as compute:
        open_views(compute, run, only=["purchases"])
        for table in ("matches", "refusals"):
            compute.read_parquet(table, run.path(table))
        compute.table(
            "worth",
            """SELECT record_id, customer_id, coalesce(net, 0) AS revenue FROM members
            LEFT JOIN (SELECT record_id, sum(net) AS net FROM purchases GROUP BY record_id) USING (record_id)""",
        )
        _load_marks(compute, state)
        average = compute.value("SELECT avg(revenue) FROM worth") or 0.0
        found = [*_refused(compute, average), *_admitted(compute, threshold, average)]
    first = nsmallest(limit, found, key=lambda d: (-d.priority, d.record_a, d.record_b))
    return Queue(tuple(first), len(found))


def _load_marks(compute: Compute, state: State) -> None:
    """`marks` (record_id, mark): a judgement's one side has an even mark, its other side that mark plus one."""
    marks = [
        (number, 2 * n + side)
        for n, judged in enumerate(judgements(state))
        for side, numbers in enumerate((judged.left, judged.right))
        for number in numbers
    ]
    columns = list(zip(*marks, strict=True)) or [(), ()]
    compute.load("_marks", pa.table([pa.array(c, pa.int64()) for c in columns], ["number", "mark"]))
    compute.table(
        "marks",
        f"""SELECT record_id, mark FROM (
            SELECT record_id, {record_number_sql("record_id")} AS number FROM members) JOIN _marks USING (number)""",
        [state.key],
    )
    compute.drop("_marks")


def _refused(compute: Compute, average: float) -> Iterator[Doubt]:
    rows = compute.rows(
        """WITH stake AS (
            SELECT customer_id, count(*) AS records, sum(revenue) AS revenue FROM worth GROUP BY customer_id
        ), marked AS (
            SELECT DISTINCT customer_id, mark FROM marks JOIN members USING (record_id)
        ), settled AS (
            SELECT x.customer_id AS a, y.customer_id AS b FROM marked x JOIN marked y ON y.mark = xor(x.mark, 1))
        SELECT record_a, record_b, refusal, weight, probability,
            x.customer_id, a.records, a.revenue, y.customer_id, b.records, b.revenue
        FROM refusals JOIN members x ON x.record_id = record_a JOIN members y ON y.record_id = record_b
        JOIN stake a ON a.customer_id = x.customer_id JOIN stake b ON b.customer_id = y.customer_id
        WHERE NOT EXISTS (FROM settled WHERE settled.a = x.customer_id AND settled.b = y.customer_id)
        QUALIFY row_number() OVER (
            PARTITION BY least(x.customer_id, y.customer_id), greatest(x.customer_id, y.customer_id)
            ORDER BY weight DESC, record_a, record_b) = 1"""
    )
    for record_a, record_b, refusal, weight, probability, *sides in rows:
        a, b = Side(*sides[:3]), Side(*sides[3:])
        priority = _stake(a, b, average) / (1 + 2 ** (REFUSAL - weight))
        yield Doubt(record_a, record_b, "refused", refusal, weight, probability, a, b, priority)


def _admitted(compute: Compute, threshold: float, average: float) -> Iterator[Doubt]:
    for tie in hanging(compute, threshold + BRIDGE):
        a, b = Side(tie.customer_id, *tie.left), Side(tie.customer_id, *tie.right)
        yield Doubt(
            tie.record_a,
            tie.record_b,
            "borderline" if tie.weight < threshold + BORDERLINE else "bridge",
            tie.rule,
            tie.weight,
            tie.probability,
            a,
            b,
            _stake(a, b, average) * (1 - tie.probability),
        )


def _smaller(a: Side, b: Side) -> Side:
    return min(a, b, key=lambda side: (side.records, side.revenue))


def _stake(a: Side, b: Side, average: float) -> float:
    side = _smaller(a, b)
    return side.records + (max(side.revenue, 0.0) / average if average > 0 else 0.0)
