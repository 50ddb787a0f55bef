"""What the ledger remembers of ids that ended, for the next run and for whoever asks by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from engine.errors import NO_CUSTOMER, NotFoundError
from engine.ledger.ids import customer_id, customer_number
from engine.state import MOVES, State, from_micros
from engine.tables import REDIRECTS, arrow_schema

#: Kinds of entry that move records, as SQL.
MOVES_SQL = ", ".join(f"'{kind}'" for kind in MOVES)
#: Ends of customers that got no records later. `e` is the ending entry.
_ENDED = f"""entry e WHERE e.kind IN ('merged', 'retired', 'erased') AND NOT EXISTS (
    SELECT 1 FROM entry later WHERE later.target = e.origin AND later.kind IN ({MOVES_SQL}) AND later.seq > e.seq)"""


@dataclass(frozen=True)
class Past:
    """What assigning ids needs to know of the ledger.

    `ended` holds (number, customer): the record numbers of ended customers at their end. `redirects` has REDIRECTS.
    """

    key: str
    next_number: int
    last_entry: int
    ended: pa.Table
    redirects: pa.Table


def recall(state: State) -> Past:
    """Read what the next run must know."""
    return Past(state.key, state.next_number, state.head()[0], _ended(state), redirects(state))


def _ended(state: State) -> pa.Table:
    # A customer's records may go several ways at its end: all entries of that act count.
    found = list(
        state.rows(
            f"""SELECT last.origin, last.records FROM (SELECT origin, act FROM {_ENDED}) AS gone
                JOIN entry last ON last.origin = gone.origin AND last.act = gone.act AND last.kind IN ({MOVES_SQL})"""
        )
    )
    sizes = [len(records) // 8 for _, records in found]
    numbers = np.frombuffer(b"".join(records for _, records in found), dtype=">i8").astype(np.int64)
    customers = np.repeat(np.array([customer for customer, _ in found], dtype=np.int64), sizes)
    return pa.table({"number": numbers, "customer": customers})


def redirects(state: State) -> pa.Table:
    """All redirects that hold now, as REDIRECTS, oldest first."""
    rows = state.rows(
        f"""SELECT origin, target, kind, at, seq FROM (
                SELECT e.origin, e.target, e.kind, e.act, e.seq FROM {_ENDED}
                UNION ALL
                SELECT origin, target, 'split', act, seq FROM entry
                WHERE kind IN ('split', 'restored') AND origin IS NOT NULL
            ) JOIN act ON act.id = act ORDER BY seq"""
    )
    found = [
        (customer_id(origin), customer_id(target) if target is not None else None, kind, from_micros(at))
        for origin, target, kind, at, _ in rows
    ]
    schema = arrow_schema(REDIRECTS)
    columns = list(zip(*found, strict=True)) or [()] * len(schema)
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema)


def known_number(state: State, identifier: str) -> int:
    """The number of a customer that there is or was. Errors: NotFoundError where there never was one of that id."""
    number = customer_number(identifier)
    if number is None or number >= state.next_number:
        raise NotFoundError(
            f"{identifier} is not a customer id of this project: check it for a mistyped character",
            told=NO_CUSTOMER,
        )
    return number


def follow(state: State, identifier: str) -> list[str]:
    """Go from a customer id to where it leads now: [id] if it lives, else [id, next, ..., living].

    A chain that leads nowhere ends with "". Errors: NotFoundError as for `known_number`.
    """
    number = known_number(state, identifier)
    chain = [customer_id(number)]
    while True:
        end = next(state.rows(f"SELECT e.target FROM {_ENDED} AND e.origin = ? ORDER BY e.seq DESC", [number]), None)
        if end is None:
            return chain
        number = end[0]
        if number is None:
            return [*chain, ""]
        chain.append(customer_id(number))


def record_name(state: State, number: int) -> str | None:
    """The id of a record by its number; None for one that was erased, or that the ledger doesn't know."""
    row = next(state.rows("SELECT record_id FROM record WHERE number = ?", [number]), None)
    return row[0] if row else None
