"""The tables inside `graph.db`, and the rules for opening the file.

Records, customers, values and words are numbered, so that the tables that join them hold small integers. `word` holds
every text that repeats: sources, types, statuses, rules, the pattern of a match's reasons. Words are never renumbered.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import TypeVar

from engine.errors import StateError

_Kind = TypeVar("_Kind", bound=sqlite3.Connection)

#: Marks a file as ours ("CLEW").
APPLICATION_ID = 0x434C4557
#: The layout below. A file of a newer one is refused, one of an older one is filled anew.
SCHEMA_VERSION = 6

#: Bytes of the file that a reader maps into memory, so that it needn't copy pages: a lookup takes a seventh less.
#: (Cutting the file short under a reader would end its process. Nothing here does: a graph never shrinks.)
MAPPED = 2**31

#: Seconds that a reader waits for a lock (held for moments only), and a publisher for another publisher.
READ_TIMEOUT, WRITE_TIMEOUT = 10.0, 2.0

_MATCH = """
    a INTEGER NOT NULL, b INTEGER NOT NULL, stage INTEGER, rule INTEGER, weight REAL, probability REAL,
    pattern INTEGER, weights TEXT, places TEXT, step INTEGER"""

TABLES: dict[str, str] = {
    "word": "(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)",
    "record": """(
        id INTEGER PRIMARY KEY, source INTEGER NOT NULL, key TEXT NOT NULL, kind INTEGER, seen_at INTEGER,
        created_at INTEGER, name TEXT, first_name TEXT, first_root TEXT, middle_name TEXT, last_name TEXT,
        birth_date INTEGER, gender INTEGER, street TEXT, city TEXT, postcode TEXT, state TEXT, country TEXT,
        company TEXT, place TEXT, extras TEXT)""",
    "customer": """(
        id INTEGER PRIMARY KEY, customer_id TEXT NOT NULL, anchor INTEGER NOT NULL, name TEXT, email TEXT, phone TEXT,
        place TEXT, records INTEGER, first_seen INTEGER, last_seen INTEGER, names TEXT, others TEXT)""",
    "member": "(record INTEGER PRIMARY KEY, customer INTEGER NOT NULL, confidence REAL, since INTEGER)",
    "value": "(id INTEGER PRIMARY KEY, type INTEGER NOT NULL, value TEXT NOT NULL)",
    "holder": """(
        record INTEGER NOT NULL, value INTEGER NOT NULL, display TEXT, status INTEGER, detail INTEGER,
        PRIMARY KEY (record, value)) WITHOUT ROWID""",
    "known_by": """(
        customer INTEGER NOT NULL, value INTEGER NOT NULL, display TEXT, confidence REAL, sources INTEGER,
        first_seen INTEGER, last_seen INTEGER, PRIMARY KEY (customer, value)) WITHOUT ROWID""",
    "permission": """(
        customer INTEGER NOT NULL, value INTEGER NOT NULL, channel INTEGER NOT NULL, state INTEGER, conflict INTEGER,
        at INTEGER, source INTEGER, said_in INTEGER, said_out INTEGER, confidence REAL, why_not INTEGER,
        PRIMARY KEY (customer, value, channel)) WITHOUT ROWID""",
    "shared": "(value INTEGER PRIMARY KEY, reason TEXT, records INTEGER, customers INTEGER)",
    "match": f"({_MATCH}, PRIMARY KEY (a, b)) WITHOUT ROWID",
    "refusal": f"({_MATCH}, refusal TEXT, PRIMARY KEY (a, b, stage, rule)) WITHOUT ROWID",
    "device_window": """(
        device INTEGER NOT NULL, customer INTEGER NOT NULL, since INTEGER, until INTEGER, because INTEGER, record TEXT,
        confidence REAL, UNIQUE (device, customer, since))""",
    "ledger": """(
        seq INTEGER PRIMARY KEY, at INTEGER, kind INTEGER, run INTEGER, actor INTEGER, reason TEXT, hash TEXT,
        customers TEXT, records TEXT)""",
    "about": "(customer TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (customer, seq)) WITHOUT ROWID",
    "redirect": """(
        old_id TEXT NOT NULL, new_id TEXT NOT NULL, at INTEGER NOT NULL, kind INTEGER,
        PRIMARY KEY (old_id, new_id, at)) WITHOUT ROWID""",
}

#: Made after a load of everything, which is faster than keeping them up to date row by row.
INDICES: dict[str, str] = {
    # By key first, so that a bare key finds the records of any source.
    "record_key": "UNIQUE INDEX record_key ON record (key, source)",
    "customer_id": "UNIQUE INDEX customer_id ON customer (customer_id)",
    "member_customer": "INDEX member_customer ON member (customer)",
    "value_text": "UNIQUE INDEX value_text ON value (value, type)",
    # An account's value is "system:id": this one finds it by the bare id.
    "value_bare": "INDEX value_bare ON value (substr(value, instr(value, ':') + 1)) WHERE instr(value, ':') > 0",
    "holder_value": "INDEX holder_value ON holder (value)",
    "known_by_value": "INDEX known_by_value ON known_by (value)",
    "permission_value": "INDEX permission_value ON permission (value)",
    "refusal_b": "INDEX refusal_b ON refusal (b)",
    "device_window_customer": "INDEX device_window_customer ON device_window (customer)",
    # The words stay in the customer's row, and are folded already; where in it a word stands says nothing.
    "customer_search": """VIRTUAL TABLE customer_search USING fts5(
        names, others, content = 'customer', content_rowid = 'id', tokenize = 'ascii', detail = none, columnsize = 0,
        prefix = '1 2')""",
    "customer_word": "VIRTUAL TABLE customer_word USING fts5vocab(customer_search, row)",
}


class Frozen(sqlite3.Connection):
    """A connection to a file that is taken for unchanging: good for one answer, unless it has `changed` by then."""

    written = 0

    def changed(self, path: Path) -> bool:
        """Tell whether somebody who may write has published since: the answer may be of two runs."""
        return path.exists() and path.stat().st_mtime_ns != self.written


def open_reader(path: Path) -> sqlite3.Connection:
    """Open an existing graph for reading only. Raises StateError if there is none, or it isn't one of ours."""
    try:
        return _reader(path, "mode=rw", sqlite3.Connection)
    except sqlite3.OperationalError as error:
        # A reader writes beside the file. Where it can't, and no log is there, the file alone is the graph.
        log, _ = side_files(path)
        if not _nothing_beside(error, path) or (log.exists() and log.stat().st_size):
            raise
        written = path.stat().st_mtime_ns
        frozen = _reader(path, "mode=ro&immutable=1", Frozen)
        frozen.written = written
        return frozen


def _nothing_beside(error: sqlite3.OperationalError, path: Path) -> bool:
    """Tell whether the disk takes nothing, or the folder nothing of this user's."""
    if error.sqlite_errorcode == sqlite3.SQLITE_READONLY_DIRECTORY:
        return True
    code = error.sqlite_errorcode & 0xFF
    if code == sqlite3.SQLITE_CANTOPEN:
        return path.exists() and bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    return code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


def _reader(path: Path, options: str, kind: type[_Kind]) -> _Kind:
    connection = _connect(path, options, READ_TIMEOUT, kind)
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA cache_size = -32768")
        connection.execute(f"PRAGMA mmap_size = {MAPPED}")
        if not check(connection, path):
            raise StateError(f"{path} holds no graph yet: run `clew publish`")
    except BaseException:
        connection.close()
        raise
    return connection


def open_writer(path: Path) -> sqlite3.Connection:
    """Open or make the file for publishing. Somebody else's file is refused before anything is written to it."""
    path.parent.mkdir(0o700, parents=True, exist_ok=True)
    if not path.exists():
        # What a deleted graph.db left behind must not be taken for the new file's.
        for leftover in side_files(path):
            leftover.unlink(missing_ok=True)
    connection = _connect(path, "mode=rwc", WRITE_TIMEOUT, sqlite3.Connection)
    try:
        check(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        # What is deleted is overwritten: an erased person must not stay in free pages.
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA cache_size = -262144")
        connection.execute("PRAGMA temp_store = MEMORY")
    except BaseException:
        connection.close()
        raise
    return connection


def check(connection: sqlite3.Connection, path: Path) -> bool:
    """Is there a graph in the file? Raises StateError for a newer one and for a file that is somebody else's."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application == APPLICATION_ID:
        if version > SCHEMA_VERSION:
            raise StateError(
                f"{path} was written by a newer Clew (schema {version}, this one knows {SCHEMA_VERSION}): update Clew, "
                "or delete the file and run `clew publish` to rebuild it"
            )
        return True
    foreign = [r[0] for r in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' LIMIT 3")]
    if application or version or foreign:
        holds = f" (it holds {', '.join(foreign)})" if foreign else ""
        raise StateError(f"{path} is another program's database{holds}: move it away, or configure another place")
    return False


def create(connection: sqlite3.Connection) -> None:
    """Make an empty graph without indices, inside the transaction that is open, in place of any that is there."""
    words = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'word'").fetchone()[0]
    for name in ("customer_word", "customer_search"):
        connection.execute(f"DROP TABLE IF EXISTS {name}")
    for name, columns in TABLES.items():
        if name == "word" and words:
            continue  # readers remember words
        connection.execute(f'DROP TABLE IF EXISTS "{name}"')
        connection.execute(f'CREATE TABLE "{name}" {columns}')
    connection.execute("CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def side_files(path: Path) -> tuple[Path, Path]:
    """The files that SQLite keeps beside a database in WAL mode."""
    return path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")


def stage_file(path: Path) -> Path:
    """The file that a publish collects rows in, before they go into the graph; a killed one may leave it."""
    return path.with_name(path.name + "-stage")


def _connect(path: Path, options: str, timeout: float, kind: type[_Kind]) -> _Kind:
    uri = f"{path.absolute().as_uri()}?{options}"
    # One thread at a time uses a connection, but not always the same one; transactions are begun and ended by hand.
    return sqlite3.connect(
        uri,
        uri=True,
        timeout=timeout,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
        factory=kind,
    )
