"""Admit matches strongest first, and refuse those that would put into one customer what can't be one person.

Only connected components in which something could be refused take this careful road; the others are joined as they are.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pyarrow as pa

from engine.cluster.cross import CrossPairs
from engine.cluster.group import OUTVOTED, Clashes, Group, Tie, find_clashes, kept_apart, load_groups, refusal
from engine.cluster.policy import Policy
from engine.compute import Compute, literal

#: Bits that the order of a sum may change.
MARGIN = 1e-6

REFUSED = pa.schema([("a", pa.int64()), ("b", pa.int64()), ("refusal", pa.string())])


def admit(compute: Compute, policy: Policy) -> None:
    """Make `group_of` (node_id, group_id) and `refused` (a, b, refusal) from `edges` and `decided_edges`.

    `edges` holds the pairs of nodes at or above the threshold: a, b, weight, and the fields of a Tie. `decided_edges`
    (a, b) are one person by somebody's word: they are joined whatever speaks against it. A group is called by its
    smallest node.
    """
    compute.components(
        "group_of", "SELECT node_id FROM nodes", "SELECT a, b FROM edges UNION ALL SELECT a, b FROM decided_edges"
    )
    compute.run("ALTER TABLE group_of RENAME COLUMN component TO group_id")
    compute.load("refused", REFUSED.empty_table())
    _find_careful(compute, policy)
    if compute.count("_careful"):
        with _uncollected():
            _admit_carefully(compute, policy)
    compute.drop("_careful")


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep Python from looking for cycles: there are none among millions of small objects here."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _find_careful(compute: Compute, policy: Policy) -> None:
    """Make `_careful` (group_id): the components in which a match could be refused, whatever the order.

    First those whose nodes differ in anything; of these, the ones that stay together all the same: no pair votes
    against, no names clash, and no match is so light that what speaks against it could outweigh it.
    """
    forbidden = ["sum(records) > $limit", "bool_or(t.held > 1)", "count(DISTINCT n.generation) > 1"]
    if policy.births_forbid:
        forbidden.append("count(DISTINCT n.birth_text) > 1")
    differing = ["count(DISTINCT n.email) > 1", "count(DISTINCT n.phone) > 1"]
    # A source that holds somebody twice.
    differing.append("count(DISTINCT n.source) FILTER (n.kind = 'contact') < count(*) FILTER (n.kind = 'contact')")
    if policy.names_forbid:
        differing.append("count(DISTINCT n.first_root) > 1")
    against = [
        f"CASE WHEN count(DISTINCT n.{field}) > 1 THEN {bits!r} ELSE 0 END" for field, bits in policy.apart.items()
    ]
    against += [
        f"CASE WHEN count(*) FILTER (n.kind = 'contact' AND n.source = {literal(source)}) > 1 THEN {bits!r} ELSE 0 END"
        for source, bits in policy.twice.items()
    ]
    compute.table(
        "_differing",
        f"""
        WITH t AS (
            SELECT group_id, max(held) AS held FROM (SELECT group_id, count(DISTINCT value) AS held
                FROM unique_values JOIN group_of USING (node_id) GROUP BY group_id, type) GROUP BY group_id)
        SELECT g.group_id, {" OR ".join(forbidden)} AS forbidden, {" + ".join(against) or "0"} AS against
        FROM group_of g JOIN nodes n USING (node_id) JOIN node_sizes USING (node_id)
        LEFT JOIN t ON t.group_id = g.group_id
        GROUP BY g.group_id HAVING count(*) > 1 AND (forbidden OR {" OR ".join(differing)})
        """,
        {"limit": policy.max_records},
    )
    _note_clashes(compute, policy)
    compute.table(
        "_careful",
        f"""
        SELECT group_id FROM _differing WHERE forbidden
        UNION
        SELECT group_id FROM _differing d JOIN group_of g USING (group_id) JOIN edges e ON e.a = g.node_id
        WHERE e.base + d.against < $threshold + {MARGIN}
        UNION
        SELECT x.group_id FROM scored s
        JOIN group_of x ON x.node_id = s.a JOIN group_of y ON y.node_id = s.b AND y.group_id = x.group_id
        SEMI JOIN _differing d ON d.group_id = x.group_id
        WHERE s.a < s.b AND NOT (s.personal AND s.weight >= $threshold)
        UNION
        FROM _clashing
        """,
        {"threshold": policy.threshold},
    )
    compute.drop("_differing", "_clashing")


def _note_clashes(compute: Compute, policy: Policy) -> None:
    """Make `_clashing` (group_id): the components of `_differing` with two first names that can't be one person's."""
    bags = "SELECT group_id AS bag, node_id FROM group_of SEMI JOIN _differing USING (group_id)"
    clashes = sorted(find_clashes(compute, bags)) if policy.names_forbid else []
    columns = list(zip(*clashes, strict=True)) or [(), ()]
    compute.load("_clashes", pa.table([pa.array(c, pa.string()) for c in columns], ["a", "b"]))
    compute.table(
        "_clashing",
        f"""
        WITH named AS (SELECT DISTINCT bag, first_name FROM ({bags}) JOIN nodes USING (node_id))
        SELECT DISTINCT l.bag AS group_id FROM named l JOIN _clashes c ON c.a = l.first_name
        JOIN named r ON r.bag = l.bag AND r.first_name = c.b
        """,
    )
    compute.drop("_clashes")


class _Joining:
    """Groups of nodes as they are joined: who is in which, what is known of each, and how pairs between two voted."""

    def __init__(self, groups: dict[int, Group], cross: CrossPairs) -> None:
        self.groups, self.cross = groups, cross
        self.parent = {node: node for node in groups}

    def root(self, node: int) -> int:
        """The group of a node, called by its smallest."""
        while self.parent[node] != node:
            self.parent[node] = self.parent[self.parent[node]]
            node = self.parent[node]
        return node

    def unite(self, left: int, right: int) -> None:
        """Make one group of two different ones."""
        keep, gone = min(left, right), max(left, right)
        self.groups[keep].absorb(self.groups.pop(gone))
        self.cross.join(keep, gone)
        self.parent[gone] = keep


def _admit_carefully(compute: Compute, policy: Policy) -> None:
    clashes = find_clashes(compute, "SELECT group_id AS bag, node_id FROM group_of JOIN _careful USING (group_id)")
    pairs = compute.arrow(
        """
        SELECT s.a, s.b, s.personal AND s.weight >= $threshold AS match FROM scored s
        JOIN group_of x ON x.node_id = s.a JOIN group_of y ON y.node_id = s.b AND y.group_id = x.group_id
        JOIN _careful c ON c.group_id = x.group_id WHERE s.a < s.b
        """,
        {"threshold": policy.threshold},
    )
    edges = compute.arrow(
        """
        SELECT e.a, e.b, e.base, e.proof, e.email, e.phone
        FROM edges e JOIN group_of g ON g.node_id = e.a JOIN _careful USING (group_id) ORDER BY e.weight DESC, e.a, e.b
        """
    )
    decided = compute.rows(
        """SELECT a, b, group_id FROM decided_edges JOIN group_of ON node_id = a JOIN _careful USING (group_id)
        ORDER BY a, b"""
    )
    # What was decided is joined last, so that each of the two first gathers what is its own. Where that brought
    # together what another decision parts, it is joined first.
    first: set[int] = set()
    while True:
        joining = _Joining(
            load_groups(compute, "FROM _careful", by="node_id"),
            CrossPairs(zip(*(column.to_pylist() for column in pairs.columns), strict=True)),
        )
        _join_decided(joining, [pair for pair in decided if pair[2] in first])
        refused = _join_strongest(joining, edges, policy, clashes)
        contradicted = _join_decided(joining, [pair for pair in decided if pair[2] not in first])
        if not contradicted:
            break
        first |= contradicted
    nodes = np.fromiter(joining.parent, dtype=np.int64, count=len(joining.parent))
    roots = np.fromiter((joining.root(n) for n in joining.parent), dtype=np.int64, count=len(joining.parent))
    compute.load("_regrouped", pa.table({"node_id": nodes, "group_id": roots}))
    compute.run("UPDATE group_of SET group_id = r.group_id FROM _regrouped r WHERE group_of.node_id = r.node_id")
    note_refused(compute, refused)
    compute.drop("_regrouped")


def _join_strongest(joining: _Joining, edges: pa.Table, policy: Policy, clashes: Clashes) -> list[tuple[int, int, str]]:
    """Join along edges, which come strongest first; returns the refused ones with the reason."""
    refused: list[tuple[int, int, str]] = []
    for a, b, *tie in zip(*(column.to_pylist() for column in edges.columns), strict=True):
        left, right = joining.root(a), joining.root(b)
        if left == right:
            continue
        why = refusal(joining.groups[left], joining.groups[right], Tie(*tie), policy, clashes)
        if not why and not joining.cross.agree(left, right):
            why = OUTVOTED
        if why:
            refused.append((a, b, why))
        else:
            joining.unite(left, right)
    return refused


def _join_decided(joining: _Joining, decided: list[tuple[int, int, int]]) -> set[int]:
    """Join what somebody decided is one person; returns the components in which another decision forbids it."""
    contradicted = set()
    for a, b, component in decided:
        left, right = joining.root(a), joining.root(b)
        if left == right:
            continue
        if kept_apart(joining.groups[left], joining.groups[right]):
            contradicted.add(component)
        else:
            joining.unite(left, right)
    return contradicted


def note_refused(compute: Compute, refused: list[tuple[int, int, str]]) -> None:
    """Append to `refused`; a pair keeps the reason it was refused for first."""
    columns = list(zip(*refused, strict=True)) or [(), (), ()]
    rows = pa.table([pa.array(c, f.type) for c, f in zip(columns, REFUSED, strict=True)], schema=REFUSED)
    compute.load("_refused", rows)
    compute.run("INSERT INTO refused SELECT * FROM _refused ANTI JOIN refused USING (a, b)")
    compute.drop("_refused")
