"""Answers of Neo4j to the graph's types. Each takes one of the lists that the Cypher beside it makes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

from graph.answers import best_statuses, by_channel, in_time, moment, surest_first
from graph.neo4j.schema import CUSTOMER, IDENTIFIER, LEDGER_ENTRY, RECORD, RELATIONSHIPS, Relationship
from graph.neo4j.wire import answered, day, display, read, reads, reason, row_of, seen
from graph.store import DeviceWindow, Identifier, KnownBy, LedgerEntry, Match, Permission, Record

_BY_TYPE: dict[str, Relationship] = {r.type: r for r in RELATIONSHIPS}


def link(variable: str, type_: str) -> str:
    """The properties of a relationship, with commas."""
    return reads(variable, [p for p in _BY_TYPE[type_].properties if p.name != "display"])


RECORD_ID = "coalesce({0}.whole_id, {0}.id)"
_ID = [p.name for p in RECORD.properties].index("id")
_FIELDS = [p.name for p in RECORD.properties if p.name not in
           ("id", "source", "key", "kind", "seen_at", "created_at", "extras")]  # fmt: skip

#: Of record `r` (with `b`, by which it belongs to `c`): itself, whose it is, and its identifiers.
RECORD_ROW = f"""[{row_of("r", RECORD)}, [{link("b", "BELONGS_TO")}], {RECORD_ID.format("c")},
    [(r)-[h:HAS]->(v:Identifier) WHERE {seen("h")} |
        [{row_of("v", IDENTIFIER)}, {display("h", "v")}, {link("h", "HAS")}]]]"""
#: Of `k`, by which a customer is known by `v`.
KNOWN_ROW = f"""[{read("v", IDENTIFIER.named("type"))}, {read("v", IDENTIFIER.named("value"))}, {display("k", "v")},
    {link("k", "KNOWN_BY")}]"""
#: Of `p`, what a customer said about `v`.
CONSENT_ROW = f"""[{read("v", IDENTIFIER.named("type"))}, {read("v", IDENTIFIER.named("value"))},
    {link("p", "CONSENTS")}]"""
#: Of a match or refusal `m`.
MATCH_ROW = f"[{RECORD_ID.format('startNode(m)')}, {RECORD_ID.format('endNode(m)')}, {link('m', 'MATCHES')}]"
REFUSED_ROW = f"[{RECORD_ID.format('startNode(m)')}, {RECORD_ID.format('endNode(m)')}, {link('m', 'REFUSED')}]"
#: Of `u`, by which device `v` was used by `c`.
WINDOW_ROW = f"[{read('v', IDENTIFIER.named('value'))}, {RECORD_ID.format('c')}, {link('u', 'USED_BY')}]"
ENTRY_ROW = row_of("l", LEDGER_ENTRY)
CUSTOMER_ROW = row_of("c", CUSTOMER)


def record(row: Sequence[Any]) -> Record:
    """A record, of RECORD_ROW."""
    values, (confidence, since), customer_id, held = row
    found = dict(zip((p.name for p in RECORD.properties), answered(RECORD, values), strict=True))
    fields = {name: found[name] for name in _FIELDS if found[name] is not None}
    if "birth_date" in fields:
        fields["birth_date"] = day(fields["birth_date"])
    if found["extras"] is not None:
        fields.update(json.loads(found["extras"]))
    return Record(
        found["id"],
        found["source"],
        found["key"],
        found["kind"] or "",
        moment(found["seen_at"]),
        moment(found["created_at"]),
        fields,
        customer_id,
        confidence,
        moment(since),
        tuple(sorted((identifier(h) for h in held), key=attrgetter("type", "value"))),
    )


def identifier(row: Sequence[Any]) -> Identifier:
    """What a record holds, of the inner list of RECORD_ROW."""
    values, shown, status, detail = row
    value = named_value(values)
    return Identifier(value["type"], value["value"], shown, value["status"] or status or "", detail)


def named_value(values: Sequence[Any]) -> dict[str, Any]:
    """The properties of an identifier's node by name."""
    return dict(zip((p.name for p in IDENTIFIER.properties), answered(IDENTIFIER, values), strict=True))


def customer_fields(values: Sequence[Any]) -> dict[str, Any]:
    """The properties of a customer's node by name."""
    return dict(zip((p.name for p in CUSTOMER.properties), answered(CUSTOMER, values), strict=True))


def known_by(rows: Iterable[Sequence[Any]], records: Iterable[Record]) -> tuple[KnownBy, ...]:
    """A customer's identifiers, of many KNOWN_ROW, surest first."""
    best = best_statuses(records)
    return surest_first(
        KnownBy(
            type_, value, shown, confidence, tuple(sources or ()), moment(first_seen), moment(last_seen),
            best.get((type_, value), "ok"),
        )
        for type_, value, shown, confidence, sources, first_seen, last_seen in rows
    )  # fmt: skip


def permissions(rows: Iterable[Sequence[Any]]) -> tuple[Permission, ...]:
    """What a customer's addresses may be used for, of many CONSENT_ROW."""
    return by_channel(
        Permission(
            channel, type_, value, state or "", bool(conflict), moment(at), source or "", tuple(said_in or ()),
            tuple(said_out or ()), confidence, why_not,
        )
        for type_, value, channel, state, conflict, at, source, said_in, said_out, confidence, why_not in rows
    )  # fmt: skip


def match(row: Sequence[Any]) -> Match:
    """A match, of MATCH_ROW or the like of REFUSED_ROW."""
    a, b, stage, rule, weight, probability, reasons, step = row[:8]
    return Match(a, b, weight, probability, stage or "", rule or "", step, tuple(map(reason, reasons or ())))


def windows(rows: Iterable[Sequence[Any]]) -> tuple[DeviceWindow, ...]:
    """Device windows in order of time, of many WINDOW_ROW."""
    return in_time(
        DeviceWindow(device, customer, moment(since), moment(until), because or "", record_id, confidence)
        for device, customer, since, until, because, record_id, confidence in rows
    )


def entries(rows: Iterable[Sequence[Any]]) -> tuple[LedgerEntry, ...]:
    """What the ledger says, of many ENTRY_ROW, in the order of the chain."""
    found = [
        LedgerEntry(
            seq, moment(at), kind or "", run or "", actor or "", reason or "", hash_ or "", tuple(customers or ()),
            tuple(records or ()),
        )
        for seq, at, kind, run, actor, reason, hash_, customers, records in (answered(LEDGER_ENTRY, r) for r in rows)
    ]  # fmt: skip
    return tuple(sorted(found, key=attrgetter("seq")))
