"""What became of a customer, and who somebody was on a past date: from the ledger, whose entries never change."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from api.ends import find_records
from api.nobody import nobody
from api.plain import Plain
from api.shown import Shown
from engine.compute import Compute
from engine.errors import NotFoundError, UnclearError
from engine.ledger import customer_id, customer_number, entries_about, follow
from engine.ledger.decisions import decisions, value_mark
from engine.ledger.entries import Entry
from engine.ledger.then import Held, answer_then, decided_then, holder, holders, led, matches_then, members
from engine.runs import Layout, RunTables
from engine.standardise import standardise_identifier
from engine.state import State
from graph.store import GraphStore


@dataclass(frozen=True)
class History(Plain, Shown, page="past:history", rows="entries"):
    """What became of a customer, oldest first.

    `leads_to` is where its id leads now: the ids on the way and the living one, or "" where all records are gone or
    erased; it is empty where the customer lives. `values` are the (type, value) of the blocked identifiers, by their
    mark.
    """

    asked: str
    customer_id: str
    leads_to: tuple[str, ...]
    at: datetime | None
    entries: tuple[Entry, ...]
    values: dict[int, tuple[str, str]]


@dataclass(frozen=True)
class Values(Plain):
    """A customer's golden values in a run whose tables are kept."""

    name: str | None
    email: str | None
    phone: str | None
    place: str | None


@dataclass(frozen=True)
class Was(Plain, Shown, page="past:was", rows="records"):
    """Who somebody was at a time, by the answer that stood then: that of run `run_id`.

    `through` are the records by which an identifier was found, which hold it now, or did in that run. `customer_id` is
    None where they were of `several` customers. `led` is how the asked customer id led there then, `leads_to` where
    that customer leads now. `matches` are (record, record, rule), `decisions` those about its records that stood.
    `values` is None where the run's tables are no longer kept.
    """

    asked: str
    at: datetime
    run_id: str
    published: datetime
    customer_id: str | None
    several: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    led: tuple[str, ...] = ()
    leads_to: tuple[str, ...] = ()
    records: tuple[Held, ...] = ()
    matches: tuple[tuple[str, str, str], ...] = ()
    decisions: tuple[Entry, ...] = ()
    values: Values | None = None


@dataclass(frozen=True)
class Asking:
    """What is needed to understand a text: the graph, the countries of numbers, and the identifier types in order."""

    graph: GraphStore
    region: str
    priorities: dict[str, int]


def history(state: State, asking: Asking, tables: RunTables, text: str, at: datetime | None = None) -> History:
    """What became of the customer that a text leads to, up to a time. Errors: NotFoundError where it leads to none.

    A text may be a customer id, a retired one too, a record, even one that is gone, or an identifier. `tables` are
    those of the current run.
    """
    text = text.strip()
    customer = _customer_now(state, asking, text)
    chain = follow(state, customer)
    blocked = any(decision.type == "device" for decision in decisions(state))
    held = _held(asking.graph, chain) | (_devices(tables, chain[-1]) if blocked else set())
    values = {value_mark(state.key, *value): value for value in held}
    found = entries_about(state, customer, values.keys())
    if at is not None:
        then = answer_then(state, at)
        found = [e for e in found if e.seq <= (then.last if e.run_id is not None else then.decided)]
        if not found:
            led(state, customer, then.last)
    told = {e.mark: values[e.mark] for e in found if e.mark in values}
    return History(text, chain[0], tuple(chain[1:]), at, tuple(found), told)


def _held(graph: GraphStore, chain: list[str]) -> set[tuple[str, str]]:
    """The values that the records of a living customer hold, blocked ones too."""
    with suppress(NotFoundError):
        return {(i.type, i.value) for record in graph.customer(chain[-1]).records for i in record.identifiers}
    return set()


def _devices(tables: RunTables, customer: str) -> set[tuple[str, str]]:
    """The devices that a customer used: blocked ones are nobody's, but a login on one is still the customer's."""
    with Compute(threads=1) as compute:
        for table in ("events", "event_owners"):
            compute.read_parquet(table, tables.path(table))
        rows = compute.rows(
            """SELECT DISTINCT device FROM events SEMI JOIN (
                FROM event_owners WHERE customer_id = ?) USING (source, key)
            WHERE device IS NOT NULL""",
            [customer],
        )
    return {("device", device) for (device,) in rows}


def _customer_now(state: State, asking: Asking, text: str) -> str:
    """The customer that a text leads to now, or led to last."""
    number = customer_number(text)
    if number is not None:
        return customer_id(number)
    if known := holders(state, text):
        return known[0]
    found = _records(asking, text, None)
    ids = sorted({of[0] for record in found if (of := holders(state, record))})
    return _one(text, ids)


def _one(text: str, ids: Collection[str]) -> str:
    if len(ids) == 1:
        return next(iter(ids))
    named = ", ".join(sorted(ids)[:5])
    raise UnclearError(
        f"{text} leads to {len(ids)} customers ({named}): ask by one of these", "several" if ids else "unknown"
    )


def was(state: State, asking: Asking, layout: Layout, text: str, at: datetime) -> Was:
    """Who somebody was at a time (naive, UTC). Errors: NotFoundError, which says why there is nobody to tell of.

    Membership and its reasons come from the ledger alone, the golden values from the run of that date while it is kept.
    """
    text = text.strip()
    then = answer_then(state, at)
    tables = layout.run(then.run.run_id)
    kept = tables.path("members").exists()
    about = (text, at, then.run.run_id, then.run.finished or then.run.started)
    through: tuple[str, ...] = ()
    chain: list[str] = []
    if customer_number(text) is not None:
        chain = led(state, text, then.last)
        if chain[-1] == "":
            gone = "its records had left all sources or were erased"
            raise NotFoundError(
                f"{chain[0]} was nobody at {at:%Y-%m-%d %H:%M} UTC: {gone}", told=f"It was nobody then: {gone}."
            )
        found = chain[-1]
    else:
        through = (text,) if holders(state, text) else _records(asking, text, tables if kept else None)
        ids = sorted({of for record in through if (of := holder(state, record, then.last)) is not None})
        if not ids:
            raise NotFoundError(f"{_those(through)} in no source yet, or no longer, at {at:%Y-%m-%d %H:%M} UTC")
        if len(ids) > 1:
            return Was(*about, None, tuple(ids), through)
        found = ids[0]
    held = members(state, found, then.last)
    names = [record.record_id for record in held if record.record_id is not None]
    now = follow(state, found)
    return Was(
        *about,
        found,
        through=() if through == (text,) else through,
        led=tuple(chain[:-1]),
        leads_to=tuple(now[1:]),
        records=tuple(held),
        matches=tuple(matches_then(state, names, then.last)),
        decisions=tuple(decided_then(state, names, then.decided)),
        values=_values(tables, found) if kept else None,
    )


def _those(records: Collection[str]) -> str:
    first = next(iter(records))
    return f"the record {first} was" if len(records) == 1 else f"{first} and {len(records) - 1} other records were"


def _records(asking: Asking, text: str, tables: RunTables | None) -> tuple[str, ...]:
    """The records that hold a value now, else those that did in a run."""
    found = find_records(asking.graph, text, asking.region, asking.priorities)
    if found:
        return found
    candidates = standardise_identifier(text, asking.region, tuple(asking.priorities))
    if tables is not None:
        with Compute() as compute:
            compute.read_parquet("identifiers", tables.path("identifiers"))
            for type_, value in candidates:
                rows = compute.rows(
                    "SELECT DISTINCT record_id FROM identifiers WHERE type = ? AND value = ? ORDER BY ALL",
                    [type_, value],
                )
                if rows:
                    return tuple(record for (record,) in rows)
    raise nobody(text, None, candidates, [], asking.region)


def _values(tables: RunTables, customer: str) -> Values:
    from pyarrow import parquet

    names = ["name", "email", "phone", "place"]
    # One part of the file is read, and no engine started for it.
    found = parquet.read_table(
        tables.path("customers"), columns=names, filters=[("customer_id", "==", customer)], use_threads=False
    ).to_pylist()
    # Of somebody who was erased since, no run has any.
    return Values(**found[0]) if found else Values(None, None, None, None)
