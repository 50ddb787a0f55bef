"""What a user typed, found in the graph: an identifier, a record or a customer, and the records that stand for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from api.nobody import nobody
from api.plain import Plain
from engine.errors import UnclearError
from engine.ledger import customer_id, customer_number
from engine.standardise import identify, standardise_identifier
from graph.store import Customer, Finding, GraphStore

#: From the number on an order to the ids of the orders that have it.
Numbered = Callable[[str], Sequence[str]]
#: Of several customers that a text leads to, so many are named.
NAMED = 5


@dataclass(frozen=True)
class Understood(Plain):
    """What the asked text was found as."""

    type: str
    value: str
    status: str


@dataclass(frozen=True)
class End(Plain):
    """One end of a path: what was asked, how it was understood, whose it is, and the records that stand for it."""

    asked: str
    understood: Understood
    customer_id: str
    records: tuple[str, ...]


def no_orders(_: str) -> Sequence[str]:
    """Where no orders are known by their numbers."""
    return ()


def find_owned(
    graph: GraphStore, text: str, region: str, priorities: Mapping[str, int], numbered: Numbered = no_orders
) -> list[Finding]:
    """The findings of a text that lead to customers, likeliest first.

    Numbers without a country code are read as of `region`; `priorities` orders the project's identifier types. What is
    called by nothing else may be the number of an order, which `numbered` knows.
    Raises UnclearError, which says what was understood and why it leads to nobody.
    """
    candidates = standardise_identifier(text, region, tuple(priorities))
    findings = _findings(graph, text, candidates)
    owned = [f for f in findings if f.customers] or [
        replace(finding, reason=f"{text} is the number of the order {record_id}")
        for record_id in numbered(text)
        for finding in graph.find_id(record_id)
        if finding.value == record_id and finding.customers
    ]
    if not owned:
        raise nobody(text, None, candidates, findings, region)
    return owned


def find_typed(graph: GraphStore, type_: str, text: str, region: str) -> list[Finding]:
    """The findings of a text that is known to be an identifier of some type, or a `record`: see `find_owned`."""
    typed = text.strip()
    candidates: list[tuple[str, str]] = []
    if type_ == "record" or (type_ == "account" and ":" not in typed):
        # A record's own id, or an account of any system.
        findings = [f for f in graph.find_id(typed) if f.type == type_ and (f.value == typed or type_ == "account")]
    else:
        system = typed.split(":", 1)[0] if type_ == "account" else ""
        found = identify(type_, system, typed, region)
        candidates = [] if found.status == "invalid" else [(found.type, found.value)]
        findings = graph.find_any(candidates)
    owned = [f for f in findings if f.customers]
    if not owned:
        raise nobody(typed, type_, candidates, findings, region)
    return owned


def find_end(
    graph: GraphStore,
    text: str,
    region: str,
    priorities: Mapping[str, int],
    known: dict[str, Customer],
    numbered: Numbered = no_orders,
) -> End:
    """The one customer that a text leads to, and the records there that stand for it; `known` keeps the customers.

    Raises NotFoundError where it leads to nobody or to several.
    """
    text = text.strip()
    owned = find_owned(graph, text, region, priorities, numbered)
    ids = sorted({owner.customer_id for finding in owned for owner in finding.customers})
    if len(ids) > 1:
        named = ", ".join(ids[:NAMED]) + (" and others" if len(ids) > NAMED else "")
        many = f"{text} leads to {len(ids)} customers ({named}): ask by one of these, or by a record"
        raise UnclearError(many, "several", owned[0].type)
    if ids[0] not in known:
        known[ids[0]] = graph.customer(ids[0])
    customer, found = known[ids[0]], owned[0]
    records = records_of(customer, found.type, found.value) or (customer.anchor,)
    return End(text, Understood(found.type, found.value, found.status), customer.customer_id, records)


def find_values(graph: GraphStore, text: str, region: str, priorities: Mapping[str, int]) -> list[tuple[str, str]]:
    """The (type, value) of identifiers that a text may mean, likeliest first: those that the graph knows, else any."""
    candidates = standardise_identifier(text, region, tuple(priorities))
    # No record holds a device that was only visited from.
    known = [(f.type, f.value) for f in _findings(graph, text, candidates) if f.records or f.customers]
    return [found for found in known or candidates if found[0] not in ("record", "customer")]


def find_records(graph: GraphStore, text: str, region: str, priorities: Mapping[str, int]) -> tuple[str, ...]:
    """The records that a text stands for or that hold it, whoever's they are; none where there are none."""
    for finding in _findings(graph, text, standardise_identifier(text, region, tuple(priorities))):
        if finding.type == "record":
            return (finding.value,)
        if finding.holders:
            return tuple(holder.record_id for holder in finding.holders)
    return ()


def records_of(customer: Customer, type_: str, value: str) -> tuple[str, ...]:
    """The customer's records that stand for a value: an end of a path."""
    if type_ == "customer":
        return (customer.anchor,)
    if type_ == "record":
        return (value,)
    held = customer.holders(type_, value)
    if held or type_ != "device":
        return held
    own = {r.record_id for r in customer.records}
    return tuple(w.record_id for w in customer.devices if w.device == value and w.record_id in own)


def _findings(graph: GraphStore, text: str, candidates: list[tuple[str, str]]) -> list[Finding]:
    """What the graph knows of a text, likeliest first, each value once. A customer id is nothing else."""
    number = customer_number(text)
    if number is not None:
        found = [f for f in graph.find_id(customer_id(number)) if f.type == "customer"]
        if found:
            return found
    ids = graph.find_id(text)
    # A record's whole id is meant as that, even where it looks like a phone number with a scheme.
    exact = [f for f in ids if f.type == "record" and f.value == text]
    findings = exact + graph.find_any(candidates) + ids
    return list({(f.type, f.value): f for f in findings}.values())
