"""A publish: one SQLite transaction that takes `graph.db` from the run it holds to another.

Why one transaction on the live file, for a load of everything as well, and not a fresh file renamed over the old:
readers keep the file they opened, so after a rename they would go on answering from the old run; and the write-ahead
log lies beside the file by name, so that an old one could be taken for the new file's. In WAL mode readers see the old
run until the commit, and a killed publisher leaves frames without a commit, which the next one overwrites. A load
without a journal was measured to be no faster.
"""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from engine.compute.duck import Compute
from engine.errors import StateError
from engine.runs import RunTables
from graph.sqlite import load, numbers, schema
from graph.sqlite.failure import told
from graph.sqlite.stage import Stage
from graph.store import PublishReport
from graph.tables import GRAPH_TABLES, changes, everything, open_run


def publish(path: Path, run: RunTables, previous: RunTables | None, memory_limit: str) -> PublishReport:
    """Bring the graph at `path` to `run`: see `GraphStore.publish`."""
    with told(path):
        connection = schema.open_writer(path)
        try:
            _announce(connection, path)
            _begin(connection, path)
            try:
                with Stage(schema.stage_file(path), connection) as stage, _whole(connection):
                    report = _bring(connection, stage, run, previous, memory_limit)
            finally:
                _announce(connection, path, over=True)
            # Back to a small log. Readers of the old run may hold it open; then the next publish does it.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            return report
        finally:
            connection.close()


def current_run(connection: sqlite3.Connection) -> str | None:
    """The run that the graph shows; None too where its layout is an older one."""
    if connection.execute("PRAGMA user_version").fetchone()[0] != schema.SCHEMA_VERSION:
        return None
    row = connection.execute("SELECT value FROM meta WHERE name = 'run'").fetchone()
    return None if row is None else row[0]


def _bring(
    connection: sqlite3.Connection, stage: Stage, run: RunTables, previous: RunTables | None, memory_limit: str
) -> PublishReport:
    current = current_run(connection)
    if current == run.run_id:
        return PublishReport(run.run_id, current, full=False)
    full = current is None or previous is None or previous.run_id != current or not previous.folder.is_dir()
    removed: dict[str, int] = {}
    added: dict[str, int] = {}
    with Compute(memory_limit=memory_limit) as compute:
        open_run(compute, run, "new")
        if full or previous is None:
            schema.create(connection)
            everything(compute, "new")
            words = numbers.Words(connection)
            numbers.number_everything(compute, stage, words)
        else:
            open_run(compute, previous, "old")
            changes(compute, "old", "new", (previous, run))
            words = numbers.Words(connection)
            numbers.number_changes(compute, connection, stage, words)
            removed = {name: load.remove(compute, connection, words, name) for name in GRAPH_TABLES}
        added = {name: load.fill(compute, stage, words, name) for name in GRAPH_TABLES}
        stage.take("value")
        if not full:
            load.take_words(connection)
        for name in GRAPH_TABLES:
            load.take(stage, name)
        if full:
            load.index(connection)
        else:
            numbers.remove_unused_values(compute, connection)
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('run', ?)", (run.run_id,))
    return PublishReport(run.run_id, current, full, removed, added)


def _announce(connection: sqlite3.Connection, path: Path, over: bool = False) -> None:
    """Write down who publishes, so that a second publisher can be told; the lock is SQLite's and dies with us."""
    _begin(connection, path)
    with _whole(connection):
        if not schema.check(connection, path):
            schema.create(connection)
            load.index(connection)
        if over:
            connection.execute("DELETE FROM meta WHERE name = 'publisher'")
        else:
            who = f"process {os.getpid()} on {socket.gethostname()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('publisher', ?)", (who,))


@contextmanager
def _whole(connection: sqlite3.Connection) -> Iterator[None]:
    """The end of a transaction: all of it, or nothing."""
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _begin(connection: sqlite3.Connection, path: Path) -> None:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        who = None
        if schema.check(connection, path):
            who = connection.execute("SELECT value FROM meta WHERE name = 'publisher'").fetchone()
        held = who[0] if who else "another process"
        raise StateError(f"{path} is being published to by {held}: wait until it is done, then try again") from None


def drop(path: Path) -> None:
    """Delete the graph's files, unless somebody publishes to it or it is another program's."""
    connection = schema.open_writer(path)
    try:
        _begin(connection, path)
        connection.execute("ROLLBACK")
    finally:
        connection.close()
    for file in (path, *schema.side_files(path), schema.stage_file(path)):
        file.unlink(missing_ok=True)
