"""Doubts as people look at them: two records side by side, field by field."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from api.plain import Plain
from api.shown import Shown
from engine.compute import Compute
from engine.runs import RunTables
from engine.tables import EXTRA

if TYPE_CHECKING:
    from engine.review import Doubt

#: What of a record is shown beside its identifiers and the project's own columns.
FIELDS = ("kind", "name", "birth_date", "gender", "street", "city", "postcode", "state", "country", "company")
SEEN = "seen"
#: Fields that say nothing of who somebody is, whether they agree or not.
NEUTRAL = ("kind", SEEN)


@dataclass(frozen=True)
class Field(Plain):
    """What the two records say of one thing: nothing, one value, or several."""

    name: str
    a: tuple[str, ...]
    b: tuple[str, ...]

    @property
    def same(self) -> bool | None:
        """Whether they have a value in common; None where that tells nothing, or where one of them says nothing."""
        return bool(set(self.a) & set(self.b)) if self.a and self.b and self.name not in NEUTRAL else None


@dataclass(frozen=True)
class ReviewedPair(Plain, Shown, page="review:pair", rows="fields"):
    """Two records to look at. `doubt` is why, and what the answer is; None where the two are to be judged blindly."""

    record_a: str
    record_b: str
    fields: tuple[Field, ...]
    doubt: Doubt | None


@dataclass(frozen=True)
class ReviewQueue(Plain, Shown, page="review:listed", rows="pairs"):
    """The first pairs of the queue, most consequential first, or where `blind` in no order; `waiting` counts all."""

    run_id: str
    blind: bool
    pairs: tuple[ReviewedPair, ...]
    waiting: int


@dataclass(frozen=True)
class Labelled(Plain, Shown, page="review:labelled"):
    """A label that was just given."""

    record_a: str
    record_b: str
    same: bool
    actor: str


def side_by_side(run: RunTables, doubts: Sequence[Doubt], blind: bool) -> tuple[ReviewedPair, ...]:
    """What the records of each doubt say; where `blind`, without the doubt, and in an order that tells nothing."""
    said = _said(run, sorted({record for d in doubts for record in (d.record_a, d.record_b)}))
    if blind:
        doubts = sorted(doubts, key=lambda d: hashlib.sha256(f"{d.record_a} {d.record_b}".encode()).digest())
    return tuple(
        ReviewedPair(
            d.record_a,
            d.record_b,
            tuple(
                Field(name, a, b)
                for name, in_record in said.items()
                if (a := in_record.get(d.record_a, ())) + (b := in_record.get(d.record_b, ()))
            ),
            None if blind else d,
        )
        for d in doubts
    )


def _said(run: RunTables, records: list[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """What each record says, by the name of the field, in the order in which fields are shown."""
    with Compute() as compute:
        for table in ("records", "identifiers"):
            compute.read_parquet(table, run.path(table))
        compute.load("asked", pa.table({"record_id": pa.array(records, pa.string())}))
        extras = [column for column in compute.columns("records") if column.startswith(EXTRA)]
        rows = compute.arrow("SELECT * FROM records SEMI JOIN asked USING (record_id)").to_pylist()
        # Accounts of two systems have nothing to do with each other.
        held = compute.rows(
            """SELECT CASE WHEN type = 'account' THEN split_part(value, ':', 1) || ' account' ELSE type END AS name,
                record_id, list(DISTINCT display ORDER BY display)
            FROM identifiers SEMI JOIN asked USING (record_id) GROUP BY ALL ORDER BY name"""
        )
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for column in (*FIELDS, *extras):
        found[column.removeprefix(EXTRA)] = {
            row["record_id"]: (str(row[column]),) for row in rows if row[column] is not None
        }
    for name, record, values in held:
        found.setdefault(name, {})[record] = tuple(values)
    found[SEEN] = {r["record_id"]: (f"{at:%Y-%m-%d}",) for r in rows if (at := r["seen_at"] or r["created_at"])}
    return found
