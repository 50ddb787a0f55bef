"""Rows in: from the tables of a difference (`graph.tables`) to the tables of `graph.db`.

DuckDB replaces names by numbers and encodes the values; Arrow batches then go to SQLite by way of a `Stage`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import adbc_driver_manager
import pyarrow as pa

from engine.compute.duck import Compute, quote
from engine.errors import TableError
from graph.sqlite.numbers import BATCH, CUSTOMER, RECORD, VALUE, Words
from graph.sqlite.schema import INDICES
from graph.sqlite.stage import Stage
from graph.tables import GRAPH_TABLES, plain


@dataclass(frozen=True)
class Target:
    """Where a run table goes: the SQLite table, its columns as SQL over the run table's (`f`) and the joined numbers.

    `words` are the columns that hold numbers of words. The first `key` columns find a row again, to delete or to update
    it; `settled` are further ones that are never updated: indices hold them, and another value makes another row.
    """

    table: str
    columns: dict[str, str]
    words: frozenset[str] = frozenset()
    joins: Mapping[str, str] = field(default_factory=dict)
    key: int = 1
    settled: frozenset[str] = frozenset()

    @property
    def keys(self) -> list[str]:
        """The names of the key columns."""
        return list(self.columns)[: self.key]


def _record(alias: str, column: str) -> dict[str, str]:
    return {alias: f"LEFT JOIN {RECORD} {alias} ON {alias}.record_id = f.{column}"}


_CUSTOMER = {"c": f"LEFT JOIN {CUSTOMER} c ON c.customer_id = f.customer_id"}
_VALUE = {"v": f"LEFT JOIN {VALUE} v ON v.type = f.type AND v.value = f.value"}
_PAIR = {"a": "a.number", "b": "b.number"}
_PAIR_JOINS = {**_record("a", "record_a"), **_record("b", "record_b")}


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
        _record("r", "record_id"),
        settled=frozenset({"source", "key"}),
    ),
    "customers": Target(
        "customer",
        {
            "id": "c.number",
            "customer_id": "f.customer_id",
            "anchor": "a.number",
            **_same("name", "email", "phone", "place", "records", "first_seen", "last_seen", "names", "others"),
        },
        joins={**_CUSTOMER, **_record("a", "anchor")},
        settled=frozenset({"customer_id"}),
    ),
    "members": Target(
        "member",
        {"record": "r.number", "customer": "c.number", **_same("confidence", "since")},
        joins={**_record("r", "record_id"), **_CUSTOMER},
        settled=frozenset({"customer"}),
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
        {**_record("r", "record_id"), **_VALUE},
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
        {**_CUSTOMER, **_VALUE},
        key=2,
    ),
    "permissions": Target(
        "permission",
        {
            "customer": "c.number",
            "value": "v.number",
            **_same("channel", "state", "conflict", "at", "source", "said_in", "said_out", "confidence", "why_not"),
        },
        frozenset({"channel", "state", "source", "said_in", "said_out", "why_not"}),
        {**_CUSTOMER, **_VALUE},
        key=3,
    ),
    "shared_values": Target("shared", {"value": "v.number", **_same("reason", "records", "customers")}, joins=_VALUE),
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
        {"v": f"LEFT JOIN {VALUE} v ON v.type = 'device' AND v.value = f.device", **_CUSTOMER},
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


#: Of the rows of a difference: those that only the old run has, those that only the new one has, and those that it has
#: otherwise. The last are updated in place, so that indices of what they keep aren't touched.
_ROWS = {
    "gone": "gone_{0} ANTI JOIN fresh_{0} USING ({1})",
    "fresh": "fresh_{0} ANTI JOIN gone_{0} USING ({1})",
    "again": "fresh_{0} SEMI JOIN gone_{0} USING ({1})",
}

#: The index is told what it holds: it keeps no words of its own to look them up in.
_FORGET_WORDS = (
    "INSERT INTO customer_search(customer_search, rowid, names, others) SELECT 'delete', c.id, c.names, c.others"
)
_OTHERWISE = """
    FROM customer c JOIN stage.again_customer s ON s.id = c.id WHERE (c.names, c.others) IS NOT (s.names, s.others)"""


def remove(compute: Compute, connection: sqlite3.Connection, words: Words, name: str) -> int:
    """Delete the rows of `gone_<name>` that don't come again; returns how many `gone_<name>` has."""
    target = TARGETS[name]
    conditions = " AND ".join(f'"{k}" IS ?' for k in target.keys)
    for batch in _batches(compute, _select("gone", name, target.keys), target, words):
        rows = list(zip(*(column.to_pylist() for column in batch.columns), strict=True))
        if name == "customers":
            gone = json.dumps([customer for (customer,) in rows])
            connection.execute(f"{_FORGET_WORDS} FROM customer c WHERE id IN (SELECT value FROM json_each(?))", [gone])  # nosec B608 # ours
        connection.executemany(f'DELETE FROM "{target.table}" WHERE {conditions}', rows)  # nosec B608 # names of our schema, ? marks
        if name == "ledger":
            # One pass over all of them: they lie by customer.
            connection.execute(
                "DELETE FROM about WHERE seq IN (SELECT value FROM json_each(?))",
                [json.dumps([seq for (seq,) in rows])],
            )
    return compute.count(f"gone_{name}")


def fill(compute: Compute, stage: Stage, words: Words, name: str) -> int:
    """Put the rows of `fresh_<name>` on stage; returns how many. A repeated key is a TableError, as below."""
    target = TARGETS[name]
    count = 0
    with _checked(name):
        for side, part in (("fresh", ""), ("again", "again_")):
            rows = _batches(compute, _select(side, name, list(target.columns)), target, words)
            count += stage.fill(target.table, rows, part)
    if name == "ledger":
        named = f"SELECT DISTINCT unnest(customer_ids) AS customer, seq FROM {_rows('fresh', name)} ORDER BY ALL"
        stage.fill("about", compute.connection.sql(named).to_arrow_reader(BATCH))
    return count


def take(stage: Stage, name: str) -> None:
    """Insert or update what is on stage of a table. A repeated key or a dangling reference is a TableError."""
    target = TARGETS[name]
    with _checked(name):
        stage.take(target.table)
        stage.update(target.table, target.keys, [c for c in target.columns if c not in target.settled])
    if name == "ledger":
        stage.take("about")


def take_words(connection: sqlite3.Connection) -> None:
    """Bring the index to the words of the customers on stage, before they are taken.

    Until it is optimized, it holds the words of those who are gone, marked as gone.
    """
    connection.execute(f"{_FORGET_WORDS} {_OTHERWISE}")
    connection.execute(
        f"""INSERT INTO customer_search(rowid, names, others) SELECT id, names, others FROM (
            SELECT id, names, others FROM stage.customer UNION ALL SELECT s.id, s.names, s.others {_OTHERWISE}
        ) ORDER BY id"""  # nosec B608 # names of our schema
    )
    connection.execute("INSERT INTO customer_search(customer_search) VALUES ('optimize')")


def index(connection: sqlite3.Connection) -> None:
    """Make the indices of a graph that was loaded without them. A repeated key is a TableError."""
    for name, statement in INDICES.items():
        # The name of an index begins with that of its table; values come of identifiers.
        with _checked(next((run for run, target in TARGETS.items() if name.startswith(target.table)), "identifiers")):
            connection.execute(f"CREATE {statement}")
    for act in ("rebuild", "optimize"):
        connection.execute("INSERT INTO customer_search(customer_search) VALUES (?)", (act,))


@contextmanager
def _checked(name: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.IntegrityError, adbc_driver_manager.Error) as error:
        # ADBC has several classes for it.
        if "constraint failed" not in str(error):
            raise
        raise TableError(
            f"table {name} of the run repeats a key ({', '.join(GRAPH_TABLES[name].key)}) or names a record, customer "
            f"or value that the run doesn't hold: {error}"
        ) from error


def _select(side: str, name: str, columns: list[str]) -> str:
    """The SQL of some of a target's columns over the rows of one side (see `_ROWS`) of a table.

    In the order of its keys, in which rows lie in SQLite: appending them is several times faster than inserting.
    """
    target = TARGETS[name]
    held = GRAPH_TABLES[name].gone if side == "gone" else GRAPH_TABLES[name].columns
    encoded = ", ".join(f"{sql} AS {quote(c)}" for c, sql in plain(held).items())
    wanted = ", ".join(f"{target.columns[c]} AS {quote(c)}" for c in columns)
    joins = [join for alias, join in target.joins.items() if f"{alias}." in wanted]
    order = ", ".join(target.columns[k] for k in target.keys)
    return f"SELECT {wanted} FROM (SELECT {encoded} FROM {_rows(side, name)}) f {' '.join(joins)} ORDER BY {order}"


def _rows(side: str, name: str) -> str:
    return _ROWS[side].format(name, ", ".join(map(quote, GRAPH_TABLES[name].gone)))


def _batches(compute: Compute, sql: str, target: Target, words: Words) -> Iterator[pa.RecordBatch]:
    """A query's rows, with numbers for the words of a target."""
    for batch in compute.connection.sql(sql).to_arrow_reader(BATCH):
        named = zip(batch.schema.names, batch.columns, strict=True)
        columns = [words.numbers(column) if name in target.words else column for name, column in named]
        yield pa.record_batch(columns, batch.schema.names)
