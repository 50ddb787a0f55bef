"""Opening state.db, and turning what SQLite says into what is wrong, where, and what to do."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import DiskError, StateError
from engine.state import schema

#: How long a statement waits for another process's commit.
BUSY_SECONDS = 30.0

_READ_ONLY = (
    "can't be written: the disk or the file is read-only. Give this user write permission there, or set another "
    "`store` folder in the project file."
)
_FULL = "can't grow: the disk is full. Free some space and run again; the last published run stands."
_NOTHING = "nothing has been run here yet (clew run makes it)."
#: What is wrong with the disk itself, by SQLite's primary result code and by the operating system's.
_DISK = {
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: "can't be read or written: the disk reports an error (full, over quota, or failing). "
    "The last published run stands.",
}
_DISK_OF_SYSTEM = {errno.EROFS: _READ_ONLY, errno.ENOSPC: _FULL, errno.EDQUOT: _FULL}
#: SQLite's primary result code -> what to tell the user.
REASONS = {
    **_DISK,
    sqlite3.SQLITE_BUSY: "is held by another process for too long: wait for it to end, then try again.",
    sqlite3.SQLITE_LOCKED: "is held by another process for too long: wait for it to end, then try again.",
    sqlite3.SQLITE_CANTOPEN: "can't be opened: check that its folder exists and that this user may read and write "
    "there.",
    sqlite3.SQLITE_PERM: "can't be opened: this user has no permission. Check the owner of the folder.",
    sqlite3.SQLITE_AUTH: "can't be opened: this user has no permission. Check the owner of the folder.",
    sqlite3.SQLITE_NOTADB: "is not a database. Move it away and put a backup in its place. Without one a new file is "
    "made, and what was in this one is lost: with state.db, customer ids start anew.",
    sqlite3.SQLITE_CORRUPT: "is damaged. Put a backup in its place.",
    sqlite3.SQLITE_NOMEM: "needs more memory than there is.",
}


class NothingRunError(StateError):
    """There is no state.db yet, or nothing in it."""


class _OlderError(StateError):
    """state.db is of an older version, and this way of opening it changes nothing."""


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's and the operating system's errors about `path` into a StateError."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_CANTOPEN and path.exists() and not os.access(path.parent, os.W_OK):
            code = sqlite3.SQLITE_READONLY
        reason = REASONS.get(code)
        if reason is None:
            raise
        kind = DiskError if code in _DISK else StateError
        raise kind(f"{path} {reason} (SQLite: {error})") from error
    except OSError as error:
        if error.errno in _DISK_OF_SYSTEM:
            raise DiskError(f"{error.filename or path} {_DISK_OF_SYSTEM[error.errno]}") from error
        raise StateError(
            f"{error.filename or path} can't be used: {(error.strerror or str(error)).lower()}. Check the path and the "
            "permissions, or set another `store` folder in the project file."
        ) from error


def connect(path: Path, read_only: bool = False) -> sqlite3.Connection:
    """Open state.db: migrated if old, and made if new, unless `read_only`. Transactions are begun by hand."""
    with explained(path):
        if read_only:
            try:
                return _connect_read_only(path)
            except _OlderError:
                connect(path).close()
                return _connect_read_only(path)
        path.parent.mkdir(0o700, parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            # First of all: a file that isn't Clew's must not be touched, not even its journal mode.
            schema.check_readable(connection, path)
            if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA journal_size_limit = 67108864")
            schema.migrate(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


def _connect_read_only(path: Path) -> sqlite3.Connection:
    if not path.exists():
        raise NothingRunError(f"{path} doesn't exist: {_NOTHING}")
    # A reader of a WAL file writes beside it; where the disk takes nothing nobody else can be writing either.
    log = path.with_name(path.name + "-wal")
    logged = log.exists() and log.stat().st_size > 0
    if not os.access(path.parent, os.W_OK) and not logged:
        return _read(path, "mode=ro&immutable=1")
    try:
        return _read(path, "mode=ro")
    except sqlite3.OperationalError as error:
        if logged or error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            raise
        return _read(path, "mode=ro&immutable=1")


def _read(path: Path, options: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{options}", uri=True, timeout=BUSY_SECONDS, isolation_level=None
    )
    try:
        schema.check_readable(connection, path)
        found = schema.version(connection)
        if found == 0:  # whoever made the file was stopped before there was anything in it
            raise NothingRunError(f"{path} is empty: {_NOTHING}")
        if found < len(schema.MIGRATIONS):
            raise _OlderError(f"{path} is of an older version (schema {found}).")
    except BaseException:
        connection.close()
        raise
    return connection
