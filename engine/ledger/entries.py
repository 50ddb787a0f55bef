"""Entries as people read them: what happened to a customer and its records, who did it, and why."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from engine.ledger.decisions import WHY, decisions, standing
from engine.ledger.ids import customer_id
from engine.ledger.past import known_number, record_name
from engine.state import DECISIONS, State, from_micros
from engine.state.numbers import record_number


@dataclass(frozen=True)
class Entry:
    """One entry. A record that was erased is None; `matches` are (record, record, rule).

    Why records were taken out of a customer: `refusals` are (record, record, what forbade the match), and `ended` the
    matches that held them there before.

    `actor` is what wrote it, or who decided; `starter` who started the run. Where a cause names very many matches, the
    ledger keeps some and `more_matches` counts the rest. Of a decision that two are different, the first `left`
    records are one's; of a block, `type` and `mark` say which value; of what was undone, `undoes` is the decision.
    `reason` is why somebody decided or erased, in their words.
    """

    seq: int
    at: datetime
    run_id: str | None
    actor: str
    starter: str | None
    kind: str
    origin: str | None
    target: str | None
    records: tuple[str | None, ...]
    matches: tuple[tuple[str | None, str | None, str], ...]
    refusals: tuple[tuple[str | None, str | None, str], ...]
    ended: tuple[tuple[str | None, str | None, str], ...]
    more_matches: int
    left: int
    type: str | None
    mark: int | None
    undoes: int | None
    reason: str | None
    hash: str


def entries_about(state: State, identifier: str, marks: Collection[int] = ()) -> list[Entry]:
    """All entries that a customer had a part in, oldest first: moves of its records, and what was decided about it.

    A decision is about a customer if it was when it was made, or if it names a record that the customer ever held, or
    blocks a value of `marks`. Errors: NotFoundError as for `known_number`.
    """
    number = known_number(state, identifier)
    found = {
        seq: (kind, origin, target, np.frombuffer(records, dtype=">i8"))
        for seq, kind, origin, target, records in state.rows(
            """SELECT seq, kind, origin, target, records FROM entry WHERE target = ?
            UNION SELECT seq, kind, origin, target, records FROM entry WHERE origin = ?""",
            [number, number],
        )
    }
    held = {
        record
        for kind, _, target, records in found.values()
        if target == number and kind not in DECISIONS
        for record in records.tolist()
    }
    wanted = set(found)
    for decision in decisions(state):
        if decision.entry in found or decision.mark in marks or held.intersection(decision.left + decision.right):
            wanted.update(seq for seq in (decision.entry, decision.undone) if seq is not None)
    return entries(state, sorted(wanted))


def entries_between(state: State, left: Collection[str], right: Collection[str]) -> list[Entry]:
    """The decisions that stand and say of records of the one side and of the other that they are two people's."""
    ours, theirs = ({record_number(state.key, record) for record in side} for side in (left, right))
    stand = (
        d.entry
        for d in standing(state)
        if d.kind == "different"
        and any(a.intersection(d.left) and b.intersection(d.right) for a, b in ((ours, theirs), (theirs, ours)))
    )
    return entries(state, list(stand))


def entries(state: State, wanted: Collection[int]) -> list[Entry]:
    """These entries, in the order given."""
    return [_entry(state, seq) for seq in wanted]


def _entry(state: State, wanted: int) -> Entry:
    seq, at, run_id, actor, starter, kind, origin, target, records, text, reason, digest = next(
        state.rows(
            f"""SELECT seq, at, run_id, act.actor, run.actor, kind, origin, target, records, text, {WHY}, hash
            FROM entry e JOIN act ON act.id = e.act LEFT JOIN run USING (run_id)
            LEFT JOIN cause ON cause.id = e.cause LEFT JOIN said ON said.entry = e.seq WHERE seq = ?""",
            [wanted],
        )
    )
    numbers = np.frombuffer(records, dtype=">i8").tolist()
    why = json.loads(text) if text else {}

    def name(end: int | str) -> str | None:
        return record_name(state, numbers[end] if isinstance(end, int) else int(end))

    def pairs(part: str) -> tuple[tuple[str | None, str | None, str], ...]:
        return tuple((name(a), name(b), said) for said, a, b in why.get(part, []))

    return Entry(
        seq,
        from_micros(at),
        run_id,
        actor,
        starter,
        kind,
        customer_id(origin) if origin is not None else None,
        customer_id(target) if target is not None else None,
        tuple(record_name(state, number) for number in numbers),
        pairs("matches"),
        pairs("refused"),
        pairs("ended"),
        why.get("more", 0),
        why.get("left", 1),
        why.get("type"),
        why.get("mark"),
        why.get("entry"),
        reason,
        digest.hex(),
    )
