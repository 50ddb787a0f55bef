"""The numbers that stand for records, customers, values and words inside `graph.db`."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from engine.compute.duck import Compute
from graph.sqlite.names import splits
from graph.sqlite.stage import Stage

#: Rows that are under way at one time.
BATCH = 100_000

#: DuckDB tables of a publish: name -> number.
RECORD, CUSTOMER, VALUE = "number_record", "number_customer", "number_value"

#: Values beside those that records hold. A device is a value of its own type, whether or not a record holds it.
_ELSEWHERE = """
    SELECT type, value FROM {0}_known_by UNION ALL SELECT type, value FROM {0}_permissions
    UNION ALL SELECT type, value FROM {0}_shared_values UNION ALL SELECT 'device', device FROM {0}_device_windows"""


def _values(side: str) -> str:
    return f"(SELECT type, value FROM {side}_identifiers UNION ALL {_ELSEWHERE.format(side)})"


class Words:
    """Texts that repeat, and their numbers; new ones are added to `word`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.known: dict[str, int] = {t: i for i, t in connection.execute("SELECT id, text FROM word")}

    def number(self, text: str | None) -> int | None:
        """The number of a word, new if need be; None of None."""
        if text is None:
            return None
        number = self.known.get(text)
        if number is None:
            number = self.connection.execute("INSERT INTO word (text) VALUES (?)", (text,)).lastrowid
            assert number is not None  # noqa: S101  # nosec B101 # an insert has a rowid
            self.known[text] = number
        return number

    def numbers(self, column: pa.Array) -> pa.Array:
        """The numbers of a whole column, each distinct word looked up once."""
        encoded = column.dictionary_encode()
        return pa.array([self.number(t) for t in encoded.dictionary.to_pylist()], pa.int64()).take(encoded.indices)


def number_everything(compute: Compute, stage: Stage, words: Words) -> None:
    """For an empty store: records by customer and values by record, so that a customer's are near on disk."""
    compute.table(
        RECORD,
        """SELECT record_id, row_number() OVER (ORDER BY customer_id, record_id) AS number
        FROM fresh_records LEFT JOIN (
            SELECT record_id, min(customer_id) AS customer_id FROM fresh_members GROUP BY record_id
        ) USING (record_id)""",
    )
    compute.table(
        CUSTOMER, "SELECT customer_id, row_number() OVER (ORDER BY customer_id) AS number FROM fresh_customers"
    )
    compute.table(
        VALUE,
        f"""WITH every AS (
            SELECT type, value, number AS near FROM fresh_identifiers LEFT JOIN {RECORD} USING (record_id)
            UNION ALL SELECT type, value, NULL FROM ({_ELSEWHERE.format("fresh")})
        )
        SELECT type, value, row_number() OVER (ORDER BY min(near), type, value) AS number
        FROM every GROUP BY type, value""",
    )
    _fill_values(compute, stage, words, 0)


def number_changes(compute: Compute, connection: sqlite3.Connection, stage: Stage, words: Words) -> None:
    """For a difference: the store's numbers of all that it touches, and new numbers for what is new."""
    records = [f"{side}_{name}" for side in ("gone", "fresh") for name in ("records", "members", "identifiers")]
    pairs = [f"{side}_{name}" for side in ("gone", "fresh") for name in ("matches", "refusals")]
    touched = [f"SELECT record_id FROM {t}" for t in records]
    touched += [f"SELECT {column} FROM {t}" for t in pairs for column in ("record_a", "record_b")]
    touched.append("SELECT anchor FROM fresh_customers")
    records = [r for (r,) in compute.rows(f"{' UNION '.join(touched)} ORDER BY ALL")]
    _number(compute, connection, RECORD, "record", _record_numbers(connection, words, records), "fresh_records")

    tables = ("customers", "members", "known_by", "permissions", "device_windows")
    touched = [f"SELECT customer_id FROM {side}_{name}" for side in ("gone", "fresh") for name in tables]
    customers = [c for (c,) in compute.rows(f"{' UNION '.join(touched)} ORDER BY ALL")]
    ask = "SELECT id FROM customer WHERE customer_id = a"
    found = dict(zip(customers, _look_up(connection, ask, ((c, None) for c in customers)), strict=True))
    _number(compute, connection, CUSTOMER, "customer", found, "fresh_customers")

    last = _last(connection, "value")
    values = compute.rows(f"{_values('gone')} UNION {_values('fresh')} ORDER BY value, type")
    ask = "SELECT id FROM value WHERE value = a AND type = b"
    new = itertools.count(last + 1)
    numbers = [
        next(new) if number is None else number
        for number in _look_up(connection, ask, ((v, words.known.get(t)) for t, v in values))
    ]
    compute.load(
        VALUE,
        pa.table(
            {
                "type": pa.array([t for t, _ in values], pa.string()),
                "value": pa.array([v for _, v in values], pa.string()),
                "number": pa.array(numbers, pa.int64()),
            }
        ),
    )
    _fill_values(compute, stage, words, last)


def _record_numbers(connection: sqlite3.Connection, words: Words, ids: list[str]) -> dict[str, int | None]:
    """The numbers of records by their ids, "source:key", in which either part may hold colons."""
    asked = [(i, key, words.known[source]) for i in ids for source, key in splits(i) if source in words.known]
    found: dict[str, int | None] = dict.fromkeys(ids)
    ask = "SELECT id FROM record WHERE key = a AND source = b"
    for (i, *_), number in zip(asked, _look_up(connection, ask, (a[1:] for a in asked)), strict=True):
        found[i] = number if found[i] is None else found[i]
    return found


def _look_up(connection: sqlite3.Connection, ask: str, asked: Iterable[tuple[str, int | None]]) -> list[int | None]:
    """Answer a query for one number, over `a` and `b`, for each of the pairs asked: a fraction of as many queries."""
    connection.execute("CREATE TEMP TABLE asked (a, b)")
    connection.executemany("INSERT INTO asked VALUES (?, ?)", asked)
    numbers = [number for (number,) in connection.execute(f"SELECT ({ask}) FROM asked ORDER BY rowid")]  # nosec B608 # ours
    connection.execute("DROP TABLE asked")
    return numbers


def remove_unused_values(compute: Compute, connection: sqlite3.Connection) -> None:
    """Delete those of the values of rows that go that nothing refers to any more."""
    used = (
        ("holder", "value"),
        ("known_by", "value"),
        ("permission", "value"),
        ("shared", "value"),
        ("device_window", "device"),
    )
    unused = " AND ".join(f"NOT EXISTS (SELECT 1 FROM {t} WHERE {t}.{c} = value.id)" for t, c in used)
    # What stands in it are names of our schema.
    delete = f"DELETE FROM value WHERE id = ? AND {unused}"  # nosec B608
    gone = f"SELECT DISTINCT type, value FROM ({_values('gone')} EXCEPT {_values('fresh')})"
    connection.executemany(delete, compute.rows(f"SELECT number FROM {VALUE} SEMI JOIN ({gone}) USING (type, value)"))


def _number(
    compute: Compute,
    connection: sqlite3.Connection,
    name: str,
    table: str,
    found: Mapping[str, int | None],
    fresh: str,
) -> None:
    """Make `name` of the numbers found, and of new ones for the rows of `fresh` that have none."""
    column = f"{table}_id"
    compute.load(
        "_found",
        pa.table(
            {
                column: pa.array([i for i, n in found.items() if n is not None], pa.string()),
                "number": pa.array([n for n in found.values() if n is not None], pa.int64()),
            }
        ),
    )
    compute.table(
        name,
        f"""SELECT * FROM _found UNION ALL
        SELECT {column}, ? + row_number() OVER (ORDER BY {column}) FROM {fresh} ANTI JOIN _found USING ({column})""",
        [_last(connection, table)],
    )


def _fill_values(compute: Compute, stage: Stage, words: Words, after: int) -> None:
    """Put the values that have numbers above `after` on stage."""
    sql = f"SELECT number, type, value FROM {VALUE} WHERE number > {after} ORDER BY number"
    batches = compute.connection.sql(sql).to_arrow_reader(BATCH)
    stage.fill("value", (b.set_column(1, "type", words.numbers(b["type"])) for b in batches))


def _first(connection: sqlite3.Connection, sql: str, parameters: tuple[Any, ...]) -> int | None:
    row = connection.execute(sql, parameters).fetchone()
    return None if row is None else row[0]


def _last(connection: sqlite3.Connection, table: str) -> int:
    return _first(connection, f'SELECT max(id) FROM "{table}"', ()) or 0
