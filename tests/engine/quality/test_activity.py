from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from engine.compute import Compute
from engine.quality.activity import LEAST_DAYS, Period, periods, rhythms
from engine.quality.prepare import prepare
from tests.engine.quality.conftest import NOW, Shop

NEWEST = datetime(2026, 5, 31, 12)


def every(shop: Shop, days: int, times: int, source: str = "crm") -> None:
    for n in range(times):
        shop.record(source, str(n), seen_at=NEWEST - timedelta(days=days * n))


def test_the_longest_usual_gap_between_days_with_rows(shop: Shop) -> None:
    every(shop, 7, LEAST_DAYS + 1)
    shop.record("crm", "odd", seen_at=datetime(1970, 1, 5))
    shop.record("crm", "ahead", seen_at=datetime(2031, 1, 1))
    every(shop, 1, LEAST_DAYS, "till")
    for day in range(LEAST_DAYS + 5):
        shop.event(f"e{day}", "view", NEWEST - timedelta(days=day))  # type: ignore[arg-type]
    prepare(shop.compute, shop.config())
    # A gap of years is not usual; of too few days nothing is told.
    assert rhythms(shop.compute, NOW.replace(tzinfo=None)) == {"crm": 7.0, "web": 1.0}


class Sold:
    """Purchases, by customer and days before the newest."""

    def __init__(self, compute: Compute) -> None:
        self.compute = compute
        compute.run(
            'CREATE TABLE purchases (customer_id VARCHAR, record_id VARCHAR, "at" TIMESTAMP, gross DOUBLE,'
            " refunded DOUBLE)"
        )

    def add(self, customer: str, age: float, refunded: float = 0, gross: float | None = 10) -> None:
        at = NEWEST - timedelta(days=age)
        self.compute.run(
            "INSERT INTO purchases VALUES (?, ?, ?, ?, ?)", [customer, f"{customer}{age}", at, gross, refunded]
        )

    def periods(self) -> dict[date, Period]:
        return {period.until: period for period in periods(self.compute, NOW.replace(tzinfo=None))}


@pytest.fixture
def sold(shop: Shop) -> Sold:
    return Sold(shop.compute)


def test_refunds_by_period_up_to_the_newest_order(sold: Sold) -> None:
    for customer, age, refunded in (("a", 0, 0.0), ("b", 29.9, 4), ("c", 30, 10), ("d", 59, 0)):
        sold.add(customer, age, refunded)
    sold.add("e", 1, gross=None)
    sold.add("f", -400)  # in a year that is still to come
    found = sold.periods()
    assert found == {
        date(2026, 5, 31): Period(date(2026, 5, 31), 20, 4, 2, 1, 0, 0),
        date(2026, 5, 1): Period(date(2026, 5, 1), 20, 10, 2, 1, 0, 0),
    }


def test_churn_counts_whom_the_period_made_a_lapsed_customer(sold: Sold) -> None:
    sold.add("first", 400)
    sold.add("new", 0)
    sold.add("lapses", 200)  # 180 days are over 20 days before the newest order
    sold.add("stays", 200)
    sold.add("stays", 25)
    sold.add("later", 100)  # active, and not yet over
    sold.add("gone", 215)  # lapsed in the period before
    found = sold.periods()
    last, before = found[date(2026, 5, 31)], found[date(2026, 5, 1)]
    assert (last.active, last.lapsed) == (3, 1)
    assert (before.active, before.lapsed) == (4, 1)


def test_churn_needs_a_shop_old_enough_to_have_lost_somebody(sold: Sold) -> None:
    sold.add("a", 209)
    sold.add("b", 0)
    assert [p.active for p in sold.periods().values()] == [0] * len(sold.periods())
    sold.add("c", 211)
    assert sold.periods()[date(2026, 5, 31)].active == 1


def test_churn_agrees_with_counting_customer_by_customer(sold: Sold) -> None:
    ages = {f"c{n}": sorted({(n * 37 + k * k * 53) % 700 + n / 100 for k in range(1 + n % 5)}) for n in range(60)}
    for customer, bought in ages.items():
        for age in bought:
            sold.add(customer, age)
    newest = min(min(bought) for bought in ages.values())
    for period in sold.periods().values():
        until = round(
            (
                NEWEST
                - timedelta(days=newest)
                - datetime.combine(period.until, (NEWEST - timedelta(days=newest)).time())
            ).days
        )
        active = lapsed = 0
        for bought in ages.values():
            before = [age - newest for age in bought if age - newest >= until + 30]
            since = [age - newest for age in bought if age - newest < until + 30]
            if before and min(before) < until + 30 + 180:
                active += 1
                last = min(before)
                lapsed += last - 180 >= until and not any(age > last - 180 for age in since)
        assert (period.active, period.lapsed) == (active, lapsed), period


def test_no_orders_no_periods(sold: Sold) -> None:
    assert sold.periods() == {}
