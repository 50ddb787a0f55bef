"""The embedded graph store: one SQLite file, `graph.db`, many readers in many processes beside one publisher."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pyarrow as pa

from engine.errors import NotFoundError, StateError
from engine.runs import RunTables
from graph.sqlite import bulk, rows, schema
from graph.sqlite import publish as publishing
from graph.sqlite.failure import told
from graph.sqlite.load import TARGETS
from graph.sqlite.rows import Memory, Rows
from graph.store import (
    Customer,
    DeviceWindow,
    Difference,
    Finding,
    Holder,
    Match,
    Owner,
    PublishReport,
    Record,
    Refusal,
    Retired,
    Stats,
)
from graph.tables import GRAPH_TABLES


class SqliteStore:
    """`GraphStore` in one file. Safe for use by several threads: each answer borrows a connection of its own.

    Every answer comes from one run, whole, even if a publish commits while it is read. Where the file is deleted or
    replaced under a reader, the next answer comes from the new file, or a StateError says that there is none.
    """

    def __init__(self, path: Path, memory_limit: str = "3GB") -> None:
        self.path = path
        self.memory_limit = memory_limit
        self._file: tuple[int, int] | None = None
        self._shows_a_run = False
        self._memory = Memory()
        self._idle: deque[sqlite3.Connection] = deque()

    # --- the run ---

    def current_run(self) -> str | None:
        """The run that readers see, or None where there is no graph yet."""
        if not self.path.exists():
            return None
        with self._reading(empty=True) as found:
            return publishing.current_run(found.connection)

    def publish(self, run: RunTables, previous: RunTables | None) -> PublishReport:
        """Bring the graph to `run`: see `GraphStore.publish`."""
        return publishing.publish(self.path, run, previous, self.memory_limit)

    def verify(self, run: RunTables) -> list[Difference]:
        """Compare run id, counts and checksums of every table with the run's."""
        with self._reading() as found:
            current = publishing.current_run(found.connection)
            if current != run.run_id:
                return [Difference("graph", "run", run.run_id, str(current))]
            return bulk.verify(found.connection, run, self.memory_limit)

    # --- questions ---

    def find(self, type_: str, value: str, limit: int = 100) -> Finding:
        """What the graph knows of a canonical value; `unknown` where no record holds it."""
        with self._reading() as found:
            return _find(found, type_, value, limit)

    def find_any(self, candidates: Iterable[tuple[str, str]], limit: int = 100) -> list[Finding]:
        """The findings of those candidates that the graph knows, in the order given."""
        with self._reading() as found:
            findings = [_find(found, type_, value, limit) for type_, value in candidates]
        return [f for f in findings if f.status != "unknown"]

    def find_id(self, text: str, limit: int = 100) -> list[Finding]:
        """The customer, records and identifiers that answer to an id, with or without its system."""
        with self._reading() as found:
            return _find_id(found, text, limit)

    def customer(self, customer_id: str) -> Customer:
        """A whole living customer."""
        with self._reading() as found:
            row = found.one(rows.CUSTOMER, customer_id)
            if row is None:
                raise NotFoundError(_no_customer(found, customer_id))
            number, anchor, name, email, phone, place, first_seen, last_seen = row
            records = found.records(rows.RECORDS_OF_CUSTOMER, rows.HELD_BY_CUSTOMER, number, {number: customer_id})
            return Customer(
                customer_id,
                records[anchor].record_id,
                name,
                email,
                phone,
                place,
                rows.moment(first_seen),
                rows.moment(last_seen),
                tuple(records.values()),
                found.known_by(number, records),
                found.matches(number, lambda n: records[n].record_id),
                found.windows(rows.WINDOWS_OF_CUSTOMER, number),
                found.entries(customer_id),
            )

    def record(self, record_id: str) -> Record:
        """A record with its identifiers."""
        with self._reading() as found:
            number = found.record_number(record_id)
            if number is None:
                raise NotFoundError(f"there is no record {record_id} in the current run")
            return found.records(rows.RECORD, rows.HELD_BY_RECORD, number, {})[number]

    def evidence(self, customer_id: str) -> tuple[Match, ...]:
        """The admitted matches of a customer, in the order of their admission."""
        with self._reading() as found:
            return found.matches(_customer_number(found, customer_id), found.record_id)

    def refusals(self, customer_id: str) -> tuple[Refusal, ...]:
        """Refused pairs of which one record or both are this customer's, strongest first."""
        with self._reading() as found:
            refused = [
                Refusal(found.match(row, found.record_id), row[-1] or "")
                for row in found.all(rows.REFUSALS, _customer_number(found, customer_id))
            ]
        return tuple(
            sorted(refused, key=lambda r: (-r.match.weight, r.match.record_a, r.match.record_b, r.match.stage))
        )

    def windows(self, device: str) -> tuple[DeviceWindow, ...]:
        """Whose a device was, and when, in order of time."""
        with self._reading() as found:
            number = _value_number(found, "device", device)
            return () if number is None else found.windows(rows.WINDOWS_OF_DEVICE, number)

    def retired(self, customer_id: str) -> Retired | None:
        """Where a retired id went, or None if the id isn't retired."""
        with self._reading() as found:
            return _retired(found, customer_id)

    # --- everything ---

    def members(self) -> pa.Table:
        """Every record and its customer, as Arrow."""
        return self.read("members")

    def read(self, table: str) -> pa.Table:
        """One whole table as Arrow: see `bulk.read`."""
        if table not in GRAPH_TABLES:
            raise NotFoundError(f"the graph has no table {table}: it has {', '.join(GRAPH_TABLES)}")
        with self._reading() as found:
            return bulk.read(found.connection, table, self.memory_limit)

    def stats(self) -> Stats:
        """Rows by table, bytes on disk, and the run."""
        with self._reading() as found:
            counts = {
                name: int(found.all(f'SELECT count(*) FROM "{target.table}"')[0][0]) for name, target in TARGETS.items()
            }
            run_id = publishing.current_run(found.connection)
        size = sum(p.stat().st_size for p in (self.path, *schema.side_files(self.path)) if p.exists())
        return Stats(run_id, counts, size)

    # --- the file ---

    def drop(self) -> None:
        """Delete the graph's files; another program's file is refused. Readers are told at their next question."""
        self.close()
        if self.path.exists():
            with told(self.path):
                publishing.drop(self.path)

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _reading(self, empty: bool = False) -> Iterator[Rows]:
        """A connection inside a read transaction; unless `empty`, to a graph that shows a run."""
        with told(self.path):
            connection = self._borrow()
            try:
                connection.execute("BEGIN")
                found = Rows(connection, self._memory)
                if not self._shows_a_run:
                    # A file that has shown a run always shows one.
                    self._shows_a_run = publishing.current_run(connection) is not None
                    if not (empty or self._shows_a_run):
                        raise StateError(f"{self.path} holds no run yet: run `clew publish`")
                yield found
            finally:
                if connection.in_transaction:
                    connection.execute("COMMIT")
                self._idle.append(connection)

    def _borrow(self) -> sqlite3.Connection:
        """An idle connection to the file that is there now, or a new one."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            self.close()
            raise StateError(
                f"{self.path} isn't there: run `clew publish` to build the graph from the current run"
            ) from None
        file = (status.st_dev, status.st_ino)
        if file != self._file:
            self.close()
            self._file, self._memory, self._shows_a_run = file, Memory(), False
        try:
            return self._idle.pop()
        except IndexError:
            return schema.open_reader(self.path)


def _find(found: Rows, type_: str, value: str, limit: int) -> Finding:
    row = found.one(rows.VALUE, value, type_)
    if row is None:
        return Finding(type_, value, "unknown", reason="no record holds it")
    number, shared, because = row
    owners = found.owners(number, device=type_ == "device")
    held = found.all(rows.HOLDERS, number, limit)
    names = {customer: owner.customer_id for customer, owner in owners.items()}
    holders = tuple(
        sorted(
            (
                Holder(
                    f"{found.text(source)}:{key}",
                    None if customer is None else names.get(customer) or found.customer_id(customer),
                    found.text(status),
                )
                for source, key, customer, status in held
            ),
            key=lambda h: h.record_id,
        )
    )
    count = len(held)
    if count == limit:
        count = found.all("SELECT count(*) FROM holder WHERE value = ?", number)[0][0]
    if shared is not None:
        return Finding(type_, value, "shared", (), holders, count, because or "held by too many")
    if owners:
        surest = sorted(owners.values(), key=lambda o: (-o.confidence, o.customer_id))
        return Finding(type_, value, "known", tuple(surest), holders, count)
    if not holders:
        return Finding(type_, value, "unknown", reason="no record holds it")
    statuses = sorted({h.status for h in holders})
    if statuses in (["ok"], ["weak"], ["ok", "weak"]):
        reason = "the records that hold it belong to no customer"
    else:
        reason = f"values like this never link: {', '.join(statuses)}"
    return Finding(type_, value, "unlinkable", (), holders, count, reason)


def _find_id(found: Rows, text: str, limit: int) -> list[Finding]:
    findings = []
    if found.one("SELECT 1 FROM customer WHERE customer_id = ?", text):
        findings.append(Finding("customer", text, "known", (Owner(text, 1.0),)))
    elif retired := _retired(found, text):
        owners = tuple(Owner(c, 1.0) for c in retired.now)
        findings.append(Finding("customer", text, "known", owners, reason=_went(retired)))
    numbers = {n for (n,) in found.all("SELECT id FROM record WHERE key = ? LIMIT ?", text, limit)}
    numbers |= {n for n in (found.record_number(text),) if n is not None}
    held = [r for n in numbers for r in found.records(rows.RECORD, rows.HELD_BY_RECORD, n, {}).values()]
    findings += [_found_record(record) for record in sorted(held, key=lambda r: r.record_id)]
    values = found.all(
        """SELECT type, value FROM value WHERE value = ?1
        UNION SELECT type, value FROM value
        WHERE instr(value, ':') > 0 AND substr(value, instr(value, ':') + 1) = ?1 LIMIT ?2""",
        text,
        limit,
    )
    for type_, value in sorted((found.text(t), v) for t, v in values):
        finding = _find(found, type_, value, limit)
        if finding.status != "unknown":
            findings.append(finding)
    return findings


def _found_record(record: Record) -> Finding:
    status: Literal["known", "unlinkable"] = "unlinkable" if record.customer_id is None else "known"
    owners = () if record.customer_id is None else (Owner(record.customer_id, record.confidence or 0.0),)
    reason = "" if owners else "the record belongs to no customer"
    return Finding(
        "record", record.record_id, status, owners, (Holder(record.record_id, record.customer_id, "ok"),), 1, reason
    )


def _value_number(found: Rows, type_: str, value: str) -> int | None:
    row = found.one(
        "SELECT id FROM value WHERE value = ? AND type = (SELECT id FROM word WHERE text = ?)", value, type_
    )
    return None if row is None else int(row[0])


def _customer_number(found: Rows, customer_id: str) -> int:
    row = found.one("SELECT id FROM customer WHERE customer_id = ?", customer_id)
    if row is None:
        raise NotFoundError(_no_customer(found, customer_id))
    return int(row[0])


def _retired(found: Rows, customer_id: str) -> Retired | None:
    steps = found.redirects(customer_id)
    if not steps:
        return None
    ends = {s.new_id for s in steps}
    now = sorted(i for i in ends if found.one("SELECT 1 FROM customer WHERE customer_id = ?", i))
    return Retired(customer_id, steps, tuple(now))


def _went(retired: Retired) -> str:
    first = retired.steps[0]
    when = f" on {first.at:%Y-%m-%d}" if first.at else ""
    return f"{retired.customer_id} is retired ({first.kind}{when}); it is now {', '.join(retired.now) or 'nobody'}"


def _no_customer(found: Rows, customer_id: str) -> str:
    retired = _retired(found, customer_id)
    return _went(retired) if retired else f"there is no customer {customer_id} in the current run"
