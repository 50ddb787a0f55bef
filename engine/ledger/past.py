"""What the ledger remembers, for those who ask: the next run, the graph, and people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from engine.errors import NotFoundError
from engine.ledger.ids import customer_id, customer_number
from engine.state import MOVES, State, from_micros
from engine.tables import REDIRECTS, arrow_schema

#: Ends of customers that no later entry has restored. `e` is the ending entry.
_ENDED = """entry e WHERE e.kind IN ('merged', 'retired', 'erased') AND NOT EXISTS (
    SELECT 1 FROM entry later WHERE later.target = e.origin AND later.kind = 'restored' AND later.seq > e.seq)"""


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
    moves = ", ".join(f"'{kind}'" for kind in MOVES)
    # A customer's records may go several ways at its end: all entries of that act count.
    found = list(
        state.rows(
            f"""SELECT last.origin, last.records FROM (SELECT origin, act FROM {_ENDED}) AS gone
                JOIN entry last ON last.origin = gone.origin AND last.act = gone.act AND last.kind IN ({moves})"""
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


def follow(state: State, identifier: str) -> list[str]:
    """Go from a customer id to where it leads now: [id] if it lives, else [id, next, ..., living].

    A chain that leads nowhere ends with "". Errors: NotFoundError for what isn't a customer id or was never
    given to a customer.
    """
    number = customer_number(identifier)
    if number is None or number >= state.next_number:
        raise NotFoundError(f"{identifier} is not a customer id of this project: check it for a mistyped character")
    chain = [customer_id(number)]
    while True:
        end = next(state.rows(f"SELECT e.target FROM {_ENDED} AND e.origin = ? ORDER BY e.seq DESC", [number]), None)
        if end is None:
            return chain
        number = end[0]
        if number is None:
            return [*chain, ""]
        chain.append(customer_id(number))


@dataclass(frozen=True)
class Entry:
    """One entry, for people and for the graph. A record that was erased is None; `matches` are (record, record, rule).

    Where a cause names very many matches, the ledger keeps some and `more_matches` counts the rest.
    """

    seq: int
    at: datetime
    run_id: str | None
    actor: str
    kind: str
    origin: str | None
    target: str | None
    records: tuple[str | None, ...]
    matches: tuple[tuple[str | None, str | None, str], ...]
    more_matches: int
    hash: str


def entries_about(state: State, identifier: str) -> list[Entry]:
    """All entries that a customer had a part in, oldest first. Errors: NotFoundError as for `follow`."""
    number = customer_number(follow(state, identifier)[0])
    rows = state.rows(
        """SELECT seq, at, run_id, actor, kind, origin, target, records, text, hash
            FROM (SELECT * FROM entry WHERE target = ? UNION SELECT * FROM entry WHERE origin = ?) AS e
            JOIN act ON act.id = e.act LEFT JOIN cause ON cause.id = e.cause ORDER BY seq""",
        [number, number],
    )
    return [_entry(state, *row) for row in rows]


def _entry(
    state: State,
    seq: int,
    at: int,
    run_id: str | None,
    actor: str,
    kind: str,
    origin: int | None,
    target: int | None,
    records: bytes,
    cause: str | None,
    digest: bytes,
) -> Entry:
    numbers = np.frombuffer(records, dtype=">i8").tolist()
    why = json.loads(cause) if cause else {}

    def name(end: int | str) -> str | None:
        return _record_id(state, numbers[end] if isinstance(end, int) else int(end))

    return Entry(
        seq,
        from_micros(at),
        run_id,
        actor,
        kind,
        customer_id(origin) if origin is not None else None,
        customer_id(target) if target is not None else None,
        tuple(_record_id(state, number) for number in numbers),
        tuple((name(a), name(b), rule) for rule, a, b in why.get("matches", [])),
        why.get("more", 0),
        digest.hex(),
    )


def _record_id(state: State, number: int) -> str | None:
    row = next(state.rows("SELECT record_id FROM record WHERE number = ?", [number]), None)
    return row[0] if row else None
