"""Whether a graph on a server is what the run's tables say, to the last row."""

from __future__ import annotations

import pyarrow as pa

from engine.compute import Compute, quote
from engine.runs import RunTables
from graph import answers
from graph.neo4j.bulk import TYPES, open_table, relationship, scan
from graph.neo4j.connection import Connection, Row
from graph.neo4j.marker import strangers
from graph.neo4j.reading import shown
from graph.neo4j.schema import CUSTOMER, IDENTIFIER, RELATIONSHIPS, Node, second_label
from graph.neo4j.wire import answered, row_of, seen
from graph.store import Difference
from graph.tables import DERIVED, GRAPH_TABLES, complete, open_run


def verify(connection: Connection, run: RunTables, memory_limit: str) -> list[Difference]:
    """Compare count and checksum of every table, and of what is derived, with the run's."""
    differences: list[Difference] = []
    mark = shown(connection)
    with Compute(memory_limit=memory_limit) as compute:
        open_run(compute, run, "run")
        complete(compute, "run")
        for name in GRAPH_TABLES:
            differences += _table(compute, connection, name)
        differences += _about(compute, connection)
        differences += _nodes(compute, connection, IDENTIFIER, "values")
        differences += _nodes(compute, connection, CUSTOMER, "customer ids")
    differences += [
        Difference(f"{label}, not Clew's", "rows", "0", str(count)) for label, count in strangers(connection)
    ]
    return differences if shown(connection) == mark else verify(connection, run, memory_limit)


def _table(compute: Compute, connection: Connection, name: str) -> list[Difference]:
    """Compare a table."""
    table = GRAPH_TABLES[name]
    open_table(compute, connection, name)
    # A bulk import makes no empty list: that and none are the same here.
    lists = [quote(c) for c, kind in table.columns.items() if kind.endswith("[]")]
    same = ", ".join(f"CASE WHEN len({c}) > 0 THEN {c} END AS {c}" for c in lists)
    rows = f"SELECT * REPLACE ({same})" if lists else "SELECT *"
    columns = ", ".join(answers.compared(table.columns).values())
    expected, found = ((columns, f"({rows} FROM {source}_{name})") for source in ("run", "found"))
    differences = answers.compare(compute, name, expected, found)
    compute.drop(f"read_{name}")
    return differences


def _about(compute: Compute, connection: Connection) -> list[Difference]:
    """Compare which ledger entries are about which customers."""
    (kind,) = (r for r in RELATIONSHIPS if r.type == "ABOUT")
    body, properties = relationship(kind)
    schema = pa.schema([(column, TYPES[p.kind]) for column, p in properties.items()])
    compute.load("found_about", scan(connection, body, schema))
    derived = DERIVED["about"]
    columns = ", ".join(derived.columns)
    return answers.compare(compute, "about", (columns, f"({derived.sql.format('run')})"), (columns, "found_about"))


def _nodes(compute: Compute, connection: Connection, node: Node, name: str) -> list[Difference]:
    """Compare a kind of node that rows of other tables make, too: keys, what is worked out for a node, labels."""
    wanted = {n: p for n, p in enumerate(node.properties) if p.name in node.key or p.column is None}
    schema = pa.schema([*((p.name, TYPES[p.kind]) for p in wanted.values()), ("labels", pa.list_(pa.string()))])

    def rows(found: list[Row]) -> list[Row]:
        read = ((answered(node, values), labels) for values, labels in found)
        return [[*(values[n] for n in wanted), labels] for values, labels in read]

    labels = f"[l IN labels(n) WHERE l <> '{node.label}']"
    body = f"MATCH (n:{node.label}) WHERE {seen('n')} RETURN {row_of('n', node)}, {labels}"
    compute.load(f"nodes_{node.label}", scan(connection, body, schema, rows))
    _expect(compute, node, [f"{p.sql} AS {quote(p.name)}" for p in wanted.values()])
    columns = ", ".join(map(quote, schema.names))
    return answers.compare(compute, name, (columns, f"expected_{node.label}"), (columns, f"nodes_{node.label}"))


def _expect(compute: Compute, node: Node, values: list[str]) -> None:
    """Make `expected_<label>`: some values of the nodes that the run's tables make, and their further labels."""
    keys = ", ".join(quote(c) for c in node.columns)
    uses = " UNION ALL ".join(f"SELECT {', '.join(columns)} FROM run_{table}" for table, columns in node.uses)
    further = "[]::VARCHAR[]"
    if node is IDENTIFIER:
        types = [t for (t,) in compute.rows(f"SELECT DISTINCT type FROM ({uses}) t({keys})")]
        found = [[label] if (label := second_label(t)) else [] for t in types]
        named = {"type": pa.array(types, pa.string()), "labels": pa.array(found, pa.list_(pa.string()))}
        compute.load("labels", pa.table(named))
        further = "(SELECT l.labels FROM labels l WHERE l.type = k.type)"
    compute.view(
        f"expected_{node.label}",
        f"""SELECT {", ".join(values)}, {further} AS labels
        FROM (SELECT *, here IS NOT NULL AS present FROM (SELECT DISTINCT * FROM ({uses}) t({keys}))
            LEFT JOIN (SELECT *, true AS here FROM run_{node.table}) USING ({keys})) k""",
    )
