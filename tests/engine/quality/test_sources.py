from __future__ import annotations

from datetime import datetime

from engine import tables
from engine.quality import Dates, Identifier, Orders, Reject
from tests.engine.quality.conftest import Shop


def test_counts_freshness_and_rejects(shop: Shop) -> None:
    shop.record("crm", "1", seen_at="2026-05-01", first="ann")
    shop.record("crm", "2", seen_at="2027-01-01")
    shop.add(tables.RAW_RECORDS, source="crm", key="2")
    shop.event("e1", "view", "2026-05-30 12:00", device="d")
    shop.add(tables.SOURCE_FILES, source="crm", file="crm.csv", rows=3, rejected=2)
    for line in (9, 4):
        shop.add(tables.REJECTS, source="crm", file="crm.csv", line=line, reason="too few fields")
    crm, till, web = shop.audit().sources
    assert (crm.rows, crm.rejected, crm.records, crm.kinds, crm.repeated_keys) == (3, 2, 2, {"contact": 2}, 1)
    assert crm.rejects == (Reject("too few fields", 2, "crm.csv", 4),)
    assert (crm.first_seen, crm.last_seen, crm.future) == (datetime(2026, 5, 1), datetime(2026, 5, 1), 1)
    assert crm.fields["first"] == 1
    assert (till.source, till.records, till.last_seen) == ("till", 0, None)
    assert (web.source, web.events, web.last_seen) == ("web", 1, datetime(2026, 5, 30, 12))
    assert web.carried["device"] == 1
    assert web.carried["email"] == 0


def test_fill_rate_and_validity_of_identifiers(shop: Shop) -> None:
    shop.record("crm", "1", email="a@x.com")
    shop.identifier("crm", "1", "email", "test@test.com", "placeholder", "test@test.com")
    shop.record("crm", "2", email="info@x.com", email_status="role")
    shop.record("crm", "3", phone="+15550001", phone_status="weak")
    shop.record("crm", "4")
    email, phone = shop.audit().sources[0].identifiers
    assert email == Identifier("email", 4, 2, 1, 3, {"ok": 1, "placeholder": 1, "role": 1})
    assert (email.fill_rate, email.validity) == (0.5, 0.5)
    assert phone == Identifier("phone", 4, 1, 1, 1, {"weak": 1})


def test_orders_that_name_nobody(shop: Shop) -> None:
    shop.record("crm", "1", "order", account="shop:1", email="a@x.com")
    shop.record("crm", "2", "order", email="a@x.com")
    shop.record("crm", "3", "order", device="d", phone="0", phone_status="placeholder")
    for key, base, at in (("1", 5.0, "2026-05-01"), ("2", 5.0, "1994-05-01"), ("3", None, None)):
        values = {"total": 5.0, "base_total": base, "currency": "GBP", "at": at}
        shop.add(tables.ORDERS, record_id=f"crm:{key}", source="crm", key=key, **values)
    dates = Dates(early=1, future=0, missing=1)
    assert shop.audit().sources[0].orders == Orders(3, guests=2, anonymous=1, without_rate={"GBP": 1}, dates=dates)


def test_orders_that_count_in_no_sum(shop: Shop) -> None:
    for key, total, base in (("1", 5.0, 5.0), ("2", 5.0, None), ("3", None, None)):
        shop.record("crm", key, "order")
        values = {"total": total, "base_total": base, "currency": "GBP"}
        shop.add(tables.ORDERS, record_id=f"crm:{key}", source="crm", key=key, **values)
    orders = shop.audit().sources[0].orders
    assert (orders.without_rate, orders.without_total) == ({"GBP": 1}, 1)


def test_orders_in_what_is_no_currency(shop: Shop) -> None:
    for key, currency in enumerate(("GBP", "ABC", "€", "POUNDS", "ANN@X.COM")):
        shop.record("crm", str(key), "order")
        values = {"total": 5.0, "base_total": None, "currency": currency}
        shop.add(tables.ORDERS, record_id=f"crm:{key}", source="crm", key=str(key), **values)
    orders = shop.audit().sources[0].orders
    assert orders.without_rate == {"GBP": 1}
    assert orders.without_currency == {"ABC": 1, "text of more than three letters": 2, "€": 1}


def test_without_raw_rows_repeated_keys_are_unknown(shop: Shop) -> None:
    shop.record("crm", "1")
    shop.compute.drop("raw_records")
    assert shop.audit().sources[0].repeated_keys is None
