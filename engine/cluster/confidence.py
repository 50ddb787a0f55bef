"""How sure we are that a record belongs to its customer: the weakest hop on the widest path to the anchor record."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

from engine.compute import Compute


def confidence(compute: Compute) -> None:
    """Make `confidences` (record_id, confidence) from `groups`, `anchors` (group_id, record_id) and `matches`.

    The widest path between two records runs along a maximum spanning tree of their matches (Hu 1961), so one tree a
    group answers for all of its records at once. Ties between trees change no path's width.
    """
    compute.table("_numbered", "SELECT record_id, row_number() OVER (ORDER BY record_id) - 1 AS n FROM groups")
    size = compute.count("_numbered")
    edges = compute.arrow(
        """SELECT x.n AS a, y.n AS b, weight FROM matches m
           JOIN _numbered x ON x.record_id = m.record_a JOIN _numbered y ON y.record_id = m.record_b ORDER BY a, b"""
    )
    anchors = compute.arrow("SELECT n FROM anchors JOIN _numbered USING (record_id) ORDER BY n")["n"].to_numpy()
    a, b, weight = (edges[c].to_numpy() for c in ("a", "b", "weight"))
    width = _widths(size, a, b, weight, anchors)
    compute.load("_width", pa.table({"n": np.arange(size), "width": width}))
    compute.table(
        "confidences",
        "SELECT record_id, 1 / (1 + pow(2.0, -width)) AS confidence FROM _numbered JOIN _width USING (n)",
    )
    compute.drop("_numbered", "_width")


def _widths(
    size: int, a: NDArray[np.int64], b: NDArray[np.int64], weight: NDArray[np.float64], anchors: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Weight of the weakest hop on the widest path from each node to its anchor; infinite for an anchor itself."""
    root = size
    widest = np.full(size + 1, np.inf)
    if not len(a):
        return widest[:size]
    # scipy finds minimum trees and reads 0 as no edge: turn the weights round, above 1.
    cost = weight.max() - weight + 1.0
    tree = minimum_spanning_tree(coo_array((cost, (a, b)), shape=(size, size))).tocoo()
    ends = (np.concatenate([tree.row, np.full(len(anchors), root)]), np.concatenate([tree.col, anchors]))
    rooted = coo_array((np.ones(len(ends[0])), ends), shape=(size + 1, size + 1)).tocsr()
    order, before = breadth_first_order(rooted, root, directed=False)
    hop = np.full(size + 1, np.inf)
    down = before[tree.col] == tree.row
    hop[np.where(down, tree.col, tree.row)] = weight.max() + 1.0 - tree.data
    # Breadth first: a node's predecessor stands before it, so whole levels can be done at once.
    position = np.empty(size + 1, dtype=np.int64)
    position[order] = np.arange(len(order))
    parents = before[order[1:]]
    starts = np.searchsorted(position[parents], np.arange(len(order) + 1))
    first, last = 1, 1 + int(starts[1])
    while first < last:
        level = order[first:last]
        widest[level] = np.minimum(widest[before[level]], hop[level])
        first, last = last, 1 + int(starts[last])
    return widest[:size]
