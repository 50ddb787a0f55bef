"""access.db: who asked about whom, when, and under which key. A file of its own, as it grows with the questions.

Append-only. It holds ids of customers and of keys, and no personal value.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from engine.errors import StateError
from engine.state.database import BUSY_SECONDS, explained
from engine.state.store import from_micros, to_micros

#: "ClwA": SQLite itself can tell whose file it is.
APPLICATION_ID = 0x436C7741
SCHEMA_VERSION = 1

_TABLES = (
    """CREATE TABLE access (
        id INTEGER PRIMARY KEY, at INTEGER NOT NULL, key TEXT, caller TEXT NOT NULL, action TEXT NOT NULL,
        customer TEXT NOT NULL, personal INTEGER NOT NULL, request TEXT NOT NULL)""",
    "CREATE INDEX access_customer ON access (customer, at)",
    *(
        f"""CREATE TRIGGER access_{verb} BEFORE {verb} ON access
        BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END"""
        for verb in ("UPDATE", "DELETE")
    ),
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
        with explained(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.executemany(
                    """INSERT INTO access (at, key, caller, action, customer, personal, request)
                    VALUES (?, ?, ?, ?, ?, ?, ?)""",
                    rows,
                )
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
    path = folder / "access.db"
    if not path.exists():
        return []
    columns = "at, key, caller, action, customer, personal, request"
    marks = ", ".join("?" for _ in customer_ids)
    with explained(path), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return []  # a server is just making it
        rows = connection.execute(
            f"SELECT {columns} FROM access WHERE customer IN ({marks}) ORDER BY at, id",  # nosec B608 # our names, ? marks
            list(customer_ids),
        ).fetchall()
    return [
        Accessed(from_micros(at), key, caller, action, customer, bool(personal), request)
        for at, key, caller, action, customer, personal, request in rows
    ]
