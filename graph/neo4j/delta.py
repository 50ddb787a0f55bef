"""What a publish writes, worked out from the tables of a difference (`graph.tables`) before anything is written.

For each kind of node: those that come (`made_`), those whose row changes (`turned_`), those that go (`over_`). A
relationship that changes goes, and another one comes. The store isn't asked: which nodes are there follows from the
tables of the run that it holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.compute import Compute, quote
from engine.errors import TableError
from graph.neo4j.schema import NODES, RELATIONSHIPS, End, Node, Relationship, second_label, short_sql
from graph.neo4j.wire import sent
from graph.tables import GRAPH_TABLES

#: A transaction takes no more rows, and no more bytes of values, than this. (A single larger row goes alone.)
ROWS, BYTES = 10_000, 4_000_000

Row = tuple[object, ...]


@dataclass(frozen=True)
class Step:
    """One kind of write: rows in an order that is always the same. `label` is a further label of the nodes made."""

    name: str
    act: Literal["make", "turn", "end"]
    kind: Node | Relationship
    sql: str
    label: str | None = None


@dataclass(frozen=True)
class Sizes:
    """How many rows of each table go and come."""

    gone: dict[str, int]
    fresh: dict[str, int]


def prepare(compute: Compute) -> tuple[list[Step], Sizes]:
    """Work out the steps from `gone_`, `fresh_`, `old_` and `new_` of every graph table.

    Raises TableError for a key that repeats or a row that names a record or customer that isn't there.
    """
    gone, fresh = ({t: compute.count(f"{side}_{t}") for t in GRAPH_TABLES} for side in ("gone", "fresh"))
    sizes = Sizes(gone, fresh)
    _check(compute, sizes)
    for node in NODES:
        _nodes(compute, node)
    steps = [step for node in NODES for step in _make_nodes(compute, node)]
    steps += [Step(f"turn {n.label}", "turn", n, _rows_of(f"turned_{n.label}", n)) for n in NODES]
    for kind in RELATIONSHIPS:
        if gone[kind.table]:
            steps.append(Step(f"end {kind.type}", "end", kind, ends_sql(kind)))
        if fresh[kind.table]:
            steps.append(Step(f"make {kind.type}", "make", kind, relationship_sql(kind)))
    steps += [Step(f"end {n.label}", "end", n, _keys_of(n)) for n in NODES]
    return steps, sizes


def node_sql(node: Node) -> str:
    """The rows of the nodes that come, in the order of `sent`."""
    return _rows_of(f"made_{node.label}", node)


def relationship_sql(kind: Relationship) -> str:
    """The rows of the relationships that come: the keys of both ends, then the properties."""
    values = [*_ends(kind), *(sql for _, sql, _ in sent(kind.properties))]
    return f"SELECT {', '.join(values)} FROM {_source(kind, 'fresh')} f ORDER BY ALL"


def ends_sql(kind: Relationship) -> str:
    """What finds the relationships that go: the keys of both ends, and what else tells one from another."""
    identity = [sql for name, sql, _ in sent(kind.properties) if name in kind.identity]
    return f"SELECT {', '.join([*_ends(kind), *identity])} FROM {_source(kind, 'gone')} f ORDER BY ALL"


def batches(compute: Compute, sql: str, after: int = 0) -> Iterator[list[Row]]:
    """The rows of a query from number `after` on, in lists small enough for one transaction."""
    offset = f" OFFSET {after}" if after else ""
    for batch in compute.connection.sql(f"{sql}{offset}").to_arrow_reader(ROWS):
        rows = list(zip(*(c.to_pylist() for c in batch.columns), strict=True))
        yield from (rows[a:b] for a, b in _cuts(batch))


def _cuts(batch: pa.RecordBatch) -> Iterator[tuple[int, int]]:
    """Where to cut a batch so that no piece has more than BYTES bytes."""
    sizes = np.full(batch.num_rows, 9 * batch.num_columns, dtype=np.int64)
    for column in batch.columns:
        if pa.types.is_list(column.type):
            inner = np.concatenate([[0], np.cumsum(pc.fill_null(pc.binary_length(column.values), 0).to_numpy(False))])
            offsets = column.offsets.to_numpy()
            sizes += inner[offsets[1:]] - inner[offsets[:-1]]
        elif pa.types.is_string(column.type):
            sizes += pc.fill_null(pc.binary_length(column), 0).to_numpy(False)
    start = total = 0
    for n, size in enumerate(sizes.tolist()):
        if total and total + size > BYTES:
            yield start, n
            start, total = n, 0
        total += size
    if start < len(sizes):
        yield start, len(sizes)


def _nodes(compute: Compute, node: Node) -> None:
    """Make `made_`, `turned_` and `over_` of a kind of node."""
    keys = ", ".join(quote(c) for c in node.columns)
    same = f"USING ({keys})"
    label = node.label

    def used(side: str) -> str:
        return " UNION ALL ".join(f"SELECT {', '.join(c)} FROM {side}_{t}" for t, c in node.uses)

    compute.table("touched", f"SELECT DISTINCT * FROM ({used('gone')} UNION ALL {used('fresh')}) t({keys})")
    for side in ("old", "new"):
        compute.table(f"{side}_is", f"SELECT * FROM touched SEMI JOIN ({used(side)}) u({keys}) {same}")
    compute.table(f"over_{label}", f"SELECT * FROM old_is ANTI JOIN new_is {same}")
    # A node that comes or turns has a row that comes, or none any more.
    row = f"(SELECT *, true AS here FROM fresh_{node.table}) r"
    columns = ", ".join(quote(c) for c in GRAPH_TABLES[node.table].columns)
    rows = f"SELECT {columns}, here IS NOT NULL AS present FROM new_is LEFT JOIN {row} {same}"
    compute.table(f"made_{label}", f"{rows} ANTI JOIN old_is {same}")
    changed = " UNION ALL ".join(f"SELECT {keys} FROM {side}_{node.table}" for side in ("gone", "fresh"))
    compute.table(f"turned_{label}", f"{rows} SEMI JOIN old_is {same} SEMI JOIN ({changed}) c {same}")
    compute.drop("touched", "old_is", "new_is")


def _make_nodes(compute: Compute, node: Node) -> list[Step]:
    """The step that makes a kind of node; identifiers take one for each label, as a label can't be a parameter."""
    if node.label != "Identifier":
        return [Step(f"make {node.label}", "make", node, node_sql(node))]
    types = [t for (t,) in compute.rows("SELECT DISTINCT type FROM made_Identifier ORDER BY type")]
    labels = {t: second_label(t) for t in types}
    steps = []
    for label in sorted({label or "" for label in labels.values()}):
        mine = [t for t in types if (labels[t] or "") == label]
        name = f"made_Identifier_{label}"
        compute.load("_types", pa.table({"type": pa.array(mine, pa.string())}))
        compute.table(name, "SELECT * FROM made_Identifier SEMI JOIN _types USING (type)")
        steps.append(Step(f"make Identifier {label}".strip(), "make", node, _rows_of(name, node), label or None))
    return steps


def _rows_of(name: str, node: Node) -> str:
    values = ", ".join(sql for _, sql, _ in sent(node.properties))
    order = ", ".join(quote(c) for c in node.columns)
    return f"SELECT {values} FROM {quote(name)} ORDER BY {order}"


def _keys_of(node: Node) -> str:
    values = ", ".join(sql for name, sql, _ in sent(node.properties) if name in node.key)
    return f"SELECT {values} FROM over_{node.label} ORDER BY ALL"


def _source(kind: Relationship, side: str) -> str:
    return kind.source.format(table=f"{side}_{kind.table}")


def _ends(kind: Relationship) -> list[str]:
    return [sql for end in (kind.start, kind.end) for sql in end_sql(end)]


def end_sql(end: End) -> list[str]:
    """The SQL of the key of the node at an end, as the graph holds it."""
    kinds = [end.node.named(name).kind for name in end.node.key]
    return [short_sql(sql) if kind == "indexed" else sql for sql, kind in zip(end.key, kinds, strict=True)]


#: Which columns name records or customers: (table, column, the table that has it, its column there).
_REFERENCES = [
    *((t, "record_id", "records", "record_id") for t in ("members", "identifiers")),
    *((t, c, "records", "record_id") for t in ("matches", "refusals") for c in ("record_a", "record_b")),
    ("customers", "anchor", "records", "record_id"),
    *((t, "customer_id", "customers", "customer_id") for t in ("members", "known_by", "permissions", "device_windows")),
]


def _check(compute: Compute, sizes: Sizes) -> None:
    """Refuse a run whose keys repeat or whose rows name what isn't there; only what changed is looked at."""
    for name, table in GRAPH_TABLES.items():
        if not sizes.fresh[name]:
            continue
        keys = [quote(c) for c in table.key]
        same = " AND ".join(f"n.{k} IS NOT DISTINCT FROM f.{k}" for k in keys)
        repeated = compute.value(
            f"""SELECT count(*) FROM (SELECT 1 FROM new_{name} n SEMI JOIN fresh_{name} f ON {same}
            GROUP BY {", ".join(f"n.{k}" for k in keys)} HAVING count(*) > 1)"""
        )
        # A device's first window has no beginning.
        without = " OR ".join(f"{quote(k)} IS NULL" for k in table.key if k != "since")
        empty = compute.value(f"SELECT count(*) FROM fresh_{name} WHERE {without}")
        if repeated or empty:
            what = "repeats a key" if repeated else "has a row without its key"
            raise TableError(f"table {name} of the run {what} ({', '.join(table.key)}): {repeated or empty} times")
    for name, column, other, key in _REFERENCES:
        if not sizes.fresh[name] and not sizes.gone[other]:
            continue
        lost = compute.value(
            f"""SELECT count(*) FROM (
                SELECT 1 FROM fresh_{name} f ANTI JOIN new_{other} o ON o.{key} = f.{column}
                UNION ALL SELECT 1 FROM new_{name} n SEMI JOIN (
                    SELECT {key} FROM gone_{other} ANTI JOIN fresh_{other} USING ({key})
                ) g ON g.{key} = n.{column})"""
        )
        if lost:
            raise TableError(
                f"table {name} of the run names {lost} times, in {column}, what its table {other} doesn't hold"
            )
