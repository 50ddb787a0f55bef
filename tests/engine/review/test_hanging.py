"""Light matches that customers hang by: against networkx on random customers, and the rules by hand."""

from __future__ import annotations

import random
from collections.abc import Sequence

import networkx as nx  # type: ignore[import-untyped, unused-ignore]
import pyarrow as pa
import pytest

from engine.compute import Compute
from engine.review.hanging import Tie, hanging

BELOW = 7.0
Edge = tuple[str, str, float]


def found(edges: Sequence[Edge], marks: Sequence[tuple[str, int]] = (), stage: str = "probabilistic") -> list[Tie]:
    """The ties of matches between records of one letter; all are customer C's, and each earned ten."""
    records = sorted({record for a, b, _ in edges for record in (a, b)})
    with Compute(memory_limit="500MB", threads=1) as compute:
        compute.load("worth", pa.table({"record_id": records, "customer_id": ["C"] * len(records)}))
        compute.run("ALTER TABLE worth ADD COLUMN revenue DOUBLE DEFAULT 10.0")
        rows = [(*sorted((a, b)), stage, "a rule", weight, 0.5) for a, b, weight in edges]
        names = ("record_a", "record_b", "stage", "rule", "weight", "probability")
        compute.load("matches", pa.table(dict(zip(names, zip(*rows, strict=True), strict=True))))
        compute.run("CREATE TABLE marks (record_id VARCHAR, mark BIGINT)")
        for mark in marks:
            compute.run("INSERT INTO marks VALUES (?, ?)", mark)
        return list(hanging(compute, BELOW))


@pytest.mark.parametrize("seed", range(8))
def test_each_tie_joins_what_all_stronger_matches_leave_apart(seed: int) -> None:
    dice = random.Random(seed)
    graph: nx.Graph[str] = nx.gnm_random_graph(12, dice.randint(11, 24), seed=seed)
    weights = dice.sample(range(300), graph.number_of_edges())
    edges = [(chr(97 + a), chr(97 + b), w / 25) for (a, b), w in zip(graph.edges, weights, strict=True)]
    whole: nx.Graph[str] = nx.Graph()
    whole.add_weighted_edges_from(edges)
    light = {(*sorted(e[:2]),) for e in nx.maximum_spanning_edges(whole, data=False)}
    expected = []
    for a, b, weight in sorted(edges, key=lambda e: -e[2]):
        a, b = sorted((a, b))
        if weight < BELOW and (a, b) in light:
            stronger: nx.Graph[str] = nx.Graph([e[:2] for e in edges if e[2] > weight])
            stronger.add_nodes_from(whole)
            sides = [len(nx.node_connected_component(stronger, record)) for record in (a, b)]
            expected.append((a, b, weight, *((n, n * 10.0) for n in sides)))
    assert expected
    assert [(t.record_a, t.record_b, t.weight, t.left, t.right) for t in found(edges)] == expected


def test_a_light_match_beside_a_strong_path_holds_nothing() -> None:
    assert found([("a", "b", 9.0), ("b", "c", 8.0), ("a", "c", 1.0)]) == []


def test_two_parts_are_there_once_by_their_strongest_match() -> None:
    (tie,) = found([("a", "b", 9.0), ("c", "d", 9.0), ("a", "c", 1.0), ("b", "d", 2.0)])
    assert tie == Tie("b", "d", "a rule", 2.0, 0.5, "C", (2, 20.0), (2, 20.0))


@pytest.mark.parametrize("stage", ["identical", "decision"])
def test_what_is_no_guess_is_not_doubted(stage: str) -> None:
    assert found([("a", "b", 1.0)], stage=stage) == []


@pytest.mark.parametrize(
    ("marks", "left"),
    [
        ([("a", 4), ("d", 5)], []),
        ([("d", 4), ("a", 5)], []),
        ([("a", 4), ("d", 4)], [("b", "c")]),
        ([("a", 4), ("b", 5)], [("b", "c")]),
        ([("a", 4), ("d", 7)], [("b", "c")]),
    ],
)
def test_sides_that_were_judged_are_left_out(marks: list[tuple[str, int]], left: list[tuple[str, str]]) -> None:
    ties = found([("a", "b", 9.0), ("b", "c", 1.0), ("c", "d", 9.0)], marks)
    assert [(t.record_a, t.record_b) for t in ties] == left
