"""Where customers hang by light matches: the parts that the stronger matches hold together, and what joins these."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from engine.compute import Compute


class Tie(NamedTuple):
    """A match without which, and without lighter ones, a customer would fall into two parts.

    `left` is the part of record_a, `right` that of record_b: how many records, and their net revenue.
    """

    record_a: str
    record_b: str
    rule: str
    weight: float
    probability: float
    customer_id: str
    left: tuple[int, float]
    right: tuple[int, float]


@dataclass
class _Part:
    records: int
    revenue: float
    marks: set[int]


def hanging(compute: Compute, below: float) -> Iterator[Tie]:
    """Find the matches of less than `below` bits that join parts which nothing stronger joins, strongest first.

    Reads `matches`, `worth` (record_id, customer_id, revenue) and `marks` (record_id, mark): parts of which one has a
    mark and the other its counterpart, mark xor 1, are known to be one person or two, and are left out.
    """
    compute.table(
        "_light",
        """SELECT record_a, record_b, rule, weight, probability FROM matches
        WHERE weight < $below AND stage NOT IN ('identical', 'decision')""",
        {"below": below},
    )
    compute.table(
        "_node",
        """SELECT row_number() OVER (ORDER BY record_id) AS node_id, record_id, customer_id, revenue FROM worth
        WHERE customer_id IN (SELECT customer_id FROM worth JOIN _light ON record_id = record_a)""",
    )
    compute.components(
        "_part",
        "SELECT node_id FROM _node",
        """SELECT x.node_id, y.node_id FROM matches ANTI JOIN _light USING (record_a, record_b)
        JOIN _node x ON x.record_id = record_a JOIN _node y ON y.record_id = record_b""",
    )
    held = "SELECT component, count(*), sum(revenue) FROM _part JOIN _node USING (node_id) GROUP BY component"
    parts = {part: _Part(records, revenue, set()) for part, records, revenue in compute.rows(held)}
    marked = "SELECT component, mark FROM _part JOIN _node USING (node_id) JOIN marks USING (record_id)"
    for part, mark in compute.rows(marked):
        parts[part].marks.add(mark)
    ties = compute.rows(
        """SELECT record_a, record_b, rule, weight, probability, x.customer_id, p.component, q.component
        FROM _light JOIN _node x ON x.record_id = record_a JOIN _node y ON y.record_id = record_b
        JOIN _part p ON p.node_id = x.node_id JOIN _part q ON q.node_id = y.node_id
        WHERE p.component <> q.component ORDER BY weight DESC, record_a, record_b"""
    )
    compute.drop("_light", "_node", "_part")
    parent = {part: part for part in parts}

    def find(part: int) -> int:
        while parent[part] != part:
            parent[part] = part = parent[parent[part]]
        return part

    for record_a, record_b, rule, weight, probability, customer_id, a, b in ties:
        a, b = find(a), find(b)
        if a == b:
            continue
        left, right = parts[a], parts[b]
        if not any(mark ^ 1 in right.marks for mark in left.marks):
            sides = (left.records, left.revenue), (right.records, right.revenue)
            yield Tie(record_a, record_b, rule, weight, probability, customer_id, *sides)
        parent[b] = a
        parts[a] = _Part(left.records + right.records, left.revenue + right.revenue, left.marks | right.marks)
