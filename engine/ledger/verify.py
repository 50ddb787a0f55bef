"""Proof that the ledger still says what was written, and that the current run follows from it."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from engine.compute import Compute
from engine.errors import StateError
from engine.ledger.ids import customer_id, customer_number_sql
from engine.state import MOVES, State
from engine.state.chain import GENESIS, act_digest, entry_hash
from engine.state.numbers import record_number_sql

#: Problems of one sort that are written out; the rest are counted.
MOST = 10


def verify(state: State, compute: Compute, members: Path | None = None) -> list[str]:
    """Walk the chain, rebuild membership from the entries alone, and compare it with `members` (the run's MEMBERS).

    Returns what is wrong, in sentences; an empty list means that all is well.
    """
    problems = list(_check_file(state))
    if problems:
        return problems
    moves = _Moves()
    problems += _few(_walk(state, moves))
    _replay(compute, moves)
    problems += _few(_check_lives(compute, state))
    problems += _few(_check_records(compute, state))
    if members is not None:
        problems += _few(_check_members(compute, state, members))
    compute.drop("verify_moves", "verify_current", "verify_records", "verify_before")
    return problems


def _few(problems: Iterator[str]) -> list[str]:
    found = list(problems)
    rest = len(found) - MOST
    return [*found[:MOST], f"... and {rest} more like these"] if rest > 0 else found


def _check_file(state: State) -> Iterator[str]:
    try:
        for (answer,) in state.rows("PRAGMA quick_check(5)"):
            if answer != "ok":
                yield f"{state.path} is damaged: {answer}. Put a backup in its place."
    except StateError as error:
        yield str(error)


class _Moves:
    """The moves met on the walk, as compact columns."""

    def __init__(self) -> None:
        self.seq, self.origin, self.target, self.at, self.size = (array("q") for _ in range(5))
        self.kind: list[str] = []
        self.numbers = bytearray()

    def add(self, seq: int, kind: str, origin: int | None, target: int | None, at: int, records: bytes) -> None:
        self.seq.append(seq)
        self.kind.append(kind)
        self.origin.append(origin or 0)
        self.target.append(target or 0)
        self.at.append(at)
        self.size.append(len(records) // 8)
        self.numbers += records

    def table(self) -> pa.Table:
        """One row per record and move: seq, kind, origin, target (0 is outside), at, number."""
        columns = {
            "seq": np.asarray(self.seq),
            "kind": pa.array(self.kind, pa.string()).dictionary_encode(),
            "origin": np.asarray(self.origin),
            "target": np.asarray(self.target),
            "at": pa.array(np.asarray(self.at)).cast(pa.timestamp("us")),
        }
        rows = np.repeat(np.arange(len(self.seq)), np.asarray(self.size))
        numbers = np.frombuffer(self.numbers, dtype=">i8").astype(np.int64)
        return pa.table(columns).take(pa.array(rows)).append_column("number", pa.array(numbers))


def _walk(state: State, moves: _Moves) -> Iterator[str]:
    """Check that each entry's hash follows from its content and the hash before; collect the moves of records."""
    acts = {row[0]: (row[1], act_digest(*row[1:])) for row in state.rows("SELECT id, at, run_id, actor FROM act")}
    causes = {row[0]: row[1].encode() for row in state.rows("SELECT id, text FROM cause")}
    heads = {row[0]: row[1:] for row in state.rows("SELECT last_entry, run_id, head FROM run WHERE last_entry > 0")}
    before, expected = GENESIS, 1
    entries = state.rows("SELECT seq, act, kind, origin, target, records, cause, hash FROM entry ORDER BY seq")
    for seq, act, kind, origin, target, records, cause, digest in entries:
        if seq != expected:
            yield f"entries {expected} to {seq - 1} are missing from the ledger"
        at, act_hash = acts.get(act, (0, b""))
        why = b"" if cause is None else causes.get(cause, b"?")
        if entry_hash(before, act_hash, seq, kind.encode(), origin, target, records, why) != digest:
            yield f"entry {seq} was altered, or one before it: its hash doesn't follow from its content"
        if seq in heads and heads[seq][1] != digest:
            yield f"the ledger was rewritten: run {heads[seq][0]} ended with another entry {seq}"
        if kind in MOVES:
            moves.add(seq, kind, origin, target, at, records)
        before, expected = digest, seq + 1
    last = max(heads, default=0)
    if last >= expected:
        yield f"entries {expected} to {last} are missing from the end of the ledger (run {heads[last][0]} wrote them)"


def _replay(compute: Compute, moves: _Moves) -> None:
    """Make verify_moves and, of each record's last move, verify_current."""
    compute.load("verify_moves", moves.table())
    compute.table(
        "verify_current",
        "SELECT * FROM verify_moves QUALIFY row_number() OVER (PARTITION BY number ORDER BY seq DESC) = 1",
    )


def _check_lives(compute: Compute, state: State) -> Iterator[str]:
    """Check that records leave where they were, and that customers are born once and hold nothing after their end."""
    for seq, number in compute.rows(
        """SELECT seq, min(number) FROM (
            SELECT seq, number, origin, lag(target, 1, 0) OVER (PARTITION BY number ORDER BY seq) AS holder
            FROM verify_moves) WHERE origin <> holder GROUP BY seq ORDER BY seq"""
    ):
        yield f"entry {seq} takes record number {number} from a customer that didn't hold it"
    for customer, births in compute.rows(
        """SELECT target, count(DISTINCT seq) FROM verify_moves WHERE kind IN ('created', 'split')
        GROUP BY target HAVING count(DISTINCT seq) > 1 ORDER BY target"""
    ):
        yield f"customer {customer_id(customer)} was created {births} times"
    for (customer,) in compute.rows(
        """SELECT DISTINCT target FROM verify_current WHERE target <> 0 AND target NOT IN (
            SELECT target FROM verify_moves WHERE kind IN ('created', 'split')) ORDER BY target"""
    ):
        yield f"customer {customer_id(customer)} was never created"
    for (customer,) in compute.rows(
        """WITH ends AS (SELECT origin AS customer, max(seq) AS seq FROM verify_moves
            WHERE kind IN ('merged', 'retired', 'erased') GROUP BY origin),
        returns AS (SELECT target AS customer, max(seq) AS seq FROM verify_moves GROUP BY target)
        SELECT customer FROM ends LEFT JOIN returns USING (customer)
        WHERE ends.seq > coalesce(returns.seq, 0) AND customer IN (SELECT target FROM verify_current)
        ORDER BY customer"""
    ):
        yield f"customer {customer_id(customer)} has ended but still holds records"
    highest = compute.value("SELECT max(target) FROM verify_moves") or 0
    if highest >= state.next_number:
        yield f"the next customer number {state.next_number} was given before: {customer_id(highest)} exists"


def _check_records(compute: Compute, state: State) -> Iterator[str]:
    """Check the names of the numbers: each record id has its own number, and each number its last entry."""
    columns = list(zip(*state.rows("SELECT number, record_id, entry FROM record"), strict=True)) or [()] * 3
    compute.load(
        "verify_records",
        pa.table(
            [pa.array(c, t) for c, t in zip(columns, (pa.int64(), pa.string(), pa.int64()), strict=True)],
            names=["number", "record_id", "entry"],
        ),
    )
    for number, record_id in compute.rows(
        f"""SELECT number, record_id FROM verify_records
        WHERE record_id IS NOT NULL AND {record_number_sql("record_id")} <> number ORDER BY number""",
        [state.key],
    ):
        yield f"record number {number} was given another name: {record_id}"
    for number, said, seq in compute.rows(
        """SELECT number, r.entry, c.seq FROM verify_records r FULL JOIN verify_current c USING (number)
        WHERE r.entry IS DISTINCT FROM c.seq ORDER BY number"""
    ):
        yield f"record number {number} was last moved by entry {seq or 'none'}, not {said or 'none'} as its row says"
    earlier = list(zip(*state.rows("SELECT number, entry FROM moved_before"), strict=True)) or [()] * 2
    compute.load("verify_before", pa.table([pa.array(c, pa.int64()) for c in earlier], names=["number", "entry"]))
    for number, said, seq in compute.rows(
        """SELECT coalesce(b.number, m.number) AS number, b.entry, m.seq FROM verify_before b
        FULL JOIN (SELECT number, seq FROM verify_moves ANTI JOIN verify_current USING (number, seq)) m
            ON m.number = b.number AND m.seq = b.entry
        WHERE b.entry IS NULL OR m.seq IS NULL ORDER BY number"""
    ):
        yield f"of record number {number} its past names entry {said or 'none'}, and the ledger {seq or 'none'}"


def _check_members(compute: Compute, state: State, members: Path) -> Iterator[str]:
    """Check that the run's members are those that the entries make."""
    for record_id, number, said, target in compute.rows(
        f"""SELECT record_id, number, m.customer_id, c.target
        FROM (SELECT record_id, customer_id, since, {record_number_sql("record_id")} AS number,
                {customer_number_sql("customer_id")} AS customer FROM read_parquet($2)) m
        FULL JOIN (FROM verify_current WHERE target <> 0) c USING (number)
        WHERE m.customer IS DISTINCT FROM c.target OR m.since IS DISTINCT FROM c.at ORDER BY number""",
        [state.key, str(members)],
    ):
        name = record_id or f"number {number}"
        there = said or "nobody"
        here = customer_id(target) if target is not None else "nobody"
        if there == here:
            yield f"record {name}: the run and the ledger give {here} different dates for it"
        else:
            yield f"record {name} belongs to {there} in {members}, but to {here} by the ledger"
