"""Whole tables out of `graph.db`: plain scans into DuckDB, which puts the names back for the numbers."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator

import pyarrow as pa

from engine import tables
from engine.compute.duck import Compute, quote
from engine.runs import RunTables
from graph import answers
from graph.sqlite.load import TARGETS
from graph.sqlite.schema import TABLES
from graph.store import Difference
from graph.tables import DERIVED, GRAPH_TABLES, INDEXED, complete, open_run, plain

_BATCH = 50_000

#: What of a table is needed to put names for its numbers.
_NAMES = {"record": ("id", "source", "key"), "customer": ("id", "customer_id")}

#: The reasons of a match, put together again.
_REASONS = """CASE WHEN pattern IS NOT NULL THEN list_transform(
    list_zip(from_json(pattern, '[["VARCHAR"]]'), string_split(weights, ' '), from_json(places, '[["VARCHAR"]]')),
    lambda r: struct_pack(comparison := r[1][1], level := r[1][2], weight := nullif(r[2], 'null')::DOUBLE,
        record_a := r[3][1], record_b := r[3][2])) END"""
_TYPES = {"INTEGER": pa.int64(), "REAL": pa.float64(), "TEXT": pa.string()}


def _word(column: str, alias: str) -> str:
    return f"LEFT JOIN store_word {alias} ON {alias}.id = {column}"


def _record(column: str, alias: str) -> str:
    word = f"JOIN store_word {alias}_word ON {alias}_word.id = {alias}.source"
    return f"JOIN store_record {alias} ON {alias}.id = {column} {word}"


def _record_id(alias: str) -> str:
    return f"{alias}_word.text || ':' || {alias}.key"


_CUSTOMER = "JOIN store_customer c ON c.id = t.customer"
_VALUE = f"JOIN store_value v ON v.id = t.value {_word('v.type', 'type')}"
_MATCH = f"""
    {_record_id("a")}, {_record_id("b")}, stage.text, rule.text, weight, probability, pattern.text,
    weights, places, step"""
_MATCH_JOINS = " ".join(
    (_record("t.a", "a"), _record("t.b", "b"), *(_word(f"t.{c}", c) for c in ("stage", "rule", "pattern")))
)

#: Every graph table in the plain form of `graph.tables.plain`, and what is derived, the columns in their order.
READS: dict[str, str] = {
    "records": f"""
        source.text || ':' || key, source.text, key, kind.text, seen_at, created_at, name, first_name, first_root,
        middle_name, last_name, birth_date, gender.text, street, city, postcode, state, country, company, place, extras
        FROM store_record t {_word("t.source", "source")} {_word("t.kind", "kind")} {_word("t.gender", "gender")}""",
    "customers": f"""
        customer_id, {_record_id("r")}, t.name, email, phone, t.place, records, first_seen, last_seen, names, others
        FROM store_customer t {_record("t.anchor", "r")}""",
    "members": f"""
        {_record_id("r")}, customer_id, confidence, since FROM store_member t {_record("t.record", "r")} {_CUSTOMER}""",
    "identifiers": f"""
        {_record_id("r")}, type.text, v.value, coalesce(t.display, v.value), status.text, detail.text
        FROM store_holder t {_record("t.record", "r")} {_VALUE}
        {_word("t.status", "status")} {_word("t.detail", "detail")}""",
    "known_by": f"""
        customer_id, type.text, v.value, coalesce(t.display, v.value), confidence, sources.text, t.first_seen,
        t.last_seen
        FROM store_known_by t {_CUSTOMER} {_VALUE} {_word("t.sources", "sources")}""",
    "permissions": f"""
        customer_id, channel.text, type.text, v.value, state.text, conflict, t."at", source.text, said_in.text,
        said_out.text, t.confidence, why_not.text
        FROM store_permission t {_CUSTOMER} {_VALUE}
        {" ".join(_word(f"t.{c}", c) for c in ("channel", "state", "source", "said_in", "said_out", "why_not"))}""",
    "shared_values": f"type.text, v.value, reason, records, customers FROM store_shared t {_VALUE}",
    "matches": f"{_MATCH} FROM store_match t {_MATCH_JOINS}",
    "refusals": f"{_MATCH}, refusal FROM store_refusal t {_MATCH_JOINS}",
    "device_windows": f"""
        v.value, customer_id, since, until, because.text, t.record, confidence
        FROM store_device_window t JOIN store_value v ON v.id = t.device {_CUSTOMER} {_word("t.because", "because")}""",
    "ledger": f"""
        seq, t."at", kind.text, run.text, actor.text, reason, hash, customers, records
        FROM store_ledger t {_word("t.kind", "kind")} {_word("t.run", "run")} {_word("t.actor", "actor")}""",
    "redirects": f"""
        old_id, new_id, kind.text, t."at" FROM store_redirect t {_word("t.kind", "kind")}""",
    "about": "seq, customer FROM store_about",
    "values": f"type.text, v.value FROM store_value v {_word('v.type', 'type')}",
    "words": "term, doc FROM store_customer_word",
}
#: What is derived here: an index of words, too.
_DERIVED = DERIVED | {"words": INDEXED}
#: The columns of what SQLite itself makes.
_MADE = {"customer_word": {"term": "TEXT", "doc": "INTEGER"}}


def read(connection: sqlite3.Connection, name: str, memory_limit: str) -> pa.Table:
    """A whole table with the columns and types of the run table, in the order of its key."""
    with Compute(memory_limit=memory_limit) as compute:
        _open_store(compute, connection, [name])
        columns = ", ".join(f"{sql} AS {quote(c)}" for c, sql in _typed(GRAPH_TABLES[name].columns).items())
        order = ", ".join(quote(c) for c in GRAPH_TABLES[name].key)
        return compute.arrow(f"SELECT {columns} FROM found_{name} ORDER BY {order}")


def verify(connection: sqlite3.Connection, run: RunTables, memory_limit: str) -> list[Difference]:
    """Compare count and checksum of every table, and of what is derived, with the run's."""
    differences: list[Difference] = []
    with Compute(memory_limit=memory_limit) as compute:
        open_run(compute, run, "run")
        complete(compute, "run")
        _open_store(compute, connection, [*GRAPH_TABLES, *_DERIVED])
        for name, graph_table in GRAPH_TABLES.items():
            expressions = answers.compared(graph_table.columns)
            expected = (", ".join(expressions.values()), f"run_{name}")
            found = (", ".join(quote(c) for c in expressions), f"found_{name}")
            differences += answers.compare(compute, name, expected, found)
        for name, derived in _DERIVED.items():
            columns = ", ".join(derived.columns)
            rows = derived.sql.format("run")
            differences += answers.compare(compute, name, (columns, f"({rows})"), (columns, f"found_{name}"))
    return differences


def _open_store(compute: Compute, connection: sqlite3.Connection, names: Iterable[str]) -> None:
    """Make a view `found_<name>`, in plain form, of each of the graph tables, or of what is derived, named."""
    names = list(names)
    whole = {TARGETS[name].table for name in names if name in TARGETS}
    needed = {table for name in names for table in re.findall(r"store_(\w+)", READS[name])}
    for table in sorted(needed & (TABLES.keys() | _MADE.keys())):
        columns = None if table in whole else _NAMES.get(table)
        compute.connection.register("scan", _scan(connection, table, columns))
        # A temporary table stays in memory while there is room, and isn't compressed.
        compute.run(f"CREATE TEMP TABLE {quote(f'store_{table}')} AS SELECT * FROM scan")
        compute.connection.unregister("scan")
    for name in names:
        named = _DERIVED[name].columns if name in _DERIVED else plain(GRAPH_TABLES[name].columns)
        listed = ", ".join(quote(c) for c in named)
        compute.run(f"CREATE VIEW found_{name} ({listed}) AS SELECT {READS[name]}")


def _scan(connection: sqlite3.Connection, table: str, columns: tuple[str, ...] | None) -> pa.RecordBatchReader:
    """All of a table, or some of its columns."""
    declared = _MADE.get(table) or {
        name: kind for _, name, kind, *_ in connection.execute(f'PRAGMA table_info("{table}")')
    }
    schema = pa.schema([(name, _TYPES[kind]) for name, kind in declared.items() if columns is None or name in columns])
    wanted = ", ".join(quote(name) for name in schema.names)

    def batches() -> Iterator[pa.RecordBatch]:
        cursor = connection.execute(f'SELECT {wanted} FROM "{table}"')  # nosec B608 # names of our schema
        while rows := cursor.fetchmany(_BATCH):
            arrays = [pa.array(c, f.type) for c, f in zip(zip(*rows, strict=True), schema, strict=True)]
            yield pa.record_batch(arrays, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _typed(columns: dict[str, str]) -> dict[str, str]:
    """Name -> SQL that makes the run table's column of the plain form again."""
    result = {}
    for name, kind in columns.items():
        column = quote(name)
        if kind == "TIMESTAMP":
            result[name] = f"make_timestamp({column})"
        elif kind == "DATE":
            result[name] = f"DATE '1970-01-01' + {column}::INTEGER"
        elif kind == "BOOLEAN":
            result[name] = f"{column}::BOOLEAN"
        elif kind == "VARCHAR[]":
            result[name] = f"""from_json({column}, '["VARCHAR"]')"""
        elif kind == tables.REASONS:
            result[name] = _REASONS
        else:
            result[name] = column
    return result
