"""state.db: the record of everything that can't be computed again. The commit of `publish` makes a run current."""

from __future__ import annotations

import hashlib
import sqlite3
import struct
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from engine.errors import NotFoundError, StateError
from engine.state.append import append, note
from engine.state.chain import GENESIS
from engine.state.changes import DECISIONS, Changes, Note
from engine.state.database import NothingRunError, connect, explained
from engine.state.lock import WriterLock

_EPOCH = datetime(1970, 1, 1)


def to_micros(at: datetime) -> int:
    """Turn a time (aware, or naive and UTC) into the microseconds that state.db keeps."""
    naive = at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
    return (naive - _EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """Return the time, naive and UTC as in the run tables."""
    return _EPOCH + timedelta(microseconds=micros)


@dataclass(frozen=True)
class Run:
    """One run. `head` is the hash of the ledger's last entry after it; times are UTC.

    `actor` is who started it and `reason` why, in their own words.
    """

    run_id: str
    status: Literal["running", "published", "failed", "stopped"]
    started: datetime
    finished: datetime | None
    config_hash: str
    manifest_hash: str | None
    last_entry: int | None
    head: bytes | None
    actor: str | None = None
    reason: str | None = None


class State:
    """An open state.db. One object serves one thread; any number of processes may read while one writes."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._lock: WriterLock | None = None

    @classmethod
    def open(cls, folder: Path, *, read_only: bool = False) -> State:
        """Open (or make) `folder`/state.db. Errors: StateError, for whatever keeps it from being used."""
        path = Path(folder) / "state.db"
        return cls(path, connect(path, read_only))

    @classmethod
    def find(cls, folder: Path) -> State | None:
        """Open `folder`/state.db for reading; None where nothing has been run yet."""
        try:
            return cls.open(folder, read_only=True)
        except NothingRunError:
            return None

    # --- reading

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield a query's rows, as they come."""
        with explained(self.path):
            yield from self._connection.execute(sql, parameters)

    def setting(self, key: str) -> str | None:
        """Read a value of `meta`: record_key, next_number, current_run, written_by, created."""
        row = next(self.rows("SELECT value FROM meta WHERE key = ?", [key]), None)
        return row[0] if row else None

    @property
    def key(self) -> str:
        """The project's key for record numbers."""
        key = self.setting("record_key")
        if key is None:
            raise StateError(f"{self.path} is damaged: its record key is gone. Put a backup in its place.")
        return key

    @property
    def project(self) -> str:
        """What tells this project's graph from another's. It says nothing of the key."""
        return hashlib.sha256(f"project {self.key}".encode()).hexdigest()[:32]

    @property
    def erasing(self) -> int | None:
        """The entry of an erasure that isn't carried out to its end."""
        entry = self.setting("erasing")
        return int(entry) if entry else None

    @property
    def next_number(self) -> int:
        """The number of the next new customer."""
        return int(self.setting("next_number") or 1)

    def head(self) -> tuple[int, bytes]:
        """Return the ledger's last entry and its hash."""
        row = next(self.rows("SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1"), None)
        return (row[0], row[1]) if row else (0, GENESIS)

    def current_run(self) -> Run | None:
        """Return the run that is published now, if there is one."""
        current = self.setting("current_run")
        return self.run(current) if current is not None else None

    def run(self, run_id: str) -> Run:
        """Find a run by its id. Errors: NotFoundError."""
        for run in self._runs("WHERE run_id = ?", [run_id]):
            return run
        raise NotFoundError(f"there is no run {run_id} (clew runs lists them)")

    def erased_since(self, run_id: str) -> bool:
        """Tell whether a person was erased, to the end, after a run was published."""
        found = self.rows("SELECT 1 FROM erased WHERE entry > (SELECT last_entry FROM run WHERE run_id = ?)", [run_id])
        return self.erasing is None and next(found, None) is not None

    def runs(self) -> list[Run]:
        """List all runs, oldest first."""
        return list(self._runs("ORDER BY number", []))

    def _runs(self, which: str, parameters: Sequence[Any]) -> Iterator[Run]:
        columns = "run_id, status, started, finished, config_hash, manifest_hash, last_entry, head, actor, reason"
        for run_id, status, started, finished, *rest in self.rows(f"SELECT {columns} FROM run {which}", parameters):
            ended = None if finished is None else from_micros(finished)
            yield Run(run_id, status, from_micros(started), ended, *rest)

    # --- writing

    @contextmanager
    def writing(self, purpose: str) -> Iterator[State]:
        """Be the one writer, for `purpose` in words ("clew run").

        Errors: StateError that says who is, and since when.
        """
        with WriterLock(self.path.with_name("state.lock"), purpose) as lock:
            self._lock = lock
            try:
                yield self
            finally:
                self._lock = None

    def begin(
        self, run_id: str, config_hash: str, at: datetime, actor: str | None = None, reason: str | None = None
    ) -> None:
        """Note that a run has started, by whom and why. Runs that were killed before are marked as stopped.

        A run that ended unpublished may start again: a plan that is applied.
        """
        with self._transaction() as connection:
            # Nobody else is writing, so whatever still says "running" was killed.
            connection.execute("UPDATE run SET status = 'stopped' WHERE status = 'running'")
            connection.execute(
                """INSERT INTO run (run_id, started, config_hash, status, actor, reason)
                   VALUES (?, ?, ?, 'running', ?, ?)
                   ON CONFLICT (run_id) DO UPDATE SET status = 'running', finished = NULL
                   WHERE status IN ('failed', 'stopped')""",
                [run_id, to_micros(at), config_hash, actor, reason],
            )

    def fail(self, run_id: str, at: datetime) -> None:
        """Note that a run has ended without being published."""
        with self._transaction() as connection:
            self._end(connection, run_id, "UPDATE run SET status = 'failed', finished = ?", [to_micros(at)])

    def publish(
        self, run_id: str, changes: Changes, manifest_hash: str, at: datetime, actor: str = "clew run", *,
        notes: Sequence[Note] = (), erased: Collection[int] = (),
    ) -> tuple[int, bytes]:  # fmt: skip
        """Append the entries and make the run the current one, in one transaction; returns the ledger's new head.

        `at` is the time of the entries; `notes` are decisions that the run goes by, noted before them. `erased` are
        keyed hashes of what is stopped from now on: the records among it lose their names then, and
        `erased()` is to be called when nothing else holds them.
        The run's tables must be on disk before. Errors: StateError if the run isn't running, if the ledger is not the
        one that `changes` was made for, or if the disk fails: then nothing happened.
        """
        with self._transaction() as connection:
            seq, head = self.head()
            # What somebody decided meanwhile moves nothing: the next run goes by it.
            if seq != changes.after and (notes or self._moved_since(changes.after)):
                raise StateError(
                    f"{self.path} has moved since run {run_id} was computed (entry {changes.after} was the last, now "
                    f"it is {seq}): nothing was published. Run again."
                )
            for entry in notes:
                seq, head = note(connection, entry, seq, head, at=to_micros(datetime.now(UTC)), actor=actor)
            seq, head = append(connection, changes, seq, head, at=to_micros(at), run_id=run_id, actor=actor)
            self._end(
                connection,
                run_id,
                "UPDATE run SET status = 'published', finished = ?, manifest_hash = ?, last_entry = ?, head = ?",
                [to_micros(datetime.now(UTC)), manifest_hash, seq, head],
            )
            if erased:
                self._forget(connection, seq, erased)
            values = {"next_number": str(changes.next_number), "current_run": run_id}
            connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())
        return seq, head

    def _moved_since(self, entry: int) -> bool:
        kinds = ", ".join("?" for _ in DECISIONS)
        moved = self.rows(f"SELECT 1 FROM entry WHERE seq > ? AND kind NOT IN ({kinds}) LIMIT 1", [entry, *DECISIONS])
        return next(moved, None) is not None

    @contextmanager
    def deciding(self) -> Iterator[State]:
        """Read what was decided, and add to it with `note`, in one transaction; a run may be under way."""
        with self._committing():
            yield self

    def note(self, entry: Note, at: datetime, actor: str) -> int:
        """Append an entry of DECISIONS inside `deciding()`; returns its number."""
        seq, head = self.head()
        seq, _ = note(self._connection, entry, seq, head, at=to_micros(at), actor=actor)
        return seq

    def label(self, a: int, b: int, same: bool, at: datetime, actor: str) -> None:
        """Keep whether two records, by their numbers, are one person's; of a pair the last word counts."""
        with self._committing() as connection:
            row = [min(a, b), max(a, b), same, to_micros(at), actor]
            connection.execute("INSERT OR REPLACE INTO label VALUES (?, ?, ?, ?, ?)", row)

    def change(self, sql: str, parameters: Sequence[Any]) -> int:
        """Run one statement over what is no part of the ledger, for good; returns how many rows it changed."""
        with self._committing() as connection:
            return connection.execute(sql, parameters).rowcount

    def _forget(self, connection: sqlite3.Connection, entry: int, marks: Collection[int]) -> None:
        numbers = [(mark,) for mark in marks]  # those of values are no record's
        connection.executemany("INSERT OR IGNORE INTO erased VALUES (?, ?)", [(mark, entry) for mark in marks])
        connection.executemany("UPDATE record SET record_id = NULL WHERE number = ?", numbers)
        connection.executemany("DELETE FROM label WHERE ?1 IN (record_a, record_b)", numbers)
        # What people said of a decision about them may name them.
        gone = set(marks)
        about = [
            (seq,)
            for seq, records, mark in connection.execute(
                """SELECT seq, records, json_extract(text, '$.mark') FROM entry JOIN said ON said.entry = seq
                LEFT JOIN cause ON cause.id = entry.cause"""
            )
            if gone & {mark, *struct.unpack(f">{len(records) // 8}q", records)}
        ]
        connection.executemany("DELETE FROM said WHERE entry = ?", about)
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('erasing', ?)", [str(entry)])

    def erased(self) -> None:
        """Note that an erasure was carried out to its end, and leave none of it in the file's free space."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM meta WHERE key = 'erasing'")
        with explained(self.path):
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def _end(self, connection: sqlite3.Connection, run_id: str, update: str, parameters: Sequence[Any]) -> None:
        done = connection.execute(f"{update} WHERE run_id = ? AND status = 'running'", [*parameters, run_id])
        if done.rowcount != 1:
            raise StateError(f"run {run_id} is not running, so it can't be ended or published")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        if self._lock is None or not self._lock.held:
            raise StateError(f"{self.path} may only be written inside State.writing()")
        with self._committing() as connection:
            yield connection

    @contextmanager
    def _committing(self) -> Iterator[sqlite3.Connection]:
        with explained(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk may have rolled back already.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the file."""
        with explained(self.path):
            self._connection.close()

    def __enter__(self) -> State:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
