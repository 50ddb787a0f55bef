"""The thread of evidence inside one customer: widest path, weakest hop, bridges, smallest cut, confidence.

Pure functions over the matches of one customer, the same for every store. Evidence is the graph of records joined by
admitted matches. A hop is as strong as its weight, the probability deciding between equal weights. An identifier stands
for the set of records that hold it, so the ends of a path are sets of records. All answers are unique: ties go to the
path of fewest hops, then to the smallest record ids.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Iterable
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


#: A hop's strength, negated: the smallest is the widest.
Narrowness = tuple[float, float]
Neighbours = dict[str, list[tuple[Narrowness, str, Match]]]
_WIDE = (-math.inf, -1.0)


def weakest(hops: Iterable[Match]) -> Match | None:
    """The weakest of some hops, or None of none; of equal ones the one of the smallest record ids."""
    return min(hops, key=_weakest_first, default=None)


def widest(matches: Iterable[Match], sources: Collection[str], targets: Collection[str]) -> Path | None:
    """The widest path from any of `sources` to any of `targets`, or None if no evidence joins them. O(E log E)."""
    return Threads(matches, sources).to(targets)


class Threads:
    """The widest paths from one end, `sources`, to any others: what they have in common is worked out once."""

    def __init__(self, matches: Iterable[Match], sources: Collection[str]) -> None:
        self._sources = frozenset(sources)
        self._neighbours = _neighbours(matches)
        self._narrowness = _narrowness(self._neighbours, self._sources)

    def to(self, targets: Collection[str]) -> Path | None:
        """The widest path to any of `targets`, or None if no evidence joins them."""
        common = self._sources.intersection(targets)
        if common:
            return Path((min(common),), ())
        reached = [self._narrowness[t] for t in targets if t in self._narrowness]
        if not reached:
            return None
        limit = min(reached)
        distance, here = self._nearest(targets, limit)
        records, hops = [here], []
        for down_to in reversed(range(distance[here])):
            here, hop = self._step_down(here, distance, down_to, limit)
            records.append(here)
            hops.append(hop)
        return Path(tuple(records), tuple(hops))

    def _nearest(self, targets: Collection[str], limit: Narrowness) -> tuple[dict[str, int], str]:
        """How many hops records are from `targets`, and the nearest source (the smallest, among equals)."""
        distance = dict.fromkeys(targets, 0)
        front = list(targets)
        while True:
            further = []
            for record in front:
                for narrow, other, _ in self._neighbours.get(record, ()):
                    if narrow <= limit and other not in distance:
                        distance[other] = distance[record] + 1
                        further.append(other)
            front = further
            if sources := self._sources.intersection(front):
                return distance, min(sources)

    def _step_down(self, record: str, distance: dict[str, int], down_to: int, limit: Narrowness) -> tuple[str, Match]:
        """The smallest record one step nearer, by its strongest match."""
        nearer = [
            (other, match)
            for narrow, other, match in self._neighbours[record]
            if narrow <= limit and distance.get(other) == down_to
        ]
        if len(nearer) == 1:  # as mostly
            return nearer[0]
        nearest = min(other for other, _ in nearer)
        return nearest, max((match for other, match in nearer if other == nearest), key=_weakest_first)


def confidence(matches: Iterable[Match], anchor: str) -> dict[str, float]:
    """Of each record that evidence joins to `anchor`: the probability of the weakest hop on its widest path there."""
    found = _narrowness(_neighbours(matches), [anchor])
    return {record: -narrow for record, (_, narrow) in found.items()}


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
        a, b, narrow = match.record_a, match.record_b, (-match.weight, -match.probability)
        neighbours.setdefault(a, []).append((narrow, b, match))
        neighbours.setdefault(b, []).append((narrow, a, match))
    return neighbours


def _narrowness(neighbours: Neighbours, sources: Iterable[str]) -> dict[str, Narrowness]:
    """Of each record that evidence joins to `sources`: that of the weakest hop on its widest path there."""
    # Dijkstra with the weakest hop in place of the sum: the widest record not yet reached is final.
    reached: dict[str, Narrowness] = {}
    queue = [(_WIDE, source) for source in sources]
    while queue:
        narrow, record = heapq.heappop(queue)
        if record in reached:
            continue
        reached[record] = narrow
        for hop, other, _ in neighbours.get(record, ()):
            if other not in reached:
                heapq.heappush(queue, (narrow if narrow > hop else hop, other))
    return reached


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
