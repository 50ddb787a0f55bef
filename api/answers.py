"""Who is this? From what a user typed to one customer and the thread of evidence that ties its identifiers together.

Pure over a `GraphStore`, so that the command line, notebooks and HTTP give one answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.ends import Understood, find_owned, records_of
from api.plain import Plain, plain
from graph.paths import Path, joins, weakest, widest
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

    def to_dict(self) -> dict[str, Any]:
        """Plain values, the path's hops with their reasons."""
        found: dict[str, Any] = {"to": {"type": self.type, "value": self.value}, "records": [], "hops": []}
        if self.path is None:
            return found | {"probability": None}
        hops = plain(self.path.hops)
        return found | {"records": list(self.path.records), "hops": hops, "probability": self.path.probability}


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


@dataclass(frozen=True)
class Answer(Plain):
    """One customer, or several of whom none is to be preferred.

    `notes` are sentences that the reader should know (a retired id and where it went). `weakest` is the weakest hop of
    the threads; `hangs_on` that of the whole customer, without which a part of it would be somebody else. `apart` are
    records that looked like this customer's and were refused.
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

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; the customer without its matches, as the threads hold those that matter."""
        found = super().to_dict()
        found["threads"] = [thread.to_dict() for thread in self.threads]
        if found["customer"] is not None:
            del found["customer"]["matches"]
        return found


def whois(graph: GraphStore, text: str, region: str, priorities: Mapping[str, int]) -> Answer:
    """Find the customer behind an e-mail, a phone in any format, an id of any kind, a record or a customer id.

    Numbers without a country code are read as of `region`; `priorities` orders the project's identifier types.
    Raises NotFoundError, which says what was understood and why it leads to nobody.
    """
    text = text.strip()
    owned = find_owned(graph, text, region, priorities)
    notes = tuple(f.reason for f in owned if f.reason)
    asked = Understood(owned[0].type, owned[0].value, owned[0].status)
    by = {owner.customer_id: finding for finding in reversed(owned) for owner in finding.customers}
    if len(by) > 1:
        return Answer(text, asked, notes, None, several=_listed(graph, owned, by), more=max(0, len(by) - LISTED))
    customer = graph.customer(next(iter(by)))
    targets = _targets(customer, asked, priorities)
    start = records_of(customer, asked.type, asked.value) or (customer.anchor,)
    threads = tuple(_thread(customer, start, target) for target in targets[:THREADS])
    hops = [hop for thread in threads if thread.path for hop in thread.path.hops]
    return Answer(
        text, asked, notes, customer, threads, len(targets) - len(threads), weakest(hops), _hangs_on(customer.matches),
        graph.refusals(customer.customer_id),
    )  # fmt: skip


def _targets(customer: Customer, asked: Understood, priorities: Mapping[str, int]) -> list[KnownBy]:
    """The customer's other identifiers, most telling type first."""
    known = {(k.type, k.value) for k in customer.identifiers}
    devices = {w.device: _seen(w) for w in customer.devices if ("device", w.device) not in known}
    others = [k for k in (*customer.identifiers, *devices.values()) if (k.type, k.value) != (asked.type, asked.value)]
    last = max(priorities.values(), default=0) + 1
    return sorted(others, key=lambda k: (priorities.get(k.type, last), k.type, -k.confidence, k.value))


def _seen(window: DeviceWindow) -> KnownBy:
    return KnownBy("device", window.device, window.device, window.confidence, (), window.since, window.until, "ok")


def _thread(customer: Customer, start: tuple[str, ...], target: KnownBy) -> Thread:
    end = records_of(customer, target.type, target.value)
    path = widest(customer.matches, start, end) if end else None
    return Thread(target.type, target.value, target.display, len(end), path)


def _hangs_on(matches: Sequence[Match]) -> Match | None:
    """Find the weakest hop on the widest paths between all records: the last one that joins, strongest first."""
    ordered = sorted(matches, key=lambda m: m.strength, reverse=True)
    tree = joins(match._replace(step=number) for number, match in enumerate(ordered))
    return ordered[tree[-1].step] if tree else None


def _listed(graph: GraphStore, owned: list[Finding], by: Mapping[str, Finding]) -> tuple[Candidate, ...]:
    surest: dict[str, float] = {}
    for finding in owned:
        for owner in finding.customers:
            surest[owner.customer_id] = max(owner.confidence or 0.0, surest.get(owner.customer_id, 0.0))
    listed = []
    for identifier in sorted(by, key=lambda c: (-surest[c], c))[:LISTED]:
        customer, finding = graph.customer(identifier), by[identifier]
        value = Understood(finding.type, finding.value, finding.status)
        listed.append(
            Candidate(
                identifier, customer.name, customer.email, customer.phone, customer.place,
                len(customer.records), value, surest[identifier],
            )
        )  # fmt: skip
    return tuple(listed)
