"""What an audit found, as plain values. Counts are whole numbers; shares run from 0 to 1 and are 0 of nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


@dataclass(frozen=True)
class Identifier:
    """One identifier type in one source: how many records hold a value, how many a usable one, and of what status.

    `distinct` values are counted in an audit only; None elsewhere.
    """

    type: str
    records: int
    filled: int
    usable: int
    distinct: int | None
    statuses: dict[str, int]

    @property
    def fill_rate(self) -> float:
        """Share of the source's records that hold any value."""
        return _share(self.filled, self.records)

    @property
    def validity(self) -> float:
        """Share of the records with a value that hold one which may link."""
        return _share(self.usable, self.filled)


@dataclass(frozen=True)
class Duplicates:
    """Contacts of a source for which an older one of the same source is likely the same person, by first cause.

    `causes` maps a code of `CAUSES` to its number of contacts; each contact counts once, under the surest cause.
    """

    contacts: int
    duplicates: int
    causes: dict[str, int]

    @property
    def rate(self) -> float:
        """Share of the contacts that are duplicates."""
        return _share(self.duplicates, self.contacts)


@dataclass(frozen=True)
class Reject:
    """Rows that could not be read for one reason, and where the first of them is."""

    reason: str
    rows: int
    file: str | None
    line: int | None


@dataclass(frozen=True)
class Dates:
    """How many rows are dated before anything a shop exports, or in the future, or have no date that can be read."""

    early: int = 0
    future: int = 0
    missing: int = 0


@dataclass(frozen=True)
class Orders:
    """A source's orders: how many name no account, nobody at all, or have no total; and what else can't be summed.

    `without_rate` counts orders by their currency, which has none; `without_currency` by what stands in place of one.
    """

    orders: int = 0
    guests: int = 0
    anonymous: int = 0
    without_rate: dict[str, int] = field(default_factory=dict)
    without_currency: dict[str, int] = field(default_factory=dict)
    without_total: int = 0
    dates: Dates = Dates()


@dataclass(frozen=True)
class Source:
    """One source: what was read of it, how fresh it is, and how well its rows say who they are about.

    `kinds` counts records by kind (contact, order, checkout); `fields` the records in which a field is filled;
    `carried` the events that carry a device, an account and so on. `repeated_keys` are rows replaced by a later row of
    the same key (None once the raw rows are gone). Rows after now count in `future` and never in `last_seen`. `rhythm`
    is the longest usual gap, in days, between days of which there are rows; None of too few days to tell.
    """

    source: str
    rows: int
    rejected: int
    rejects: tuple[Reject, ...]
    records: int
    kinds: dict[str, int]
    events: int
    repeated_keys: int | None
    first_seen: datetime | None
    last_seen: datetime | None
    future: int
    rhythm: float | None
    event_dates: Dates
    fields: dict[str, int]
    identifiers: tuple[Identifier, ...]
    carried: dict[str, int]
    duplicates: Duplicates
    orders: Orders


@dataclass(frozen=True)
class FrequentValue:
    """A value that many records hold (a `linkable` one: several contacts of one source), perhaps a placeholder."""

    type: str
    value: str
    status: str
    linkable: bool
    records: int
    sources: int


@dataclass(frozen=True)
class SharedValue:
    """A linkable value that stands under more incompatible first names, or in more records, than its policy allows."""

    type: str
    value: str
    records: int
    names: int
    sources: int


@dataclass(frozen=True)
class Overlap:
    """Of the distinct values of one type in `source`, how many are in `other` as well."""

    type: str
    source: str
    other: str
    values: int
    both: int

    @property
    def share(self) -> float:
        """Share of the values of `source` that `other` has too."""
        return _share(self.both, self.values)


@dataclass(frozen=True)
class Step:
    """A step of the way to a purchase, in visitors (devices; sessions where an event has no device).

    `known_at_first` visitors were tied to somebody by the time of their first event of this step, `known` ones by the
    last, `ever` at any time. `by` counts the known ones per kind of evidence; one visitor may have several.
    """

    step: str
    visitors: int
    known_at_first: int
    known: int
    ever: int
    by: dict[str, int]

    @property
    def share(self) -> float:
        """Share of the step's visitors who are known by the end of it."""
        return _share(self.known, self.visitors)


@dataclass(frozen=True)
class Gain:
    """How many persons the records seem to be. An estimate: exact values only, names and typing errors not looked at.

    `by_exact_email` takes e-mails as they are shown, and each record without one as somebody of its own;
    `by_identifier` joins records over canonical e-mails and phones, leaving out shared values. `unreachable` records
    have neither.
    """

    records: int
    unreachable: int
    by_exact_email: int
    by_identifier: int
    note: str = "an estimate from exact e-mails and phones alone; a run also compares names, addresses and the rest"


@dataclass(frozen=True)
class Consent:
    """A channel's consents by state, and the addresses that are opted in in one place and out in another."""

    channel: str
    states: dict[str, int]
    conflicts: int


@dataclass(frozen=True)
class Audit:
    """The first look at a shop's data."""

    at: datetime
    sources: tuple[Source, ...]
    frequent: tuple[FrequentValue, ...]
    shared: tuple[SharedValue, ...]
    shared_counts: dict[str, int]
    overlaps: tuple[Overlap, ...]
    steps: tuple[Step, ...]
    consents: tuple[Consent, ...]
    gain: Gain

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; times as ISO 8601 in UTC, shares beside the counts that they come from."""
        plain: dict[str, Any] = _plain(asdict(self))
        for source, row in zip(self.sources, plain["sources"], strict=True):
            row["duplicates"]["rate"] = source.duplicates.rate
            for identifier, cell in zip(source.identifiers, row["identifiers"], strict=True):
                cell |= {"fill_rate": identifier.fill_rate, "validity": identifier.validity}
        for overlap, row in zip(self.overlaps, plain["overlaps"], strict=True):
            row["share"] = overlap.share
        for step, row in zip(self.steps, plain["steps"], strict=True):
            row["share"] = step.share
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() + "Z" if isinstance(value, datetime) else value
