"""What an identity graph holds and answers: its own light types, and `GraphStore`, the protocol that every store keeps.

A store is a projection of one run's tables. It can be dropped and rebuilt at any time, and it shows one whole run or
another, never something between. Nothing here knows SQL or Cypher. Times are aware datetimes in UTC.

What a customer has many of are named tuples, which are made in a third of the time that frozen dataclasses take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    import pyarrow as pa

    from engine.runs import RunTables

T = TypeVar("T")


class Reason(NamedTuple):
    """One comparison's share of a match; the records are named where they are not the match's own pair."""

    comparison: str
    level: str
    weight: float | None
    record_a: str | None = None
    record_b: str | None = None


class Match(NamedTuple):
    """An admitted match, one hop of evidence. `record_a < record_b`; `weight` in bits."""

    record_a: str
    record_b: str
    weight: float
    probability: float
    stage: str = ""
    rule: str = ""
    step: int = 0
    reasons: tuple[Reason, ...] = ()

    @property
    def strength(self) -> tuple[float, float]:
        """What hops are compared by: the weight, then the probability where weights are equal."""
        return self.weight, self.probability

    @property
    def turn(self) -> tuple[int, float, float, str, str]:
        """What matches are ordered by as they were admitted: by `step`, within a step the strongest first."""
        return self.step, -self.weight, -self.probability, self.record_a, self.record_b


@dataclass(frozen=True, slots=True)
class Refusal:
    """A pair that scored as a match and was refused, and what forbade it, in words."""

    match: Match
    refusal: str


class Identifier(NamedTuple):
    """A value that a record holds. `status` is that of the run, or `shared` where the value is nobody's."""

    type: str
    value: str
    display: str
    status: str
    detail: str | None = None


class Record(NamedTuple):
    """One row of one source, with its identifiers and whose it is (None: nobody's, as yet)."""

    record_id: str
    source: str
    key: str
    kind: str
    seen_at: datetime | None
    created_at: datetime | None
    fields: dict[str, str | date]
    customer_id: str | None
    confidence: float | None
    since: datetime | None
    identifiers: tuple[Identifier, ...] = ()

    @property
    def name(self) -> str:
        """The name on the record, empty where it has none."""
        return str(self.fields.get("name", ""))


class KnownBy(NamedTuple):
    """An identifier of a customer. `sources` is sorted; `status` is the best that one of its records gives it."""

    type: str
    value: str
    display: str
    confidence: float
    sources: tuple[str, ...]
    first_seen: datetime | None
    last_seen: datetime | None
    status: str


class Permission(NamedTuple):
    """What one address of a customer may be used for.

    `state` (in | out) is decided by the project's precedence, by what `source` said `at` that time; `said_in` and
    `said_out` are the sources whose latest word that is. `conflict`: sources, or the customer's addresses, disagree
    about the channel. `why_not` is None where the address may be used.
    """

    channel: str
    type: str
    value: str
    state: str
    conflict: bool
    at: datetime | None
    source: str
    said_in: tuple[str, ...]
    said_out: tuple[str, ...]
    confidence: float
    why_not: str | None


class DeviceWindow(NamedTuple):
    """When a device was this customer's: [since, until), and what says so."""

    device: str
    customer_id: str
    since: datetime | None
    until: datetime | None
    because: str
    record_id: str | None
    confidence: float


class LedgerEntry(NamedTuple):
    """One dated line of the ledger. It names customers and records by id and holds no personal value."""

    seq: int
    at: datetime
    kind: str
    run_id: str
    actor: str
    reason: str
    hash: str
    customer_ids: tuple[str, ...]
    record_ids: tuple[str, ...]


@dataclass(frozen=True)
class Customer:
    """A whole customer: golden fields, records, identifiers, the matches that hold it together, devices, history."""

    customer_id: str
    anchor: str
    name: str | None
    email: str | None
    phone: str | None
    place: str | None
    first_seen: datetime | None
    last_seen: datetime | None
    records: tuple[Record, ...]
    identifiers: tuple[KnownBy, ...]
    matches: tuple[Match, ...]
    devices: tuple[DeviceWindow, ...] = ()
    entries: tuple[LedgerEntry, ...] = ()
    permissions: tuple[Permission, ...] = ()

    @property
    def names(self) -> dict[str, str]:
        """The name on each record, by record id."""
        return {r.record_id: r.name for r in self.records}

    def holders(self, type_: str, value: str) -> tuple[str, ...]:
        """The ids of this customer's records that hold a value: what an identifier stands for in a path."""
        return tuple(self._held.get((type_, value), ()))

    @cached_property
    def _held(self) -> dict[tuple[str, str], list[str]]:
        held: dict[tuple[str, str], list[str]] = {}
        for record in self.records:
            for identifier in record.identifiers:
                held.setdefault(identifier[:2], []).append(record.record_id)
        return held


class Outline(NamedTuple):
    """A customer in short: the golden fields, and how many records it has."""

    customer_id: str
    name: str | None
    email: str | None
    phone: str | None
    place: str | None
    records: int


class Owner(NamedTuple):
    """A customer that a value leads to, and how surely."""

    customer_id: str
    confidence: float


class Holder(NamedTuple):
    """A record that holds a value, whose it is, and the status that the run gave the value there."""

    record_id: str
    customer_id: str | None
    status: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What the graph knows of one value.

    `known` leads to customers; `shared` is held by too many and is nobody's; `unlinkable` is held, but only with
    statuses that never link (role, placeholder, blocked, ...), or by records that are nobody's; `unknown` is held by no
    record. `reason` says in words why a value has no customer. Of a value's holders at most `limit` are listed;
    `records` counts all.
    """

    type: str
    value: str
    status: Literal["known", "shared", "unlinkable", "unknown"]
    customers: tuple[Owner, ...] = ()
    holders: tuple[Holder, ...] = ()
    records: int = 0
    reason: str = ""


How = Literal["same", "nickname", "begins", "misspelt", "missing"]


class Answered(NamedTuple):
    """A word that was searched for, and the customer's word that answers to it best, and how; None where none does."""

    asked: str
    found: str | None
    how: How


class Hit(NamedTuple):
    """A customer whom a search found: the golden fields, how well it answers (at most 1), and by which words."""

    customer_id: str
    name: str | None
    email: str | None
    phone: str | None
    place: str | None
    records: int
    last_seen: datetime | None
    score: float
    words: tuple[Answered, ...]


@dataclass(frozen=True, slots=True)
class Redirect:
    """One step in the life of a retired id: `kind` says what became of it (merged, split, ...).

    One that led nowhere (all its records are gone) leads to itself.
    """

    old_id: str
    new_id: str
    kind: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Retired:
    """Where a retired id went: every step from it, and the living customers at the end, sorted."""

    customer_id: str
    steps: tuple[Redirect, ...]
    now: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PublishReport:
    """What a publish did: a load of everything (`full`) or of a difference; rows written and removed, by table."""

    run_id: str
    previous: str | None
    full: bool
    removed: dict[str, int] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)

    @property
    def unchanged(self) -> bool:
        """The store held this run already."""
        return self.previous == self.run_id


@dataclass(frozen=True, slots=True)
class Difference:
    """A table of the store, or what it derives, that isn't that of the run: `what` is `rows` or `checksum`."""

    table: str
    what: Literal["run", "rows", "checksum"]
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.table}: {self.what} should be {self.expected} and is {self.found}"


@dataclass(frozen=True, slots=True)
class Stats:
    """How much a store holds: rows by table, bytes on disk, and the run that it shows."""

    run_id: str | None
    rows: dict[str, int]
    size: int


class GraphStore(Protocol):
    """A place where the current run's identity graph can be asked. Any number of readers, one publisher.

    Raises NotFoundError for an id that isn't there, StateError where the store itself can't be used: absent, damaged,
    of a newer version, somebody else's, or held by another publisher (it says by whom).
    """

    def current_run(self) -> str | None:
        """The run that readers see, or None."""
        ...

    def together(self, ask: Callable[[GraphStore], T]) -> tuple[str, T]:
        """What `ask` makes of several answers that all come from one run, and that run: none is mixed of two.

        `ask` gets a store to put its questions to, and may be called again where a publish ended meanwhile.
        """
        ...

    def publish(self, run: RunTables, previous: RunTables | None) -> PublishReport:
        """Bring the store to `run`.

        Where the store holds `previous`, only the difference of the two runs' tables is written; otherwise everything
        is. A store that holds `run` already is left alone. Readers see the old run until they see the new one, whole;
        a publisher that dies leaves the old one.
        """
        ...

    def verify(self, run: RunTables) -> list[Difference]:
        """Compare counts and checksums of all that the store holds with the run's; nothing where all agree."""
        ...

    def find(self, type_: str, value: str, limit: int = 100) -> Finding:
        """What the graph knows of a canonical value; `unknown` where no record holds it."""
        ...

    def find_any(self, candidates: Iterable[tuple[str, str]], limit: int = 100) -> list[Finding]:
        """The findings of those (type, value) candidates that some record holds, in the order given."""
        ...

    def find_id(self, text: str, limit: int = 100) -> list[Finding]:
        """Whatever answers to an id: a customer, a record (by its id or its bare key), an identifier of any type.

        `123` finds the account `shopify:123` and the record whose key is 123. Customers and records come as findings of
        type `customer` and `record`.
        """
        ...

    def search(self, text: str, limit: int = 10) -> tuple[Hit, ...]:
        """The living customers who answer best to words: `graph.search` says which, and in which order.

        Words are of names (partial, misspelt by one slip, short forms, in any order), companies, cities and postcodes,
        the beginning of an e-mail and the last four digits of a phone number.
        """
        ...

    def customer(self, customer_id: str) -> Customer:
        """A whole living customer. For a retired id the NotFoundError says where it went."""
        ...

    def outlines(self, customer_ids: Sequence[str]) -> list[Outline]:
        """Living customers in short, in the order of their ids here. Errors: as for `customer`."""
        ...

    def record(self, record_id: str) -> Record:
        """A record with its identifiers."""
        ...

    def owners(self, record_ids: Iterable[str]) -> dict[str, str]:
        """The customers of records, by the records' ids; without those that aren't there, or are nobody's."""
        ...

    def evidence(self, customer_id: str) -> tuple[Match, ...]:
        """The admitted matches of a customer, in the order of their admission."""
        ...

    def refusals(self, customer_id: str) -> tuple[Refusal, ...]:
        """Refused pairs of which one record or both are this customer's."""
        ...

    def windows(self, device: str) -> tuple[DeviceWindow, ...]:
        """Whose a device was, and when, in order of time."""
        ...

    def retired(self, customer_id: str) -> Retired | None:
        """Where a retired id went, or None if the id isn't retired."""
        ...

    def members(self) -> pa.Table:
        """Every record and its customer, as Arrow: the columns of the run table `members`."""
        ...

    def read(self, table: str) -> pa.Table:
        """One whole table as Arrow, in the form of `graph.tables`."""
        ...

    def stats(self) -> Stats:
        """How much the store holds."""
        ...

    def drop(self) -> None:
        """Remove the graph. The next publish rebuilds it."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
