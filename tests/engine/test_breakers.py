"""Runs that would change too much at once are held, each for a reason with its numbers."""

from __future__ import annotations

from typing import Any

import pytest

from engine import plans
from engine.errors import HeldError
from engine.pipeline import apply
from engine.runs import Layout
from tests.engine.corner import TILL, VISITS, WEB, Corner, customers


def breakers(corner: Corner, **limits: Any) -> None:
    """Every limit off but those given."""
    corner.settings["breakers"] = {
        "changed_ids": 1, "largest_growth": 100, "source_fall": 1, "stitch_fall": 1, "from_customers": 0, **limits,
    }  # fmt: skip


def held(corner: Corner) -> str:
    before = customers(corner.current())
    with pytest.raises(HeldError) as found:
        corner.run()
    assert customers(corner.current()) == before, "the earlier answer stands"
    return str(found.value)


def test_a_source_that_falls(corner: Corner) -> None:
    breakers(corner, source_fall=0.5)
    corner.write("web", WEB[:1])
    told = held(corner)
    assert "web would fall from 4 to 1 rows (breakers.source_fall is 50%)" in told
    # It waits as a plan, and whoever has looked at it applies it.
    (waits,) = plans.waiting(Layout(corner.store))
    assert f"`clew apply {waits}` does it" in told
    assert apply(corner.config, corner.folder, waits).run.run_id == waits


def test_a_source_that_is_no_longer_in_the_project_file(corner: Corner) -> None:
    breakers(corner, source_fall=0.5)
    del corner.sources["web"]
    assert "web would fall from 4 to 0 rows" in held(corner)


def test_a_source_that_only_appends_may_bring_little(corner: Corner) -> None:
    breakers(corner, source_fall=0.5)
    corner.sources["web"]["mode"] = "append"
    corner.write("web", WEB[:1])
    corner.run()


def test_customers_that_change_their_id(corner: Corner) -> None:
    breakers(corner, changed_ids=0.005)
    corner.settings["linkage"]["threshold"] = 30
    assert "2 of 5 customers would end, be joined or be parted (40.0%; breakers.changed_ids is 0.5%)" in held(corner)


def test_a_customer_that_grows(corner: Corner) -> None:
    breakers(corner, largest_growth=2)
    same = [{**TILL[0], "id": str(n), "last_name": "Archer"} for n in range(20, 25)]
    corner.write("till", [*TILL, *same])
    assert "the largest customer would grow from 2 to 7 records (breakers.largest_growth is 2 times)" in held(corner)


def test_visits_that_find_nobody_any_more(corner: Corner) -> None:
    breakers(corner, stitch_fall=0.5)
    corner.write("visits", [{**v, "email": None} for v in VISITS])
    assert "of anonymous events 0.0% would find a customer, not 100.0% as before" in held(corner)


def test_nothing_holds_a_small_shop_or_a_first_run(corner: Corner, new_corner: Corner) -> None:
    corner.write("web", WEB[:1])
    corner.run()
    breakers(new_corner, source_fall=0)
    new_corner.run()
