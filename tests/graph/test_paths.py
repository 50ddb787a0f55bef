"""Paths against networkx, an independent implementation, on random graphs; and the rules for ties by hand."""

from __future__ import annotations

import itertools
import math
import random
import time

import networkx as nx  # type: ignore[import-untyped, unused-ignore]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph import paths
from graph.store import Match

#: Few different weights, so that ties are common; the probability follows the weight, as in a real model.
WEIGHTS = st.sampled_from([-1.5, 0.0, 0.5, 2.0, 2.25, 3.125, 7.0])


def hop(a: str, b: str, weight: float = 1.0, probability: float | None = None, step: int = 0) -> Match:
    a, b = sorted((a, b))
    return Match(a, b, weight, 2**weight / (1 + 2**weight) if probability is None else probability, step=step)


@st.composite
def graphs(draw: st.DrawFn, parallel: bool = False) -> list[Match]:
    """Up to ten records; with `parallel`, two matches may join the same two."""
    records = [f"r{n}" for n in range(draw(st.integers(2, 10)))]
    pairs = list(itertools.combinations(records, 2))
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=22, unique=not parallel))
    return [hop(a, b, draw(WEIGHTS), step=n) for n, (a, b) in enumerate(chosen)]


ENDS = st.sets(st.integers(0, 9).map(lambda n: f"r{n}"), min_size=1, max_size=3)


def _graph(matches: list[Match]) -> nx.Graph[str]:
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(f"r{n}" for n in range(10))
    for m in matches:
        graph.add_edge(m.record_a, m.record_b, weight=m.weight)
    return graph


def _width(matches: list[Match], sources: set[str], targets: set[str]) -> float | None:
    """The bottleneck of the maximum spanning tree, between two ends made one each."""
    graph = _graph(matches)
    graph.add_edges_from((("from", s) for s in sources), weight=math.inf)
    graph.add_edges_from((("to", t) for t in targets), weight=math.inf)
    tree = nx.maximum_spanning_tree(graph)
    if not nx.has_path(tree, "from", "to"):
        return None
    return min(float(tree.edges[e]["weight"]) for e in itertools.pairwise(nx.shortest_path(tree, "from", "to")))


@given(graphs(), ENDS, ENDS)
def test_the_widest_path_is_as_wide_as_the_maximum_spanning_tree_allows(
    matches: list[Match], sources: set[str], targets: set[str]
) -> None:
    path = paths.widest(matches, sources, targets)
    expected = _width(matches, sources, targets)
    if path is None:
        assert expected is None
        return
    assert path.records[0] in sources
    assert path.records[-1] in targets
    assert all(m in matches for m in path.hops)
    for (a, b), m in zip(itertools.pairwise(path.records), path.hops, strict=True):
        assert {a, b} == {m.record_a, m.record_b}
    if path.weakest is None:
        assert expected == math.inf
        assert (path.records, path.probability) == ((min(sources & targets),), 1.0)
    else:
        assert path.weakest.weight == min(m.weight for m in path.hops) == expected
        assert path.probability == path.weakest.probability


@given(graphs(), ENDS, ENDS)
def test_of_the_widest_paths_it_is_the_shortest_and_then_the_smallest(
    matches: list[Match], sources: set[str], targets: set[str]
) -> None:
    path = paths.widest(matches, sources, targets)
    if path is None or path.weakest is None:
        return
    wide = _graph([m for m in matches if m.weight >= path.weakest.weight])
    every = [
        p
        for s, t in itertools.product(sorted(sources), sorted(targets))
        if nx.has_path(wide, s, t)
        for p in nx.all_shortest_paths(wide, s, t)
    ]
    fewest = min(len(p) for p in every)
    assert list(path.records) == min(p for p in every if len(p) == fewest)


@given(graphs(parallel=True), ENDS, ENDS, st.randoms(use_true_random=False))
def test_the_order_of_matches_does_not_matter(
    matches: list[Match], sources: set[str], targets: set[str], chance: random.Random
) -> None:
    shuffled = chance.sample(matches, len(matches))
    assert paths.widest(shuffled, sources, targets) == paths.widest(matches, sources, targets)
    assert paths.smallest_cut(shuffled, sources, targets) == paths.smallest_cut(matches, sources, targets)
    assert paths.bridges(shuffled) == paths.bridges(matches)
    assert paths.joins(shuffled) == paths.joins(matches)
    assert paths.weakest(shuffled) == paths.weakest(matches)
    assert paths.confidence(shuffled, "r0") == paths.confidence(matches, "r0")


@given(graphs())
def test_bridges_are_those_of_networkx(matches: list[Match]) -> None:
    found = paths.bridges(matches)
    assert {(m.record_a, m.record_b) for m in found} == {tuple(sorted(e)) for e in nx.bridges(_graph(matches))}
    assert list(found) == sorted(found, key=lambda m: (m.weight, m.record_a, m.record_b))


@given(graphs())
def test_confidence_is_the_probability_of_the_weakest_hop_on_the_widest_path_to_the_anchor(
    matches: list[Match],
) -> None:
    found = paths.confidence(matches, "r0")
    tree = nx.maximum_spanning_tree(_graph(matches))
    assert set(found) == nx.node_connected_component(tree, "r0")
    for record, confidence in found.items():
        weights = [tree.edges[e]["weight"] for e in itertools.pairwise(nx.shortest_path(tree, "r0", record))]
        assert confidence == (hop("a", "b", min(weights)).probability if weights else 1.0)
        path = paths.widest(matches, [record], ["r0"])
        assert path is not None
        assert path.probability == confidence


@given(graphs(), ENDS, ENDS)
@settings(max_examples=200)
def test_the_smallest_cut_is_the_fewest_matches_and_then_the_least_weight(
    matches: list[Match], sources: set[str], targets: set[str]
) -> None:
    cut = paths.smallest_cut(matches, sources, targets)
    if sources & targets:
        assert cut is None
        return
    assert cut is not None
    left = [m for m in matches if m not in cut.matches]
    assert paths.widest(left, sources, targets) is None
    assert cut.weight == sum(m.weight for m in cut.matches)
    graph = _graph(matches)
    graph.add_edges_from((("from", s) for s in sources), count=math.inf, weight=math.inf)
    graph.add_edges_from((("to", t) for t in targets), count=math.inf, weight=math.inf)
    for m in matches:
        # Exact: a match more weighs more than all weights together.
        graph.edges[m.record_a, m.record_b].update(count=1, both=1_000_000 + round((m.weight + 2) * 1000))
    assert len(cut.matches) == nx.minimum_cut_value(graph, "from", "to", capacity="count")
    for _, _, edge in graph.edges(data=True):
        edge.setdefault("both", math.inf)
    both = sum(1_000_000 + round((m.weight + 2) * 1000) for m in cut.matches)
    assert both == nx.minimum_cut_value(graph, "from", "to", capacity="both")


@given(graphs(parallel=True))
def test_joins_are_a_spanning_forest_in_the_order_of_admission(matches: list[Match]) -> None:
    found = paths.joins(matches)
    assert [m.step for m in found] == sorted(m.step for m in found)
    graph = _graph(matches)
    assert len(found) == graph.number_of_nodes() - nx.number_connected_components(graph)
    assert nx.number_connected_components(_graph(list(found))) == nx.number_connected_components(graph)


def test_of_one_step_the_strongest_join_first() -> None:
    matches = [hop("a", "b", 2, step=1), hop("b", "c", 9, step=1), hop("a", "c", 5, step=1), hop("c", "d", 99, step=2)]
    assert paths.joins(matches) == (matches[1], matches[2], matches[3])


def test_equal_weights_are_told_apart_by_probability() -> None:
    matches = [hop("a", "b", 5, 0.9), hop("b", "d", 5, 0.95), hop("a", "c", 5, 0.99), hop("c", "d", 5, 0.98)]
    path = paths.widest(matches, ["a"], ["d"])
    assert path is not None
    assert path.records == ("a", "c", "d")
    assert (path.weakest, path.probability) == (matches[3], 0.98)
    assert paths.confidence(matches, "a")["d"] == 0.98


def test_two_matches_of_one_pair_are_no_bridge_and_the_stronger_carries_the_path() -> None:
    matches = [hop("a", "b", 2), hop("a", "b", 9), hop("b", "c", 1)]
    assert paths.bridges(matches) == (matches[2],)
    path = paths.widest(matches, ["a"], ["b"])
    assert path is not None
    assert path.hops == (matches[1],)
    cut = paths.smallest_cut(matches, ["a"], ["b"])
    assert cut is not None
    assert cut.matches == (matches[0], matches[1])


def test_a_decision_of_infinite_weight_is_the_widest_hop() -> None:
    matches = [hop("a", "b", math.inf, 1.0), hop("b", "c", 20.0), hop("a", "c", 19.0)]
    path = paths.widest(matches, ["a"], ["c"])
    assert path is not None
    assert path.records == ("a", "b", "c")
    cut = paths.smallest_cut(matches, ["a"], ["c"])
    assert cut is not None
    assert cut.matches == (matches[2], matches[1])


def test_nothing_joins_strangers() -> None:
    matches = [hop("a", "b"), hop("c", "d")]
    assert paths.widest(matches, ["a"], ["d"]) is None
    assert paths.widest([], ["a"], ["unheard of"]) is None
    cut = paths.smallest_cut(matches, ["a"], ["d"])
    assert cut is not None
    assert (cut.matches, cut.weight) == ((), 0)
    assert paths.confidence([], "a") == {"a": 1.0}
    assert paths.bridges([]) == ()
    assert paths.weakest([]) is None


@pytest.mark.parametrize("shape", ["chain", "random", "cliques"])
def test_a_customer_of_five_thousand_records_is_no_trouble(shape: str) -> None:
    chance = random.Random(3)
    names = [f"r{n:04d}" for n in range(5000)]
    pairs = {(a, b) for a, b in itertools.pairwise(names)}
    if shape == "random":
        pairs |= {tuple(sorted(chance.sample(names, 2))) for _ in range(10_000)}  # type: ignore[misc]
    if shape == "cliques":
        pairs |= {p for n in range(0, 5000, 20) for p in itertools.combinations(names[n : n + 20], 2)}
    matches = [hop(a, b, round(chance.uniform(0, 30), 3)) for a, b in sorted(pairs)]
    start = time.process_time()
    path = paths.widest(matches, [names[0]], [names[-1]])
    cut = paths.smallest_cut(matches, [names[0]], [names[-1]])
    assert path is not None
    assert cut is not None
    assert paths.confidence(matches, names[0])[names[-1]] == path.probability
    if shape == "chain":
        assert len(path.hops) == len(paths.bridges(matches)) == 4999
        assert cut.matches == (path.weakest,)
    # A bound against an algorithm gone quadratic, not a measure.
    assert time.process_time() - start < 20
