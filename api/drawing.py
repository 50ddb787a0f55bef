"""A customer as a graph to be drawn: its records, what they hold, and the matches between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from api.plain import Plain
from api.shown import Shown
from graph.paths import bridges, weakest
from graph.store import Customer, Match


class Node(NamedTuple):
    """A record or an identifier. `type` is the record's source or the identifier's type."""

    id: str
    kind: Literal["record", "identifier"]
    type: str
    label: str
    anchor: bool
    confidence: float | None


class Edge(NamedTuple):
    """A match of two records, or an identifier that a record has. Without a `bridge` the customer would fall apart."""

    start: str
    end: str
    kind: Literal["matches", "has"]
    weight: float | None = None
    probability: float | None = None
    bridge: bool = False
    weakest: bool = False
    match: Match | None = None


@dataclass(frozen=True)
class Drawing(Plain, Shown, page="customer:drawing", rows="nodes"):
    """A customer's nodes and edges; `left_out` counts the nodes beyond the limit."""

    customer_id: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    left_out: int


def draw(customer: Customer, limit: int) -> Drawing:
    """The graph of a customer, of at most `limit` nodes: the anchor and the surest records first, then identifiers."""
    records = sorted(
        customer.records, key=lambda r: (r.record_id != customer.anchor, -(r.confidence or 0), r.record_id)
    )
    nodes = [
        Node(r.record_id, "record", r.source, r.name or r.key, r.record_id == customer.anchor, r.confidence)
        for r in records
    ]
    sure = {(k.type, k.value): k.confidence for k in customer.identifiers}
    held = dict.fromkeys(((i.type, i.value), i.display) for r in records for i in r.identifiers)
    nodes += [Node(_name(*value), "identifier", value[0], shown, False, sure.get(value)) for value, shown in held]
    nodes = list({node.id: node for node in reversed(nodes)}.values())[::-1]
    drawn = {node.id for node in nodes[:limit]}
    alone = set(bridges(customer.matches))
    least = weakest(alone)
    edges = [
        Edge(m.record_a, m.record_b, "matches", m.weight, m.probability, m in alone, m == least, m)
        for m in customer.matches
    ]
    edges += [Edge(r.record_id, _name(i.type, i.value), "has") for r in records for i in r.identifiers]
    kept = tuple(edge for edge in edges if edge.start in drawn and edge.end in drawn)
    return Drawing(customer.customer_id, tuple(nodes[:limit]), kept, max(0, len(nodes) - limit))


def _name(type_: str, value: str) -> str:
    # No record's id begins like this: a source's name holds no colon, and its key may not be told from a value.
    return f"#{type_}:{value}"
