"""Who became whom, and how alike two groupings are, against independent counting on random ones."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import networkx as nx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.compare.agreement import agreement
from engine.compare.fates import FATES, find_fates
from engine.compute import Compute
from engine.runs import RunTables

#: Of each record, whose it was and whose it is; "" is nobody's.
Grouping = list[tuple[str, str]]

GROUPINGS = st.lists(st.tuples(st.sampled_from(["", *"ABCD"]), st.sampled_from(["", *"ABCD"])), max_size=14)
PROPERTY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def compute() -> Iterator[Compute]:
    with Compute(memory_limit="500MB", threads=1) as opened:
        yield opened


def find(compute: Compute, folder: Path, grouping: Grouping) -> None:
    """Make the fates of a grouping's customers."""
    runs = []
    for side in (0, 1):
        run = RunTables(folder / str(side))
        run.folder.mkdir(exist_ok=True)
        held = {f"r{n}": sides[side] for n, sides in enumerate(grouping) if sides[side]}
        columns = [pa.array(list(held), pa.string()), pa.array(list(held.values()), pa.string())]
        pq.write_table(pa.table(columns, ["record_id", "customer_id"]), run.path("members"))
        runs.append(run)
    find_fates(compute, *runs)


@PROPERTY
@given(grouping=GROUPINGS)
def test_customers_that_share_records_have_one_fate(compute: Compute, tmp_path: Path, grouping: Grouping) -> None:
    graph: nx.Graph[str] = nx.Graph()
    for was, now in grouping:
        ends = [*(["b" + was] if was else []), *(["a" + now] if now else [])]
        graph.add_nodes_from(ends)
        if len(ends) == 2:
            graph.add_edge(*ends)
    expected = set()
    for component in nx.connected_components(graph):
        ends = ["".join(sorted(name[1:] for name in component if name[0] == side)) for side in "ba"]
        inside = [r for r in grouping if "b" + r[0] in component or "a" + r[1] in component]
        expected.add((*ends, len(inside), sum(not r[0] for r in inside), sum(not r[1] for r in inside)))
    find(compute, tmp_path, grouping)
    columns = "array_to_string(before, ''), array_to_string(after, ''), records::INT, arrived::INT, gone::INT"
    assert set(compute.rows(f"SELECT {columns} FROM {FATES}")) == expected


@pytest.mark.parametrize(
    ("grouping", "kind"),
    [
        ("AA AA", "unchanged"),
        ("AA .A", "changed"),
        ("AA A.", "changed"),
        (".A .A", "created"),
        ("A. A.", "retired"),
        ("AA BA", "merged"),
        ("AA AB", "split"),
        ("AA AB BB BA", "regrouped"),
    ],
)
def test_kinds(compute: Compute, tmp_path: Path, grouping: str, kind: str) -> None:
    find(compute, tmp_path, [(r[0].strip("."), r[1].strip(".")) for r in grouping.split()])
    assert compute.rows(f"SELECT kind FROM {FATES}") == [(kind,)]


@PROPERTY
@given(grouping=GROUPINGS)
def test_agreement_is_that_of_all_pairs(compute: Compute, tmp_path: Path, grouping: Grouping) -> None:
    find(compute, tmp_path, grouping)
    found = agreement(compute)
    common = [r for r in grouping if all(r)]
    pairs = [(x[0] == y[0], x[1] == y[1]) for x, y in combinations(common, 2)]
    was, now, both = (sum(map(test, pairs)) for test in (lambda p: p[0], lambda p: p[1], all))
    assert (found.records, found.pairs_before, found.pairs_after) == (len(common), was, now)
    assert (found.pairs_gained, found.pairs_lost) == (now - both, was - both)
    # Of the four numbers of pairs (Steinley 2004), which is another way to the same index.
    n11, n00, n10, n01 = both, sum(not any(p) for p in pairs), was - both, now - both
    below = (n00 + n01) * (n01 + n11) + (n00 + n10) * (n10 + n11)
    assert found.adjusted_rand == pytest.approx(2 * (n00 * n11 - n01 * n10) / below if below else 1.0)
    assert found.v_measure == pytest.approx(_v_measure(common), abs=1e-9)


def _v_measure(common: Grouping) -> float:
    """2 I(X; Y) / (H(X) + H(Y)), which V comes to."""
    if not common:
        return 1.0
    x, y, xy = (
        -sum(n / len(common) * math.log(n / len(common)) for n in Counter(values).values())
        for values in ([a for a, _ in common], [b for _, b in common], common)
    )
    return 2 * (x + y - xy) / (x + y) if x + y > 1e-12 else 1.0
