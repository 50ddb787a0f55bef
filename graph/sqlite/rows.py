"""Rows of `graph.db` to the graph's types, over one connection inside its open transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from graph.answers import best_statuses, by_channel, follow, in_order, moment, surest_first
from graph.store import (
    DeviceWindow,
    Identifier,
    KnownBy,
    LedgerEntry,
    Match,
    Owner,
    Permission,
    Reason,
    Record,
    Redirect,
)

_FIRST_DAY = date(1970, 1, 1)

_FIELDS = (
    "name", "first_name", "first_root", "middle_name", "last_name", "birth_date", "gender", "street", "city",
    "postcode", "state", "country", "company", "place",
)  # fmt: skip
_RECORD = (
    "r.id, m.customer, m.confidence, m.since, r.source, r.key, r.kind, r.seen_at, r.created_at, r.extras, "
    + ", ".join(f"r.{f}" for f in _FIELDS)
)
_HELD = "h.record, v.type, v.value, h.display, h.status, h.detail, s.value"
_VALUE = "CROSS JOIN value v ON v.id = h.value LEFT JOIN shared s ON s.value = v.id"
_MATCH = "m.a, m.b, m.weight, m.probability, m.stage, m.rule, m.step, m.pattern, m.weights, m.places"

#: CROSS JOIN holds SQLite to the order written here: from the few rows asked for to what they point at.
RECORDS_OF_CUSTOMER = f"SELECT {_RECORD} FROM member m CROSS JOIN record r ON r.id = m.record WHERE m.customer = ?"
CUSTOMER = "SELECT id, anchor, name, email, phone, place, first_seen, last_seen FROM customer WHERE customer_id = ?"
RECORD = f"SELECT {_RECORD} FROM record r LEFT JOIN member m ON m.record = r.id WHERE r.id = ?"
HELD_BY_CUSTOMER = (
    f"SELECT {_HELD} FROM member m CROSS JOIN holder h ON h.record = m.record {_VALUE} WHERE m.customer = ?"
)
HELD_BY_RECORD = f"SELECT {_HELD} FROM holder h {_VALUE} WHERE h.record = ?"
KNOWN_BY = """
    SELECT v.type, v.value, k.display, k.confidence, k.sources, k.first_seen, k.last_seen
    FROM known_by k CROSS JOIN value v ON v.id = k.value WHERE k.customer = ?"""
PERMISSIONS = """
    SELECT p.channel, v.type, v.value, p.state, p.conflict, p.at, p.source, p.said_in, p.said_out, p.confidence,
        p.why_not
    FROM permission p CROSS JOIN value v ON v.id = p.value WHERE p.customer = ?"""
MATCHES = f"SELECT {_MATCH} FROM member c CROSS JOIN match m ON m.a = c.record WHERE c.customer = ?"
REFUSALS = f"""
    SELECT {_MATCH}, m.refusal FROM member c CROSS JOIN refusal m ON m.a = c.record WHERE c.customer = ?
    UNION ALL SELECT {_MATCH}, m.refusal FROM member c CROSS JOIN refusal m ON m.b = c.record WHERE c.customer = ?
    AND NOT EXISTS (SELECT 1 FROM member o WHERE o.record = m.a AND o.customer = c.customer)"""
_WINDOW = """
    SELECT v.value, c.customer_id, w.since, w.until, w.because, w.record, w.confidence
    FROM device_window w CROSS JOIN value v ON v.id = w.device CROSS JOIN customer c ON c.id = w.customer"""
WINDOWS_OF_CUSTOMER = f"{_WINDOW} WHERE w.customer = ?"
WINDOWS_OF_DEVICE = f"{_WINDOW} WHERE w.device = ?"
VALUE = """
    SELECT v.id, s.value, s.reason FROM value v LEFT JOIN shared s ON s.value = v.id
    WHERE v.value = ? AND v.type = (SELECT id FROM word WHERE text = ?)"""
HOLDERS = """
    SELECT r.source, r.key, m.customer, h.status FROM holder h CROSS JOIN record r ON r.id = h.record
    LEFT JOIN member m ON m.record = r.id WHERE h.value = ? LIMIT ?"""
OWNERS = """
    SELECT c.id, c.customer_id, k.confidence FROM known_by k CROSS JOIN customer c ON c.id = k.customer
    WHERE k.value = ?"""
OWNERS_OF_DEVICE = """
    SELECT c.id, c.customer_id, w.confidence FROM device_window w CROSS JOIN customer c ON c.id = w.customer
    WHERE w.device = ?"""
ENTRIES = """
    SELECT l.seq, l.at, l.kind, l.run, l.actor, l.reason, l.hash, l.customers, l.records
    FROM about a CROSS JOIN ledger l ON l.seq = a.seq WHERE a.customer = ? ORDER BY l.seq"""


class Memory:
    """Texts behind the numbers of words, remembered for all connections to one file: a word never changes there."""

    def __init__(self) -> None:
        self.texts: dict[int | None, str] = {None: ""}
        self.lists: dict[int, list[Any]] = {}


class Rows:
    """Reads the graph's types over one connection."""

    def __init__(self, connection: sqlite3.Connection, memory: Memory) -> None:
        self.connection = connection
        self.memory = memory

    def all(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """All rows."""
        return self.connection.execute(sql, parameters).fetchall()

    def one(self, sql: str, *parameters: object) -> tuple[Any, ...] | None:
        """The first row, if any."""
        row: tuple[Any, ...] | None = self.connection.execute(sql, parameters).fetchone()
        return row

    def text(self, number: int | None) -> str:
        """The text of a word; that of None is empty."""
        try:
            return self.memory.texts[number]
        except KeyError:
            text = str(self.connection.execute("SELECT text FROM word WHERE id = ?", (number,)).fetchone()[0])
            self.memory.texts[number] = text
            return text

    def list(self, number: int) -> list[Any]:
        """A word that is a JSON list."""
        try:
            return self.memory.lists[number]
        except KeyError:
            found: list[Any] = json.loads(self.text(number))
            self.memory.lists[number] = found
            return found

    def record_number(self, record_id: str) -> int | None:
        """The number of a record, by its id "source:key", in which either part may hold colons."""
        ask = "SELECT id FROM record WHERE key = ? AND source = (SELECT id FROM word WHERE text = ?)"
        colon = record_id.find(":")
        while colon >= 0:
            row = self.one(ask, record_id[colon + 1 :], record_id[:colon])
            if row:
                return int(row[0])
            colon = record_id.find(":", colon + 1)
        return None

    def record_id(self, number: int) -> str:
        """The id of a record, by its number."""
        source, key = self.all("SELECT source, key FROM record WHERE id = ?", number)[0]
        return f"{self.text(source)}:{key}"

    def customer_id(self, number: int) -> str:
        """The id of a customer, by its number."""
        return str(self.all("SELECT customer_id FROM customer WHERE id = ?", number)[0][0])

    def owners(self, value: int, device: bool) -> dict[int, Owner]:
        """Whose a value is, by number of customer; of a device, whose it ever was."""
        found: dict[int, Owner] = {}
        for statement in (OWNERS, OWNERS_OF_DEVICE) if device else (OWNERS,):
            for number, customer_id, confidence in self.all(statement, value):
                if number not in found or found[number].confidence < (confidence or 0.0):
                    found[number] = Owner(customer_id, confidence or 0.0)
        return found

    def records(self, records: str, held: str, number: int, customers: dict[int, str]) -> dict[int, Record]:
        """Records by number, in the order of their ids, with their identifiers.

        `records` and `held` are two of the statements above, `customers` the ids of customers that are known already.
        """
        identifiers: dict[int, list[Identifier]] = {}
        for record, type_, value, display, status, detail, shared in self.all(held, number):
            identifiers.setdefault(record, []).append(
                Identifier(
                    self.text(type_),
                    value,
                    value if display is None else display,
                    self.text(status) if shared is None else "shared",
                    None if detail is None else self.text(detail),
                )
            )
        found = []
        for row in self.all(records, number):
            record, customer, confidence, since, source, key, kind, seen_at, created_at, extras = row[:10]
            if customer is not None and customer not in customers:
                customers[customer] = self.customer_id(customer)
            fields = {name: value for name, value in zip(_FIELDS, row[10:], strict=True) if value is not None}
            if "birth_date" in fields:
                fields["birth_date"] = _FIRST_DAY + timedelta(days=fields["birth_date"])
            if "gender" in fields:
                fields["gender"] = self.text(fields["gender"])
            if extras is not None:
                fields.update(json.loads(extras))
            source = self.text(source)
            held_here = sorted(identifiers.get(record, ()), key=lambda i: (i.type, i.value))
            found.append(
                (
                    record,
                    Record(
                        f"{source}:{key}",
                        source,
                        key,
                        self.text(kind),
                        moment(seen_at),
                        moment(created_at),
                        fields,
                        customers.get(customer),
                        confidence,
                        moment(since),
                        tuple(held_here),
                    ),
                )
            )
        return dict(sorted(found, key=lambda pair: pair[1].record_id))

    def known_by(self, customer: int, records: dict[int, Record]) -> tuple[KnownBy, ...]:
        """A customer's identifiers, surest first."""
        best = best_statuses(records.values())
        return surest_first(
            KnownBy(
                self.text(type_),
                value,
                value if display is None else display,
                confidence,
                () if sources is None else tuple(self.list(sources)),
                moment(first_seen),
                moment(last_seen),
                best.get((self.text(type_), value), "ok"),
            )
            for type_, value, display, confidence, sources, first_seen, last_seen in self.all(KNOWN_BY, customer)
        )

    def permissions(self, customer: int) -> tuple[Permission, ...]:
        """What a customer's addresses may be used for."""
        return by_channel(
            Permission(
                self.text(channel),
                self.text(type_),
                value,
                self.text(state),
                bool(conflict),
                moment(at),
                self.text(source),
                () if said_in is None else tuple(self.list(said_in)),
                () if said_out is None else tuple(self.list(said_out)),
                confidence,
                None if why_not is None else self.text(why_not),
            )
            for channel, type_, value, state, conflict, at, source, said_in, said_out, confidence, why_not in self.all(
                PERMISSIONS, customer
            )
        )

    def matches(self, customer: int, record_id: Callable[[int], str]) -> tuple[Match, ...]:
        """A customer's evidence, in the order of admission."""
        return in_order(self.match(row, record_id) for row in self.all(MATCHES, customer))

    def match(self, row: tuple[Any, ...], record_id: Callable[[int], str]) -> Match:
        """One match of the columns that MATCHES and REFUSALS select."""
        a, b, weight, probability, stage, rule, step, pattern, weights, places = row[:10]
        reasons: tuple[Reason, ...] = ()
        if pattern is not None:
            levels = self.list(pattern)
            pairs = json.loads(places) if places else [(None, None)] * len(levels)
            reasons = tuple(
                Reason(comparison, level, None if w == "null" else float(w), *pair)
                for (comparison, level), w, pair in zip(levels, weights.split(), pairs, strict=True)
            )
        return Match(record_id(a), record_id(b), weight, probability, self.text(stage), self.text(rule), step, reasons)

    def windows(self, sql: str, number: int) -> tuple[DeviceWindow, ...]:
        """Device windows in order of time: WINDOWS_OF_CUSTOMER or WINDOWS_OF_DEVICE."""
        rows = sorted(self.all(sql, number), key=lambda r: (r[2] or 0, r[0], r[1]))
        return tuple(
            DeviceWindow(device, customer, moment(since), moment(until), self.text(because), record, confidence)
            for device, customer, since, until, because, record, confidence in rows
        )

    def entries(self, customer_id: str) -> tuple[LedgerEntry, ...]:
        """What the ledger says about a customer, living or retired."""
        return tuple(
            LedgerEntry(
                seq,
                moment(at),
                self.text(kind),
                self.text(run),
                self.text(actor),
                reason or "",
                hash_ or "",
                tuple(json.loads(customers or "[]")),
                tuple(json.loads(records or "[]")),
            )
            for seq, at, kind, run, actor, reason, hash_, customers, records in self.all(ENTRIES, customer_id)
        )

    def redirects(self, customer_id: str) -> tuple[Redirect, ...]:
        """Every step from a retired id, the nearest first."""
        return follow(customer_id, lambda ids: (step for old_id in ids for step in self._redirects(old_id)))

    def _redirects(self, old_id: str) -> tuple[Redirect, ...]:
        rows = self.all("SELECT old_id, new_id, kind, at FROM redirect WHERE old_id = ?", old_id)
        return tuple(Redirect(old, new, self.text(kind), moment(at)) for old, new, kind, at in rows)
