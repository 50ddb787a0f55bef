"""DuckDB engines at rest: opening one takes longer than most questions, so a few wait for whoever asks next."""

from __future__ import annotations

import atexit
import os
from contextlib import suppress

import duckdb

#: So many wait; what serves more at a time closes the others.
_MOST = 4

_rested: list[duckdb.DuckDBPyConnection] = []


def take() -> duckdb.DuckDBPyConnection:
    """An engine for one user, with no tables of anybody's in it; its settings are any."""
    with suppress(IndexError):
        return _rested.pop()
    return duckdb.connect()


def rest(engine: duckdb.DuckDBPyConnection, database: str) -> None:
    """Drop the database (a quoted name) that its user had attached, and keep the engine; or close it."""
    if len(_rested) < _MOST:
        with suppress(duckdb.Error):
            engine.execute(f"DETACH {database}")
            _rested.append(engine)
            return
    engine.close()


def _close() -> None:
    while _rested:
        _rested.pop().close()


# A forked process would have the engines without their threads, and wait for these for ever.
os.register_at_fork(before=_close)
atexit.register(_close)
