"""Why a number moved: the parts are told apart, and sum to the whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.compare import METRICS, Explained, Metric, explain_shift
from engine.ledger.decisions import decide
from engine.runs import RunTables
from engine.state import State
from tests.engine.compare.test_compare import NOW, ORDERS, Shop
from tests.engine.corner import WEB


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "shop")


def parted(shop: Shop) -> None:
    shop.settings["linkage"]["threshold"] = 12


def joined(shop: Shop) -> None:
    with State.open(shop.store) as state:
        decide(state, "same", ["web:1"], ["web:2"], ("C0000001Z", "C0000002X"), actor="ann")


def more(shop: Shop) -> None:
    shop.order(*ORDERS, {"id": "o5", "email": "dd77@mail.com", "name": "Dan Draper", "total": "7", "at": "2026-01-06"})


def bridged(shop: Shop) -> None:
    """A record that shares something with two customers of before."""
    shop.write("web", [*WEB, {**WEB[2], "id": "5", "phone": "415-555-2679", "last_name": "Eastman"}])


CHANGES = {"new rules": parted, "decisions": joined, "new data": more, "identity changes": bridged}


def shifts(before: RunTables, after: RunTables) -> dict[Metric, Explained]:
    return {metric: explain_shift(before, after, metric, NOW) for metric in METRICS}


def check_sums(found: dict[Metric, Explained]) -> None:
    for shift in found.values():
        assert sum(shift.parts.values()) == pytest.approx((shift.is_now or 0) - (shift.was or 0), abs=1e-6)


@pytest.mark.parametrize("cause", ["new rules", "decisions", "new data"])
def test_a_change_of_one_kind_is_told_as_that(shop: Shop, cause: str) -> None:
    before = shop.again()
    CHANGES[cause](shop)
    found = shifts(before, shop.again())
    check_sums(found)
    assert {c for shift in found.values() for c, part in shift.parts.items() if part} == {cause}
    assert found["ltv"].parts[cause] != 0
    # Whoever the customers are, the shop has sold the same.
    assert (found["revenue"].parts[cause] != 0) is (cause == "new data")
    assert {mover.cause for shift in found.values() for mover in shift.movers} <= {cause}


def test_all_at_once_sums_to_the_whole(shop: Shop) -> None:
    before = shop.again()
    for change in CHANGES.values():
        change(shop)
    after = shop.again()
    found = shifts(before, after)
    check_sums(found)
    check_sums(shifts(after, before))
    assert found["revenue"].parts == pytest.approx({**dict.fromkeys(CHANGES, 0.0), "new data": 7.0})


def test_what_moved_it_most_comes_first_with_its_reason(shop: Shop) -> None:
    before = shop.again()
    parted(shop)
    found = explain_shift(before, shop.again(), "ltv", NOW)
    effects = [abs(mover.effect) for mover in found.movers]
    assert effects
    assert effects == sorted(effects, reverse=True)
    assert all(mover.reason.startswith("parted: ") for mover in found.movers)


def test_a_rate_of_nobody_is_none(shop: Shop) -> None:
    shop.order()
    before = shop.again()
    shop.order(*ORDERS)
    found = explain_shift(before, shop.again(), "ltv", NOW)
    assert found.was is None
    assert found.is_now == pytest.approx(found.parts["new data"])
