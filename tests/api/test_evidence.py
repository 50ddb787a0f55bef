"""Paths, reasons and growth, from the graph of `tests.graph.runs`."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.evidence import Between, between, how, path_between
from api.render import evidence as pages
from api.render.picture import write_picture
from engine.errors import ClewError, NotFoundError
from graph.sqlite import SqliteStore
from tests.api.conftest import PRIORITIES, drawn


def ask(graph: SqliteStore, a: str, b: str) -> Between:
    return between(graph, a, b, "US", PRIORITIES)


def test_a_path_runs_from_a_record_of_the_one_to_a_record_of_the_other(johns: SqliteStore) -> None:
    found = path_between(johns, "shopify:123", "sms:+15551234567", "US", PRIORITIES)
    assert found.same
    assert found.path is not None
    assert found.path.records == ("shop:1", "support:7", "sms:+15551234567")
    assert set(found.bridges) == set(found.path.hops)
    assert found.cut is not None
    assert found.cut.matches == (found.path.weakest,)
    told = found.to_dict()
    assert told["same"] is True
    assert told["path"]["probability"] == found.path.probability


def test_a_record_that_holds_both_is_a_path_without_hops_that_nothing_parts(johns: SqliteStore) -> None:
    found = ask(johns, "shopify:123", "john@email.com")
    assert found.path is not None
    assert (found.path.records, found.path.hops, found.cut) == (("shop:1",), (), None)
    assert "One record holds both: shop:1 (John Doe)." in drawn(pages.path(found))


def test_two_customers_have_no_path_but_what_refused_them(johns: SqliteStore) -> None:
    with pytest.raises(NotFoundError, match="`clew why` says"):
        path_between(johns, "john@email.com", "hubspot:123", "US", PRIORITIES)
    found = ask(johns, "john@email.com", "hubspot:123")
    assert not found.same
    assert [r.refusal for r in found.refusals] == ["first names differ"]
    page = drawn(pages.why(found))
    assert "Two customers: c1 (email john@email.com) and c2 (account hubspot:123)." in page
    assert "refused: first names differ" in page


def test_where_nothing_came_near_the_page_says_so(johns: SqliteStore) -> None:
    found = ask(johns, "john@email.com", "c3")
    assert found.refusals == ()
    assert "No pair of their records" in drawn(pages.why(found))


def test_a_text_that_leads_to_several_customers_is_refused_with_their_names(johns: SqliteStore) -> None:
    with pytest.raises(NotFoundError, match=r"123 leads to 2 customers \(c1, c2\)"):
        ask(johns, "123", "c1")
    with pytest.raises(NotFoundError, match="no record holds the e-mail"):
        ask(johns, "nobody@nowhere.com", "c1")


def test_a_waterfall_adds_up(johns: SqliteStore) -> None:
    found = ask(johns, "shop:1", "support:7")
    assert found.path is not None
    page = drawn(pages.why(found))
    bars = [line for line in page.splitlines() if "█" in line or "▒" in line]
    weights = [float(line.split()[0].replace("−", "-")) for line in bars]
    assert sum(weights) == pytest.approx(found.path.hops[0].weight, abs=0.1 * len(weights))
    assert "in all" in page


@pytest.mark.parametrize("width", [50, 80, 200])
def test_pages_fit(johns: SqliteStore, width: int) -> None:
    found = ask(johns, "shopify:123", "sms:+15551234567")
    growth = how(johns, "c1", "US", PRIORITIES)
    for page in (pages.path(found), pages.why(found), pages.how(growth)):
        assert max(map(len, drawn(page, width).splitlines())) <= width


def test_growth_tells_each_join_and_the_parts_that_it_joined(johns: SqliteStore) -> None:
    found = how(johns, "john@email.com", "US", PRIORITIES)
    assert found.records == 3
    sizes = [(len(j.left), len(j.right)) for j in found.joins]
    assert sum(min(pair) for pair in sizes) == found.records - 1
    assert {*found.joins[-1].left, *found.joins[-1].right} == {"shop:1", "support:7", "sms:+15551234567"}
    assert "= 3 records" in drawn(pages.how(found))
    assert "One record alone" in drawn(pages.how(how(johns, "c2", "US", PRIORITIES)))


def test_a_picture_is_an_svg_without_anything_from_the_network(johns: SqliteStore, tmp_path: Path) -> None:
    page = pages.why(ask(johns, "shop:1", "support:7"))
    write_picture(page, tmp_path / "why.svg")
    text = (tmp_path / "why.svg").read_text(encoding="utf-8")
    assert text.startswith("<svg")
    assert "John&#160;Doe" in text
    assert "url(http" not in text
    assert "@font-face" not in text
    with pytest.raises(ClewError, match=r"end in \.svg"):
        write_picture(page, tmp_path / "why.png")
    with pytest.raises(ClewError, match="there is no folder"):
        write_picture(page, tmp_path / "nowhere" / "why.svg")
