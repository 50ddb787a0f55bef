"""What people decide: one person or two, and values that never link. The next run goes by it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, get_args

from api.ends import find_end, find_values
from api.project.actor import actor_at_work
from api.project.opened import Opened
from api.results import Decided, Decisions
from engine.complaints import check_choice
from engine.compute import Compute
from engine.errors import ConfigError, NotFoundError
from engine.ledger import decisions as ledger
from engine.ledger.decisions import Decision
from engine.runs import RunTables
from engine.state import State
from graph.store import Customer

#: One person, or two.
Kind = Literal["same", "different"]


class Decide(Opened):
    """Decisions: they win over any score, in every run from the next one on, until they are undone."""

    def decide(self, kind: Kind, a: str, b: str, *, reason: str | None = None, actor: str | None = None) -> Decided:
        """Decide that two identifiers, records or customers are one person, or that they are two.

        A customer stands for all of its records; taken out of one by `different`, a record or identifier parts from
        all the others. Errors: NotFoundError where one of them leads to nobody or to several; ConfigError for another
        kind, or where both are the same records; StateError where it contradicts decisions that stand.
        """
        check_choice("kind", kind, get_args(Kind))
        known: dict[str, Customer] = {}
        ends = [find_end(self.graph, text, *self._reading(), known, self._numbered) for text in (a, b)]
        whole = [end.understood.type == "customer" for end in ends]
        left, right = (
            tuple(r.record_id for r in known[end.customer_id].records) if all_of_it else end.records
            for end, all_of_it in zip(ends, whole, strict=True)
        )
        if kind == "different":
            left, right = (
                tuple(r for r in side if r not in other) if all_of_it else side
                for side, other, all_of_it in ((left, right, whole[0]), (right, left, whole[1]))
            )
        else:
            left, right = ends[0].records, ends[1].records
        both = sorted(set(left) & set(right))
        if both or not left or not right:
            held = f"record {both[0]} is both" if both else "they are the same records"
            raise ConfigError(
                f"{a} and {b} can't be decided on: {held}. Name records that are one or the other",
                told="Both lead to the same records. Name records that are one or the other.",
            )
        with State.open(self.layout.store) as state:
            last, _ = state.head()
            made = ledger.decide(
                state, kind, left, right, (ends[0].customer_id, ends[1].customer_id),
                actor=actor or actor_at_work(), reason=reason,
            )  # fmt: skip
            return self._told(state, [made], last)[0]

    def block(self, identifier: str, *, reason: str | None = None, actor: str | None = None) -> Decided:
        """Decide that an identifier's value never links. NotFoundError for a text that can't be one."""
        found = find_values(self.graph, identifier, *self._reading())
        if not found:
            raise NotFoundError(
                f"{identifier} is no e-mail, phone number or id that could be blocked",
                told="This is no e-mail, phone number or id that could be blocked.",
            )
        with State.open(self.layout.store) as state:
            last, _ = state.head()
            # Of what a text may mean, what is blocked already is meant: as a blocked one it may be known no more.
            blocked = {d.mark for d in ledger.standing(state) if d.kind == "block"}
            meant = next((v for v in found if ledger.value_mark(state.key, *v) in blocked), found[0])
            made = ledger.block(state, *meant, actor=actor or actor_at_work(), reason=reason)
            return self._told(state, [made], last)[0]

    def undo(self, entry: int, *, reason: str | None = None, actor: str | None = None) -> Decided:
        """End a decision, by its entry in the ledger. NotFoundError where it is none; StateError where it was ended."""
        self._tables()
        with State.open(self.layout.store) as state:
            last, _ = state.head()
            ended = ledger.undo(state, entry, actor=actor or actor_at_work(), reason=reason)
            return self._told(state, [ended], last)[0]

    def decisions(self, everything: bool = False) -> Decisions:
        """The decisions that stand, oldest first; with `everything` those that were undone as well."""
        self._tables()
        with State.open(self.layout.store, read_only=True) as state:
            found = ledger.decisions(state) if everything else ledger.standing(state)
            return Decisions(tuple(self._told(state, found, state.head()[0])))

    def _still_in(self, run: RunTables, records: Collection[str]) -> set[str]:
        """Those of the records that a run holds."""
        with Compute() as compute:
            compute.read_parquet("members", run.path("members"))
            held = "SELECT record_id FROM members WHERE list_contains($records, record_id)"
            return {record for (record,) in compute.rows(held, {"records": sorted(records)})}

    def _told(self, state: State, found: list[Decision], last: int) -> list[Decided]:
        """Decisions with the names of their records and values; new are those after entry `last`."""
        names = ledger.record_names(state, {number for d in found for number in d.left + d.right})
        values: dict[int, str] = {}
        if blocks := [d for d in found if d.kind == "block"]:
            with Compute() as compute:
                values = ledger.blocked_values(state, compute, self._tables().path("identifiers"), blocks)
        held = self._still_in(self._tables(), names.values()) if names else set()
        current = self._current()
        seen = (current.last_entry or 0) if current else 0
        return [
            Decided(
                d.entry,
                d.at,
                d.actor,
                d.kind,
                d.reason,
                d.customers,
                tuple(sorted(names[number] for number in d.left)),
                tuple(sorted(names[number] for number in d.right)),
                d.type,
                values.get(d.entry),
                d.undone,
                new=max(d.entry, d.undone or 0) > last,
                waits=(d.undone or d.entry) > seen,
                idle=d.undone is None
                and d.kind in get_args(Kind)
                and any(held.isdisjoint(names[number] for number in side) for side in (d.left, d.right)),
            )
            for d in found
        ]
