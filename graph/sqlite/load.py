"""Rows in: from the tables of a difference (`graph.tables`) to the tables of `graph.db`.

DuckDB replaces names by numbers and encodes the values; Arrow batches then go to SQLite through `executemany`. (ADBC
was measured at 1.4 times the speed of that step. It brings a second copy of SQLite into the process, and closing a file
in one copy drops the locks that the other holds on it, so it isn't safe beside open readers.)
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from engine.compute.duck import Compute, quote
from engine.errors import TableError
from graph.sqlite.numbers import CUSTOMER, RECORD, VALUE, Words
from graph.tables import GRAPH_TABLES, plain

#: Rows that are in Python at one time.
BATCH = 20_000


@dataclass(frozen=True)
class Target:
    """Where a run table goes: the SQLite table, its columns as SQL over the run table's (`f` and the joined numbers).

    `words` are the columns that hold numbers of words. The first `key` columns find a row again, to delete it.
    """

    table: str
    columns: dict[str, str]
    words: frozenset[str] = frozenset()
    joins: tuple[str, ...] = ()
    key: int = 1

    @property
    def keys(self) -> list[str]:
        """The names of the key columns."""
        return list(self.columns)[: self.key]


def _record(alias: str, column: str) -> str:
    return f"LEFT JOIN {RECORD} {alias} ON {alias}.record_id = f.{column}"


_CUSTOMER = f"LEFT JOIN {CUSTOMER} c ON c.customer_id = f.customer_id"
_VALUE = f"LEFT JOIN {VALUE} v ON v.type = f.type AND v.value = f.value"
_PAIR = {"a": "a.number", "b": "b.number"}
_PAIR_JOINS = (_record("a", "record_a"), _record("b", "record_b"))


def _same(*names: str) -> dict[str, str]:
    return {name: f"f.{quote(name)}" for name in names}


_EVIDENCE = _same("weight", "probability", "pattern", "weights", "places", "step")

TARGETS: dict[str, Target] = {
    "records": Target(
        "record",
        {
            "id": "r.number",
            **_same(
                "source", "key", "kind", "seen_at", "created_at", "name", "first_name", "first_root", "middle_name"
            ),
            **_same("last_name", "birth_date", "gender", "street", "city", "postcode", "state", "country", "company"),
            **_same("place", "extras"),
        },
        frozenset({"source", "kind", "gender"}),
        (_record("r", "record_id"),),
    ),
    "customers": Target(
        "customer",
        {
            "id": "c.number",
            "customer_id": "f.customer_id",
            "anchor": "a.number",
            **_same("name", "email", "phone", "place", "records", "first_seen", "last_seen"),
        },
        joins=(_CUSTOMER, _record("a", "anchor")),
    ),
    "members": Target(
        "member",
        {"record": "r.number", "customer": "c.number", **_same("confidence", "since")},
        joins=(_record("r", "record_id"), _CUSTOMER),
    ),
    "identifiers": Target(
        "holder",
        # What people see is mostly what links; it is kept where it differs.
        {
            "record": "r.number",
            "value": "v.number",
            "display": "nullif(f.display, f.value)",
            **_same("status", "detail"),
        },
        frozenset({"status", "detail"}),
        (_record("r", "record_id"), _VALUE),
        key=2,
    ),
    "known_by": Target(
        "known_by",
        {
            "customer": "c.number",
            "value": "v.number",
            "display": "nullif(f.display, f.value)",
            **_same("confidence", "sources", "first_seen", "last_seen"),
        },
        frozenset({"sources"}),
        (_CUSTOMER, _VALUE),
        key=2,
    ),
    "shared_values": Target(
        "shared", {"value": "v.number", **_same("reason", "records", "customers")}, joins=(_VALUE,)
    ),
    "matches": Target(
        "match",
        {**_PAIR, **_same("stage", "rule"), **_EVIDENCE},
        frozenset({"stage", "rule", "pattern"}),
        _PAIR_JOINS,
        key=2,
    ),
    "refusals": Target(
        "refusal",
        {**_PAIR, **_same("stage", "rule"), **_EVIDENCE, **_same("refusal")},
        frozenset({"stage", "rule", "pattern"}),
        _PAIR_JOINS,
        key=4,
    ),
    "device_windows": Target(
        "device_window",
        {
            "device": "v.number",
            "customer": "c.number",
            **_same("since", "until", "because"),
            "record": "f.record_id",
            "confidence": "f.confidence",
        },
        frozenset({"because"}),
        (f"LEFT JOIN {VALUE} v ON v.type = 'device' AND v.value = f.device", _CUSTOMER),
        key=3,
    ),
    "ledger": Target(
        "ledger",
        {
            **_same("seq", "at", "kind"),
            "run": "f.run_id",
            **_same("actor", "reason", "hash"),
            "customers": "f.customer_ids",
            "records": "f.record_ids",
        },
        frozenset({"kind", "run", "actor"}),
    ),
    "redirects": Target("redirect", _same("old_id", "new_id", "at", "kind"), frozenset({"kind"}), key=3),
}


def remove(compute: Compute, connection: sqlite3.Connection, words: Words, name: str) -> int:
    """Delete the rows of `gone_<name>`; returns how many there were."""
    target = TARGETS[name]
    conditions = " AND ".join(f'"{k}" IS ?' for k in target.keys)
    sql = _select("gone", name, target.keys)
    count = 0
    for batch in _batches(compute, sql):
        rows = list(_rows(batch, target.keys, target, words))
        connection.executemany(f'DELETE FROM "{target.table}" WHERE {conditions}', rows)
        if name == "ledger":
            connection.executemany("DELETE FROM about WHERE seq = ?", rows)
        count += len(rows)
    return count


def add(compute: Compute, connection: sqlite3.Connection, words: Words, name: str) -> int:
    """Insert the rows of `fresh_<name>`; returns how many. A repeated key or a dangling reference is a TableError."""
    target = TARGETS[name]
    # In the order of their keys rows are appended to the tables' trees, which is several times faster.
    order = ", ".join(target.columns[k] for k in target.keys)
    sql = f"{_select('fresh', name, list(target.columns))} ORDER BY {order}"
    insert = f'INSERT INTO "{target.table}" VALUES ({", ".join("?" * len(target.columns))})'
    count = 0
    try:
        for batch in _batches(compute, sql):
            connection.executemany(insert, _rows(batch, list(target.columns), target, words))
            count += batch.num_rows
    except sqlite3.IntegrityError as error:
        raise TableError(
            f"table {name} of the run repeats a key ({', '.join(GRAPH_TABLES[name].key)}) or names a record, customer "
            f"or value that the run doesn't hold: {error}"
        ) from error
    if name == "ledger":
        _about(compute, connection)
    return count


def _select(side: str, name: str, columns: list[str]) -> str:
    """The SQL of some of a target's columns over `gone_<name>` or `fresh_<name>`."""
    target = TARGETS[name]
    encoded = ", ".join(f"{sql} AS {quote(c)}" for c, sql in plain(GRAPH_TABLES[name].columns).items())
    wanted = ", ".join(target.columns[c] for c in columns)
    return f"SELECT {wanted} FROM (SELECT {encoded} FROM {side}_{name}) f {' '.join(target.joins)}"


def _about(compute: Compute, connection: sqlite3.Connection) -> None:
    """Which entries are about which customer."""
    sql = "SELECT DISTINCT unnest(customer_ids) AS customer, seq FROM fresh_ledger ORDER BY ALL"
    for batch in _batches(compute, sql):
        connection.executemany(
            "INSERT INTO about VALUES (?, ?)", zip(*(c.to_pylist() for c in batch.columns), strict=True)
        )


def _batches(compute: Compute, sql: str) -> Iterator[pa.RecordBatch]:
    return iter(compute.connection.sql(sql).to_arrow_reader(BATCH))


def _rows(batch: pa.RecordBatch, names: list[str], target: Target, words: Words) -> Iterator[tuple[object, ...]]:
    columns = [
        words.numbers(column) if name in target.words else column.to_pylist()
        for name, column in zip(names, batch.columns, strict=True)
    ]
    return zip(*columns, strict=True)
