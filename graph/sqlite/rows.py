"""Rows of `graph.db` to the graph's types, over one connection inside its open transaction."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from graph.answers import best_statuses, by_channel, follow, in_order, in_time, moment, strongest_first, surest_first
from graph.sqlite.names import Lists, RecordIds, Times, Values, Words, reasons, splits
from graph.sqlite.statements import (
    CUSTOMER,
    ENTRIES,
    FIELDS,
    HELD_BY_CUSTOMER,
    HELD_BY_RECORD,
    KNOWN_BY,
    MATCHES,
    PERMISSIONS,
    RECORD,
    RECORDS_OF_CUSTOMER,
    REFUSALS,
    WINDOWS_OF_CUSTOMER,
)
from graph.store import (
    Customer,
    DeviceWindow,
    Identifier,
    KnownBy,
    LedgerEntry,
    Match,
    Permission,
    Record,
    Redirect,
    Refusal,
)

_FIRST_DAY = date(1970, 1, 1)


class Rows:
    """Reads the graph's types over one connection to a file, and remembers what stands behind its numbers."""

    def __init__(self, connection: sqlite3.Connection, file: tuple[int, int]) -> None:
        self.connection = connection
        self.file = file
        self.shows_a_run = False
        self.words = Words(connection)
        self.lists = Lists(self.words)
        self.times = Times()
        self.values = Values(connection)
        self.record_ids = RecordIds(self.words)

    def begin(self) -> None:
        """Begin an answer: all of it comes from one run."""
        self.values.clear()
        self.record_ids.clear()
        self.connection.execute("BEGIN")

    def all(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """All rows."""
        return self.connection.execute(sql, parameters).fetchall()

    def one(self, sql: str, *parameters: object) -> tuple[Any, ...] | None:
        """The first row, if any."""
        row: tuple[Any, ...] | None = self.connection.execute(sql, parameters).fetchone()
        return row

    def record_number(self, record_id: str) -> int | None:
        """The number of a record, by its id "source:key", in which either part may hold colons."""
        ask = "SELECT id FROM record WHERE key = ? AND source = (SELECT id FROM word WHERE text = ?)"
        found = (self.one(ask, key, source) for source, key in splits(record_id))
        return next((int(row[0]) for row in found if row), None)

    def customer_id(self, number: int) -> str:
        """The id of a customer, by its number."""
        return str(self.all("SELECT customer_id FROM customer WHERE id = ?", number)[0][0])

    def customer(self, customer_id: str) -> Customer | None:
        """A whole customer, None if there is no living one of this id."""
        row = self.one(CUSTOMER, customer_id)
        if row is None:
            return None
        number, anchor, name, email, phone, place, first_seen, last_seen = row
        known = self.all(KNOWN_BY, number)
        # What its records hold is, but for a few, what it is known by.
        self.values.update([(row[0], row[1:4]) for row in known])
        records = self.records(RECORDS_OF_CUSTOMER, HELD_BY_CUSTOMER, number, customer_id)
        return Customer(
            customer_id,
            self.record_ids[anchor],
            name,
            email,
            phone,
            place,
            self.times[first_seen],
            self.times[last_seen],
            records,
            self.known_by(known, best_statuses(records)),
            self.matches(number),
            self.windows(WINDOWS_OF_CUSTOMER, number, customer_id),
            self.entries(customer_id),
            self.permissions(number),
        )

    def record(self, number: int) -> Record:
        """A record, by its number."""
        return self.records(RECORD, HELD_BY_RECORD, number)[0]

    def records(self, records: str, held: str, number: int, customer_id: str | None = None) -> tuple[Record, ...]:
        """Records with their identifiers, in the order of their ids.

        `records` and `held` are statements, `customer_id` whose records they are where the statement doesn't say.
        """
        words, times, values, ids = self.words, self.times, self.values, self.record_ids
        identifiers: defaultdict[int, list[Identifier]] = defaultdict(list)
        for record, value, display, status, detail in self.all(held, number):
            type_, text, shared = values[value]
            identifiers[record].append(
                Identifier(
                    words[type_],
                    text,
                    text if display is None else display,
                    words[status] if shared is None else "shared",
                    None if detail is None else words[detail],
                )
            )
        found = []
        for record, whose, confidence, since, source, key, kind, seen_at, created_at, extras, *held_ in self.all(
            records, number
        ):
            fields = {name: field for name, field in zip(FIELDS, held_, strict=True) if field is not None}
            if "birth_date" in fields:
                fields["birth_date"] = _FIRST_DAY + timedelta(days=fields["birth_date"])
            if "gender" in fields:
                fields["gender"] = words[fields["gender"]]
            if extras is not None:
                fields.update(json.loads(extras))
            ids[record] = record_id = f"{words[source]}:{key}"
            found.append(
                Record(
                    record_id,
                    words[source],
                    key,
                    words[kind],
                    times[seen_at],
                    times[created_at],
                    fields,
                    customer_id or whose,
                    confidence,
                    times[since],
                    tuple(sorted(identifiers[record])),
                )
            )
        return tuple(sorted(found))

    def known_by(self, rows: Iterable[Sequence[Any]], statuses: Mapping[tuple[str, str], str]) -> tuple[KnownBy, ...]:
        """A customer's identifiers, of the rows of KNOWN_BY, surest first."""
        words, times, lists = self.words, self.times, self.lists
        return surest_first(
            [
                KnownBy(
                    words[type_],
                    value,
                    value if display is None else display,
                    confidence,
                    lists[sources],
                    times[first_seen],
                    times[last_seen],
                    statuses.get((words[type_], value), "ok"),
                )
                for _, type_, value, _, display, confidence, sources, first_seen, last_seen in rows
            ]
        )

    def permissions(self, customer: int) -> tuple[Permission, ...]:
        """What a customer's addresses may be used for."""
        words, lists, values = self.words, self.lists, self.values
        return by_channel(
            [
                Permission(
                    words[channel],
                    words[values[value][0]],
                    values[value][1],
                    words[state],
                    bool(conflict),
                    self.times[at],
                    words[source],
                    lists[said_in],
                    lists[said_out],
                    confidence,
                    None if why_not is None else words[why_not],
                )
                for channel, value, state, conflict, at, source, said_in, said_out, confidence, why_not in self.all(
                    PERMISSIONS, customer
                )
            ]
        )

    def matches(self, customer: int) -> tuple[Match, ...]:
        """A customer's evidence, in the order of admission."""
        return in_order([self.match(row) for row in self.all(MATCHES, customer)])

    def refusals(self, customer: int) -> tuple[Refusal, ...]:
        """Refused pairs of a customer's records, strongest first."""
        rows = self.all(REFUSALS, customer, customer)
        return strongest_first(Refusal(self.match(row), refusal or "") for refusal, *row in rows)

    def match(self, row: Sequence[Any]) -> Match:
        """One match of the columns of MATCHES."""
        a, b, weight, probability, stage, rule, step, pattern, weights, places = row
        words, ids = self.words, self.record_ids
        found = () if pattern is None else reasons(words[pattern], weights)
        if places is not None:
            named = zip(found, json.loads(places), strict=True)
            found = tuple(reason._replace(record_a=one, record_b=other) for reason, (one, other) in named)
        return Match(ids[a], ids[b], weight, probability, words[stage], words[rule], step, found)

    def windows(self, sql: str, number: int, customer_id: str | None = None) -> tuple[DeviceWindow, ...]:
        """Device windows in order of time: WINDOWS_OF_DEVICE, or WINDOWS_OF_CUSTOMER, which doesn't say whose."""
        return in_time(
            [
                DeviceWindow(
                    self.values[device][1],
                    customer_id or whose,
                    self.times[since],
                    self.times[until],
                    self.words[because],
                    record,
                    confidence,
                )
                for device, whose, since, until, because, record, confidence in self.all(sql, number)
            ]
        )

    def entries(self, customer_id: str) -> tuple[LedgerEntry, ...]:
        """What the ledger says about a customer, living or retired."""
        words = self.words
        return tuple(
            [
                LedgerEntry(
                    seq,
                    moment(at),
                    words[kind],
                    words[run],
                    words[actor],
                    reason or "",
                    hash_ or "",
                    tuple(json.loads(customers or "[]")),
                    tuple(json.loads(records or "[]")),
                )
                for seq, at, kind, run, actor, reason, hash_, customers, records in self.all(ENTRIES, customer_id)
            ]
        )

    def redirects(self, customer_id: str) -> tuple[Redirect, ...]:
        """Every step from a retired id, the nearest first."""
        return follow(customer_id, lambda ids: (step for old_id in ids for step in self._redirects(old_id)))

    def _redirects(self, old_id: str) -> tuple[Redirect, ...]:
        rows = self.all("SELECT old_id, new_id, kind, at FROM redirect WHERE old_id = ?", old_id)
        return tuple(Redirect(old, new, self.words[kind], moment(at)) for old, new, kind, at in rows)
