"""What people decided of the records and values that a run has, as tables for linking and clustering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from engine.compute import Compute
from engine.ledger.decisions import standing
from engine.state import State
from engine.state.numbers import record_number_sql

#: One row a decision and record; `side` is 1 or 2: of `same` each has one record.
RECORDS = pa.schema(
    [
        ("record_id", pa.string()),
        ("entry", pa.int64()),
        ("same", pa.bool_()),
        ("side", pa.int64()),
        ("actor", pa.string()),
    ]
)
#: One row a value that never links.
VALUES = pa.schema([("type", pa.string()), ("value", pa.string()), ("entry", pa.int64()), ("actor", pa.string())])


@dataclass(frozen=True)
class Decided:
    """What was decided, as RECORDS and VALUES; `entries` are the decisions that stand, whatever they are about."""

    records: pa.Table
    values: pa.Table
    entries: tuple[int, ...] = ()


NOTHING = Decided(RECORDS.empty_table(), VALUES.empty_table())


def find_decided(compute: Compute, state: State) -> Decided:
    """Find the records and values of `records`, `identifiers` and `events` that decisions are about."""
    stand = standing(state)
    if not stand:
        return NOTHING
    marks = RECORDS.remove(0).insert(0, pa.field("number", pa.int64()))
    numbered = [
        (number, d.entry, d.kind == "same", side, d.actor)
        for d in stand
        if d.kind in ("same", "different")
        for side, numbers in ((1, d.left), (2, d.right))
        for number in numbers
    ]
    compute.load("_numbers", _table(numbered, marks))
    compute.load(
        "_marks",
        _table(
            [(d.type, d.mark, d.entry, d.actor) for d in stand if d.kind == "block"],
            pa.schema([("type", pa.string()), ("mark", pa.int64()), ("entry", pa.int64()), ("actor", pa.string())]),
        ),
    )
    found = Decided(
        compute.arrow(
            f"""SELECT record_id, entry, same, side, actor FROM (
                SELECT record_id, {record_number_sql("record_id")} AS number FROM records) JOIN _numbers USING (number)
            ORDER BY ALL""",
            [state.key],
        ),
        compute.arrow(
            f"""SELECT type, value, min(entry) AS entry, arg_min(actor, entry) AS actor FROM (
                SELECT type, value, {record_number_sql("type || '=' || value")} AS mark FROM (
                    SELECT type, value FROM identifiers SEMI JOIN _marks USING (type)
                    UNION SELECT 'device', device FROM events WHERE device IS NOT NULL
                        AND EXISTS (FROM _marks WHERE type = 'device')))
            JOIN _marks USING (type, mark) GROUP BY ALL ORDER BY ALL""",
            [state.key],
        ),
        tuple(d.entry for d in stand),
    )
    compute.drop("_numbers", "_marks")
    return found


def _table(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema)
