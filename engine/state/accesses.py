"""access.db: who asked about whom, when, and under which key. A file of its own, as it grows with the questions.

Append-only, but for what has been kept for long enough. It holds ids of customers and of keys, and no personal value.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from engine.errors import StateError
from engine.state.database import BUSY_SECONDS, explained
from engine.state.store import from_micros, to_micros

#: "ClwA": SQLite itself can tell whose file it is.
APPLICATION_ID = 0x436C7741
SCHEMA_VERSION = 1

#: Rows that are removed at one moment, and seconds to the next ones: a server that runs writes its own in between.
_AT_ONCE, _PAUSE = 20_000, 0.05
_FOR_GOOD = {
    verb: f"""CREATE TRIGGER access_{verb} BEFORE {verb} ON access
        BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END"""
    for verb in ("UPDATE", "DELETE")
}
_TABLES = (
    """CREATE TABLE access (
        id INTEGER PRIMARY KEY, at INTEGER NOT NULL, key TEXT, caller TEXT NOT NULL, action TEXT NOT NULL,
        customer TEXT NOT NULL, personal INTEGER NOT NULL, request TEXT NOT NULL)""",
    "CREATE INDEX access_customer ON access (customer, at)",
    *_FOR_GOOD.values(),
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)


class Accessed(NamedTuple):
    """Somebody was shown something of a customer, with personal values or masked. `at` is UTC.

    `key` is the id of the key, None for the local user; `caller` its name; `action` what was asked; `request` its id.
    """

    at: datetime
    key: str | None
    caller: str
    action: str
    customer_id: str
    personal: bool
    request: str


class AccessLog:
    """An open access.db, for one thread; any number of processes may append."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "access.db"
        with explained(self.path):
            self._connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def _prepare(self) -> None:
        connection = self._connection
        if not self._made():
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            if not self._made():  # another process may have been first
                for statement in _TABLES:
                    connection.execute(statement)
            connection.execute("COMMIT")
        # What was committed outlives a process that is killed; of a power cut the last moments may be lost.
        connection.execute("PRAGMA synchronous = NORMAL")

    def _made(self) -> bool:
        # In this order: another process may be making the file, which has its tables and its marks at one moment.
        tables = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        application = self._connection.execute("PRAGMA application_id").fetchone()[0]
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if tables and application != APPLICATION_ID:
            raise StateError(f"{self.path} is a SQLite file of another program. Move it away.")
        if version > SCHEMA_VERSION:
            raise StateError(f"{self.path} was written by a newer version of Clew (schema {version}): update Clew.")
        return bool(tables)

    def append(self, accesses: Iterable[Accessed]) -> None:
        """Keep some accesses, all or none."""
        rows = [(to_micros(a.at), *a[1:]) for a in accesses]
        with self._writing() as connection:
            connection.executemany(
                """INSERT INTO access (at, key, caller, action, customer, personal, request)
                VALUES (?, ?, ?, ?, ?, ?, ?)""",
                rows,
            )

    def remove_before(self, at: datetime) -> int:
        """Remove the accesses before a time (UTC), part by part; returns how many."""
        removed, last = 0, _AT_ONCE
        while last == _AT_ONCE:
            with self._writing() as connection:
                connection.execute("DROP TRIGGER access_DELETE")
                last = connection.execute(
                    "DELETE FROM access WHERE id IN (SELECT id FROM access WHERE at < ? ORDER BY id LIMIT ?)",
                    (to_micros(at), _AT_ONCE),
                ).rowcount
                connection.execute(_FOR_GOOD["DELETE"])
            removed += last
            time.sleep(_PAUSE)
        return removed

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it, or nothing."""
        with explained(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> AccessLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def accesses_about(folder: Path, customer_ids: Collection[str]) -> list[Accessed]:
    """Who was shown something of some customers, oldest first; nobody where no server ever ran."""
    columns = "at, key, caller, action, customer, personal, request"
    marks = ", ".join("?" for _ in customer_ids)
    rows = _read(
        folder,
        f"SELECT {columns} FROM access WHERE customer IN ({marks}) ORDER BY at, id",  # nosec B608 # our names, ? marks
        list(customer_ids),
    )
    return [
        Accessed(from_micros(at), key, caller, action, customer, bool(personal), request)
        for at, key, caller, action, customer, personal, request in rows
    ]


def remove_accesses(folder: Path, before: datetime, *, dry_run: bool = False) -> int:
    """Remove the accesses before a time (UTC); returns how many there were, or with `dry_run` are."""
    found = _read(folder, "SELECT count(*) FROM access WHERE at < ?", [to_micros(before)])
    if dry_run or not found or not found[0][0]:
        return found[0][0] if found else 0
    with AccessLog(folder) as log:
        return log.remove_before(before)


def _read(folder: Path, sql: str, given: list[Any]) -> list[tuple[Any, ...]]:
    """Ask access.db, which isn't there where no server ever ran."""
    path = folder / "access.db"
    if not path.exists():
        return []
    with explained(path), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return []  # a server is just making it
        return connection.execute(sql, given).fetchall()
