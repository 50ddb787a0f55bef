"""Labels: pairs of records that somebody looked at and called one person's or two people's, and what they say of a run.

A label acts on nothing. A decision on two records is one as well, and of a pair that has both the decision counts.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from engine.compute import Compute
from engine.errors import ConfigError, NotFoundError
from engine.ledger.decisions import standing
from engine.state import State, from_micros
from engine.state.numbers import record_number, record_number_sql

#: Labels in the columns of Splink, for `estimate_m_from_pairwise_labels` and `accuracy_analysis_from_labels_table`.
SPLINK_SQL = """
    SELECT x.source AS source_dataset_l, x.key AS unique_id_l, y.source AS source_dataset_r, y.key AS unique_id_r,
        same::INTEGER::DOUBLE AS clerical_match_score
    FROM labels JOIN records x ON x.record_id = record_a JOIN records y ON y.record_id = record_b
"""
_JUDGED = pa.schema([("a", pa.int64()), ("b", pa.int64()), ("same", pa.bool_()), ("entry", pa.int64())])


@dataclass(frozen=True)
class Judgement:
    """Records, by number, that are the same person as others or aren't; `entry` is the decision, None for a label."""

    left: tuple[int, ...]
    right: tuple[int, ...]
    same: bool
    entry: int | None = None


@dataclass(frozen=True)
class Label:
    """What somebody said of two records, and when; `at` is UTC."""

    record_a: str
    record_b: str
    same: bool
    at: datetime
    actor: str


@dataclass(frozen=True)
class LabelScores:
    """A run's customers compared with labels.

    `labels` counts all; of these `missing` have a record that the run lacks, and `obeyed` are decisions that the run
    went by, so that they can't judge it. The four counts are of the others. `precision` is the share of the labelled
    pairs in one customer that are one person's, `recall` the share of one person's that are in one customer; None
    without such a pair. They are of the labelled pairs, which nobody drew by lot: not of all pairs.
    """

    labels: int
    missing: int
    obeyed: int
    same_together: int
    different_together: int
    same_apart: int
    different_apart: int
    precision: float | None
    recall: float | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)


def label(state: State, a: str, b: str, same: bool, *, actor: str) -> None:
    """Keep that two records are one person's, or two people's. Of a pair the last word counts.

    Errors: NotFoundError for a record that no run has had; ConfigError where both are one record.
    """
    if a == b:
        raise ConfigError(
            f"{a} can't be labelled with itself: name two records",
            told="A record can't be labelled with itself: name two records.",
        )
    numbers = [record_number(state.key, record) for record in (a, b)]
    for record, number in zip((a, b), numbers, strict=True):
        if next(state.rows("SELECT 1 FROM record WHERE number = ? AND record_id IS NOT NULL", [number]), None) is None:
            raise NotFoundError(
                f"there is no record {record}; a record is called SOURCE:KEY, as `clew whois` shows it",
                told="One of the two is no record: a record is called SOURCE:KEY.",
            )
    state.label(numbers[0], numbers[1], same, datetime.now(UTC), actor)


def labels_about(state: State, records: Collection[str]) -> list[Label]:
    """The labels of pairs with one of these records, oldest first."""
    rows = state.rows(
        """SELECT a.record_id, b.record_id, same, at, actor FROM label
        JOIN record a ON a.number = record_a JOIN record b ON b.number = record_b ORDER BY at, record_a, record_b"""
    )
    return [Label(a, b, bool(same), from_micros(at), by) for a, b, same, at, by in rows if a in records or b in records]


def judgements(state: State) -> list[Judgement]:
    """All labels, and then the decisions on records that stand, each oldest first."""
    labels = state.rows("SELECT record_a, record_b, same FROM label ORDER BY at, record_a, record_b")
    found = [Judgement((a,), (b,), bool(same)) for a, b, same in labels]
    decided = (d for d in standing(state) if d.kind in ("same", "different"))
    return [*found, *(Judgement(d.left, d.right, d.kind == "same", d.entry) for d in decided)]


def load_labels(compute: Compute, state: State) -> int:
    """Make table `labels` (record_a, record_b, same, entry) of the labels whose records are in `members`.

    Returns how many labels there are in all. Only decisions on two records count: one on customers says nothing of
    which of their records were looked at.
    """
    pairs: dict[tuple[int, ...], tuple[bool, int | None]] = {}
    for judged in judgements(state):
        if len(judged.left) == len(judged.right) == 1:
            pairs[tuple(sorted(judged.left + judged.right))] = judged.same, judged.entry
    rows = [(*pair, *said) for pair, said in pairs.items()]
    columns = list(zip(*rows, strict=True)) or [()] * len(_JUDGED)
    compute.load("_judged", pa.table([pa.array(c, f.type) for c, f in zip(columns, _JUDGED, strict=True)], _JUDGED))
    compute.table(
        "labels",
        f"""WITH numbered AS (SELECT record_id, {record_number_sql("record_id")} AS number FROM members)
        SELECT least(x.record_id, y.record_id) AS record_a, greatest(x.record_id, y.record_id) AS record_b, same, entry
        FROM _judged JOIN numbered x ON x.number = a JOIN numbered y ON y.number = b""",
        [state.key],
    )
    compute.drop("_judged")
    return len(rows)


def score_labels(compute: Compute, state: State, last_entry: int) -> LabelScores:
    """Compare the customers of `members` with all labels; the run went by the ledger up to `last_entry`."""
    labels = load_labels(compute, state)
    found, obeyed, right, wrong, missed, apart = compute.rows(
        """SELECT count(*), count(*) FILTER (obeyed), count(*) FILTER (same AND one AND NOT obeyed),
            count(*) FILTER (NOT same AND one AND NOT obeyed), count(*) FILTER (same AND NOT one AND NOT obeyed),
            count(*) FILTER (NOT same AND NOT one AND NOT obeyed)
        FROM (
            SELECT same, x.customer_id = y.customer_id AS one, coalesce(entry <= $last, false) AS obeyed FROM labels
            JOIN members x ON x.record_id = record_a JOIN members y ON y.record_id = record_b)""",
        {"last": last_entry},
    )[0]
    precision = right / (right + wrong) if right + wrong else None
    recall = right / (right + missed) if right + missed else None
    return LabelScores(labels, labels - found, obeyed, right, wrong, missed, apart, precision, recall)
