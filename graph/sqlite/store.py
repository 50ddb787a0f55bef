"""The embedded graph store: one SQLite file, `graph.db`, many readers in many processes beside one publisher."""

from __future__ import annotations

import os
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from engine.errors import StateError
from engine.runs import RunTables
from graph import answers
from graph.sqlite import bulk, finding, schema
from graph.sqlite import publish as publishing
from graph.sqlite.failure import told
from graph.sqlite.load import TARGETS
from graph.sqlite.rows import Rows
from graph.sqlite.statements import WINDOWS_OF_DEVICE
from graph.store import (
    Customer,
    DeviceWindow,
    Difference,
    Finding,
    GraphStore,
    Hit,
    Match,
    Outline,
    PublishReport,
    Record,
    Refusal,
    Retired,
    Stats,
)

T = TypeVar("T")


class SqliteStore:
    """`GraphStore` in one file. Safe for use by several threads: each answer borrows a connection of its own.

    Every answer comes from one run, whole, even if a publish commits while it is read. Where the file is deleted or
    replaced under a reader, the next answer comes from the new file, or a StateError says that there is none.
    """

    def __init__(self, path: Path, memory_limit: str = "3GB") -> None:
        self.path = path
        self.memory_limit = memory_limit
        self._file: tuple[int, int] | None = None
        self._idle: deque[Rows] = deque()

    # --- the run ---

    def current_run(self) -> str | None:
        """The run that readers see, or None where there is no graph yet."""
        if not self.path.exists():
            return None
        with self._reading(empty=True) as found:
            return publishing.current_run(found.connection)

    def together(self, ask: Callable[[GraphStore], T]) -> tuple[str, T]:
        """Several answers from one transaction, and so from one run: see `GraphStore.together`."""
        with self._reading() as found:
            return str(publishing.current_run(found.connection)), ask(_Held(self, found))

    def publish(self, run: RunTables, previous: RunTables | None) -> PublishReport:
        """Bring the graph to `run`: see `GraphStore.publish`."""
        return publishing.publish(self.path, run, previous, self.memory_limit)

    def verify(self, run: RunTables) -> list[Difference]:
        """Compare run id, and counts and checksums of all that the graph holds, with the run's."""
        with self._reading() as found:
            current = publishing.current_run(found.connection)
            if current != run.run_id:
                return [Difference("graph", "run", run.run_id, str(current))]
            return bulk.verify(found.connection, run, self.memory_limit)

    # --- questions ---

    def find(self, type_: str, value: str, limit: int = 100) -> Finding:
        """What the graph knows of a canonical value; `unknown` where no record holds it."""
        with self._reading() as found:
            return finding.find(found, type_, value, limit)

    def find_any(self, candidates: Iterable[tuple[str, str]], limit: int = 100) -> list[Finding]:
        """The findings of those candidates that the graph knows, in the order given."""
        with self._reading() as found:
            findings = [finding.find(found, type_, value, limit) for type_, value in candidates]
        return [f for f in findings if f.status != "unknown"]

    def find_id(self, text: str, limit: int = 100) -> list[Finding]:
        """The customer, records and identifiers that answer to an id, with or without its system."""
        with self._reading() as found:
            return finding.find_id(found, text, limit)

    def search(self, text: str, limit: int = 10) -> tuple[Hit, ...]:
        """The living customers who answer best to words."""
        with self._reading() as found:
            return finding.search(found, text, limit)

    def customer(self, customer_id: str) -> Customer:
        """A whole living customer."""
        with self._reading() as found:
            customer = found.customer(customer_id)
            if customer is None:
                raise finding.no_customer(found, customer_id)
            return customer

    def outlines(self, customer_ids: Sequence[str]) -> list[Outline]:
        """Living customers in short, in the order of their ids here."""
        with self._reading() as found:
            return [finding.outline(found, customer_id) for customer_id in customer_ids]

    def record(self, record_id: str) -> Record:
        """A record with its identifiers."""
        with self._reading() as found:
            number = found.record_number(record_id)
            if number is None:
                raise answers.no_record(record_id)
            return found.record(number)

    def owners(self, record_ids: Iterable[str]) -> dict[str, str]:
        """The customers of records; without those that aren't there, or are nobody's."""
        with self._reading() as found:
            return finding.owners(found, record_ids)

    def evidence(self, customer_id: str) -> tuple[Match, ...]:
        """The admitted matches of a customer, in the order of their admission."""
        with self._reading() as found:
            return found.matches(finding.customer_number(found, customer_id))

    def refusals(self, customer_id: str) -> tuple[Refusal, ...]:
        """Refused pairs of which one record or both are this customer's, strongest first."""
        with self._reading() as found:
            return found.refusals(finding.customer_number(found, customer_id))

    def windows(self, device: str) -> tuple[DeviceWindow, ...]:
        """Whose a device was, and when, in order of time."""
        with self._reading() as found:
            number = finding.value_number(found, "device", device)
            return () if number is None else found.windows(WINDOWS_OF_DEVICE, number)

    def retired(self, customer_id: str) -> Retired | None:
        """Where a retired id went, or None if the id isn't retired."""
        with self._reading() as found:
            return finding.retired_id(found, customer_id)

    # --- everything ---

    def members(self) -> pa.Table:
        """Every record and its customer, as Arrow."""
        return self.read("members")

    def read(self, table: str) -> pa.Table:
        """One whole table as Arrow: see `bulk.read`."""
        answers.check_table(table)
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
            self._idle.pop().connection.close()

    @contextmanager
    def _reading(self, empty: bool = False) -> Iterator[Rows]:
        """A connection inside a read transaction; unless `empty`, to a graph that shows a run."""
        with told(self.path):
            found = self._borrow()
            connection = found.connection
            try:
                found.begin()
                if not found.shows_a_run:
                    # A file that has shown a run always shows one; the next file may have the number of a deleted one.
                    found.shows_a_run = publishing.current_run(connection) is not None
                    if not (empty or found.shows_a_run):
                        raise StateError(f"{self.path} holds no run yet: run `clew publish`")
                yield found
            finally:
                self._give_back(found)

    def _give_back(self, found: Rows) -> None:
        """Keep a connection for the next question, unless its file is damaged, or another one is there by now."""
        connection = found.connection
        try:
            if connection.in_transaction:
                connection.execute("COMMIT")
        except sqlite3.Error:
            connection.close()
            raise
        if isinstance(connection, schema.Frozen):
            connection.close()
            if connection.changed(self.path):
                raise StateError(f"{self.path} was published to while it was read: ask again")
        elif found.file != self._file:
            connection.close()
        else:
            self._idle.append(found)

    def _borrow(self) -> Rows:
        """An idle connection to the file that is there now, or a new one."""
        try:
            status = os.stat(self.path)  # noqa: PTH116 - in half the time of Path.stat
        except FileNotFoundError:
            self.close()
            raise StateError(
                f"{self.path} isn't there: run `clew publish` to build the graph from the current run"
            ) from None
        file = (status.st_dev, status.st_ino)
        if file != self._file:
            self.close()
            self._file = file
        try:
            return self._idle.pop()
        except IndexError:
            return Rows(schema.open_reader(self.path), file)


class _Held(SqliteStore):
    """A store whose answers all come from one transaction, for the thread that began it."""

    def __init__(self, store: SqliteStore, found: Rows) -> None:
        super().__init__(store.path, store.memory_limit)
        self._found = found

    @contextmanager
    def _reading(self, empty: bool = False) -> Iterator[Rows]:
        yield self._found
