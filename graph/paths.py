"""The thread of evidence inside one customer: widest path, weakest hop, bridges, smallest cut, confidence.

Pure functions over the matches of one customer, the same for every store. Evidence is the graph of records joined by
admitted matches. A hop is as strong as its weight, the probability deciding between equal weights. An identifier stands
for the set of records that hold it, so the ends of a path are sets of records. All answers are unique: ties go to the
path of fewest hops, then to the smallest record ids.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from graph.flow import minimum_cut
from graph.store import Match


@dataclass(frozen=True, slots=True)
class Path:
    """The widest path between two sets of records: `hops[i]` joins `records[i]` and `records[i + 1]`.

    A path without hops is one record that stands at both ends; it has no weakest hop and its probability is 1.
    """

    records: tuple[str, ...]
    hops: tuple[Match, ...]

    @property
    def weakest(self) -> Match | None:
        """The hop on which the whole path depends."""
        return weakest(self.hops)

    @property
    def probability(self) -> float:
        """The probability of the weakest hop."""
        hop = self.weakest
        return 1.0 if hop is None else hop.probability


@dataclass(frozen=True, slots=True)
class Cut:
    """The fewest matches whose removal parts two sets of records, weakest first, and their total weight in bits."""

    matches: tuple[Match, ...]
    weight: float


Neighbours = dict[str, list[tuple[str, Match]]]


def weakest(hops: Iterable[Match]) -> Match | None:
    """The weakest of some hops, or None of none; of equal ones the one of the smallest record ids."""
    return min(hops, key=_weakest_first, default=None)


def widest(matches: Iterable[Match], sources: Collection[str], targets: Collection[str]) -> Path | None:
    """The widest path from any of `sources` to any of `targets`, or None if no evidence joins them. O(E log E)."""
    common = set(sources) & set(targets)
    if common:
        return Path((min(common),), ())
    matches = list(matches)
    width = _width(matches, set(sources), set(targets))
    if width is None:
        return None
    wide = _neighbours(m for m in matches if m.strength >= width)
    distance = _distances(wide, targets)
    # From the nearest source (the smallest, among equals) down the distances, always to the smallest record.
    _, here = min((distance[s], s) for s in set(sources) if s in distance)
    records, hops = [here], []
    while distance[here]:
        hop, here = _step_down(wide[here], distance, distance[here] - 1)
        records.append(here)
        hops.append(hop)
    return Path(tuple(records), tuple(hops))


def confidence(matches: Iterable[Match], anchor: str) -> dict[str, float]:
    """Of each record that evidence joins to `anchor`: the probability of the weakest hop on its widest path there."""
    neighbours = _neighbours(matches)
    infinite = (float("inf"), 1.0)
    reached: dict[str, float] = {}
    # Dijkstra with the weakest hop in place of the sum: the widest record not yet reached is final.
    queue: list[tuple[float, float, str]] = [(-infinite[0], -infinite[1], anchor)]
    while queue:
        weight, probability, record = heapq.heappop(queue)
        if record in reached:
            continue
        reached[record] = -probability
        for other, match in neighbours.get(record, ()):
            if other not in reached:
                narrow = min((-weight, -probability), match.strength)
                heapq.heappush(queue, (-narrow[0], -narrow[1], other))
    return reached


def bridges(matches: Iterable[Match]) -> tuple[Match, ...]:
    """The matches without which a customer falls in two, weakest first. O(V + E)."""
    matches = list(matches)
    edges: dict[str, list[tuple[str, int]]] = {}
    for number, match in enumerate(matches):
        edges.setdefault(match.record_a, []).append((match.record_b, number))
        edges.setdefault(match.record_b, []).append((match.record_a, number))
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    found: list[Match] = []
    for root in edges:
        if root in order:
            continue
        order[root] = low[root] = len(order)
        # Depth first with a stack of its own: a chain of thousands of records is deeper than Python's.
        stack = [(root, -1, iter(edges[root]))]
        while stack:
            record, arrived_by, remaining = stack[-1]
            for other, number in remaining:
                if number == arrived_by:
                    continue
                if other in order:
                    low[record] = min(low[record], order[other])
                else:
                    order[other] = low[other] = len(order)
                    stack.append((other, number, iter(edges[other])))
                    break
            else:
                stack.pop()
                if stack:
                    parent = stack[-1][0]
                    low[parent] = min(low[parent], low[record])
                    if low[record] > order[parent]:
                        found.append(matches[arrived_by])
    return tuple(sorted(found, key=_weakest_first))


def smallest_cut(matches: Iterable[Match], sources: Collection[str], targets: Collection[str]) -> Cut | None:
    """Which matches, if removed, part these two: the fewest, and among those the least total weight.

    None where nothing can: a record stands at both ends. Empty where nothing joins them to begin with.
    """
    if set(sources) & set(targets):
        return None
    matches = sorted(matches, key=_weakest_first)
    cut = [matches[i] for i in minimum_cut([(m.record_a, m.record_b, m.weight) for m in matches], sources, targets)]
    return Cut(tuple(cut), sum(m.weight for m in cut))


def joins(matches: Iterable[Match]) -> tuple[Match, ...]:
    """How a customer grew: the matches, in the order of admission, that joined two parts which were apart before."""
    return joined(sorted(matches, key=lambda m: m.turn))


def joined(matches: Iterable[Match]) -> tuple[Match, ...]:
    """Those of the matches, taken in the order given, that join two parts which were apart before."""
    parts = _Parts()
    return tuple(m for m in matches if parts.join(m.record_a, m.record_b))


def _weakest_first(match: Match) -> tuple[float, float, str, str, int]:
    return (*match.strength, match.record_a, match.record_b, match.step)


def _neighbours(matches: Iterable[Match]) -> Neighbours:
    neighbours: Neighbours = {}
    for match in matches:
        neighbours.setdefault(match.record_a, []).append((match.record_b, match))
        neighbours.setdefault(match.record_b, []).append((match.record_a, match))
    return neighbours


def _width(matches: Sequence[Match], sources: set[str], targets: set[str]) -> tuple[float, float] | None:
    """The strength of the weakest hop on the widest path: join strongest first until the two ends are one part."""
    parts = _Parts()
    # Each end is one part from the start; the empty string is no record's id.
    start, end = ("", "source"), ("", "target")
    for record in sources:
        parts.join(start, record)
    for record in targets:
        parts.join(end, record)
    for match in sorted(matches, key=lambda m: m.strength, reverse=True):
        if parts.join(match.record_a, match.record_b) and parts.find(start) == parts.find(end):
            return match.strength
    return None


def _distances(neighbours: Neighbours, targets: Collection[str]) -> dict[str, int]:
    distance = dict.fromkeys(targets, 0)
    front = list(targets)
    while front:
        further = []
        for record in front:
            for other, _ in neighbours.get(record, ()):
                if other not in distance:
                    distance[other] = distance[record] + 1
                    further.append(other)
        front = further
    return distance


def _step_down(choices: list[tuple[str, Match]], distance: dict[str, int], down_to: int) -> tuple[Match, str]:
    """The smallest record one step nearer, by its strongest match."""
    nearest = min(other for other, _ in choices if distance.get(other) == down_to)
    return max((m for other, m in choices if other == nearest), key=_weakest_first), nearest


class _Parts:
    """Disjoint sets with path halving."""

    def __init__(self) -> None:
        self.parent: dict[object, object] = {}

    def find(self, item: object) -> object:
        parent = self.parent
        parent.setdefault(item, item)
        while parent[item] != item:
            parent[item] = item = parent[parent[item]]
        return item

    def join(self, a: object, b: object) -> bool:
        """Make one part of two; False if they were one already."""
        a, b = self.find(a), self.find(b)
        if a == b:
            return False
        self.parent[a] = b
        return True
