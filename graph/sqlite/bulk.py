"""Whole tables out of `graph.db` as Arrow, and their comparison with the run's."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

import pyarrow as pa

from engine import tables
from engine.compute.duck import Compute
from engine.runs import RunTables
from graph.store import Difference
from graph.tables import GRAPH_TABLES, open_run, plain

_BATCH = 50_000


def _word(column: str) -> str:
    return f"(SELECT text FROM word WHERE id = {column})"


def _record(column: str) -> str:
    return f"(SELECT {_word('source')} || ':' || key FROM record WHERE id = {column})"


_CUSTOMER = "(SELECT customer_id FROM customer WHERE id = t.customer)"
_TYPE = "(SELECT text FROM word WHERE id = v.type)"
_MATCH = f"""
    {_record("t.a")}, {_record("t.b")}, {_word("t.stage")}, {_word("t.rule")}, weight, probability,
    {_word("t.pattern")}, weights, places, step"""

#: Every graph table in the plain form of `graph.tables.plain`, columns in its order.
READS: dict[str, str] = {
    "records": f"""
        {_word("t.source")} || ':' || key, {_word("t.source")}, key, {_word("t.kind")}, seen_at, created_at, name, first_name,
        first_root, middle_name, last_name, birth_date, {_word("t.gender")}, street, city, postcode, state, country, company,
        place, extras FROM record t""",
    "customers": f"""customer_id, {_record("t.anchor")}, name, email, phone, place, records, first_seen, last_seen
        FROM customer t""",
    "members": f"{_record('t.record')}, {_CUSTOMER}, confidence, since FROM member t",
    "identifiers": f"""
        {_record("t.record")}, {_TYPE}, v.value, coalesce(t.display, v.value), {_word("t.status")}, {_word("t.detail")}
        FROM holder t JOIN value v ON v.id = t.value""",
    "known_by": f"""
        {_CUSTOMER}, {_TYPE}, v.value, coalesce(t.display, v.value), confidence, {_word("t.sources")}, first_seen, last_seen
        FROM known_by t JOIN value v ON v.id = t.value""",
    "shared_values": f"{_TYPE}, v.value, reason, records, customers FROM shared t JOIN value v ON v.id = t.value",
    "matches": f"{_MATCH} FROM match t",
    "refusals": f"{_MATCH}, refusal FROM refusal t",
    "device_windows": f"""
        v.value, {_CUSTOMER}, since, until, {_word("t.because")}, t.record, confidence
        FROM device_window t JOIN value v ON v.id = t.device""",
    "ledger": f"""
        seq, at, {_word("t.kind")}, {_word("t.run")}, {_word("t.actor")}, reason, hash, customers, records
        FROM ledger t""",
    "redirects": f"old_id, new_id, {_word('t.kind')}, at FROM redirect t",
}


def read(connection: sqlite3.Connection, name: str) -> pa.Table:
    """A whole table with the columns and types of the run table; reasons as JSON text, further columns as `extras`.

    A reason is [comparison, level, weight, record_a, record_b].
    """
    whole = pa.Table.from_batches(_batches(connection, name), _schema(name))
    columns = {}
    for column, kind in GRAPH_TABLES[name].columns.items():
        if kind == tables.REASONS:
            columns[column] = _reasons(whole)
        elif kind == "TIMESTAMP":
            columns[column] = whole[column].cast(pa.timestamp("us"))
        elif kind == "DATE":
            columns[column] = whole[column].cast(pa.int32()).cast(pa.date32())
        elif kind == "VARCHAR[]":
            lists = [None if text is None else json.loads(text) for text in whole[column].to_pylist()]
            columns[column] = pa.array(lists, pa.list_(pa.string()))
        else:
            columns[column] = whole[column]
    return pa.table(columns)


def verify(connection: sqlite3.Connection, run: RunTables, memory_limit: str) -> list[Difference]:
    """Compare every table's count and checksum with the run's; the checksum doesn't depend on the order of rows."""
    found = []
    with Compute(memory_limit=memory_limit) as compute:
        open_run(compute, run, "run")
        for name, graph_table in GRAPH_TABLES.items():
            expressions = plain(graph_table.columns)
            if "display" in expressions:
                expressions["display"] = "coalesce(display, value)"
            compute.view(
                "expected", f"SELECT {', '.join(f'{e} AS {c}' for c, e in expressions.items())} FROM run_{name}"
            )
            compute.load("found", pa.RecordBatchReader.from_batches(_schema(name), _batches(connection, name)))
            columns = ", ".join(f'"{c}"' for c in expressions)
            ask = f"SELECT count(*), coalesce(sum(hash({columns})), 0) FROM"
            (expected,), (actual,) = compute.rows(f"{ask} expected"), compute.rows(f"{ask} found")
            if expected[0] != actual[0]:
                found.append(Difference(name, "rows", str(expected[0]), str(actual[0])))
            elif expected[1] != actual[1]:
                found.append(Difference(name, "checksum", f"{expected[1]:x}", f"{actual[1]:x}"))
    return found


def _schema(name: str) -> pa.Schema:
    kinds = {**dict.fromkeys(("BIGINT", "TIMESTAMP", "DATE"), pa.int64()), "DOUBLE": pa.float64()}
    columns = GRAPH_TABLES[name].columns
    return pa.schema([(c, kinds.get(columns.get(c, ""), pa.string())) for c in plain(columns)])


def _batches(connection: sqlite3.Connection, name: str) -> Iterator[pa.RecordBatch]:
    schema = _schema(name)
    cursor = connection.execute(f"SELECT {READS[name]}")
    while rows := cursor.fetchmany(_BATCH):
        columns = zip(*rows, strict=True)
        yield pa.record_batch([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)


def _reasons(whole: pa.Table) -> pa.Array:
    texts = []
    for pattern, weights, places in zip(*(whole[c].to_pylist() for c in ("pattern", "weights", "places")), strict=True):
        if pattern is None:
            texts.append(None)
            continue
        levels = json.loads(pattern)
        pairs = json.loads(places) if places else [[None, None]] * len(levels)
        reasons = [
            [*level, None if w == "null" else float(w), *pair]
            for level, w, pair in zip(levels, weights.split(), pairs, strict=True)
        ]
        texts.append(json.dumps(reasons, ensure_ascii=False))
    return pa.array(texts, pa.string())
