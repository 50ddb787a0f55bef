from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from api.answers import whois
from api.render.customer import card
from graph.sqlite import SqliteStore
from tests.api.conftest import PRIORITIES, drawn
from tests.graph.runs import T0, Run, john


@pytest.fixture(scope="module")
def graph(graph_of: Callable[[Run], SqliteStore]) -> SqliteStore:
    """John's name tries to steer the terminal."""
    return graph_of(john().changed("customers", lambda r: r["customer_id"] == "c1", name="John\x1b[2J [bold]Doe"))


def _card(graph: SqliteStore, asked: str, width: int = 80) -> str:
    return drawn(card(whois(graph, asked, "US", PRIORITIES)), width)


def test_names_are_shown_as_they_are_and_can_do_nothing(graph: SqliteStore) -> None:
    page = _card(graph, "john@email.com")
    assert "\x1b" not in page
    assert "[bold]Doe" in page


def test_the_card_names_hops_reasons_and_what_was_kept_apart(graph: SqliteStore) -> None:
    page = _card(graph, "shopify:123")
    for text in ("hop 1   <- the weakest hop", "+11.2  e-mail: exact match", "Kept apart", "first names differ"):
        assert text in page
    assert "The weakest tie of the whole customer" in page


@pytest.mark.parametrize("width", [50, 80, 200])
def test_it_fits(graph: SqliteStore, width: int) -> None:
    page = _card(graph, "john@email.com", width)
    assert max(map(len, page.splitlines())) <= width


def test_several_customers_are_a_list(graph: SqliteStore) -> None:
    page = _card(graph, "123")
    assert "2 customers answer to 123" in page
    assert "shopify:123" in page


def test_a_device_of_many_visits_is_one_row(graph_of: Callable[[Run], SqliteStore]) -> None:
    starts = [T0 + timedelta(days=day) for day in range(30)]
    visits = [
        {"device": "d-2", "customer_id": "c1", "since": at, "until": at + timedelta(hours=1), "because": "login"}
        for at in starts
    ]
    others = [{"device": f"e-{n}", "customer_id": "c1", "since": T0, "because": "order"} for n in range(30)]
    rows = [{"confidence": 1.0, **row} for row in (*visits, *others)]
    page = _card(graph_of(john().with_rows("device_windows", *rows)), "john@email.com")
    known = page.split("Known by")[1].split("Records")[0]
    assert known.count("d-2 ") == 1
    assert known.split("d-2 ")[1].splitlines()[0].split() == ["100", "%", "by", "login", "2024-03-30"]
    assert "and 15 more identifiers" in known
