"""What people decided: these are one person, those are two, and that value never links. Runs go by what stands.

A decision is about records, whatever it was asked about, so that it holds on when customers merge, part or end. The
ledger keeps record numbers, and of a blocked value a keyed hash.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np

from engine.compute import Compute
from engine.errors import ConflictError, NotFoundError
from engine.ledger.ids import customer_id, customer_number
from engine.ledger.past import record_name
from engine.state import Note, State, from_micros
from engine.state.numbers import record_number, record_number_sql
from engine.state.schema import DECIDED

Kind = Literal["same", "different", "block", "erase"]
#: SQL of why somebody decided, in their words; an erasure is a run, and why is kept with that.
WHY = "coalesce(said.reason, CASE WHEN kind = 'erased' THEN run.reason END)"
#: What a record is called that was erased.
ERASED = "an erased record"
#: Kinds of entry, and what they decide.
KINDS: dict[str, Kind] = {"asserted": "same", "refused": "different", "blocked": "block", "erased": "erase"}
_ENTRY_KINDS = {kind: entry for entry, kind in KINDS.items()}


@dataclass(frozen=True)
class Decision:
    """One decision that was made.

    `left` and `right` are numbers of records: of `same` one each; of `different` all of one side, and all of the other.
    `customers` are those that it was about then. Of `block`, `type` and `mark` (`value_mark`) say which value.
    Of `erase`, `left` are all records; it stops what comes in again.
    `undone` is the entry that ended it.
    """

    entry: int
    at: datetime
    actor: str
    kind: Kind
    reason: str | None
    customers: tuple[str, ...] = ()
    left: tuple[int, ...] = ()
    right: tuple[int, ...] = ()
    type: str | None = None
    mark: int | None = None
    undone: int | None = None


def value_mark(key: str, type_: str, value: str) -> int:
    """What the ledger calls an identifier's value: a keyed hash, as it does records."""
    return record_number(key, f"{type_}={value}")


def decisions(state: State) -> list[Decision]:
    """All decisions, those that were undone too, oldest first."""
    rows = list(
        state.rows(
            f"""SELECT seq, at, act.actor, kind, origin, target, records, text, {WHY}
            FROM entry e JOIN act ON act.id = e.act LEFT JOIN cause ON cause.id = e.cause
            LEFT JOIN run USING (run_id) LEFT JOIN said ON said.entry = e.seq WHERE {DECIDED} ORDER BY seq"""
        )
    )
    causes = {seq: json.loads(text) if text else {} for seq, *_, text, _ in rows}
    undone = {causes[seq]["entry"]: seq for seq, _, _, kind, *_ in rows if kind == "undone"}
    found = []
    for seq, at, actor, kind, origin, target, records, _, reason in rows:
        if kind not in KINDS:
            continue
        cause, numbers = causes[seq], tuple(np.frombuffer(records, dtype=">i8").tolist())
        left = cause.get("left", 1) if kind != "erased" else len(numbers)
        customers = tuple(customer_id(number) for number in dict.fromkeys((origin, target)) if number is not None)
        found.append(
            Decision(
                seq,
                from_micros(at),
                actor,
                KINDS[kind],
                reason,
                customers,
                numbers[:left],
                numbers[left:],
                cause.get("type"),
                cause.get("mark"),
                undone.get(seq),
            )
        )
    return found


def standing(state: State) -> list[Decision]:
    """The decisions that hold, oldest first."""
    return [decision for decision in decisions(state) if decision.undone is None]


def decide(
    state: State, kind: Literal["same", "different"], left: Sequence[str], right: Sequence[str],
    customers: tuple[str, str], *, actor: str, reason: str | None = None,
) -> Decision:  # fmt: skip
    """Decide that records `left` and `right` are one person's, by one of each, or that they are two people's.

    `customers` are those that they belong to now. What was decided in the same words before is given back.
    Errors: ConflictError where it contradicts decisions that stand, with the chain of these.
    """
    key = state.key
    sides = tuple(tuple(sorted(record_number(key, r) for r in side)) for side in (left, right))
    if kind == "same":
        sides = ((record_number(key, left[0]),), (record_number(key, right[0]),))
    named = {record_number(key, r): r for r in (*left, *right)}
    with state.deciding():
        stand = standing(state)
        for decision in stand:
            if decision.kind == kind and {decision.left, decision.right} == set(sides):
                return decision
        against = (_joined if kind == "different" else _parted)(stand, *sides)
        if against is not None:
            entries = " and ".join(f"entry {decision.entry}" for decision in against)
            raise ConflictError(
                f"that contradicts what was decided: {_told(state, against, named)}. `clew undo` ends a decision",
                told=f"That contradicts what was decided by {entries}. Undo ends a decision.",
            )
        origin, target = (customer_number(customer) for customer in customers)
        cause = {"left": len(sides[0])} if kind == "different" else {}
        entry = Note(_ENTRY_KINDS[kind], origin, target, (*sides[0], *sides[1]), cause, reason)
        return _note(state, entry, actor)


def block(state: State, type_: str, value: str, *, actor: str, reason: str | None = None) -> Decision:
    """Decide that a value never links, in none of the runs after. What was blocked before is given back."""
    mark = value_mark(state.key, type_, value)
    with state.deciding():
        for decision in standing(state):
            if decision.kind == "block" and decision.mark == mark:
                return decision
        return _note(state, Note("blocked", cause={"type": type_, "mark": mark}, reason=reason), actor)


def undo(state: State, entry: int, *, actor: str, reason: str | None = None) -> Decision:
    """End a decision; returns it. Errors: NotFoundError where that entry is none; ConflictError where it was undone."""
    with state.deciding():
        found = {decision.entry: decision for decision in decisions(state)}
        if entry not in found:
            back = next((d.entry for d in found.values() if d.undone == entry), None)
            taken = "" if back is None else f", it took {back} back: `clew decide` or `clew block` makes that anew"
            raise NotFoundError(
                f"entry {entry} of the ledger is no decision{taken}; `clew decisions` lists them",
                told="This entry is no decision."
                if back is None
                else f"This entry is no decision: it took {back} back, which can be decided anew.",
            )
        if (ended := found[entry].undone) is not None:
            raise ConflictError(
                f"decision {entry} was undone before, by entry {ended}",
                told=f"This decision was undone before, by entry {ended}.",
            )
        state.note(Note("undone", cause={"entry": entry}, reason=reason), datetime.now(UTC), actor)
        return next(decision for decision in decisions(state) if decision.entry == entry)


def return_to(state: State, stood: Sequence[int], reason: str) -> tuple[list[Note], list[int]]:
    """What to note so that the decisions of these entries stand and no others, and those of them that stand already.

    Nothing is noted here. A decision that was undone since has to be made anew: its entry has ended for good. Erasures
    stay as they are.
    """
    known = decisions(state)
    erasures = [decision.entry for decision in known if decision.kind == "erase" and decision.undone is None]
    known = [decision for decision in known if decision.kind != "erase"]
    stand = {_words(decision): decision for decision in known if decision.undone is None}
    wanted = {_words(decision): decision for decision in known if decision.entry in stood}
    ended = [Note("undone", cause={"entry": d.entry}, reason=reason) for w, d in stand.items() if w not in wanted]
    again = [_again(decision, reason) for words, decision in wanted.items() if words not in stand]
    return [*ended, *again], sorted([*erasures, *(d.entry for words, d in stand.items() if words in wanted)])


def _words(decision: Decision) -> tuple[object, ...]:
    return decision.kind, frozenset((decision.left, decision.right)), decision.mark


def _again(decision: Decision, reason: str) -> Note:
    ends = [customer_number(customer) for customer in decision.customers] or [None]
    cause: dict[str, object] = {"left": len(decision.left)} if decision.kind == "different" else {}
    if decision.kind == "block":
        cause = {"type": decision.type, "mark": decision.mark}
    return Note(_ENTRY_KINDS[decision.kind], ends[0], ends[-1], decision.left + decision.right, cause, reason)


def _note(state: State, entry: Note, actor: str) -> Decision:
    seq = state.note(entry, datetime.now(UTC), actor)
    return next(decision for decision in decisions(state) if decision.entry == seq)


def _joined(stand: Iterable[Decision], left: tuple[int, ...], right: tuple[int, ...]) -> list[Decision] | None:
    """The decisions that say that a record of `left` is the same person as one of `right`, end to end; None if none."""
    near: dict[int, list[tuple[int, Decision]]] = {}
    for decision in stand:
        if decision.kind == "same":
            for a, b in (decision.left + decision.right, decision.right + decision.left):
                near.setdefault(a, []).append((b, decision))
    came: dict[int, tuple[int, Decision] | None] = dict.fromkeys(left)
    waiting = deque(left)
    while waiting:
        at = waiting.popleft()
        if at in right:
            chain = []
            while (step := came[at]) is not None:
                at, decision = step
                chain.append(decision)
            return chain[::-1]
        for number, decision in near.get(at, ()):
            if number not in came:
                came[number] = (at, decision)
                waiting.append(number)
    return None


def _parted(stand: Sequence[Decision], left: tuple[int, ...], right: tuple[int, ...]) -> list[Decision] | None:
    """The decisions that say that two records are two people's: one `different`, and what leads to it; None if none."""
    for apart in (d for d in stand if d.kind == "different"):
        for a, b in ((left, right), (right, left)):
            before, after = _joined(stand, a, apart.left), _joined(stand, apart.right, b)
            if before is not None and after is not None:
                return [*before, apart, *after]
    return None


def _told(state: State, chain: Sequence[Decision], named: dict[int, str]) -> str:
    """A chain of decisions, in words; `named` are records that the ledger may not know yet."""
    names = record_names(state, {number for d in chain for number in d.left + d.right}) | named

    def side(numbers: tuple[int, ...]) -> str:
        rest = len(numbers) - 1
        return names[numbers[0]] + (f" (and {rest} more)" if rest else "")

    return "; ".join(
        f"entry {d.entry}, by {d.actor} on {d.at:%Y-%m-%d}, says that {side(d.left)} and {side(d.right)} are "
        + ("one person" if d.kind == "same" else "two people")
        for d in chain
    )


def record_names(state: State, numbers: Iterable[int]) -> dict[int, str]:
    """The ids of records by their numbers; one that was erased has ERASED."""
    return {number: record_name(state, number) or ERASED for number in numbers}


def blocked_values(state: State, compute: Compute, identifiers: Path, blocks: Sequence[Decision]) -> dict[int, str]:
    """The values in a run's `identifiers` that `blocks` are about, by their entry: the ledger holds none."""
    marks = {(d.type, d.mark): d.entry for d in blocks}
    rows = compute.rows(
        f"""SELECT * FROM (SELECT type, value, {record_number_sql("type || '=' || value")} AS mark FROM (
            SELECT DISTINCT type, value FROM read_parquet($2) WHERE list_contains($3, type)))
        WHERE list_contains($4, mark)""",
        [state.key, str(identifiers), sorted({d.type or "" for d in blocks}), [d.mark for d in blocks]],
    )
    return {marks[type_, mark]: value for type_, value, mark in rows if (type_, mark) in marks}
