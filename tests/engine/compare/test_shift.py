"""Why a number moved: the parts are told apart, and sum to the whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.compare import METRICS, Explained, Metric, explain_shift
from engine.ledger.decisions import block, decide
from engine.runs import RunTables
from engine.state import State
from tests.engine.compare.shop import NOW, ORDERS, Shop
from tests.engine.corner import WEB

pytestmark = pytest.mark.long


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
    before = shop.current()
    CHANGES[cause](shop)
    found = shifts(before, shop.again())
    check_sums(found)
    assert {c for shift in found.values() for c, part in shift.parts.items() if part} == {cause}
    assert found["ltv"].parts[cause] != 0
    # Whoever the customers are, the shop has sold the same.
    assert (found["revenue"].parts[cause] != 0) is (cause == "new data")
    for shift in found.values():
        assert {mover.cause for mover in shift.movers} <= {cause}
        # What moved it most comes first.
        effects = [abs(mover.effect) for mover in shift.movers]
        assert effects == sorted(effects, reverse=True)
    if cause == "new rules":
        assert found["ltv"].movers
        assert all(mover.reason.startswith("parted: ") for mover in found["ltv"].movers)


def test_what_a_block_parts_is_by_decision(shop: Shop) -> None:
    before = shop.current()
    with State.open(shop.store) as state:
        block(state, "phone", "+14155552672", actor="ann")
    # Other settings, which part nobody.
    shop.settings["linkage"]["threshold"] = 0.5
    found = shifts(before, shop.again())
    check_sums(found)
    assert {c for shift in found.values() for c, part in shift.parts.items() if part} == {"decisions"}
    (mover,) = found["customers"].movers
    assert (mover.kind, mover.cause) == ("split", "decisions")


def test_all_at_once_sums_to_the_whole(shop: Shop) -> None:
    before = shop.current()
    for change in CHANGES.values():
        change(shop)
    after = shop.again()
    found = shifts(before, after)
    check_sums(found)
    check_sums({"ltv": explain_shift(after, before, "ltv", NOW)})
    assert found["revenue"].parts == pytest.approx({**dict.fromkeys(CHANGES, 0.0), "new data": 7.0})


def test_a_rate_of_nobody_is_none(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "shop")
    shop.order()
    before = shop.again()
    shop.order(*ORDERS)
    found = explain_shift(before, shop.again(), "ltv", NOW)
    assert found.was is None
    assert found.is_now == pytest.approx(found.parts["new data"])
