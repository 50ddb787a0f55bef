from __future__ import annotations

from collections.abc import Callable

import pytest

from api.render.search import found
from api.results import Searched
from graph.sqlite import SqliteStore
from tests.api.conftest import drawn
from tests.graph.runs import Run, crowd


@pytest.fixture(scope="module")
def graph(graph_of: Callable[[Run], SqliteStore]) -> SqliteStore:
    """One of them tries to steer the terminal."""
    return graph_of(crowd().changed("customers", lambda r: r["customer_id"] == "jon", name="Jon\x1b[2J [bold]Smit"))


def _page(graph: SqliteStore, asked: str, width: int = 80) -> str:
    return drawn(found(Searched(asked, graph.search(asked))), width)


def test_it_says_what_differs_from_what_was_asked(graph: SqliteStore) -> None:
    page = " ".join(_page(graph, "bob millr munich", 200).split())
    assert "1 customer for bob millr munich, best first." in page
    assert "Bob Miller" in page
    assert page.endswith("1 record · seen 2024-03-01 · miller, not millr · no munich")
    assert "bobby for robert" in _page(graph, "bobby miller")


def test_names_can_do_nothing_to_the_terminal(graph: SqliteStore) -> None:
    page = _page(graph, "jon smit", 200)
    assert "\x1b" not in page
    assert "[bold]Smit" in page


@pytest.mark.parametrize("width", [50, 80, 200])
def test_it_fits(graph: SqliteStore, width: int) -> None:
    assert max(map(len, _page(graph, "jon smit", width).splitlines())) <= width
