"""The statements that write, made from the declared schema. Rows are lists, in the order of `graph.neo4j.wire.sent`."""

from __future__ import annotations

from graph.neo4j.delta import Step
from graph.neo4j.schema import End, Node, Relationship
from graph.neo4j.wire import assignments, sent

_BORN = "born: $number, fresh: $fresh"


def statement(step: Step) -> str:
    """The Cypher of a step, over `rows`, the `number` of the publish, and `fresh`: that, or null in a first load."""
    kind = step.kind
    if isinstance(kind, Node):
        if step.act == "make":
            labels = f"{kind.label}:{quote(step.label)}" if step.label else kind.label
            return f"UNWIND $rows AS row CREATE (:{labels} {{{assignments(kind.properties)}, {_BORN}}})"
        found = f"UNWIND $rows AS row MATCH (n:{kind.label} {{{_keys(kind, 0)}}})"
        if step.act == "turn":
            return f"{found} SET n.turns = $number, n.next = row[{len(kind.key)}]"
        return f"{found} SET n.gone = $number"
    return _relationship(step, kind)


def fold(node: Node) -> str:
    """The Cypher that gives nodes their next row; `rows` are those rows."""
    positions = [name for name, _, _ in sent(node.properties)]
    keys = ", ".join(f"{name}: row[{positions.index(name)}]" for name in node.key)
    return (
        f"UNWIND $rows AS row MATCH (n:{node.label} {{{keys}}}) WHERE n.turns = $number "
        f"SET n += {{{assignments(node.properties)}}}"
    )


def expected(step: Step, rows: int) -> tuple[str, int]:
    """Which of the server's counters shows that a step has found everything, and what it must be."""
    if step.act == "make":
        return ("nodes_created" if isinstance(step.kind, Node) else "relationships_created"), rows
    return "properties_set", rows * (2 if step.act == "turn" else 1)


def quote(name: str) -> str:
    """Quote a label for use in Cypher. Values are never quoted: they are parameters."""
    return "`" + name.replace("`", "``") + "`"


def _relationship(step: Step, kind: Relationship) -> str:
    first, second = len(kind.start.node.key), len(kind.start.node.key) + len(kind.end.node.key)
    ends = f"UNWIND $rows AS row {_end('a', kind.start, 0)} {_end('b', kind.end, first)}"
    if step.act == "make":
        properties = f"{assignments(kind.properties, second)}, " if kind.properties else ""
        return f"{ends} CREATE (a)-[:{kind.type} {{{properties}{_BORN}}}]->(b)"
    same = ["r.fresh IS NULL"]
    identity = [(name, cypher) for name, _, cypher in sent(kind.properties) if name in kind.identity]
    for position, (name, cypher) in enumerate(identity, second):
        value = f"row[{position}]"
        same.append(f"(r.{name} = {cypher.format(value)} OR (r.{name} IS NULL AND {value} IS NULL))")
    return f"{ends} MATCH (a)-[r:{kind.type}]->(b) WHERE {' AND '.join(same)} SET r.gone = $number"


def _end(variable: str, end: End, start: int) -> str:
    return f"MATCH ({variable}:{end.node.label} {{{_keys(end.node, start)}}})"


def _keys(node: Node, start: int) -> str:
    return ", ".join(f"{name}: row[{start + n}]" for n, name in enumerate(node.key))
