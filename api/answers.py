"""Who is this? From what a user typed to one customer and the thread of evidence that ties its identifiers together.

Pure over a `GraphStore`, so that the command line, notebooks and HTTP give one answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple

from api.ends import Numbered, Understood, find_owned, find_typed, no_orders, records_of
from api.plain import Plain
from api.shown import Shown
from engine.errors import NotFoundError, UnclearError
from graph.paths import Path, Threads, joined, weakest
from graph.store import Customer, DeviceWindow, Finding, GraphStore, KnownBy, Match, Refusal

#: More paths than this are not worked out for one answer; `more` counts the rest.
THREADS = 40
#: More customers than this are not listed where several answer.
LISTED = 20


@dataclass(frozen=True)
class Thread(Plain):
    """How the asked identifier leads to another one of the same customer.

    `path` runs from a record that holds the asked one to a record that holds the other; without hops, one record holds
    both. It is None where no record holds the other (a device known by its visits alone). `records` counts its holders.
    """

    type: str
    value: str
    display: str
    records: int
    path: Path | None

    def shape(self) -> dict[str, Any]:
        """The path's hops with their reasons."""
        found: dict[str, Any] = {"to": {"type": self.type, "value": self.value}, "records": (), "hops": ()}
        if self.path is None:
            return found | {"probability": None}
        return found | {"records": self.path.records, "hops": self.path.hops, "probability": self.path.probability}


@dataclass(frozen=True)
class Candidate(Plain):
    """One of several customers that answer to what was asked, `by` which value and how surely."""

    customer_id: str
    name: str | None
    email: str | None
    phone: str | None
    place: str | None
    records: int
    by: Understood
    confidence: float


class Asked(NamedTuple):
    """Something that a customer is asked for by: text of a known type (`record`, too), or of any."""

    text: str
    type: str | None = None


@dataclass(frozen=True)
class Also(Plain):
    """What else was asked for at once, and the customers that it leads to; without any, `why` says so in a word."""

    asked: str
    understood: Understood | None
    customers: tuple[str, ...]
    why: str | None


@dataclass(frozen=True)
class Answer(Plain, Shown, page="customer:card", rows="customer.identifiers"):
    """One customer, or several of whom none is to be preferred.

    `also` is what was asked for beside `asked`: where all of it leads to one customer, that is the answer. `notes` are
    sentences that the reader should know (a retired id and where it went). `weakest` is the weakest hop of the threads;
    `hangs_on` that of the whole customer, without which a part of it would be somebody else. `apart` are records that
    looked like this customer's and were refused.
    """

    asked: str
    understood: Understood
    notes: tuple[str, ...]
    customer: Customer | None
    threads: tuple[Thread, ...] = ()
    more: int = 0
    weakest: Match | None = None
    hangs_on: Match | None = None
    apart: tuple[Refusal, ...] = ()
    several: tuple[Candidate, ...] = ()
    also: tuple[Also, ...] = ()

    def shape(self) -> dict[str, Any]:
        """The customer without its matches, as the threads hold those that matter."""
        found = super().shape()
        if self.customer is not None:
            found["customer"] = {f.name: getattr(self.customer, f.name) for f in _TOLD}
        return found


#: What of a customer an answer tells.
_TOLD = tuple(f for f in fields(Customer) if f.name != "matches")


def whois(
    graph: GraphStore, text: str, region: str, priorities: Mapping[str, int], numbered: Numbered = no_orders
) -> Answer:
    """Find the customer behind an e-mail, a phone in any format, an id of any kind, an order's number or a record.

    Numbers without a country code are read as of `region`; `priorities` orders the project's identifier types;
    `numbered` knows orders by the number on them.
    Raises NotFoundError, which says what was understood and why it leads to nobody.
    """
    return whois_all(graph, [Asked(text)], region, priorities, numbered)


def whois_all(
    graph: GraphStore,
    asked: Sequence[Asked],
    region: str,
    priorities: Mapping[str, int],
    numbered: Numbered = no_orders,
) -> Answer:
    """Find the customer behind all that is asked for at once: see `whois`.

    What leads to nobody is left out of account as long as something leads to somebody; where no customer is behind all
    of the rest, each one that something leads to is listed.
    """
    led = _lead(graph, asked, region, priorities, numbered)
    text, understood, notes, also = led.text, led.understood, led.notes, led.also
    if len(led.by) > 1:
        several = _listed(graph, led.owned, led.by)
        return Answer(text, understood, notes, None, several=several, more=led.more, also=also)
    customer = graph.customer(next(iter(led.by)))
    targets = _targets(customer, understood, priorities)
    start = records_of(customer, understood.type, understood.value) or (customer.anchor,)
    paths = Threads(customer.matches, start)
    threads = tuple(_thread(customer, paths, target) for target in targets[:THREADS])
    hops = [hop for thread in threads if thread.path for hop in thread.path.hops]
    return Answer(
        text, understood, notes, customer, threads, len(targets) - len(threads), weakest(hops),
        hangs_on(customer.matches), graph.refusals(customer.customer_id), also=also,
    )  # fmt: skip


class _Led(NamedTuple):
    """Where all that was asked for leads: findings that have owners, and of each customer that answers one of them."""

    text: str
    understood: Understood
    notes: tuple[str, ...]
    owned: list[Finding]
    by: dict[str, Finding]
    also: tuple[Also, ...]

    @property
    def more(self) -> int:
        """How many customers answer beside those that are listed."""
        return max(0, len(self.by) - LISTED)


def _lead(
    graph: GraphStore, asked: Sequence[Asked], region: str, priorities: Mapping[str, int], numbered: Numbered
) -> _Led:
    found = [_find(graph, one, region, priorities, numbered) for one in asked]
    known = [findings for findings in found if not isinstance(findings, NotFoundError)]
    if not known:
        raise next(error for error in found if isinstance(error, NotFoundError))
    owned = [finding for findings in known for finding in findings]
    notes = tuple(f.reason for f in owned if f.reason)
    first = next(n for n, findings in enumerate(found) if findings is known[0])
    also = tuple(_also(*pair) for n, pair in enumerate(zip(asked, found, strict=True)) if n != first)
    by = {owner.customer_id: finding for finding in reversed(owned) for owner in finding.customers}
    behind_all = set.intersection(*({o.customer_id for f in findings for o in f.customers} for findings in known))
    if behind_all:
        by = {customer: finding for customer, finding in by.items() if customer in behind_all}
    elif len(by) > 1:
        notes += ("what was asked for leads to different customers",)
    return _Led(asked[first].text.strip(), _understood(owned[0]), notes, owned, by, also)


def _find(
    graph: GraphStore, asked: Asked, region: str, priorities: Mapping[str, int], numbered: Numbered
) -> list[Finding] | NotFoundError:
    try:
        if asked.type is None:
            return find_owned(graph, asked.text.strip(), region, priorities, numbered)
        return find_typed(graph, asked.type, asked.text, region)
    except NotFoundError as error:
        return error


def _understood(finding: Finding) -> Understood:
    return Understood(finding.type, finding.value, finding.status)


def _also(asked: Asked, found: list[Finding] | NotFoundError) -> Also:
    if isinstance(found, NotFoundError):
        why = found.why if isinstance(found, UnclearError) else "retired"
        return Also(asked.text, None, (), why)
    ids = sorted({owner.customer_id for finding in found for owner in finding.customers})
    return Also(asked.text, _understood(found[0]), tuple(ids), None)


@dataclass(frozen=True)
class Brief(Plain, Shown, page="customer:brief", rows="customer"):
    """The same answer in short: who it is, and not why. Customers are told as `several` are, surest first."""

    asked: str
    understood: Understood
    notes: tuple[str, ...]
    customer: Candidate | None
    several: tuple[Candidate, ...] = ()
    more: int = 0
    also: tuple[Also, ...] = ()


def whois_brief(
    graph: GraphStore,
    asked: Sequence[Asked],
    region: str,
    priorities: Mapping[str, int],
    numbered: Numbered = no_orders,
) -> Brief:
    """Find the customer behind all that is asked for at once, as `whois_all` does, without the evidence."""
    led = _lead(graph, asked, region, priorities, numbered)
    listed = _listed(graph, led.owned, led.by)
    if len(led.by) == 1:
        return Brief(led.text, led.understood, led.notes, listed[0], also=led.also)
    return Brief(led.text, led.understood, led.notes, None, listed, led.more, led.also)


@dataclass(frozen=True)
class Found(Plain):
    """Who is behind one of many texts, in short: `customers`, surest first, or `why` there is none."""

    asked: str
    status: Literal["found", "several", "nobody"]
    customers: tuple[Candidate, ...]
    why: str | None = None


@dataclass(frozen=True)
class Batch(Plain, Shown, page="customer:batch", rows="answers"):
    """Answers in the order of the questions."""

    answers: tuple[Found, ...]


def whois_each(graph: GraphStore, texts: Sequence[str], region: str, priorities: Mapping[str, int]) -> Batch:
    """Who is behind each of many texts, in their order; numbers of orders aren't looked for."""
    found = (_found(graph, text, _find(graph, Asked(text), region, priorities, no_orders)) for text in texts)
    return Batch(tuple(found))


def _found(graph: GraphStore, text: str, found: list[Finding] | NotFoundError) -> Found:
    if isinstance(found, NotFoundError):
        return Found(text, "nobody", (), found.why if isinstance(found, UnclearError) else "retired")
    by = {owner.customer_id: finding for finding in reversed(found) for owner in finding.customers}
    return Found(text, "found" if len(by) == 1 else "several", _listed(graph, found, by))


def _targets(customer: Customer, asked: Understood, priorities: Mapping[str, int]) -> list[KnownBy]:
    """The customer's other identifiers, most telling type first."""
    known = {(k.type, k.value) for k in customer.identifiers}
    devices = {w.device: _seen(w) for w in customer.devices if ("device", w.device) not in known}
    others = [k for k in (*customer.identifiers, *devices.values()) if (k.type, k.value) != (asked.type, asked.value)]
    last = max(priorities.values(), default=0) + 1
    return sorted(others, key=lambda k: (priorities.get(k.type, last), k.type, -k.confidence, k.value))


def _seen(window: DeviceWindow) -> KnownBy:
    return KnownBy("device", window.device, window.device, window.confidence, (), window.since, window.until, "ok")


def _thread(customer: Customer, paths: Threads, target: KnownBy) -> Thread:
    end = records_of(customer, target.type, target.value)
    path = paths.to(end) if end else None
    return Thread(target.type, target.value, target.display, len(end), path)


def hangs_on(matches: Sequence[Match]) -> Match | None:
    """Find the weakest hop on the widest paths between all records: the last one that joins, strongest first."""
    tree = joined(sorted(matches, key=lambda m: m.strength, reverse=True))
    return tree[-1] if tree else None


def _listed(graph: GraphStore, owned: list[Finding], by: Mapping[str, Finding]) -> tuple[Candidate, ...]:
    surest: dict[str, float] = {}
    for finding in owned:
        for owner in finding.customers:
            surest[owner.customer_id] = max(owner.confidence or 0.0, surest.get(owner.customer_id, 0.0))
    first = sorted(by, key=lambda c: (-surest[c], c))[:LISTED]
    return tuple(Candidate(*o, _understood(by[o.customer_id]), surest[o.customer_id]) for o in graph.outlines(first))
