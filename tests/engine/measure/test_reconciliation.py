"""What a CRM claims, against what the shop sold."""

from __future__ import annotations

from datetime import date, timedelta

from engine import tables
from tests.engine.measure.shop import JAN, Shop


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


def test_nothing_differs_from_orders_in_a_currency_without_a_rate(shop: Shop) -> None:
    for name in ("ann", "bob"):
        shop.customer(name)
        shop.order(name, 1, 10)
        shop.claim(name, 30)
    shop.order("ann", 2, 20, currency="CHF", base_total=None, base_refunded=None)
    found = shop.rows("SELECT customer_id, outcome, claimed, bought, difference, orders FROM reconciliation ORDER BY 1")
    assert found == [("ann", "no rate", 30.0, 10.0, None, 2), ("bob", "claims more", 30.0, 10.0, 20.0, 1)]
    months = shop.rows("SELECT claimed, bought, difference, customers FROM reconciliation_months")
    assert months == [(30.0, 10.0, 20.0, 1)]


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
