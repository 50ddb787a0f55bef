"""Who belonged to whom on a past date, and why: from the entries, found by their indexes and never by reading all."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from engine.errors import EarlyError, NotFoundError
from engine.ledger.decisions import decisions
from engine.ledger.entries import Entry, entries
from engine.ledger.ids import customer_id
from engine.ledger.past import MOVES_SQL, known_number, record_name
from engine.state import Run, State, from_micros, to_micros
from engine.state.numbers import record_number
from engine.state.schema import DECIDED


@dataclass(frozen=True)
class Then:
    """A date, and the answer that stood then: that of `run`, made by the entries up to `last`.

    `decided` is the last entry by which anybody had decided anything; decisions later than the run waited for the next.
    """

    at: datetime
    run: Run
    last: int
    decided: int


@dataclass(frozen=True)
class Held:
    """A record that a customer held, since when, and the entry that brought it; an erased one has no name."""

    record_id: str | None
    since: datetime
    entry: int


def answer_then(state: State, at: datetime) -> Then:
    """The answer that stood at a time (naive, UTC). Errors: EarlyError where nothing had been run yet."""
    published = [r for r in state.runs() if r.status == "published"]
    before = [r for r in published if r.finished is not None and r.finished <= at]
    if not before:
        first = f"the first answer is of {published[0].finished:%Y-%m-%d %H:%M} UTC" if published else "there is no run"
        raise EarlyError(
            f"nothing had been run yet at {at:%Y-%m-%d %H:%M} UTC: {first}",
            told=f"Nothing had been run yet then: {first}.",
        )
    run = max(before, key=lambda r: (r.finished, r.last_entry))
    decided = next(
        state.rows(
            f"SELECT max(seq) FROM entry JOIN act ON act.id = entry.act WHERE {DECIDED} AND at <= ?", [to_micros(at)]
        )
    )[0]
    return Then(at, run, run.last_entry or 0, max(run.last_entry or 0, decided or 0))


def holder(state: State, record_id: str, last: int) -> str | None:
    """The customer that held a record after entry `last`; None where it was in no source then.

    Errors: NotFoundError for a record that no run ever had.
    """
    moves = _moves(state, record_number(state.key, record_id))
    if not moves:
        raise NotFoundError(f"no run ever had a record {record_id}")
    before = [seq for seq in moves if seq <= last]
    if not before:
        return None
    ((target,),) = state.rows("SELECT target FROM entry WHERE seq = ?", [max(before)])
    return customer_id(target) if target is not None else None


def holders(state: State, record_id: str) -> tuple[str, ...]:
    """The customers that ever held a record, the last one first; none of a record that no run ever had."""
    moves = sorted(_moves(state, record_number(state.key, record_id)), reverse=True)
    found = (next(state.rows("SELECT target FROM entry WHERE seq = ?", [seq]))[0] for seq in moves)
    return tuple(dict.fromkeys(customer_id(number) for number in found if number is not None))


def _moves(state: State, number: int) -> list[int]:
    """The entries that moved a record."""
    rows = state.rows(
        "SELECT entry FROM record WHERE number = ? UNION ALL SELECT entry FROM moved_before WHERE number = ?",
        [number, number],
    )
    return [entry for (entry,) in rows]


def led(state: State, identifier: str, last: int) -> list[str]:
    """Go from a customer id to where it led after entry `last`: see `follow`.

    Errors: NotFoundError for what is no customer's id, or wasn't yet.
    """
    number = known_number(state, identifier)
    first = next(
        state.rows("SELECT seq, at FROM entry JOIN act ON act.id = act WHERE target = ? ORDER BY seq", [number])
    )
    if first[0] > last:
        given = f"the id was first given on {from_micros(first[1]):%Y-%m-%d %H:%M} UTC"
        raise NotFoundError(
            f"there was no customer {customer_id(number)} yet: {given} (entry {first[0]})",
            told=f"There was no such customer yet: {given}.",
        )
    chain = [customer_id(number)]
    while not _members(state, number, last):
        end = next(
            state.rows(
                """SELECT target FROM entry WHERE origin = ? AND seq <= ? AND kind IN ('merged', 'retired', 'erased')
                ORDER BY seq DESC LIMIT 1""",
                [number, last],
            )
        )
        if end[0] is None:
            return [*chain, ""]
        number = end[0]
        chain.append(customer_id(number))
    return chain


def members(state: State, identifier: str, last: int) -> list[Held]:
    """The records that a customer held after entry `last`, by their names."""
    held = _members(state, known_number(state, identifier), last)
    at = dict(
        row
        for seq in set(held.values())
        for row in state.rows("SELECT seq, at FROM entry JOIN act ON act.id = act WHERE seq = ?", [seq])
    )
    names = ((record_name(state, number), number, seq) for number, seq in held.items())
    return [Held(name, from_micros(at[seq]), seq) for name, _, seq in sorted(names, key=lambda n: (n[0] or "~", n[1]))]


def _members(state: State, customer: int, last: int) -> dict[int, int]:
    """The numbers of the records that a customer held, each with the entry that brought it."""
    moves = f"SELECT seq, target, records FROM entry WHERE kind IN ({MOVES_SQL}) AND seq <= ?"
    rows = state.rows(
        f"{moves} AND target = ? UNION {moves} AND origin = ? ORDER BY seq", [last, customer, last, customer]
    )
    held: dict[int, int] = {}
    for seq, target, records in rows:
        for number in np.frombuffer(records, dtype=">i8").tolist():
            if target == customer:
                held[number] = seq
            else:
                del held[number]
    return held


def matches_then(state: State, records: Collection[str], last: int) -> list[tuple[str, str, str]]:
    """Why records belonged together after entry `last`: the matches (record, record, rule) that brought them there."""
    seqs = {seq for record in records for seq in _moves(state, record_number(state.key, record)) if seq <= last}
    return list(
        dict.fromkeys(
            (a, b, rule)
            for entry in entries(state, sorted(seqs))
            for a, b, rule in entry.matches
            if a is not None and b is not None and {a, b}.issubset(records)
        )
    )


def decided_then(state: State, records: Collection[str], decided: int) -> list[Entry]:
    """The decisions about some of these records that stood after entry `decided`."""
    numbers = {record_number(state.key, record) for record in records}
    stood = (
        d.entry
        for d in decisions(state)
        if d.entry <= decided and (d.undone is None or d.undone > decided) and numbers.intersection(d.left + d.right)
    )
    return entries(state, list(stood))
