"""Every measure on a shop of a few orders that can be checked by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine import tables
from engine.compute import Compute
from engine.errors import NotFoundError, StateError
from engine.measure import View, check_view, dictionary, open_views, views
from engine.measure.__main__ import DOCUMENT
from engine.runs import RunTables
from engine.tables import Table

JAN = datetime(2026, 1, 10, 12)
_TABLES = (
    tables.RECORDS, tables.MEMBERS, tables.CUSTOMERS, tables.ORDERS, tables.ORDER_LINES, tables.EVENTS,
    tables.EVENT_OWNERS, tables.CLAIMS, tables.IDENTIFIERS, tables.KNOWN_BY,
)  # fmt: skip


class Shop:
    """Customers, their orders and what brought them."""

    def __init__(self, compute: Compute, folder: Path) -> None:
        self.compute, self.folder, self.count = compute, folder, 0
        for table in _TABLES:
            compute.run(tables.create_sql(table, table.name, ("x_segment",) if table.extras else ()))

    def add(self, table: Table, **row: Any) -> None:
        names = ", ".join(f'"{name}"' for name in row)
        self.compute.run(f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
        self.count += 1

    def customer(self, name: str, segment: str | None = None) -> None:
        self.add(tables.CUSTOMERS, customer_id=name)
        self.add(tables.RECORDS, record_id=f"crm:{name}", source="crm", key=name, x_segment=segment)
        self.add(tables.MEMBERS, record_id=f"crm:{name}", customer_id=name, confidence=1.0)

    def order(self, name: str, day: int, total: float | None, refunded: float = 0, **values: Any) -> None:
        record = f"shop:{self.count}"
        self.add(tables.MEMBERS, record_id=record, customer_id=name, confidence=0.9)
        fields = {"status": "paid", "total": total, "base_total": total, "base_refunded": refunded, **values}
        self.add(tables.ORDERS, record_id=record, source="shop", key=record, at=JAN + timedelta(days=day), **fields)

    def claim(self, name: str, revenue: float, **values: Any) -> None:
        """What the CRM says of a customer."""
        fields = {"record_id": f"crm:{name}", "key": name, "revenue": revenue, "base_revenue": revenue, **values}
        self.add(tables.CLAIMS, source="crm", **fields)

    def touch(self, name: str, day: int, source: str | None, medium: str | None, **values: Any) -> None:
        key = f"e{self.count}"
        fields = {"utm_source": source, "utm_medium": medium, "kind": "session", **values}
        self.add(tables.EVENTS, source="web", key=key, at=JAN + timedelta(days=day), **fields)
        self.add(tables.EVENT_OWNERS, source="web", key=key, customer_id=name, confidence=1.0, because="login")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        for table in _TABLES:
            self.compute.write_parquet(table.name, self.folder / f"{table.name}.parquet", order_by="1")
        with Compute(memory_limit="500MB", threads=1) as compute:
            open_views(compute, RunTables(self.folder))
            return compute.rows(sql)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Compute(memory_limit="500MB", threads=1) as compute:
        yield Shop(compute, tmp_path)


@pytest.mark.parametrize("view", views(), ids=lambda view: str(view.name))
def test_a_view_says_what_it_is_and_names_all_of_its_columns(view: View, shop: Shop) -> None:
    assert view.meaning.endswith(".")
    assert view.grain.startswith("one row per")
    assert view.formulas
    assert view.owner
    shop.rows("SELECT 1")
    with Compute(memory_limit="500MB", threads=1) as compute:
        open_views(compute, RunTables(shop.folder))
        documented = [name.strip() for names in view.columns for name in names.split(",")]
        assert sorted(compute.columns(view.name)) == sorted(documented)


def test_the_data_dictionary_is_made_of_the_views() -> None:
    assert DOCUMENT.read_text() == dictionary(), "python -m engine.measure"


def test_a_measure_that_there_is_not() -> None:
    with pytest.raises(NotFoundError, match="there is no measure chanels: there are touches, "):
        check_view("chanels")


def test_what_is_bought_is_net_of_refunds_and_numbered(shop: Shop) -> None:
    shop.customer("ann")
    shop.order("ann", 9, 50, refunded=20)
    shop.order("ann", 1, 100, discount=10, cost=60)
    shop.order("ann", 2, 70, status="voided")
    assert shop.rows("SELECT nth, gross, refunded, net, discount, margin FROM purchases ORDER BY nth") == [
        (1, 100.0, 0.0, 100.0, 10.0, 40.0),
        (2, 50.0, 20.0, 30.0, None, None),
    ]


def test_other_currencies_are_at_the_rate_of_their_order(shop: Shop) -> None:
    shop.customer("ann")
    shop.order("ann", 1, 100, base_total=120.0, discount=10, cost=50)
    shop.order("ann", 2, 100, base_total=None)
    assert shop.rows("SELECT net, discount, margin FROM purchases ORDER BY nth") == [
        (120.0, 12.0, 60.0),
        (None, None, None),
    ]


def test_lifetime_value_over_windows_from_the_first_order(shop: Shop) -> None:
    shop.customer("ann", "vip")
    shop.customer("bob")
    for day, total in ((0, 10), (30, 20), (31, 40), (91, 80), (366, 160)):
        shop.order("ann", day, total)
    found = shop.rows(
        "SELECT customer_id, segment, purchases, ltv, ltv_30, ltv_90, ltv_365, days_to_second, status FROM buyers"
        " ORDER BY 1"
    )
    assert found == [
        ("ann", "vip", 5, 310.0, 30.0, 70.0, 150.0, 30, "repeat"),
        ("bob", None, 0, 0.0, 0.0, 0.0, 0.0, None, "prospect"),
    ]


def test_status_by_the_newest_purchase_of_the_shop(shop: Shop) -> None:
    for name, days in (("new", (300,)), ("once", (100,)), ("repeat", (50, 250)), ("gone", (0, 10)), ("latest", (301,))):
        shop.customer(name)
        for day in days:
            shop.order(name, day, 1)
    found = dict(shop.rows("SELECT customer_id, status FROM buyers"))
    assert found == {"new": "new", "once": "lapsed", "repeat": "repeat", "gone": "lapsed", "latest": "new"}


@pytest.mark.parametrize(
    ("source", "medium", "channel"),
    [
        ("google", "cpc", "paid search"), ("Google", "CPC", "paid search"), ("bing", "paid-search", "paid search"),
        ("facebook", "cpc", "paid social"), ("fb", "paid_social", "paid social"),
        ("tiktok", "Paid Social", "paid social"), ("Attentive", "text", "sms"),
        ("instagram", None, "social"), ("facebook", "social", "social"), ("google", "organic", "organic search"),
        ("klaviyo", "email", "email"), ("sms", "sms", "sms"), ("(direct)", "(none)", "direct"),
        ("blog", "referral", "referral"), ("awin", "affiliate", "affiliate"), ("mystery", "carrier-pigeon", "other"),
    ],
)  # fmt: skip
def test_spellings_fold_into_one_taxonomy(shop: Shop, source: str, medium: str | None, channel: str) -> None:
    shop.touch("ann", 1, source, medium)
    assert shop.rows("SELECT channel FROM touches") == [(channel,)]


def test_campaigns_are_one_however_they_are_spelt_and_unknown_ones_are_listed(shop: Shop) -> None:
    for spelling in ("Spring Launch", "spring_launch", "SPRING-LAUNCH "):
        shop.touch("ann", 1, "klaviyo", "email", campaign=spelling)
    shop.touch("bob", 2, "mystery", "pigeon", campaign="(not set)")
    found = shop.rows("SELECT channel, campaign, touches, customers, len(spellings) FROM campaigns ORDER BY 1")
    assert found == [("email", "spring-launch", 3, 1, 3), ("other", None, 1, 1, 1)]


def test_a_customer_is_acquired_by_the_first_touch_up_to_the_first_order(shop: Shop) -> None:
    for name in ("ann", "late", "none"):
        shop.customer(name)
        shop.order(name, 10, 30)
    shop.touch("ann", 3, "google", "cpc")
    shop.touch("ann", 5, "klaviyo", "email")
    shop.touch("late", 20, "klaviyo", "email")
    assert shop.rows("SELECT customer_id, acquired_by FROM buyers ORDER BY 1") == [
        ("ann", "paid search"), ("late", "email"), ("none", "unknown"),
    ]  # fmt: skip


def test_revenue_repeat_rate_and_value_by_channel(shop: Shop) -> None:
    for name in ("ann", "bob", "eve"):
        shop.customer(name)
        shop.touch(name, 0, "google", "cpc")
    shop.order("ann", 1, 100)
    shop.order("ann", 11, 60, refunded=10)
    shop.order("bob", 2, 50)
    (found,) = shop.rows(
        "SELECT acquired_by, customers, buyers, revenue, repeat_rate, ltv, retention_days, refund_rate, one_time"
        " FROM channels"
    )
    assert found == ("paid search", 3, 2, 200.0, 0.5, 100.0, 10.0, pytest.approx(10 / 210), 1)


def test_cohorts_by_month_and_segment(shop: Shop) -> None:
    shop.customer("ann", "vip")
    shop.customer("bob", "vip")
    for name, day in (("ann", 0), ("ann", 32), ("bob", 5), ("ann", 33)):
        shop.order(name, day, 10)
    assert shop.rows("FROM cohorts ORDER BY months") == [
        (date(2026, 1, 1), "vip", 0, 2, 2, 1.0, 20.0),
        (date(2026, 1, 1), "vip", 1, 2, 1, 0.5, 20.0),
    ]


def test_credit_is_given_in_three_ways(shop: Shop) -> None:
    shop.customer("ann")
    shop.touch("ann", 0, "google", "cpc")
    shop.touch("ann", 2, "klaviyo", "email")
    shop.order("ann", 3, 10)
    shop.touch("ann", 4, "sms", "sms")
    shop.order("ann", 5, 20)
    shop.customer("bob")
    shop.order("bob", 1, 5)
    found = {(way, channel): revenue for way, channel, _, revenue in shop.rows("FROM attribution")}
    assert found == {
        ("first touch", "paid search"): 30.0, ("first touch", "unknown"): 5.0,
        ("last touch", "email"): 10.0, ("last touch", "sms"): 20.0, ("last touch", "unknown"): 5.0,
        ("lifecycle", "paid search"): 10.0, ("lifecycle", "sms"): 20.0, ("lifecycle", "unknown"): 5.0,
    }  # fmt: skip


def test_what_a_segment_brings(shop: Shop) -> None:
    shop.customer("ann", "vip")
    shop.customer("bob", "vip")
    shop.touch("ann", 0, None, None, kind="sent", campaign="Spring")
    shop.touch("bob", 0, None, None, kind="sent", campaign="Spring")
    shop.order("ann", 3, 10)
    shop.order("bob", 8, 5)
    found = shop.rows("SELECT segment, customers, buyers, revenue, repeat_rate, sent, converted FROM segment_profit")
    assert found == [("vip", 2, 2, 15.0, 0.0, 2, 1)]


def test_what_a_crm_claims_against_what_the_shop_sold(shop: Shop) -> None:
    for name in ("right", "more", "less", "idle", "alien", "foreign", "silent"):
        shop.customer(name)
    for name, total in (("right", 50.0), ("more", 10), ("less", 90), ("silent", 5)):
        shop.order(name, 1, total)
    record = shop.rows("SELECT min(record_id) FROM orders")[0][0]
    shop.add(tables.IDENTIFIERS, record_id=record, type="account", value="shopify:1")
    # The shop has an account of somebody who has bought nothing; an account of the CRM's own is nothing to the shop.
    shop.add(tables.KNOWN_BY, customer_id="idle", type="account", value="shopify:2")
    shop.add(tables.KNOWN_BY, customer_id="alien", type="account", value="hubspot:3")
    for name, revenue in (("right", 50.4), ("more", 30), ("less", 60), ("idle", 7), ("alien", 400)):
        shop.claim(name, revenue, orders=1)
    shop.claim("foreign", 5, base_revenue=None)
    found = shop.rows(
        "SELECT rank, customer_id, outcome, claimed, bought, difference, claimed_orders, orders FROM reconciliation"
        " ORDER BY rank"
    )
    assert found == [
        (1, "alien", "never seen", 400.0, 0.0, 400.0, 1, 0),
        (2, "less", "claims less", 60.0, 90.0, -30.0, 1, 1),
        (3, "more", "claims more", 30.0, 10.0, 20.0, 1, 1),
        (4, "idle", "no order", 7.0, 0.0, 7.0, 1, 0),
        (5, "right", "agrees", 50.4, 50.0, 0.4, 1, 1),
        (6, "foreign", "no rate", None, 0.0, None, None, 0),
    ]
    # The shop's word counts: what a CRM claims is in no measure of revenue.
    assert shop.rows("SELECT sum(ltv) FROM buyers") == [(155.0,)]


def test_claims_by_month_of_the_sale_or_of_the_first_order(shop: Shop) -> None:
    for name in ("ann", "bob"):
        shop.customer(name)
    shop.order("ann", 0, 100)
    shop.order("ann", 40, 10)
    shop.compute.run("UPDATE records SET created_at = TIMESTAMP '2026-03-03'")
    shop.claim("ann", 90)
    shop.claim("bob", 7)
    for key, day, revenue in (("d1", 41, 12.0), ("d2", 41, 3.0)):
        shop.claim("", revenue, record_id=None, key=key, at=JAN + timedelta(days=day), orders=1)
    shop.add(tables.EVENT_OWNERS, source="crm", key="d1", customer_id="ann", confidence=1.0, because="login")
    assert shop.rows("FROM reconciliation_months ORDER BY ALL") == [
        (date(2026, 1, 1), "crm", "first order", 90.0, 110.0, -20.0, 0.0, 1),
        (date(2026, 2, 1), "crm", "sale", 15.0, 10.0, 5.0, 3.0, 1),
        (date(2026, 3, 1), "crm", "first order", 7.0, 0.0, 7.0, 7.0, 1),
    ]


def test_a_run_of_an_earlier_version_says_what_to_do(shop: Shop) -> None:
    shop.rows("SELECT 1")
    (shop.folder / "claims.parquet").unlink()
    with (
        Compute(memory_limit="500MB", threads=1) as compute,
        pytest.raises(StateError, match=r"claims.parquet isn't there: .*earlier version of Clew; `clew run`"),
    ):
        open_views(compute, RunTables(shop.folder))
