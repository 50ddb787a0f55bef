"""The tables of state.db, version by version, and how an older file becomes a new one.

The ledger's rule: an entry says that `records` went from customer `origin` to customer `target`, NULL being outside. So
membership on any date is a replay of the entries, whatever their kind. Entries hold record numbers only, keyed hashes
of record ids (`engine.state.numbers`); the ids themselves stand in `record`, from where one can be taken without
breaking the chain.
"""

from __future__ import annotations

import json
import sqlite3
import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from engine.errors import StateError
from engine.state.numbers import new_key

#: "Clew" in ASCII: `file state.db` and SQLite itself can tell whose file it is.
APPLICATION_ID = 0x436C6577

#: What entries people made, as SQL: in these words an index finds them.
DECIDED = "kind IN ('asserted', 'refused', 'blocked', 'undone', 'erased')"

#: MIGRATIONS[n] takes a file from version n to n + 1. Never edit one that was released: append.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        # Times are microseconds since 1970, UTC. status: running | published | failed | stopped (killed on the way).
        """CREATE TABLE run (
            number INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, started INTEGER NOT NULL, finished INTEGER,
            config_hash TEXT NOT NULL, manifest_hash TEXT, status TEXT NOT NULL,
            last_entry INTEGER, head BLOB)""",
        # Who did something, when and in which run: shared by all entries that it made.
        "CREATE TABLE act (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, run_id TEXT, actor TEXT NOT NULL)",
        "CREATE TABLE cause (id INTEGER PRIMARY KEY, text TEXT NOT NULL)",
        # record_id is NULL once it is erased; entry is the last entry that moved the record.
        "CREATE TABLE record (number INTEGER PRIMARY KEY, record_id TEXT, entry INTEGER NOT NULL)",
        # records: their numbers, 8 bytes each, big-endian, ascending.
        """CREATE TABLE entry (
            seq INTEGER PRIMARY KEY, act INTEGER NOT NULL REFERENCES act, kind TEXT NOT NULL,
            origin INTEGER, target INTEGER, records BLOB NOT NULL, cause INTEGER REFERENCES cause,
            hash BLOB NOT NULL)""",
        "CREATE INDEX entry_target ON entry (target)",
        "CREATE INDEX entry_origin ON entry (origin) WHERE origin IS NOT NULL",
        "CREATE INDEX entry_end ON entry (seq) WHERE kind IN ('merged', 'retired')",
        """CREATE VIEW ledger AS
            SELECT seq, at, run_id, actor, kind, origin, target, length(records) / 8 AS records, text AS cause,
                lower(hex(hash)) AS hash
            FROM entry JOIN act ON act.id = entry.act LEFT JOIN cause ON cause.id = entry.cause""",
        *(
            f"""CREATE TRIGGER {table}_{verb} BEFORE {verb} ON {table}
            BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"""
            for table in ("entry", "act", "cause")
            for verb in ("UPDATE", "DELETE")
        ),
    ),
    # Who started a run, and why, in their own words.
    ("ALTER TABLE run ADD COLUMN actor TEXT", "ALTER TABLE run ADD COLUMN reason TEXT"),
    # Why somebody decided, in their own words, which may have to be erased: so they are no part of the chain.
    # And what is stopped where it is read, as its owner was erased: keyed hashes of record ids and of values.
    (
        "CREATE TABLE said (entry INTEGER PRIMARY KEY REFERENCES entry, reason TEXT NOT NULL)",
        "CREATE TABLE erased (mark INTEGER PRIMARY KEY, entry INTEGER NOT NULL REFERENCES entry)",
        "DROP INDEX entry_end",
        "CREATE INDEX entry_end ON entry (seq) WHERE kind IN ('merged', 'retired', 'erased')",
    ),
    # What moved a record before its last entry did, so that its past is found without reading the ledger.
    (
        "CREATE TABLE moved_before (number INTEGER, entry INTEGER, PRIMARY KEY (number, entry)) WITHOUT ROWID",
        """INSERT INTO moved_before SELECT value, seq FROM entry, json_each(record_numbers(records))
            WHERE kind IN ('created', 'restored', 'split', 'joined', 'moved', 'left', 'merged', 'retired', 'erased')
                AND seq <> (SELECT entry FROM record WHERE number = value)""",
        """CREATE TRIGGER record_moved BEFORE UPDATE OF entry ON record
            BEGIN INSERT INTO moved_before VALUES (old.number, old.entry); END""",
        f"CREATE INDEX entry_decision ON entry (seq) WHERE {DECIDED}",
    ),
    # Whether two records (numbers, record_a < record_b) are one person's, as somebody judged who looked at them.
    # It acts on nothing: it is there to judge answers by.
    (
        """CREATE TABLE label (
            record_a INTEGER NOT NULL, record_b INTEGER NOT NULL, same BOOLEAN NOT NULL, at INTEGER NOT NULL,
            actor TEXT NOT NULL, PRIMARY KEY (record_a, record_b)) WITHOUT ROWID""",
    ),
    # Who may ask over HTTP: see `engine.state.keys`. A key that was revoked stays, as the access log names it.
    (
        """CREATE TABLE api_key (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, hash BLOB NOT NULL, scopes TEXT NOT NULL, rate REAL,
            created INTEGER NOT NULL, actor TEXT NOT NULL, expires INTEGER, revoked INTEGER) WITHOUT ROWID""",
    ),
    # What was decided for a request that may be sent again: see `engine.state.once`. entry is NULL while it is done.
    (
        """CREATE TABLE once (
            caller TEXT, name TEXT, digest BLOB NOT NULL, at INTEGER NOT NULL, entry INTEGER,
            PRIMARY KEY (caller, name)) WITHOUT ROWID""",
    ),
    # Names are kept as hashes from here on.
    ("DELETE FROM once",),
)


def version(connection: sqlite3.Connection) -> int:
    """Read the schema version of an open file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check_readable(connection: sqlite3.Connection, path: Path, newest: int = len(MIGRATIONS)) -> None:
    """Raise StateError if the file is another program's or a newer Clew's."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    if application != APPLICATION_ID and _tables(connection):
        raise StateError(f"{path} is a SQLite file of another program. Move it away, or set another `store` folder.")
    if version(connection) > newest:
        raise StateError(
            f"{path} was written by {_writer(connection)} (schema {version(connection)}); this version reads "
            f"schemas up to {newest}. Install that version of Clew or a later one; nothing was changed."
        )


def migrate(
    connection: sqlite3.Connection, path: Path, migrations: Sequence[tuple[str, ...]] = MIGRATIONS
) -> Path | None:
    """Bring the file to the newest version, all of it or none; returns the backup made of an older file."""
    check_readable(connection, path, len(migrations))
    found = version(connection)
    if found == len(migrations):
        return None
    backup = _back_up(connection, path, found) if found else None
    connection.create_function("record_numbers", 1, _record_numbers, deterministic=True)
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have been first: the version is read again under the lock.
        found = version(connection)
        for statements in migrations[found:]:
            for statement in statements:
                connection.execute(statement)
        if found == 0:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            values = {"created": datetime.now(UTC).isoformat(), "record_key": new_key(), "next_number": "1"}
            connection.executemany("INSERT INTO meta VALUES (?, ?)", values.items())
        if found < len(migrations):
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('written_by', ?)", [program()])
            connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    except BaseException:
        # A full disk may have rolled back already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return backup


def _record_numbers(records: bytes) -> str:
    """The record numbers of an entry, as a JSON list."""
    return json.dumps([number for (number,) in struct.iter_unpack(">q", records)])


def program() -> str:
    """Return this program's name and version, as written into files."""
    try:
        return f"Clew {metadata.version('clew')}"
    except metadata.PackageNotFoundError:
        return "Clew from a source folder"


def _tables(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


def _writer(connection: sqlite3.Connection) -> str:
    try:
        row = connection.execute("SELECT value FROM meta WHERE key = 'written_by'").fetchone()
    except sqlite3.OperationalError:  # a later schema need not have this table
        row = None
    return row[0] if row else "a later version of Clew"


def _back_up(connection: sqlite3.Connection, path: Path, found: int) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    backup = path.with_name(f"{path.name}.schema-{found}-{stamp}.backup")
    target = sqlite3.connect(backup)
    try:
        connection.backup(target)
    finally:
        target.close()
    return backup
