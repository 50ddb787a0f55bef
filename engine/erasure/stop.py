"""Whoever was erased doesn't come back unnoticed: their records and identifiers are stopped where they are read."""

from __future__ import annotations

import pyarrow as pa

from engine.compute import Compute
from engine.state import State
from engine.state.numbers import record_number_sql

_STANDS = """entry NOT IN (
    SELECT json_extract(text, '$.entry') FROM entry JOIN cause ON cause.id = entry.cause WHERE kind = 'undone')"""


def erasures(state: State) -> list[tuple[int, bool]]:
    """The entry of every erasure, also of those that were undone, and whether it stands."""
    return [(entry, bool(s)) for entry, s in state.rows(f"SELECT DISTINCT entry, {_STANDS} FROM erased ORDER BY entry")]


def erased_marks(state: State) -> pa.Table:
    """What is stopped: `mark` (a keyed hash of a record id or value) and `entry`, the erasure that stands."""
    rows = list(state.rows(f"SELECT mark, entry FROM erased WHERE {_STANDS} ORDER BY mark"))
    marks, entries = zip(*rows, strict=True) if rows else ((), ())
    return pa.table({"mark": pa.array(marks, pa.int64()), "entry": pa.array(entries, pa.int64())})


def stop_erased(compute: Compute, state: State) -> int:
    """Remove the records and events of erased persons from what was read; returns how many records.

    Each is noted in `rejects`, by the erasure's entry and without a value.
    """
    marks = erased_marks(state)
    if not marks.num_rows:
        return 0
    compute.load("erased_marks", marks)
    numbered = f"SELECT record_id, entry FROM (SELECT record_id, {record_number_sql('record_id')} AS mark FROM records)"
    compute.table("_by_id", f"{numbered} JOIN erased_marks USING (mark)", [state.key])
    compute.table(
        "_marked",
        f"""SELECT type, value, entry FROM (
            SELECT type, value, {record_number_sql("type || '=' || value")} AS mark FROM (
                SELECT type, value FROM identifiers WHERE status IN ('ok', 'weak')
                UNION SELECT 'device', device FROM events WHERE device IS NOT NULL
                UNION SELECT 'account', account FROM events WHERE account IS NOT NULL
                UNION SELECT 'email', email FROM events WHERE email IS NOT NULL
                UNION SELECT 'phone', phone FROM events WHERE phone IS NOT NULL))
        JOIN erased_marks USING (mark)""",
        [state.key],
    )
    stopped = compute.table(
        "_stopped",
        """SELECT record_id, min(entry) AS entry FROM (
            FROM _by_id UNION ALL
            SELECT record_id, entry FROM identifiers JOIN _marked USING (type, value) WHERE type <> 'device')
        GROUP BY record_id""",
    )
    compute.run(
        """INSERT INTO rejects (source, reason)
        SELECT source, 'stopped: ' || count(*) || ' of a person who was erased (entry ' || entry || ')'
        FROM records JOIN _stopped USING (record_id) GROUP BY source, entry"""
    )
    for table in ("records", "identifiers", "orders", "order_lines", "claims"):
        compute.run(f"DELETE FROM {table} WHERE record_id IN (SELECT record_id FROM _stopped)")
    theirs = " OR ".join(
        f"('{kind}', {kind}) IN (SELECT (type, value) FROM _marked)" for kind in ("device", "account", "email", "phone")
    )
    compute.table("_events", f"SELECT source, key FROM events WHERE {theirs}")
    for table in ("events", "claims"):
        compute.run(f"DELETE FROM {table} WHERE (source, key) IN (SELECT (source, key) FROM _events)")
    compute.run(
        """DELETE FROM consents WHERE source || ':' || key IN (SELECT record_id FROM _stopped)
            OR (type, value) IN (SELECT (type, value) FROM _marked)
            OR (source, key) IN (SELECT (source, key) FROM _events)"""
    )
    compute.drop("erased_marks", "_by_id", "_marked", "_stopped", "_events")
    return stopped
