from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from api.answers import whois
from api.render.customer import card
from graph.sqlite import SqliteStore
from tests.graph.runs import john

PRIORITIES = {"account": 1, "email": 3, "phone": 4, "device": 9}


def _drawn(store: SqliteStore, asked: str, width: int = 80) -> str:
    file = io.StringIO()
    Console(file=file, width=width, highlight=False).print(card(whois(store, asked, "US", PRIORITIES)))
    return file.getvalue()


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    run = john().changed("customers", lambda r: r["customer_id"] == "c1", name="John\x1b[2J [bold]Doe")
    store = SqliteStore(tmp_path / "graph.db")
    store.publish(run.write(tmp_path / "run"), None)
    return store


def test_names_are_shown_as_they_are_and_can_do_nothing(store: SqliteStore) -> None:
    drawn = _drawn(store, "john@email.com")
    store.close()
    assert "\x1b" not in drawn
    assert "[bold]Doe" in drawn


def test_the_card_names_hops_reasons_and_what_was_kept_apart(store: SqliteStore) -> None:
    drawn = _drawn(store, "shopify:123")
    store.close()
    for text in ("hop 1   <- the weakest hop", "+11.2  e-mail: exact match", "Kept apart", "first names differ"):
        assert text in drawn
    assert "The weakest tie of the whole customer" in drawn


@pytest.mark.parametrize("width", [50, 80, 200])
def test_it_fits(store: SqliteStore, width: int) -> None:
    drawn = _drawn(store, "john@email.com", width)
    store.close()
    assert max(map(len, drawn.splitlines())) <= width


def test_several_customers_are_a_list(store: SqliteStore) -> None:
    drawn = _drawn(store, "123")
    store.close()
    assert "2 customers answer to 123" in drawn
    assert "shopify:123" in drawn
