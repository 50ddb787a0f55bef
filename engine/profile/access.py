"""Everything that a run holds about a person, table by table, for whoever asks for it."""

from __future__ import annotations

from typing import Any

from engine.compute import Compute
from engine.runs import RunTables

#: Table -> SQL of the person's rows, over the run's tables and `mine` (record_id).
_HELD = {
    "records": "FROM records SEMI JOIN mine USING (record_id) ORDER BY record_id",
    "identifiers": "FROM identifiers SEMI JOIN mine USING (record_id) ORDER BY ALL",
    "known_by": "FROM known_by WHERE customer_id = $customer ORDER BY ALL",
    "permissions": "FROM permissions WHERE customer_id = $customer ORDER BY ALL",
    "consents": """FROM consents WHERE source || ':' || key IN (SELECT record_id FROM mine)
        OR (type, value) IN (SELECT (type, value) FROM known_by WHERE customer_id = $customer)
        OR (source, key) IN (SELECT (source, key) FROM event_owners WHERE customer_id = $customer)
        ORDER BY channel, "at", source, key""",
    "orders": """FROM orders SEMI JOIN mine USING (record_id) ORDER BY "at", record_id""",
    "order_lines": "FROM order_lines SEMI JOIN mine USING (record_id) ORDER BY record_id, line",
    "claims": """FROM claims WHERE record_id IN (SELECT record_id FROM mine)
        OR (source, key) IN (SELECT (source, key) FROM event_owners WHERE customer_id = $customer) ORDER BY ALL""",
    "events": """SELECT e.*, o.because, o.confidence
        FROM events e JOIN (FROM event_owners WHERE customer_id = $customer) o USING (source, key)
        ORDER BY "at", source, key""",
    "device_windows": "FROM device_windows WHERE customer_id = $customer ORDER BY since, device",
    "matches": """SELECT * FROM matches WHERE record_a IN (SELECT record_id FROM mine)
        AND record_b IN (SELECT record_id FROM mine) ORDER BY step, weight DESC, record_a, record_b""",
    "refusals": """SELECT m.record_id AS record_a, if(record_a = m.record_id, record_b, record_a) AS record_b, refusal,
            stage, rule, weight, probability, reasons
        FROM refusals JOIN mine m ON m.record_id IN (record_a, record_b)
        WHERE m.record_id = record_a OR record_a NOT IN (SELECT record_id FROM mine)
        ORDER BY weight DESC, record_a, record_b""",
}
_TABLES = (*_HELD, "members", "event_owners")


def held_about(run: RunTables, customer_id: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table of a run that are about a customer; tables without any are left out.

    Of pairs of records that were kept apart `record_a` is the customer's. The other may be somebody else's: only its id
    is told.
    """
    found = {}
    given = {"customer": customer_id}
    with Compute() as compute:
        for table in _TABLES:
            compute.read_parquet(table, run.path(table))
        compute.table("mine", "SELECT record_id FROM members WHERE customer_id = $customer", given)
        for table, sql in _HELD.items():
            rows = compute.arrow(sql, given if "$customer" in sql else None)
            # What a source never says isn't held.
            empty = [name for name in rows.column_names if rows[name].null_count == len(rows)]
            if len(rows):
                found[table] = rows.drop_columns(empty).to_pylist()
    return found
