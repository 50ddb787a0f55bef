"""Measures of what a shop took for customers before, beside those of the people whom a run found."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from engine import tables
from engine.compute import Compute
from engine.measure.identities import before, named, unified
from engine.measure.totals import SHARED, Totals, totals
from engine.runs import RunTables
from tests.engine.measure.shop import Shop

pytestmark = pytest.mark.long


@pytest.fixture
def anns(shop: Shop) -> Shop:
    """Ann bought with an account, as a guest with its e-mail, as a guest with another one, and without any."""
    shop.customer("ANN")
    shop.customer("BOB")
    orders = (("shop:7", "ann@mail.com"), (None, "ann@mail.com"), (None, "a@work.com"), (None, None))
    for day, (account, email) in enumerate(orders, 1):
        order = shop.order("ANN", day, 10 * day)
        for kind, value in (("account", account), ("email", email)):
            if value:
                shop.add(tables.IDENTIFIERS, record_id=order, type=kind, value=value, status="ok")
    # An account of a system that no order names isn't the shop's.
    shop.add_identifier("ANN", "account", "crm:1", "ok")
    shop.add_identifier("ANN", "email", "a@work.com", "ok")
    shop.touch("ANN", 0, None, "organic", email="a@work.com")
    shop.touch("ANN", 0, None, "organic", device="d")
    return shop


def measured(shop: Shop, **how: Any) -> Totals:
    with shop.opened(**how) as compute:
        return totals(compute)


def test_after_the_run_all_is_one_customer(anns: Shop) -> None:
    found = measured(anns)
    assert (found.customers, found.buyers, found.revenue, found.ltv, found.repeat_rate) == (2, 1, 100.0, 100.0, 1.0)
    assert found.per_customer == 50.0
    assert found.channels == {"organic search": (1, 100.0)}
    assert found.cohorts == {(date(2026, 1, 1), 0): (1, 1)}


def test_before_it_an_account_an_address_or_a_record_was_a_customer(anns: Shop) -> None:
    found = measured(anns, identities=before)
    # The second order has the account's e-mail, but not the account: to the shop that is somebody else.
    assert (found.customers, found.buyers, found.revenue, found.ltv, found.repeat_rate) == (5, 4, 100.0, 25.0, 0.0)
    assert found.channels == {"organic search": (1, 30.0), "unknown": (3, pytest.approx(70 / 3))}
    assert found.cohorts == {(date(2026, 1, 1), 0): (4, 4)}


@pytest.mark.parametrize("identities", [unified, before])
def test_views_that_are_kept_say_the_same(anns: Shop, identities: Any) -> None:
    assert measured(anns, identities=identities, keep=SHARED) == measured(anns, identities=identities)


def test_identities_of_ones_own(anns: Shop) -> None:
    def everybody(compute: Compute, run: RunTables) -> None:
        compute.read_parquet("event_owners", run.path("event_owners"))
        compute.table(
            "members",
            "SELECT record_id, 'all' AS customer_id, 1.0::DOUBLE AS confidence, NULL::TIMESTAMP AS since FROM records",
        )
        named(compute)

    assert measured(anns, identities=everybody).customers == 1


def test_cohorts_are_of_all_segments_together(shop: Shop) -> None:
    for name, segment in (("ANN", "vip"), ("BOB", None), ("EVE", "vip")):
        shop.customer(name, segment)
        shop.order(name, 0, 10)
    for name in ("ANN", "BOB"):
        shop.order(name, 31, 10)
    january = date(2026, 1, 1)
    assert measured(shop).cohorts == {(january, 0): (3, 3), (january, 1): (3, 2)}


@pytest.mark.parametrize("identities", [unified, before])
def test_without_orders_there_is_no_value(shop: Shop, identities: Any) -> None:
    shop.customer("ANN")
    found = measured(shop, identities=identities)
    assert (found.customers, found.buyers, found.channels, found.cohorts) == (1, 0, {}, {})
    assert (found.revenue, found.ltv, found.repeat_rate, found.per_customer) == (None, None, None, None)
