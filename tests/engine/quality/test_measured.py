from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from engine import tables
from engine.quality.measured import measure_health
from engine.quality.metrics import METRICS
from tests.engine.quality.conftest import NOW, Shop

Key = tuple[str, str | None, str | None]


def measured(shop: Shop, anonymous: int = 0, stitched: int = 0) -> dict[Key, tuple[float, float | None]]:
    measure_health(shop.compute, shop.config(), NOW.replace(tzinfo=None), anonymous, stitched)
    return {row[:3]: row[3:] for row in shop.compute.rows("FROM health")}


def member(shop: Shop, record: str, customer: str) -> None:
    shop.add(tables.MEMBERS, record_id=record, customer_id=customer, confidence=1.0)


def test_an_empty_shop(shop: Shop) -> None:
    found = measured(shop)
    assert found == {
        (metric, source, None): (0, None if metric == "rows" else 0)
        for metric in ("rows", "rejected")
        for source in ("crm", "till")
    }


def test_what_the_profiler_sees_of_a_source(shop: Shop) -> None:
    shop.add(tables.SOURCE_FILES, source="crm", file="crm.csv", rows=4, rejected=1)
    fields = {"first": "ann", "city": "boston", "seen_at": "2026-05-01 12:00", "created_at": "2026-01-01"}
    shop.record("crm", "1", email="a@x.com", **fields)
    shop.record("crm", "2", email="a@x.com", first="ann", seen_at="2026-05-02", created_at="2026-03-01")
    shop.record("crm", "3", email="test@test.com", email_status="placeholder")
    found = measured(shop)
    newest = datetime(2026, 5, 2, tzinfo=UTC).timestamp()
    expected: dict[Key, tuple[float, float | None]] = {
        ("rows", "crm", None): (4, None), ("rejected", "crm", None): (1, 5), ("records", "crm", None): (3, None),
        ("last_seen", "crm", None): (newest, None),
        ("filled", "crm", "first"): (2, 3), ("filled", "crm", "city"): (1, 3),
        ("filled", "crm", "email"): (3, 3), ("usable", "crm", "email"): (2, 3), ("unusable", "crm", "email"): (1, 3),
        ("unusable", "crm", "email placeholder"): (1, 3), ("duplicates", "crm", None): (1, 3),
        ("duplicate_causes", "crm", "re-created"): (1, 3),
    }  # fmt: skip
    assert expected.items() <= found.items()
    assert ("events", "crm", None) not in found


def test_events_from_the_future_and_from_1970(shop: Shop) -> None:
    # 1970-01-01 stands for no time at all; standardising leaves nothing of it.
    for key, at in enumerate(("1970-01-05", "2026-05-01", None, "2026-06-02 00:00", "2026-06-02 00:01", "2100-01-01")):
        shop.event(str(key), "view", at)  # type: ignore[arg-type]
    shop.add(tables.ORDERS, source="till", key="1", record_id="till:1", at="1980-01-01")
    found = measured(shop)
    assert found["early", "web", "events"] == (1, 6)
    assert found["undated", "web", "events"] == (1, 6)
    assert found["future", "web", "events"] == (2, 6)
    assert found["early", "till", "orders"] == (1, 1)
    assert found["last_seen", "web", None] == (datetime(2026, 5, 1, tzinfo=UTC).timestamp(), None)


def test_what_is_known_once_customers_are(shop: Shop) -> None:
    for customer, records in (("A", 3), ("B", 1)):
        shop.add(tables.CUSTOMERS, customer_id=customer, records=records)
        for kind in ("email", "email", "phone")[:records]:
            shop.add(tables.KNOWN_BY, customer_id=customer, type=kind, value=f"{customer}{kind}")
        shop.add(tables.PERMISSIONS, customer_id=customer, channel="email", conflict=customer == "A")
    shop.add(tables.SHARED_VALUES, type="phone", value="+1555", records=99, customers=50)
    shop.event("1", "view", "2026-05-01")
    shop.event("2", "view", "2026-05-01")
    shop.add(tables.EVENT_OWNERS, source="web", key="1", customer_id="A", confidence=1.0, because="login")
    found = measured(shop, anonymous=4, stitched=3)
    expected: dict[Key, tuple[float, float | None]] = {
        ("customers", None, None): (2, None), ("largest", None, None): (3, None),
        ("identifiers", None, "email"): (3, 2), ("identifiers", None, "phone"): (1, 2),
        ("shared", None, "phone"): (1, None), ("owned", None, None): (1, 2),
        ("conflicts", None, "email"): (1, 2), ("stitched", None, None): (3, 4),
    }  # fmt: skip
    assert expected.items() <= found.items()


def test_channels_that_nobody_knows(shop: Shop) -> None:
    said = [("hausmail", "rundbrief", 30), ("ann@x.com", "rundbrief", 1), ("google", "cpc", 9), (None, None, 5)]
    said += [(f"blog {number}", None, 20 + number) for number in range(3)]
    for source, medium, count in said:
        for number in range(count):
            fields: dict[str, Any] = {"utm_source": source, "utm_medium": medium}
            shop.event(f"{source} {number}", "view", "2026-05-01", **fields)
    shop.event("s", "sent", "2026-05-01", source="mail", campaign="spring", email="ann@x.com")
    shop.event("c", "click", "2026-05-01", source="mail", utm_source="blog 1")
    found = measured(shop)
    assert found["unplaced", "web", None] == (94, 103)
    words = {subject: value for (metric, source, subject), value in found.items() if metric == "unplaced_words"}
    assert words == {"hausmail / rundbrief": (30, 103), "blog 2": (22, 103), "blog 1": (21, 103)}
    assert found["unplaced", "mail", None] == (0, 2)


def test_money(shop: Shop) -> None:
    def order(key: str, at: str, total: float, currency: str = "USD", **values: Any) -> None:
        rate = None if currency == "GBP" else 1.0
        amounts = {"total": total, "base_total": rate and total, "base_refunded": values.pop("refunded", 0.0)}
        shop.record("till", key, "order", email=f"{key}@x.com")
        shop.add(tables.ORDERS, source="till", key=key, record_id=f"till:{key}", at=at, currency=currency, **amounts)
        member(shop, f"till:{key}", key)

    order("1", "2026-05-20", 100, refunded=25.0)
    order("2", "2026-05-10", 300)
    order("3", "2026-05-01", 7, "GBP")
    for customer, revenue in (("1", 75.0), ("4", 1000.0)):
        member(shop, f"crm:{customer}", customer)
        claim = {"revenue": revenue, "base_revenue": revenue}
        shop.add(tables.CLAIMS, source="crm", key=customer, record_id=f"crm:{customer}", **claim)
    found = measured(shop)
    expected: dict[Key, tuple[float, float | None]] = {
        ("unrated", "till", "GBP"): (1, 3), ("refunded", None, "2026-05-20"): (25, 400),
        ("refunds", None, "2026-05-20"): (1, 2), ("claimed", "crm", "agrees"): (75, 1075),
        ("claimed", "crm", "never seen"): (1000, 1075), ("claimants", "crm", "agrees"): (1, 2),
        ("mismatch", "crm", None): (1000, 1075), ("anonymous_orders", "till", None): (0, 3),
    }  # fmt: skip
    assert expected.items() <= found.items()


def test_a_claim_is_compared_with_orders_and_nothing_else(shop: Shop) -> None:
    member(shop, "crm:1", "A")
    shop.add(tables.CLAIMS, source="crm", key="1", record_id="crm:1", revenue=75.0, base_revenue=75.0)
    assert not {"claimed", "claimants", "mismatch"} & {metric for metric, *_ in measured(shop)}


def test_claims_without_a_rate_are_counted_by_their_currency(shop: Shop) -> None:
    for key, currency, base in (
        ("1", "USD", 75.0),
        ("2", "GBP", None),
        ("3", "GBP", None),
        ("4", "ann@x.com", None),
        ("5", "Pounds", None),
    ):
        row = {"revenue": 75.0, "base_revenue": base, "currency": currency}
        shop.add(tables.CLAIMS, source="crm", key=key, record_id=f"crm:{key}", **row)
    found = {key: value for key, value in measured(shop).items() if key[0] == "unrated_claims"}
    assert found == {
        ("unrated_claims", "crm", "GBP"): (2, 5),
        ("unrated_claims", "crm", "text of more than three letters"): (2, 5),
    }


def test_no_personal_value_is_kept_and_every_metric_is_declared(shop: Shop) -> None:
    shop.record("crm", "ann@x.com", email="ann@x.com", phone="+15551234567", first="ann", city="boston")
    shop.record("crm", "2", email="ann@x.com", first="ann")
    shop.event("ann@x.com", "view", "2026-05-01", email="ann@x.com")
    for metric, _, subject in measured(shop):
        assert metric in METRICS
        assert "ann" not in (subject or "")
        assert "555" not in (subject or "")
    assert not shop.compute.exists("audit_records")
