"""Customers against known persons: pairwise and B-cubed scores, and what went wrong in which direction.

Only records that the truth names count. One that the truth names and the answer lacks counts as a customer of its own
and is reported as missing. With *n* records, `a` the size of a customer, `b` that of a person and `c` the number of
records that a customer and a person have in common, everything below comes from one table of (customer, person, c).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.compute import Compute, quote
from engine.errors import TableError
from engine.evaluate.truth import TRUTH, read_truth

#: How many missing records and mixed customers are named.
EXAMPLES = 10

_LABELS, _CELLS = "evaluate_labels", "evaluate_cells"


@dataclass(frozen=True)
class Scores:
    """Precision, recall and their harmonic mean, each from 0 to 1; None of nothing that it could be a share of."""

    precision: float | None
    recall: float | None
    f1: float | None

    @classmethod
    def of(cls, precision: float | None, recall: float | None) -> Scores:
        """With F1 = 2PR / (P + R), and 0 where nothing is right (van Rijsbergen, Information Retrieval, 1979)."""
        if precision is None and recall is None:
            return cls(None, None, None)
        return cls(precision, recall, 2 * precision * recall / (precision + recall) if precision and recall else 0.0)


@dataclass(frozen=True)
class MixedCustomer:
    """A customer that holds records of several persons."""

    customer_id: str
    persons: int
    records: int


@dataclass(frozen=True)
class Evaluation:
    """An answer compared with the truth. Counts are of records that the truth names."""

    records: int
    missing: int
    missing_examples: tuple[str, ...]
    pairwise: Scores
    true_pairs: int
    predicted_pairs: int
    correct_pairs: int
    bcubed: Scores
    customers: int
    persons: int
    largest: int
    mixed: int
    most_persons: int
    mixed_examples: tuple[MixedCustomer, ...]
    split: int
    most_customers: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)


def evaluate(compute: Compute, members_table: str, truth: Path) -> Evaluation:
    """Compare customers with a truth file of source, key, person (see `read_truth`; it leaves table `truth` behind).

    `members_table` has customer_id with either source and key, or record_id ("source:key", as in MEMBERS).
    Raises SourceError when the truth file can't be used, and TableError when `members_table` lacks columns or puts one
    record into two customers.

    Pairwise scores: of all pairs of records put into one customer, the share that are one person (precision), and
    of all pairs that are one person, the share put into one customer (recall); None with no such pair.
    B-cubed scores: the mean over records of c/a (precision) and of c/b (recall), after Bagga & Baldwin, "Algorithms
    for Scoring Coreference Chains", LREC 1998, with equal weights.
    """
    read_truth(compute, truth)
    try:
        _label(compute, members_table)
        return _measure(compute)
    finally:
        compute.drop(_LABELS, _CELLS)


def _label(compute: Compute, members_table: str) -> None:
    """Each record of the truth with its person and its customer (a NULL customer is a missing record)."""
    found = compute.columns(members_table)
    if {"source", "key", "customer_id"} <= set(found):
        on = "m.source = t.source AND m.key = t.key"
    elif {"record_id", "customer_id"} <= set(found):
        on = "m.record_id = t.source || ':' || t.key"
    else:
        raise TableError(
            f"table {members_table}: needs customer_id and record_id, or customer_id, source and key; "
            f"it has {', '.join(found)}"
        )
    truth = quote(TRUTH.name)
    rows = compute.table(
        _LABELS,
        f"""SELECT t.source || ':' || t.key AS record_id, t.person, m.customer_id::VARCHAR AS customer_id
            FROM {truth} t LEFT JOIN {quote(members_table)} m ON {on}""",
    )
    if rows != compute.count(TRUTH.name):
        raise TableError(f"table {members_table}: some records are in more than one customer")
    # The flag keeps a missing record apart from a customer that happens to be called like it.
    compute.table(
        _CELLS,
        f"""SELECT coalesce(customer_id, record_id) AS customer, customer_id IS NULL AS missing, person,
                   count(*) AS common
            FROM {_LABELS} GROUP BY ALL""",
    )


def _measure(compute: Compute) -> Evaluation:
    # HUGEINT: the squares of a customer of ten million records still fit, and sums stay whole numbers.
    counts = compute.rows(
        f"""WITH customers AS (
                SELECT customer, missing, sum(common) AS size, count(*) AS persons FROM {_CELLS} GROUP BY ALL),
            persons AS (SELECT person, sum(common) AS size, count(*) AS customers FROM {_CELLS} GROUP BY ALL),
            overlap AS (
                SELECT sum(c.common * (c.common - 1) // 2) AS correct,
                       sum(c.common * c.common / a.size) AS precision,
                       sum(c.common * c.common / b.size) AS recall,
                       sum(c.common) AS records
                FROM {_CELLS} c JOIN customers a USING (customer, missing) JOIN persons b USING (person)),
            found AS (
                SELECT sum(size * (size - 1) // 2) AS pairs, count(*) AS customers, max(size) AS largest,
                       count_if(persons > 1) AS mixed, max(persons) AS most_persons, count_if(missing) AS missing
                FROM customers),
            wanted AS (
                SELECT sum(size * (size - 1) // 2) AS pairs, count(*) AS persons, count_if(customers > 1) AS split,
                       max(customers) AS most_customers
                FROM persons)
            SELECT o.records, o.correct, o.precision / o.records, o.recall / o.records, f.pairs, w.pairs,
                   f.customers, w.persons, f.largest, f.mixed, f.most_persons, f.missing, w.split, w.most_customers
            FROM overlap o, found f, wanted w"""
    )[0]
    records, correct, b_precision, b_recall, predicted, true = counts[:6]
    customers, persons, largest, mixed, most_persons, missing, split, most_customers = map(int, counts[6:])
    return Evaluation(
        records=int(records),
        missing=missing,
        missing_examples=tuple(
            r[0]
            for r in compute.rows(
                f"SELECT record_id FROM {_LABELS} WHERE customer_id IS NULL ORDER BY record_id LIMIT {EXAMPLES}"
            )
        ),
        pairwise=Scores.of(correct / predicted if predicted else None, correct / true if true else None),
        true_pairs=int(true),
        predicted_pairs=int(predicted),
        correct_pairs=int(correct),
        bcubed=Scores.of(float(b_precision), float(b_recall)),
        customers=customers,
        persons=persons,
        largest=largest,
        mixed=mixed,
        most_persons=most_persons,
        mixed_examples=tuple(
            MixedCustomer(*r)
            for r in compute.rows(
                f"""SELECT customer, count(*) AS persons, sum(common)::BIGINT AS records FROM {_CELLS}
                    GROUP BY customer, missing HAVING count(*) > 1
                    ORDER BY persons DESC, records DESC, customer LIMIT {EXAMPLES}"""
            )
        ),
        split=split,
        most_customers=most_customers,
    )
