"""Revenue over time and by storefront, and how fast buyers come back."""

from __future__ import annotations

from datetime import date

import pytest

from tests.engine.measure.shop import JAN, Shop


def test_cohorts_by_month_and_segment(shop: Shop) -> None:
    shop.customer("ann", "vip")
    shop.customer("bob", "vip")
    for name, day in (("ann", 0), ("ann", 32), ("bob", 5), ("ann", 33)):
        shop.order(name, day, 10)
    assert shop.rows("FROM cohorts ORDER BY months") == [
        (date(2026, 1, 1), "vip", 0, 2, 2, 1.0, 20.0),
        (date(2026, 1, 1), "vip", 1, 2, 1, 0.5, 20.0),
    ]


def test_how_fast_buyers_buy_again(shop: Shop) -> None:
    for name, days in (("week", (0, 5)), ("month", (0, 25)), ("once", (0,)), ("young", (95,))):
        shop.customer(name)
        shop.touch(name, 0, "google", "cpc")
        for day in days:
            shop.order(name, day, 1)
    shop.event(None, 100, "view")
    found = shop.rows("SELECT days, observed, again, share FROM retention_velocity ORDER BY days")
    assert found == [(7, 3, 1, 1 / 3), (14, 3, 1, 1 / 3), (30, 3, 2, 2 / 3), (60, 3, 2, 2 / 3), (90, 3, 2, 2 / 3)]


def test_how_good_a_months_revenue_is(shop: Shop) -> None:
    shop.customer("ann")
    shop.order("ann", 0, 90, refunded=18, discount=10, cost=36)
    shop.order("ann", 1, 10)
    shop.order("ann", 40, 50, currency="XXX", base_total=None, base_refunded=None)
    rows = shop.rows("FROM revenue_quality ORDER BY month")
    assert rows == [
        (date(2026, 1, 1), 2, 1, 100.0, 10.0, 18.0, 82.0, 36.0, 10 / 110, 0.18, 0.5, 0, 0.0),
        (date(2026, 2, 1), 1, 1, 0.0, 0.0, 0.0, 0.0, None, None, None, None, 1, 0.0),
    ]


def test_the_risk_of_churn_at_the_end_of_each_month(shop: Shop) -> None:
    for name, days in (("once", (0,)), ("back", (0, 130)), ("twice", (0, 10)), ("latest", (380,))):
        shop.customer(name)
        for day in days:
            shop.order(name, day, 1)
    found = {month.isoformat()[:7]: risk for month, risk in shop.rows("SELECT month, churn_risk FROM revenue_quality")}
    # Once and back lapse in April, back returns in May and lapses in November, twice in July.
    assert [found[f"2026-{month:02}"] for month in (3, 4, 5, 6, 7, 10, 11)] == [0, 2 / 3, 1 / 3, 1 / 3, 2 / 3, 2 / 3, 1]
    assert found["2027-01"] == 0.75
    (lapsed,) = shop.rows("SELECT count(*) FILTER (status = 'lapsed') / count(*) FROM buyers")[0]
    assert lapsed == 0.75


def test_orders_whose_time_can_not_be_right_are_in_a_row_of_their_own(shop: Shop) -> None:
    shop.customer("ann")
    shop.order("ann", 0, 10)
    shop.order("ann", 0, 5, at=None)
    shop.order("ann", -20_000, 7)
    found = shop.rows("SELECT month, orders, net FROM revenue_quality ORDER BY month NULLS LAST")
    assert found == [(date(2026, 1, 1), 1, 10.0), (None, 2, 12.0)]


def test_storefronts_share_customers(shop: Shop) -> None:
    for name in ("ann", "bob"):
        shop.customer(name)
    shop.order("ann", 0, 10, source="us")
    shop.order("ann", 1, 20, refunded=10, source="eu", currency="EUR")
    shop.order("bob", 2, 30, source="eu", currency="GBP")
    shop.order("bob", 3, 1, source="eu", currency="XXX", base_total=None)
    found = shop.rows(
        """SELECT storefront, currencies, orders, customers, first_here, elsewhere, gross, refunded, net, refund_rate,
               no_rate FROM storefronts ORDER BY 1"""
    )
    assert found == [
        ("eu", ["EUR", "GBP", "XXX"], 3, 2, 1, 1, 50.0, 10.0, 40.0, 0.2, 1),
        ("us", ["USD"], 1, 1, 1, 1, 10.0, 0.0, 10.0, 0.0, 0),
    ]


def test_the_three_tables_share_their_dimensions(shop: Shop) -> None:
    shop.customer("ann", "vip", place="Bonn, DE")
    shop.touch("ann", 0, "google", "cpc", item="Hat", category="Clothing")
    order = shop.order("ann", 1, 30)
    shop.line(order, "Hat", 20)
    shop.line(order, "Stove", 10)
    shop.line(shop.order("ann", 3, 1), "Rope")
    shop.event(None, 2, "view", item="Hat")
    shared = "acquired_by, first_purchase, status, segment, category"
    dimensions = ("paid search", date(2026, 1, 11), "repeat", "vip")
    assert shop.rows(f"SELECT {shared} FROM customer_facts") == [(*dimensions, "Stove")]
    assert shop.rows(f"SELECT {shared} FROM order_facts ORDER BY nth") == [
        (*dimensions, "Clothing"),
        (*dimensions, "Rope"),
    ]
    assert shop.rows(f"SELECT {shared} FROM event_facts ORDER BY \"at\"") == [
        (*dimensions, "Clothing"), (None, None, None, None, "Clothing"),
    ]  # fmt: skip


@pytest.mark.parametrize(("named", "category"), [((), None), (("Gear",), "Gear"), (("Gear", "Bags", "Bags"), "Bags")])
def test_an_article_is_of_the_category_that_is_named_most(
    shop: Shop, named: tuple[str, ...], category: str | None
) -> None:
    shop.customer("ann")
    for name in named:
        shop.event(None, 0, "view", item="Stove", category=name)
    shop.line(shop.order("ann", 1, 30), "Stove", 30)
    assert shop.rows("SELECT category, amount FROM order_items") == [(category, 30.0)]


def test_as_of_an_earlier_time_what_came_later_is_not_known(shop: Shop) -> None:
    shop.customer("ann")
    shop.order("ann", 0, 10)
    shop.order("ann", 5, 20)
    assert shop.rows("SELECT orders, net FROM revenue_quality", JAN.replace(day=12)) == [(1, 10.0)]
