"""Two runs of a corner shop whose orders can be added up by hand."""

from __future__ import annotations

import json
import re

import pytest

from engine.compare import Comparison, compare
from engine.ledger.decisions import block
from engine.state import State
from tests.engine.compare.shop import NOW, ORDERS, Shop
from tests.engine.corner import TILL, WEB


def figures(found: Comparison) -> dict[str, tuple[float | None, float | None]]:
    return {f.name: (f.before, f.after) for f in found.figures}


def test_a_first_run_has_nothing_before_it(shop: Shop) -> None:
    found = compare(None, shop.current(), NOW)
    assert found.before is None
    assert (found.records_before, found.records_after) == (0, 11)
    assert found.kinds["created"] == sum(found.kinds.values()) == 5
    assert figures(found)["revenue"] == (0, 150)
    assert found.shifts == ()
    assert {i.source for i in found.inputs} == {"web", "till", "visits", "orders"}


def test_the_same_run_twice_has_nothing_different(shop: Shop) -> None:
    before = shop.current()
    found = compare(before, shop.again(), NOW)
    assert found.kinds["unchanged"] == sum(found.kinds.values())
    assert found.agreement.adjusted_rand == found.agreement.v_measure == 1
    assert (found.shifts, found.inputs, found.rules, found.model) == ((), (), (), False)
    assert all(f.before == f.after and not f.parts for f in found.figures)


def test_a_higher_threshold_parts_customers_and_moves_their_money(shop: Shop) -> None:
    before = shop.current()
    shop.settings["linkage"]["threshold"] = 12
    after = shop.again()
    found = compare(before, after, NOW)
    assert [(c.key, c.before, c.after) for c in found.rules] == [("linkage.threshold", "0.0", "12.0")]
    assert not found.inputs
    assert found.kinds["split"] > 0
    assert figures(found)["revenue"] == (150, 150)
    split = next(s for s in found.shifts if s.kind == "split")
    assert set(split.before) < set(split.after)
    assert split.revenue_before == split.revenue_after == 120
    assert split.reason.startswith("parted: ")
    assert split.reason.endswith(" bits) no longer holds them together: 12.0 bits are needed now")
    assert split.between is not None
    assert 0 < found.revenue_moved <= 120
    # And back: what was parted is joined again, for the reason that joined it first.
    shop.settings["linkage"]["threshold"] = 0
    back = compare(after, shop.again(), NOW)
    assert back.kinds["merged"] == found.kinds["split"]
    joined = next(s for s in back.shifts if s.kind == "merged")
    assert joined.after == split.before
    assert joined.reason.startswith("joined by same e-mail (+")
    assert figures(back)["lifetime value"] == figures(found)["lifetime value"][::-1]


def test_parts_sum_to_the_difference(shop: Shop) -> None:
    before = shop.current()
    shop.settings["linkage"]["threshold"] = 12
    shop.write("web", WEB[1:])
    shop.write("till", [*TILL, {"id": "99", "first_name": "Zoe", "last_name": "Zimmer", "email": "zz@mail.com"}])
    shop.order(
        *ORDERS[1:], {"id": "o5", "email": "zz@mail.com", "name": "Zoe Zimmer", "total": "5", "at": "2026-02-01"}
    )
    found = compare(before, shop.again(), NOW)
    for figure in found.figures:
        assert figure.before is not None
        assert figure.after is not None
        assert sum(figure.parts.values()) == pytest.approx(figure.after - figure.before), figure.name
    (only,) = found.channels
    (value,) = (figure for figure in found.figures if figure.name == "lifetime value")
    assert (only.ltv_before, only.ltv_after, only.parts) == (value.before, value.after, value.parts)
    assert only.parts.keys() >= {"split", "created"}
    assert {s.kind for s in found.shifts} >= {"split", "created"}
    new = next(s for s in found.shifts if s.kind == "created" and s.revenue_after)
    assert (new.arrived, new.reason, new.revenue_after) == (1, "its records are new", 5)
    assert {(i.source, i.rows_before, i.rows_after) for i in found.inputs} == {
        ("web", 4, 3),
        ("till", 3, 4),
        ("orders", 4, 4),
    }
    for audience in found.audiences:
        crossed = sum(audience.enter.values()) - sum(audience.leave.values())
        assert audience.after - audience.before == crossed
    for channel in ("buyers_before", "buyers_after"):
        whole = figures(found)["buyers"][channel == "buyers_after"]
        assert sum(getattr(c, channel) for c in found.channels) == whole


def test_a_merge_by_new_records_names_what_ties_them_to_either_customer(shop: Shop) -> None:
    cleo = {"id": "9", "first_name": "Cleo", "last_name": "Cook", "phone": "415-555-2679"}
    shop.write("till", [*TILL[:2], cleo])
    before = shop.again()
    shop.write("web", [*WEB, {**WEB[2], "id": "5", "phone": cleo["phone"]}])
    (shift,) = compare(before, shop.again(), NOW).shifts
    assert (shift.kind, shift.arrived, shift.between) == ("merged", 1, ("till:9", "web:3"))
    one, another = shift.reason.removeprefix("joined by new records: ").split(", ")
    assert one.startswith("same phone (+") and one.endswith(" bits) with one")
    assert another.startswith("same e-mail (+") and another.endswith(" bits) with another")


def test_customers_that_change_places_say_why_some_are_joined_and_others_parted(shop: Shop) -> None:
    before = shop.current()
    # Ann's card at the till becomes Bob's.
    shop.write("till", [{**WEB[1], "id": "7"}, *TILL[1:]])
    (shift,) = compare(before, shop.again(), NOW).shifts
    assert (shift.kind, len(shift.before), len(shift.after)) == ("regrouped", 2, 2)
    joined, parted = shift.reason.split("; ")
    assert joined.startswith("joined by same ")
    assert re.fullmatch(r"parted: same e-mail \(\+.* bits\) no longer holds them together", parted)


def test_a_split_by_a_value_that_links_no_more_says_which_and_why(shop: Shop) -> None:
    before = shop.current()
    with State.open(shop.store) as state:
        entry = block(state, "phone", "+14155552672", actor="ann", reason="the shop's own").entry
    (shift,) = compare(before, shop.again(), NOW).shifts
    assert shift.kind == "split"
    assert shift.reason.endswith(f"no longer holds them together: their phone is blocked by ann (entry {entry})")


def test_as_many_changes_are_named_as_are_wanted(shop: Shop) -> None:
    before = shop.current()
    shop.settings["linkage"]["threshold"] = 12
    shop.write("till", TILL[:2])
    after = shop.again()
    whole = compare(before, after, NOW).shifts
    assert len(whole) > 1
    assert compare(before, after, NOW, top=1).shifts == whole[:1]


def test_new_records_of_a_known_customer(shop: Shop) -> None:
    before = shop.current()
    shop.order(*ORDERS, {"id": "o5", "email": "aarch@mail.com", "name": "Ann Archer", "total": "7", "at": "2026-02-01"})
    found = compare(before, shop.again(), NOW)
    (shift,) = found.shifts
    assert (shift.kind, shift.arrived, shift.reason) == ("changed", 1, "it has other records than before")
    assert (shift.revenue_before, shift.revenue_after) == (30, 37)
    assert next(f for f in found.figures if f.name == "revenue").parts == {"changed": 7}


def test_a_source_that_is_gone_retires_its_customers(shop: Shop) -> None:
    before = shop.current()
    shop.write("till", TILL[:2])
    found = compare(before, shop.again(), NOW)
    assert [(s.kind, s.gone, s.reason) for s in found.shifts] == [
        ("retired", 1, "all of its records have left the sources")
    ]


def test_a_comparison_is_plain_values(shop: Shop) -> None:
    found = compare(None, shop.current(), NOW)
    assert json.loads(json.dumps(found.to_dict()))["records_after"] == 11
