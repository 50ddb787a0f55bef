"""Whole tables out of Neo4j, in the form of `graph.tables`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pyarrow as pa

from engine.compute import Compute, quote
from graph.neo4j.connection import Connection, Row
from graph.neo4j.marker import look
from graph.neo4j.reading import marks, shown
from graph.neo4j.schema import NODES, RELATIONSHIPS, Kind, Node, Property, Relationship
from graph.neo4j.wire import answered, back, display, row_of, seen
from graph.neo4j.wire import read as read_property
from graph.store import Stats
from graph.tables import GRAPH_TABLES

TYPES: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "indexed": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "flag": pa.bool_(),
    "time": pa.int64(),
    "date": pa.string(),
    "texts": pa.list_(pa.string()),
    "reasons": pa.list_(pa.string()),
}

#: What a row of a table takes on the server's disk with its indexes, as measured on the demo.
_BYTES_A_ROW = 400


def read(connection: Connection, name: str, memory_limit: str) -> pa.Table:
    """A whole table with the columns and types of the run table, in the order of its key."""
    with Compute(memory_limit=memory_limit) as compute:
        open_table(compute, connection, name)
        order = ", ".join(quote(c) for c in GRAPH_TABLES[name].key)
        return compute.arrow(f"SELECT * FROM found_{name} ORDER BY {order}")


def stats(connection: Connection, memory_limit: str) -> Stats:
    """How much the graph holds: by the server's own counts, unless a publish is under way."""
    shown(connection)
    standing = look(connection)
    if standing is None or standing.pending is not None:
        rows = {name: read(connection, name, memory_limit).num_rows for name in GRAPH_TABLES}
    else:
        rows = {name: sum(connection.rows(_count(kind))[0][0] for kind in _kinds(name)) for name in GRAPH_TABLES}
    size = sum(_BYTES_A_ROW * count for count in rows.values())
    return Stats(None if standing is None else standing.run, rows, size)


def _count(kind: Node | Relationship) -> str:
    if isinstance(kind, Relationship):
        return f"MATCH ()-[x:{kind.type}]->() RETURN count(x)"
    names = {p.name for p in kind.properties}
    if "status" in names:
        return f"MATCH (x:{kind.label} {{status: 'shared'}}) RETURN count(x)"
    if "retired" in names:
        return f"RETURN COUNT {{ (:{kind.label}) }} - COUNT {{ (:{kind.label} {{retired: true}}) }}"
    return f"MATCH (x:{kind.label}) RETURN count(x)"


def _kinds(name: str) -> list[Node] | list[Relationship]:
    nodes = [n for n in NODES if n.table == name]
    return nodes or [r for r in RELATIONSHIPS if r.table == name]


def open_table(compute: Compute, connection: Connection, name: str) -> None:
    """Make `found_<table>`, a view in the form of the run's table over what is read."""
    columns = GRAPH_TABLES[name].columns
    kinds: dict[str, Kind] = {}
    tables = []
    for kind in _kinds(name):
        body, properties = _node(kind) if isinstance(kind, Node) else relationship(kind)
        kinds |= {column: p.kind for column, p in properties.items()}
        schema = pa.schema([(column, TYPES[p.kind]) for column, p in properties.items()])
        rows = partial(_present, kind) if isinstance(kind, Node) else list
        tables.append(scan(connection, body, schema, rows).select(list(columns)))
    compute.load(f"read_{name}", pa.concat_tables(tables))
    typed = ", ".join(f"{back(c, kinds[c])} AS {quote(c)}" for c in columns)
    compute.view(f"found_{name}", f"SELECT {typed} FROM read_{name}")


def scan(
    connection: Connection, body: str, schema: pa.Schema, rows: Callable[[list[Row]], list[Row]] = list
) -> pa.Table:
    """All rows of a body of Cypher as Arrow, from one whole run; `rows` makes them of what is answered."""
    for version in marks(connection):
        batches = [
            pa.table([pa.array(c, f.type) for c, f in zip(zip(*made, strict=True), schema, strict=True)], schema)
            for found in connection.batches(f"WITH $mark AS mark {body}", mark=version.mark)
            if (made := rows(found))
        ]
        if shown(connection) == version:
            break
    return pa.concat_tables([schema.empty_table(), *batches])


def _present(node: Node, rows: list[Row]) -> list[Row]:
    """The rows of a node's table, without the nodes that stand for a name alone."""
    held = [n for n, p in enumerate(node.properties) if p.column is not None]
    there = {n: p.kind == "flag" for n, p in enumerate(node.properties) if p.name in ("retired", "status")}
    found = (answered(node, values) for (values,) in rows)
    return [[v[n] for n in held] for v in found if all((v[n] is None) == flag for n, flag in there.items())]


def _node(node: Node) -> tuple[str, dict[str, Property]]:
    """The Cypher that reads all nodes of a kind, and the properties behind its table's columns."""
    body = f"MATCH (n:{node.label}) WHERE {seen('n')} RETURN {row_of('n', node)}"
    return body, {p.column: p for p in node.properties if p.column is not None}


def relationship(kind: Relationship) -> tuple[str, dict[str, Property]]:
    """The Cypher that reads all relationships of a kind, and the properties behind its table's columns."""
    columns: dict[str, Property] = {}
    wanted = []
    for variable, end in (("a", kind.start), ("b", kind.end)):
        for name, sql in zip(end.node.key, end.key, strict=True):
            if not sql.startswith("'"):
                columns[sql] = end.node.named(name)
                wanted.append(read_property(variable, columns[sql]))
    for p in kind.properties:
        if p.column is not None:
            columns[p.column] = p
            wanted.append(display("r", "b") if p.name == "display" else read_property("r", p))
    ends = f"(a:{kind.start.node.label})-[r:{kind.type}]->(b:{kind.end.node.label})"
    return f"MATCH {ends} WHERE {seen('r')} RETURN {', '.join(wanted)}", columns
