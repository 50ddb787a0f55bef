"""A run's tables as a graph store takes them in, and the difference between two runs, from their Parquet files.

Every store is fed by this module, so that all hold the same truth. A store never scans itself to find out what changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from engine import tables
from engine.compute import Compute, literal, quote
from engine.differences import FRESH, read_difference
from engine.errors import StateError, TableError
from engine.fingerprints import compare, fingerprints, hash_sql, read_fingerprints
from engine.runs import RunTables
from engine.tables import Table
from graph.words import with_words


@dataclass(frozen=True)
class GraphTable:
    """A run table that goes into the graph: no two of its rows may have the same key."""

    table: Table
    key: tuple[str, ...]
    required: bool = True
    #: SQL in place of some columns.
    instead: Mapping[str, str] = field(default_factory=dict)
    #: What is told of a row that goes, beside its key.
    ends: tuple[str, ...] = ()
    #: Columns that are made of other tables.
    made: Mapping[str, str] = field(default_factory=dict)

    @property
    def held(self) -> dict[str, str]:
        """Name -> DuckDB type; a table's `x_` columns are one JSON object, `extras`, without those that are NULL."""
        return {**self.table.columns, **({"extras": "VARCHAR"} if self.table.extras else {})}

    @property
    def columns(self) -> dict[str, str]:
        """The same with what is made of other tables."""
        return {**self.held, **self.made}

    @property
    def gone(self) -> dict[str, str]:
        """Name -> DuckDB type of what is told of a row that goes."""
        return {c: self.table.columns[c] for c in (*self.key, *self.ends)}


_PAIR = ("record_a", "record_b")

GRAPH_TABLES: dict[str, GraphTable] = {
    t.table.name: t
    for t in (
        GraphTable(tables.RECORDS, ("record_id",)),
        GraphTable(tables.CUSTOMERS, ("customer_id",), made={"names": "VARCHAR", "others": "VARCHAR"}),
        GraphTable(tables.MEMBERS, ("record_id",), ends=("customer_id",)),
        GraphTable(tables.IDENTIFIERS, ("record_id", "type", "value")),
        GraphTable(tables.KNOWN_BY, ("customer_id", "type", "value")),
        GraphTable(tables.PERMISSIONS, ("customer_id", "channel", "type", "value")),
        GraphTable(tables.SHARED_VALUES, ("type", "value")),
        GraphTable(tables.MATCHES, _PAIR),
        GraphTable(tables.REFUSALS, (*_PAIR, "stage", "rule")),
        GraphTable(tables.DEVICE_WINDOWS, ("device", "customer_id", "since")),
        GraphTable(tables.LEDGER, ("seq",), required=False, ends=("customer_ids",)),
        # Two customers may part and join more than once. An id that leads nowhere leads to itself: no key is NULL.
        GraphTable(
            tables.REDIRECTS,
            ("old_id", "new_id", "at"),
            required=False,
            instead={"new_id": "coalesce(new_id, old_id)"},
            ends=("kind",),
        ),
    )
}


@dataclass(frozen=True)
class Derived:
    """Rows that every store makes of the tables and keeps beside them; in the SQL, `{0}` is the tables' prefix."""

    columns: tuple[str, ...]
    sql: str


DERIVED: dict[str, Derived] = {
    "about": Derived(
        ("seq", "customer_id"), "SELECT DISTINCT seq, unnest(customer_ids) AS customer_id FROM {0}_ledger"
    ),
    # One that is left over when nothing holds it any more may be what a person wanted to be forgotten.
    "values": Derived(
        ("type", "value"),
        """SELECT type, value FROM {0}_identifiers UNION SELECT type, value FROM {0}_known_by
        UNION SELECT type, value FROM {0}_permissions UNION SELECT type, value FROM {0}_shared_values
        UNION SELECT 'device', device FROM {0}_device_windows""",
    ),
}
#: How many customers a store that keeps an index of words finds by each. It parts texts where FTS5's ASCII does.
INDEXED = Derived(
    ("word", "customers"),
    r"""SELECT word, count(*) AS customers FROM (
        SELECT DISTINCT customer_id,
            unnest(regexp_split_to_array(concat_ws(' ', names, others), '[^a-z0-9\x{{80}}-\x{{10FFFF}}]+')) AS word
        FROM {0}_customers) WHERE word <> '' GROUP BY word""",
)


def open_run(compute: Compute, run: RunTables, prefix: str) -> None:
    """Make a view `<prefix>_<table>` of every graph table of a run, with `_row`, its row number in the file.

    They have the run's own columns; `complete` adds what is made of other tables. Raises StateError for a run without
    one of its tables, TableError for a table with wrong columns.
    """
    for name, graph_table in GRAPH_TABLES.items():
        view, path = f"{prefix}_{name}", run.path(name)
        if not path.exists():
            if graph_table.required:
                raise StateError(f"run {run.run_id} has no {path.name} in {run.folder}: the run is damaged, run again")
            nothing = ", ".join(f"NULL::{t} AS {quote(c)}" for c, t in graph_table.held.items())
            compute.view(view, f"SELECT {nothing}, 0 AS _row WHERE false")
            continue
        compute.read_parquet(f"{view}_file", path)
        try:
            found = tables.check(compute, graph_table.table, f"{view}_file")
        except TableError as error:
            raise TableError(f"run {run.run_id}: {error}") from None
        columns = _selected(graph_table, found)
        compute.view(
            view,
            f"SELECT {columns}, file_row_number AS _row"
            f" FROM read_parquet({literal(str(path))}, file_row_number = true)",
        )


def complete(compute: Compute, prefix: str) -> None:
    """Give the views of a run the columns that are made of other tables."""
    compute.run(f"ALTER VIEW {prefix}_customers RENAME TO {prefix}_customers_bare")
    compute.view(f"{prefix}_customers", with_words(f"{prefix}_customers_bare", prefix))


def changes(compute: Compute, old: str, new: str, runs: tuple[RunTables, RunTables] | None = None) -> None:
    """From the views of two runs make `gone_<table>` (old rows) and `fresh_<table>` (new rows) of each table.

    A changed row is in both. Where `runs` are given, what the second keeps of its difference to the first is taken, if
    it is there. Otherwise rows are compared by a 64-bit hash over all columns, by those kept beside the tables if they
    are there, and then only the rows that differ are read. Without `runs` the views are complete. Raises TableError
    where whole rows repeat.
    """
    for name, graph_table in GRAPH_TABLES.items():
        targets = {f"gone_{name}": graph_table.gone, f"fresh_{name}": graph_table.held if runs else graph_table.columns}
        paths = runs and (runs[0].path(name), runs[1].path(name))
        kept = read_difference(*paths) if paths else None
        with nullcontext() if kept is None else compute.shown("differ", kept):
            if kept is not None:
                selected = _selected(graph_table, kept.column_names)
                sources = [f"(SELECT {selected} FROM differ WHERE {FRESH} = {fresh})" for fresh in ("false", "true")]
            else:
                sources = _compared(compute, name, old, new, paths)
            for (target, columns), source in zip(targets.items(), sources, strict=True):
                compute.run(f"CREATE TEMP TABLE {target} AS SELECT {', '.join(map(quote, columns))} FROM {source}")
        before, after, gone, fresh = (compute.count(f"{table}_{name}") for table in (old, new, "gone", "fresh"))
        if before - gone + fresh != after:
            raise TableError(f"table {name} of the run repeats whole rows; its key is {', '.join(graph_table.key)}")
    if runs:
        _change_words(compute, new)
    _check_ids(compute)


def _change_words(compute: Compute, new: str) -> None:
    """Count those among the customers that differ whose records do, and make the words of all of them."""
    compute.table(
        "touched",
        f"""SELECT c.* EXCLUDE (_row) FROM {new}_customers c ANTI JOIN fresh_customers USING (customer_id)
        WHERE customer_id IN (
            SELECT customer_id FROM gone_members UNION SELECT customer_id FROM fresh_members
            UNION SELECT customer_id FROM {new}_members SEMI JOIN fresh_records USING (record_id))""",
    )
    compute.run("INSERT INTO gone_customers SELECT customer_id FROM touched")
    compute.run("INSERT INTO touched SELECT * FROM fresh_customers")
    compute.run("DROP TABLE fresh_customers")
    compute.run(f"CREATE TEMP TABLE fresh_customers AS {with_words('touched', new, some=True)}")
    compute.drop("touched")


def _compared(compute: Compute, name: str, old: str, new: str, paths: tuple[Path, Path] | None) -> list[str]:
    """The rows that only one of two views has: of the old, and of the new."""
    known = paths and read_fingerprints(compute, paths)
    if not known:
        columns = GRAPH_TABLES[name].held if paths else GRAPH_TABLES[name].columns
        hashed = f"SELECT {hash_sql(columns)} AS hash, _row AS row"
        known = [fingerprints(compute.arrow(f"{hashed} FROM {side}_{name}")) for side in (old, new)]
    sources = []
    for side, rows in zip((old, new), compare(*known), strict=True):
        compute.load(f"{side}_rows", pa.table({"row": rows}))
        # A filter without rows would still read the table.
        wanted = f"_row IN (SELECT row FROM {side}_rows)" if len(rows) else "false"
        sources.append(f"{side}_{name} WHERE {wanted}")
    return sources


def everything(compute: Compute, new: str) -> None:
    """The same tables for a store that holds nothing yet: no row is gone, every row is fresh."""
    for name, graph_table in GRAPH_TABLES.items():
        gone, fresh = (", ".join(quote(c) for c in columns) for columns in (graph_table.gone, graph_table.columns))
        compute.view(f"gone_{name}", f"SELECT {gone} FROM {new}_{name} WHERE false")
        if graph_table.made:
            # It is read more than once.
            bare = f"(SELECT * EXCLUDE (_row) FROM {new}_{name})"
            compute.run(f"CREATE TEMP TABLE fresh_{name} AS {with_words(bare, new)}")
        else:
            compute.view(f"fresh_{name}", f"SELECT {fresh} FROM {new}_{name}")
    _check_ids(compute)


def _check_ids(compute: Compute) -> None:
    wrong = compute.value("SELECT any_value(record_id) FROM fresh_records WHERE record_id <> source || ':' || key")
    if wrong is not None:
        raise TableError(f"table records of the run: record_id {wrong!r} isn't its source:key")


def plain(columns: dict[str, str]) -> dict[str, str]:
    """Name -> SQL that turns a column into what any store can hold: text, whole numbers, floats.

    Times become microseconds and dates days since 1970, lists JSON. Reasons become three columns: `pattern`, the JSON
    list of [comparison, level], of which there are few; `weights`, separated by spaces, none where NULL; and `places`,
    the JSON list of [record_a, record_b], NULL where no reason names records.
    """
    result: dict[str, str] = {}
    for name, kind in columns.items():
        column = quote(name)
        if kind == "TIMESTAMP":
            result[name] = f"epoch_us({column})"
        elif kind == "DATE":
            result[name] = f"({column} - DATE '1970-01-01')::BIGINT"
        elif kind == "BOOLEAN":
            result[name] = f"{column}::BIGINT"
        elif kind == "VARCHAR[]":
            result[name] = f"to_json({column})::VARCHAR"
        elif kind == tables.REASONS:
            result["pattern"] = f"to_json(list_transform({column}, lambda r: [r.comparison, r.level]))::VARCHAR"
            result["weights"] = (
                f"array_to_string(list_transform({column}, lambda r: coalesce(r.weight::VARCHAR, 'null')), ' ')"
            )
            result["places"] = (
                f"CASE WHEN len(list_filter({column}, lambda r: r.record_a IS NOT NULL OR r.record_b IS NOT NULL)) > 0 "
                f"THEN to_json(list_transform({column}, lambda r: [r.record_a, r.record_b]))::VARCHAR END"
            )
        else:
            result[name] = column
    return result


def _selected(graph_table: GraphTable, found: Iterable[str]) -> str:
    """The SQL of a graph table's columns over those of the run's."""
    columns = [f'{graph_table.instead.get(c, quote(c))} AS "{c}"' for c in graph_table.table.columns]
    if graph_table.table.extras:
        columns.append(f"{_extras(sorted(c for c in found if c.startswith(tables.EXTRA)))} AS extras")
    return ", ".join(columns)


def _extras(columns: list[str]) -> str:
    if not columns:
        return "NULL::VARCHAR"
    fields = ", ".join(f"{quote(c)} := {quote(c)}" for c in columns)
    # A merge patch leaves out what is NULL.
    return f"nullif(json_merge_patch('{{}}', to_json(struct_pack({fields})))::VARCHAR, '{{}}')"
