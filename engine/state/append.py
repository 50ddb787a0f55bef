"""Appending entries to the ledger: inside the caller's transaction, in batches, at a few microseconds each."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.errors import StateError
from engine.state.chain import act_digest, entry_hash
from engine.state.changes import Changes, Note

#: Entries and records turned into Python objects at a time.
BATCH = 50_000

_TWICE = (
    "two records share a record number, or one record is moved twice by one publish: nothing was published. "
    "This should not happen; please report it."
)


def append(
    connection: sqlite3.Connection, changes: Changes, seq: int, head: bytes, *, at: int, run_id: str | None, actor: str
) -> tuple[int, bytes]:
    """Append `changes` after entry `seq` with hash `head`; returns the new last entry and its hash."""
    if not changes.entries.num_rows:
        return seq, head
    act = connection.execute("INSERT INTO act (at, run_id, actor) VALUES (?, ?, ?)", [at, run_id, actor]).lastrowid
    causes = _add_causes(connection, changes)
    numbers = changes.moved.column("number").to_numpy()
    sizes = changes.entries.column("size").to_numpy()
    _add_records(connection, changes, numbers, np.repeat(np.arange(seq + 1, seq + 1 + len(sizes)), sizes))

    digest = act_digest(at, run_id, actor)

    def entries() -> Iterator[tuple[Any, ...]]:
        nonlocal seq, head
        first = 0
        for batch in changes.entries.to_batches(max_chunksize=BATCH):
            kinds, origins, targets, counts, texts = (column.to_pylist() for column in batch.columns)
            last = first + sum(counts)
            blob = numbers[first:last].astype(">i8").tobytes()
            first, start = last, 0
            for kind, origin, target, count, text in zip(kinds, origins, targets, counts, texts, strict=True):
                records = blob[start : start + 8 * count]
                start += 8 * count
                seq += 1
                cause = text.encode() if text is not None else b""
                head = entry_hash(head, digest, seq, kind.encode(), origin, target, records, cause)
                # sqlite3 binds a bytearray and an int three times as fast as bytes and None.
                yield seq, act, kind, origin or 0, target or 0, bytearray(records), causes[text], bytearray(head)

    connection.executemany(
        "INSERT INTO entry VALUES (?, ?, ?, nullif(?, 0), nullif(?, 0), ?, nullif(?, 0), ?)", entries()
    )
    return seq, head


def note(
    connection: sqlite3.Connection, entry: Note, seq: int, head: bytes, *, at: int, actor: str
) -> tuple[int, bytes]:
    """Append one entry that moves nothing after entry `seq` with hash `head`; returns its number and its hash."""
    act = connection.execute("INSERT INTO act (at, run_id, actor) VALUES (?, NULL, ?)", [at, actor]).lastrowid
    text = json.dumps(entry.cause, sort_keys=True) if entry.cause else None
    cause = None
    if text is not None:
        cause = connection.execute("INSERT INTO cause (text) VALUES (?)", [text]).lastrowid
    records = np.array(entry.records, dtype=">i8").tobytes()
    digest = act_digest(at, None, actor)
    kind = entry.kind.encode()
    head = entry_hash(head, digest, seq + 1, kind, entry.origin, entry.target, records, (text or "").encode())
    connection.execute(
        "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [seq + 1, act, entry.kind, entry.origin, entry.target, records, cause, head],
    )
    if entry.reason:
        connection.execute("INSERT INTO said VALUES (?, ?)", [seq + 1, entry.reason])
    return seq + 1, head


def _add_causes(connection: sqlite3.Connection, changes: Changes) -> dict[str | None, int]:
    """Write each distinct cause once, as customers of one shape share theirs; returns their numbers, 0 for none."""
    texts = changes.entries.column("cause").unique().drop_null().to_pylist()
    first = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM cause").fetchone()[0]
    numbered = dict(zip(sorted(texts), range(first, first + len(texts)), strict=True))
    connection.executemany("INSERT INTO cause (text, id) VALUES (?, ?)", numbered.items())
    return {None: 0, **numbered}


def _add_records(
    connection: sqlite3.Connection, changes: Changes, numbers: npt.NDArray[np.int64], entries: npt.NDArray[np.int64]
) -> None:
    # In the order of the key, so that the table is written from left to right.
    order = np.argsort(numbers)
    if (np.diff(numbers[order]) == 0).any():
        raise StateError(_TWICE)
    moved = changes.moved.column("record_id").combine_chunks()

    def rows() -> Iterator[tuple[Any, ...]]:
        for start in range(0, len(order), BATCH):
            part = order[start : start + BATCH]
            yield from zip(numbers[part].tolist(), moved.take(part).to_pylist(), entries[part].tolist(), strict=True)

    # Another record id for a known number makes the entry NULL, which the table refuses.
    try:
        connection.executemany(
            """INSERT INTO record (number, record_id, entry) VALUES (?, ?, ?) ON CONFLICT (number) DO UPDATE SET
                record_id = excluded.record_id,
                entry = CASE WHEN coalesce(record_id, excluded.record_id) = excluded.record_id
                    THEN excluded.entry END""",
            rows(),
        )
    except sqlite3.IntegrityError as error:
        raise StateError(_TWICE) from error
