"""Admit matches strongest first, and refuse those that would put into one customer what can't be one person.

Only connected components in which something could be refused take this careful road; the others are joined as they are.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from engine.cluster.policy import Policy
from engine.compute import Compute
from engine.link import names

TWO_OF_A_KIND = "two different values of {}, of which a person has one"
NAMES = "most first names disagree"
BIRTH_DATES = "all birth dates disagree"
TOO_MANY = "more than {} records in one customer"


@dataclass
class Group:
    """What is known of the nodes joined so far, as far as it could forbid a join."""

    names: Counter[str] = field(default_factory=Counter)
    births: set[str] = field(default_factory=set)
    unique: dict[str, str] = field(default_factory=dict)
    records: int = 0

    def absorb(self, other: Group) -> None:
        """Take over all that another group knows."""
        self.names += other.names
        self.births |= other.births
        self.unique |= other.unique
        self.records += other.records


def admit(compute: Compute, policy: Policy) -> None:
    """Make `group_of` (node_id, group_id) and `refused` (a, b, refusal) from `edges` (a, b, weight, proof).

    Edges are pairs of nodes at or above the threshold; `proof` says that an account or a birth date speaks for the pair,
    which no disagreement of names overrules. A group is called by its smallest node.
    """
    compute.components("group_of", "SELECT node_id FROM nodes", "SELECT a, b FROM edges")
    compute.run('ALTER TABLE group_of RENAME COLUMN component TO group_id')
    compute.run("CREATE OR REPLACE TABLE refused (a BIGINT, b BIGINT, refusal VARCHAR)")
    tests = ["sum(records) > $limit", "bool_or(uniques > 1)"]
    if policy.names_forbid:
        tests.append("count(DISTINCT first_root) FILTER (length(first_root) > 1) > 1")
        tests.append("bool_or(length(first_root) = 1)")
    if policy.births_forbid:
        tests.append("count(DISTINCT birth_text) > 1")
    compute.table(
        "_careful",
        f"""
        WITH twice AS (
            SELECT group_id, max(values_held) AS uniques FROM (
                SELECT group_id, type, count(DISTINCT value) AS values_held
                FROM unique_values JOIN group_of USING (node_id) GROUP BY ALL) GROUP BY group_id)
        SELECT g.group_id FROM group_of g JOIN nodes n USING (node_id) JOIN node_sizes USING (node_id)
        LEFT JOIN twice t ON t.group_id = g.group_id
        GROUP BY g.group_id HAVING count(*) > 1 AND ({" OR ".join(tests)})
        """,
        {"limit": policy.max_records},
    )
    if compute.count("_careful"):
        _admit_carefully(compute, policy)
    compute.drop("_careful")


def _admit_carefully(compute: Compute, policy: Policy) -> None:
    known = compute.arrow(
        """
        SELECT g.node_id, g.group_id, n.first_name, n.birth_text, s.records, u.unique_values
        FROM _careful c JOIN group_of g USING (group_id) JOIN nodes n USING (node_id) JOIN node_sizes s USING (node_id)
        LEFT JOIN (SELECT node_id, list([type, value] ORDER BY type) AS unique_values FROM unique_values GROUP BY node_id) u
            USING (node_id)
        ORDER BY g.node_id
        """
    )
    clashes = incompatible_names(
        compute, "SELECT DISTINCT c.group_id AS bag, n.first_name, n.first_root, n.first_count"
        " FROM _careful c JOIN group_of USING (group_id) JOIN nodes n USING (node_id) WHERE n.first_name IS NOT NULL"
    )  # fmt: skip
    groups: dict[int, Group] = {}
    parent: dict[int, int] = {}
    for row in known.to_pylist():
        group = Group(records=row["records"], unique=dict(row["unique_values"] or ()))
        if row["first_name"]:
            group.names[row["first_name"]] = 1
        if row["birth_text"]:
            group.births.add(row["birth_text"])
        groups[row["node_id"]] = group
        parent[row["node_id"]] = row["node_id"]

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    edges = compute.arrow(
        """
        SELECT e.a, e.b, e.proof FROM edges e JOIN group_of g ON g.node_id = e.a JOIN _careful USING (group_id)
        ORDER BY e.weight DESC, e.a, e.b
        """
    )
    refused: list[tuple[int, int, str]] = []
    for a, b, proof in zip(*(edges[c].to_pylist() for c in ("a", "b", "proof")), strict=True):
        left, right = root(a), root(b)
        if left == right:
            continue
        why = refusal(groups[left], groups[right], policy, clashes, proof)
        if why:
            refused.append((a, b, why))
            continue
        keep, gone = min(left, right), max(left, right)
        groups[keep].absorb(groups.pop(gone))
        parent[gone] = keep
    nodes = np.fromiter(parent, dtype=np.int64, count=len(parent))
    roots = np.fromiter((root(n) for n in parent), dtype=np.int64, count=len(parent))
    compute.load("_regrouped", pa.table({"node_id": nodes, "group_id": roots}))
    compute.run("UPDATE group_of SET group_id = r.group_id FROM _regrouped r WHERE group_of.node_id = r.node_id")
    columns = list(zip(*refused, strict=True)) or [(), (), ()]
    types = (pa.int64(), pa.int64(), pa.string())
    compute.load("refused", pa.table([pa.array(c, t) for c, t in zip(columns, types, strict=True)], ["a", "b", "refusal"]))
    compute.drop("_regrouped")


def incompatible_names(compute: Compute, bags: str) -> set[tuple[str, str]]:
    """Pairs of first names (both orders) that can't be one person's, among names that stand in one bag.

    `bags` is a query of (bag, first_name, first_root, first_count).
    """
    found = compute.rows(
        f"""
        WITH n AS ({bags})
        SELECT DISTINCT l.first_name, r.first_name FROM n l JOIN n r ON l.bag = r.bag AND l.first_name < r.first_name
        WHERE {names.contradictory("l", "r")}
        """
    )
    return {pair for a, b in found for pair in ((a, b), (b, a))}


def refusal(a: Group, b: Group, policy: Policy, clashes: set[tuple[str, str]], proof: bool) -> str | None:
    """Why two groups may not become one customer, in words; None if they may."""
    for kind, value in a.unique.items():
        if b.unique.get(kind, value) != value:
            return TWO_OF_A_KIND.format(kind)
    if a.records + b.records > policy.max_records:
        return TOO_MANY.format(policy.max_records)
    if proof or a.births & b.births:
        return None
    if policy.births_forbid and a.births and b.births:
        return BIRTH_DATES
    if policy.names_forbid and a.names and b.names:
        clash = sum(x * y for i, x in a.names.items() for j, y in b.names.items() if (i, j) in clashes)
        if clash * 2 > a.names.total() * b.names.total():
            return NAMES
    return None
