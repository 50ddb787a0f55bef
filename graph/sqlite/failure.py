"""SQLite's errors, told as Clew's: one place that says what went wrong with the file and what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import adbc_driver_manager

from engine.errors import StateError

_DISK = "the disk is full or fails ({}); a publish that meets this leaves the run before standing"


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn an error of SQLite over `path` into a StateError."""
    try:
        yield
    except adbc_driver_manager.Error as error:
        # Only what is on its way into the graph goes over ADBC, into a new file of our own: the disk alone can fail it.
        raise StateError(f"{path}: {_DISK.format(error)}") from error
    except sqlite3.Error as error:
        raise StateError(f"{path}: {_say(error, path)}") from error


def _say(error: sqlite3.Error, path: Path) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return _DISK.format(error)
    if code == sqlite3.SQLITE_NOTADB:
        return "this is not a graph, nor any SQLite file: move it away, or configure another place"
    if code == sqlite3.SQLITE_CORRUPT:
        return "the file is damaged: delete it and run `clew publish` to rebuild it"
    if code == sqlite3.SQLITE_CANTOPEN:
        if not path.exists():
            return "there is no graph: run `clew publish` to build it"
        return "the file can't be opened; its folder must be writable, for readers too"
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return "the file can't be written: check its permissions"
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "the file is locked by another process: try again"
    return str(error)
