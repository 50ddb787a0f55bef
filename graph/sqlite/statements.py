"""The questions of `graph.sqlite.rows`, in SQL. For the numbers in their rows, `graph.sqlite.names` has the names.

CROSS JOIN holds SQLite to the order written here: from the few rows asked for to what they point at.
"""

from __future__ import annotations

from graph.search import JUDGED, REACH

#: Columns of a record that are its fields.
FIELDS = (
    "name", "first_name", "first_root", "middle_name", "last_name", "birth_date", "gender", "street", "city",
    "postcode", "state", "country", "company", "place",
)  # fmt: skip
_RECORD = "r.id, {}, m.confidence, m.since, r.source, r.key, r.kind, r.seen_at, r.created_at, r.extras, " + ", ".join(
    f"r.{f}" for f in FIELDS
)
_HELD = "h.record, h.value, h.display, h.status, h.detail"
_MATCH = "m.a, m.b, m.weight, m.probability, m.stage, m.rule, m.step, m.pattern, m.weights, m.places"

RECORDS_OF_CUSTOMER = f"""
    SELECT {_RECORD.format("NULL")} FROM member m CROSS JOIN record r ON r.id = m.record WHERE m.customer = ?"""
CUSTOMER = "SELECT id, anchor, name, email, phone, place, first_seen, last_seen FROM customer WHERE customer_id = ?"
OUTLINE = "SELECT customer_id, name, email, phone, place, records FROM customer WHERE customer_id = ?"
RECORD = f"""
    SELECT {_RECORD.format("c.customer_id")} FROM record r LEFT JOIN member m ON m.record = r.id
    LEFT JOIN customer c ON c.id = m.customer WHERE r.id = ?"""
HELD_BY_CUSTOMER = f"SELECT {_HELD} FROM member m CROSS JOIN holder h ON h.record = m.record WHERE m.customer = ?"
HELD_BY_RECORD = f"SELECT {_HELD} FROM holder h WHERE h.record = ?"
KNOWN_BY = """
    SELECT k.value, v.type, v.value, s.value, k.display, k.confidence, k.sources, k.first_seen, k.last_seen
    FROM known_by k CROSS JOIN value v ON v.id = k.value LEFT JOIN shared s ON s.value = v.id WHERE k.customer = ?"""
PERMISSIONS = """
    SELECT channel, value, state, conflict, at, source, said_in, said_out, confidence, why_not
    FROM permission WHERE customer = ?"""
MATCHES = f"SELECT {_MATCH} FROM member c CROSS JOIN match m ON m.a = c.record WHERE c.customer = ?"
REFUSALS = f"""
    SELECT m.refusal, {_MATCH} FROM member c CROSS JOIN refusal m ON m.a = c.record WHERE c.customer = ?
    UNION ALL SELECT m.refusal, {_MATCH} FROM member c CROSS JOIN refusal m ON m.b = c.record WHERE c.customer = ?
    AND NOT EXISTS (SELECT 1 FROM member o WHERE o.record = m.a AND o.customer = c.customer)"""
_WINDOW = "w.since, w.until, w.because, w.record, w.confidence FROM device_window w"
WINDOWS_OF_CUSTOMER = f"SELECT w.device, NULL, {_WINDOW} WHERE w.customer = ?"
WINDOWS_OF_DEVICE = f"""
    SELECT w.device, c.customer_id, {_WINDOW} CROSS JOIN customer c ON c.id = w.customer WHERE w.device = ?"""
VALUE = """
    SELECT v.id, s.value, s.reason, k.customer, c.customer_id, k.confidence
    FROM value v LEFT JOIN shared s ON s.value = v.id LEFT JOIN known_by k ON k.value = v.id
    LEFT JOIN customer c ON c.id = k.customer
    WHERE v.value = ? AND v.type = (SELECT id FROM word WHERE text = ?)"""
HOLDERS = """
    SELECT r.source, r.key, m.customer, h.status FROM holder h CROSS JOIN record r ON r.id = h.record
    LEFT JOIN member m ON m.record = r.id WHERE h.value = ? LIMIT ?"""
OWNERS_OF_DEVICE = """
    SELECT c.id, c.customer_id, w.confidence FROM device_window w CROSS JOIN customer c ON c.id = w.customer
    WHERE w.device = ?"""
ENTRIES = """
    SELECT l.seq, l.at, l.kind, l.run, l.actor, l.reason, l.hash, l.customers, l.records
    FROM about a CROSS JOIN ledger l ON l.seq = a.seq WHERE a.customer = ? ORDER BY l.seq"""

#: The customers that FTS5 finds, those known by most records first.
SEARCH = f"""
    SELECT c.customer_id, c.name, c.email, c.phone, c.place, c.records, c.last_seen, c.names, c.others
    FROM (SELECT rowid AS id FROM customer_search WHERE customer_search MATCH ? LIMIT {REACH}) s
    CROSS JOIN customer c ON c.id = s.id ORDER BY c.records DESC, c.customer_id LIMIT {JUDGED}"""
