"""Minimum cut of an undirected graph, by number of edges and then by weight: Dinic's algorithm with exact integers.

Source of the algorithm: E. A. Dinic, Algorithm for solution of a problem of maximum flow in networks with power
estimation, 1970.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

#: Weights count to a millionth of a bit; infinite ones as a million bits.
_UNITS = 1_000_000
_LARGEST = 1_000_000.0

_SOURCE, _TARGET = 0, 1


def minimum_cut(
    edges: Sequence[tuple[str, str, float]], sources: Collection[str], targets: Collection[str]
) -> list[int]:
    """Numbers of the edges of the cut with the fewest edges and, among those, the least total weight.

    Of several such cuts it is the one nearest to the sources, which is unique. Weights may be negative or infinite;
    no node may be both source and target.
    """
    number = dict.fromkeys(sources, _SOURCE) | dict.fromkeys(targets, _TARGET)
    for a, b, _ in edges:
        for node in (a, b):
            if node not in number:
                number[node] = len(number) + 2
    ends = [(number[a], number[b]) for a, b, _ in edges]
    capacities = _capacities(ends, [w for _, _, w in edges])
    side = _source_side(len(number) + 2, capacities)
    return [i for i, (a, b) in enumerate(ends) if side[a] != side[b]]


def _capacities(ends: list[tuple[int, int]], weights: list[float]) -> dict[tuple[int, int], int]:
    """One capacity per pair of nodes, in which one edge more always outweighs any total of weights."""
    units = [round(max(-_LARGEST, min(_LARGEST, w)) * _UNITS) if not math.isnan(w) else 0 for w in weights]
    # All cuts that compete have the same number of edges, so a shift of all weights changes nothing between them.
    lowest = min(units, default=0)
    edge = sum(u - lowest for u in units) + 1
    capacities: dict[tuple[int, int], int] = {}
    for (a, b), u in zip(ends, units, strict=True):
        if a != b:
            pair = (a, b) if a < b else (b, a)
            capacities[pair] = capacities.get(pair, 0) + edge + u - lowest
    return capacities


def _source_side(nodes: int, capacities: dict[tuple[int, int], int]) -> list[bool]:
    """Fill the graph with flow; what the source still reaches is its side of the cut."""
    heads: list[int] = []
    left: list[int] = []
    arcs: list[list[int]] = [[] for _ in range(nodes)]
    for (a, b), capacity in capacities.items():
        # Arc 2i runs a -> b and 2i + 1 back; an undirected edge lets the whole capacity pass either way.
        arcs[a].append(len(heads))
        arcs[b].append(len(heads) + 1)
        heads += (b, a)
        left += (capacity, capacity)
    while True:
        levels = _levels(arcs, heads, left)
        if levels[_TARGET] < 0:
            return [level >= 0 for level in levels]
        _block(arcs, heads, left, levels)


def _levels(arcs: list[list[int]], heads: list[int], left: list[int]) -> list[int]:
    """Steps from the source over arcs with room, -1 where there is no way."""
    levels = [-1] * len(arcs)
    levels[_SOURCE] = 0
    front = [_SOURCE]
    while front:
        further = []
        for node in front:
            for arc in arcs[node]:
                head = heads[arc]
                if left[arc] and levels[head] < 0:
                    levels[head] = levels[node] + 1
                    further.append(head)
        if levels[_TARGET] >= 0:
            break
        front = further
    return levels


def _block(arcs: list[list[int]], heads: list[int], left: list[int], levels: list[int]) -> None:
    """Send flow along shortest ways until each is blocked. Every node remembers the arcs it has exhausted."""
    tried = [0] * len(arcs)
    way: list[int] = []
    node = _SOURCE
    while True:
        if node == _TARGET:
            flow = min(left[arc] for arc in way)
            for arc in way:
                left[arc] -= flow
                left[arc ^ 1] += flow
            first_full = next(i for i, arc in enumerate(way) if not left[arc])
            node = heads[way[first_full] ^ 1]
            del way[first_full:]
            continue
        while tried[node] < len(arcs[node]):
            arc = arcs[node][tried[node]]
            if left[arc] and levels[heads[arc]] == levels[node] + 1:
                way.append(arc)
                node = heads[arc]
                break
            tried[node] += 1
        else:
            if not way:
                return
            node = heads[way.pop() ^ 1]
            tried[node] += 1
