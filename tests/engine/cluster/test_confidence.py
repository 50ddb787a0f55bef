"""Confidence beside an independent calculation on random graphs."""

from __future__ import annotations

import random
from itertools import pairwise

import networkx as nx
import pyarrow as pa
import pytest

from engine.cluster.confidence import confidence
from engine.compute import Compute

Edge = tuple[str, str, float]


def confidences(
    compute: Compute, groups: dict[str, int], anchors: dict[int, str], edges: list[Edge]
) -> dict[str, float]:
    compute.load(
        "groups", pa.table({"record_id": list(groups), "group_id": pa.array(list(groups.values()), pa.int64())})
    )
    compute.load(
        "anchors", pa.table({"group_id": pa.array(list(anchors), pa.int64()), "record_id": list(anchors.values())})
    )
    columns = list(zip(*edges, strict=True)) or [(), (), ()]
    types = (pa.string(), pa.string(), pa.float64())
    arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
    compute.load("matches", pa.table(arrays, names=["record_a", "record_b", "weight"]))
    confidence(compute)
    return dict(compute.rows("SELECT record_id, confidence FROM confidences"))


@pytest.mark.parametrize("seed", range(12))
def test_confidence_is_the_weakest_hop_of_the_widest_path(compute: Compute, seed: int) -> None:
    dice = random.Random(seed)
    size = dice.randint(1, 60)
    graph = nx.gnm_random_graph(size, dice.randint(0, 2 * size), seed=seed)
    # Few different weights, so that there are ties; some at the threshold and below it.
    for a, b in graph.edges:
        graph.edges[a, b]["weight"] = dice.choice([-3.5, 0.0, 0.25, 2.0, 7.5, 30.0, dice.uniform(0, 20)])
    names = {n: f"s:{n:03}" for n in graph}
    found = [sorted(part) for part in nx.connected_components(graph)]
    groups = {names[n]: min(part) for part in found for n in part}
    anchors = {min(part): dice.choice(part) for part in found}
    edges = [(*sorted((names[a], names[b])), d["weight"]) for a, b, d in graph.edges(data=True)]
    dice.shuffle(edges)
    told = confidences(compute, groups, {g: names[n] for g, n in anchors.items()}, edges)

    tree = nx.maximum_spanning_tree(graph)
    for part in found:
        for n in part:
            path = nx.shortest_path(tree, anchors[min(part)], n)
            width = min((tree.edges[hop]["weight"] for hop in pairwise(path)), default=float("inf"))
            assert told[names[n]] == pytest.approx(1 / (1 + 2**-width)), f"seed {seed}, record {n}"


def test_a_customer_of_one_record_is_certain(compute: Compute) -> None:
    assert confidences(compute, {"s:1": 1, "s:2": 2}, {1: "s:1", 2: "s:2"}, []) == {"s:1": 1.0, "s:2": 1.0}


def test_a_long_chain_is_no_stronger_than_its_weakest_hop(compute: Compute) -> None:
    size = 3_000
    edges = [(f"s:{n:05}", f"s:{n + 1:05}", 1.0 if n == 1_500 else 9.0) for n in range(size - 1)]
    told = confidences(compute, {f"s:{n:05}": 0 for n in range(size)}, {0: "s:00000"}, edges)
    assert told["s:01500"] == pytest.approx(512 / 513)
    assert told["s:01501"] == told["s:02999"] == pytest.approx(2 / 3)
