"""What a comparison of two runs found, as plain values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from engine.rules import Change

#: What became of customers that share records, by how many there were before and are after: 1 and 1 with the same
#: records, 1 and 1 with others, 0 and 1, 1 and 0, several and 1, 1 and several, several and several.
Kind = Literal["unchanged", "changed", "created", "retired", "merged", "split", "regrouped"]
KINDS: tuple[Kind, ...] = ("unchanged", "changed", "created", "retired", "merged", "split", "regrouped")
#: Who is who comes first, as in an explained shift, and then what is new.
IN_TURN: tuple[Kind, ...] = ("merged", "split", "regrouped", "unchanged", "changed", "created", "retired")

#: Whether another system would merge accounts: it refuses, it needs a choice, or nothing in the exports is against it.
Verdict = Literal["refuses", "choose", "check"]


@dataclass(frozen=True)
class Shift:
    """Customers that hand records to one another, from the one run to the other, and nobody else.

    `arrived` and `gone` count the records that only the later and only the earlier run holds. Money is net revenue in
    the project's currency. `reason` is in words, with the two records that it hangs on; `addressed` says that the key
    of one holds its own e-mail or phone.
    """

    kind: Kind
    before: tuple[str, ...]
    after: tuple[str, ...]
    records: int
    arrived: int
    gone: int
    revenue_before: float
    revenue_after: float
    reason: str
    between: tuple[str, str] | None
    addressed: bool


@dataclass(frozen=True)
class Figure:
    """A number before and after. `parts` says how much of the difference each kind of change made; they sum to it.

    Of a rate each is what that kind of change makes after those before it, in the order IN_TURN.
    """

    name: str
    before: float | None
    after: float | None
    parts: dict[str, float]


@dataclass(frozen=True)
class Channel:
    """Buyers and their average lifetime value by the channel that acquired them; `parts` are of that, a rate."""

    channel: str
    buyers_before: int
    buyers_after: int
    ltv_before: float | None
    ltv_after: float | None
    parts: dict[str, float]


@dataclass(frozen=True)
class Conflicts:
    """Consents in conflict that were made, and those that were resolved, by what became of the customer."""

    made: dict[str, int]
    resolved: dict[str, int]


@dataclass(frozen=True)
class Audience:
    """How many addresses a purpose reaches, and how many enter and leave, by what became of their customer."""

    purpose: str
    channel: str
    before: int
    after: int
    enter: dict[str, int]
    leave: dict[str, int]


@dataclass(frozen=True)
class Agreement:
    """How alike two groupings of the records that both runs hold are.

    `adjusted_rand` (Hubert and Arabie 1985) and `v_measure` (Rosenberg and Hirschberg 2007) are 1 where they are equal.
    """

    records: int
    pairs_before: int
    pairs_after: int
    pairs_gained: int
    pairs_lost: int
    adjusted_rand: float
    v_measure: float


@dataclass(frozen=True)
class Input:
    """A file or table that isn't what it was: its rows before and after, None where it was not there."""

    source: str
    file: str
    rows_before: int | None
    rows_after: int | None


@dataclass(frozen=True)
class Because:
    """Why another system would say so, in words, and the page of its maker that tells."""

    words: str
    source: str


@dataclass(frozen=True)
class Merge:
    """A customer's accounts in another system: which to keep, which to merge into it, and the net revenue at stake."""

    customer: str
    keep: str
    merge: tuple[str, ...]
    verdict: Verdict
    revenue: float


@dataclass(frozen=True)
class Elsewhere:
    """The customers whose accounts another system would have to merge, and what stands against that.

    `verdicts` counts them, `because` says why, and `named` are those with most at stake. `unseen` are obstacles that no
    export tells of, and `sources` the pages of the system's maker that do.
    """

    system: str
    customers: int
    verdicts: dict[Verdict, int]
    because: dict[Verdict, Because]
    named: tuple[Merge, ...]
    unseen: tuple[str, ...]
    sources: tuple[str, ...]


class Large(NamedTuple):
    """A customer of many records."""

    customer_id: str
    records: int


@dataclass(frozen=True)
class Comparison:
    """Everything that two runs have different; `before` is None where there is no earlier run.

    `kinds` counts shifts by kind. `conflicts` are how many consents in conflict are new, and how many are gone.
    `shifts` are the ones with most at stake, `elsewhere` what other systems make of the accounts that are joined.
    `rules` are the settings that changed, and `model` says whether it is another one. `decided` are the decisions
    that only the later run went by, and `undecided` those that only the earlier one did, by their entries. `currency`
    is that of the later run; None for a run of an earlier version.
    """

    before: str | None
    after: str
    currency: str | None
    records_before: int
    records_after: int
    kinds: dict[str, int]
    largest_before: tuple[Large, ...]
    largest_after: tuple[Large, ...]
    agreement: Agreement
    figures: tuple[Figure, ...]
    revenue_moved: float
    conflicts: Conflicts
    channels: tuple[Channel, ...]
    audiences: tuple[Audience, ...]
    shifts: tuple[Shift, ...]
    elsewhere: tuple[Elsewhere, ...]
    inputs: tuple[Input, ...]
    rules: tuple[Change, ...]
    decided: tuple[int, ...]
    undecided: tuple[int, ...]
    model: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)
