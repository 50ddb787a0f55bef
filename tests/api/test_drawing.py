from __future__ import annotations

from collections.abc import Callable

from api.drawing import draw
from graph.sqlite import SqliteStore
from tests.graph.runs import Run, chain


def test_records_and_what_they_hold_are_nodes(johns: SqliteStore) -> None:
    drawn = draw(johns.customer("c1"), 100)
    assert (drawn.nodes[0].id, drawn.nodes[0].anchor, drawn.left_out) == ("shop:1", True, 0)
    assert {n.type for n in drawn.nodes if n.kind == "identifier"} == {"email", "phone", "account"}
    ids = [n.id for n in drawn.nodes]
    assert len(ids) == len(set(ids))
    assert all(e.start in ids and e.end in ids for e in drawn.edges)
    matches = [e for e in drawn.edges if e.kind == "matches"]
    assert all(e.bridge for e in matches)
    assert [e.weight for e in matches if e.weakest] == [7.0]
    held = {(e.start, e.end) for e in drawn.edges if e.kind == "has"}
    assert ("support:7", "#email:john@email.com") in held


def test_a_drawing_has_no_more_nodes_than_asked_for(graph_of: Callable[[Run], SqliteStore]) -> None:
    customer = graph_of(chain(20)).customer("c0")
    drawn = draw(customer, 4)
    assert [n.id for n in drawn.nodes] == [f"shop:{n:05d}" for n in range(4)]
    assert (drawn.left_out, len(drawn.edges)) == (6, 3)
