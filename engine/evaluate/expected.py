"""How right an answer is by its own weights, without labels, for every threshold that might have been set.

Matches are taken strongest first, and each that joins two groups makes pairs of records as likely as it is: its weight
is that of the weakest hop on the widest path between them. Of `a` and `b` records that a match of probability p joins,
p·a·b pairs are expected to be right and (1 - p)·a·b wrong. What a threshold leaves apart is missed with the same p.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from engine.compute import Compute
from engine.evaluate.metrics import Scores
from engine.evaluate.truth import TRUTH, read_truth
from engine.runs import RunTables

#: Thresholds that are looked at, in bits, from the run's own on.
STEPS = (0, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20)
#: Bits that a refusal counts for: what forbids a match is seldom wrong, and the likelier the more speaks for the match.
#: Of the demo's refused pairs of customers (of 6,200 and 20,600 records) one in 25 was one person's below 4 bits, and
#: two in three were from 12 on.
REFUSAL = 8.0


@dataclass(frozen=True)
class Expected:
    """What a threshold (bits) would give.

    `joins` counts the matches that join two groups; of these `false_merges` are expected to be wrong, and of those
    left apart `false_splits` to be one person's. `pairs` counts the pairs of records in one customer, which `scores`
    judge; `true` are the scores by a truth, None without one. Only records that the truth names count then.
    """

    threshold: float
    joins: int
    false_merges: float
    false_splits: float
    pairs: int
    scores: Scores
    true: Scores | None


@dataclass(frozen=True)
class Estimate:
    """Precision and recall that a run's weights promise at its own `threshold` (bits), and at higher ones."""

    run_id: str
    threshold: float
    steps: tuple[Expected, ...]

    def cost(self, false_merge: float, false_split: float) -> list[dict[str, float]]:
        """What each threshold is expected to cost, where one wrong join and one wrong split cost so much.

        The least is near log2(false_merge / false_split) bits, where a match is as likely to save as to cost (Berger,
        Statistical Decision Theory, 1985).
        """
        return [
            {
                "threshold": step.threshold,
                "false_merges": step.false_merges * false_merge,
                "false_splits": step.false_splits * false_split,
                "cost": step.false_merges * false_merge + step.false_splits * false_split,
            }
            for step in self.steps
        ]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)


class _Join(NamedTuple):
    """Two groups that a match joins: their pairs of records, those known to be one person's, and its probability."""

    weight: float
    pairs: int
    right: int
    chance: float


def expected(run: RunTables, threshold: float, truth: Path | None = None) -> Estimate:
    """Work out what `threshold` and higher ones would give, from the matches and refusals of a run made with it.

    A higher threshold is taken to leave out matches and to change nothing else; a plan would refuse a few others. What
    a refusal keeps apart is missed with REFUSAL bits less, and what was never compared isn't missed at all, so that
    recall is that of what blocking proposed. Errors: SourceError for a truth file that can't be used.
    """
    with Compute() as compute:
        for table in ("matches", "refusals", "members"):
            compute.read_parquet(table, run.path(table))
        persons, alike = _persons(compute, truth) if truth else ({}, 0)
        joins = list(_joins(compute, persons))
        refused = [
            (int(pairs), _chance(weight - REFUSAL))
            for pairs, weight in compute.rows(
                """WITH size AS (SELECT customer_id, count(*) AS n FROM members GROUP BY customer_id)
                SELECT any_value(a.n * b.n), max(weight)
                FROM refusals JOIN members x ON x.record_id = record_a JOIN members y ON y.record_id = record_b
                JOIN size a ON a.customer_id = x.customer_id JOIN size b ON b.customer_id = y.customer_id
                WHERE x.customer_id <> y.customer_id
                GROUP BY least(x.customer_id, y.customer_id), greatest(x.customer_id, y.customer_id)"""
            )
        ]
    steps = (threshold, *(step for step in STEPS if step > threshold))
    return Estimate(run.run_id, threshold, tuple(_at(step, joins, refused, alike if truth else None) for step in steps))


def _persons(compute: Compute, truth: Path) -> tuple[dict[str, str], int]:
    """Who each record is by a truth, and how many pairs of the run's records are one person's."""
    read_truth(compute, truth)
    known = compute.rows(f"SELECT record_id, person FROM members JOIN {TRUTH.name} ON record_id = source || ':' || key")
    held = Counter(person for _, person in known)
    return dict(known), sum(n * (n - 1) // 2 for n in held.values())


def _joins(compute: Compute, persons: dict[str, str]) -> Iterator[_Join]:
    """The matches that join two groups, strongest first."""
    group = {record: [record] for (record,) in compute.rows("SELECT record_id FROM members ORDER BY record_id")}
    held = {record: Counter([persons[record]] if record in persons else []) for record in group}
    matches = compute.rows(
        """SELECT record_a, record_b, CASE WHEN stage = 'decision' THEN 'inf'::DOUBLE ELSE weight END AS bits
        FROM matches ORDER BY bits DESC, record_a, record_b"""
    )
    for a, b, weight in matches:
        left, right = group[a], group[b]
        if left is right:
            continue
        if len(left) < len(right):
            left, right = right, left
        ours, theirs = held[left[0]], held[right[0]]
        # Only records that the truth names are judged by it.
        pairs = ours.total() * theirs.total() if persons else len(left) * len(right)
        yield _Join(weight, pairs, sum(n * ours[person] for person, n in theirs.items()), _chance(weight))
        ours.update(theirs)
        left.extend(right)
        for record in right:
            group[record] = left


def _at(threshold: float, joins: Sequence[_Join], refused: list[tuple[int, float]], alike: int | None) -> Expected:
    made = [join for join in joins if join.weight >= threshold]
    apart = [(join.pairs, join.chance) for join in joins if join.weight < threshold] + refused
    pairs = sum(join.pairs for join in made)
    right = sum(join.pairs * join.chance for join in made)
    missed = sum(n * chance for n, chance in apart)
    true = None
    if alike is not None:
        found = sum(join.right for join in made)
        true = Scores.of(found / pairs if pairs else None, found / alike if alike else None)
    scores = Scores.of(right / pairs if pairs else None, right / (right + missed) if right + missed else None)
    wrong = sum(1 - join.chance for join in made)
    return Expected(threshold, len(made), wrong, sum(chance for _, chance in apart), pairs, scores, true)


def _chance(weight: float) -> float:
    """The probability of a weight in bits."""
    return 1.0 if math.isinf(weight) else 1 / (1 + 2**-weight)
