"""SQLite's errors, told as Clew's: one place that says what went wrong with the file and what to do."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import adbc_driver_manager

from engine.errors import DiskError, StateError

_DISK = (
    "the disk is full or fails ({}). Make room, then `clew publish`; until then the graph shows what it showed before"
)
_READ_ONLY = "the file can't be written: its disk, its folder or the file itself is read-only for this user"

_UNREADABLE = "this user may not read the file: its owner can allow it (chmod)"


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn an error of SQLite over `path` into a StateError."""
    try:
        yield
    except adbc_driver_manager.Error as error:
        # Only what is on its way into the graph goes over ADBC, into a new file of our own: the disk alone can fail it.
        raise DiskError(f"{path}: {_DISK.format(error)}") from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            raise DiskError(f"{path}: {_DISK.format(error)}") from error
        if code == sqlite3.SQLITE_CANTOPEN and path.exists() and not os.access(path, os.R_OK):
            raise DiskError(f"{path}: {_UNREADABLE}") from error
        refused = code == sqlite3.SQLITE_CANTOPEN and path.exists() and not os.access(path.parent, os.W_OK)
        if refused or code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
            raise DiskError(f"{path}: {_READ_ONLY}") from error
        raise StateError(f"{path}: {_say(code, path) or error}") from error


def _say(code: int, path: Path) -> str | None:
    if code == sqlite3.SQLITE_NOTADB:
        return "this is not a graph, nor any SQLite file: move it away, or configure another place"
    if code == sqlite3.SQLITE_CORRUPT:
        return "the file is damaged: delete it and run `clew publish` to rebuild it"
    if code == sqlite3.SQLITE_CANTOPEN:
        if not path.exists():
            return "there is no graph: run `clew publish` to build it"
        return "the file can't be opened; its folder must be writable, for readers too"
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "the file is locked by another process: try again"
    return None
