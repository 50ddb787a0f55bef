from __future__ import annotations

from engine import tables
from engine.quality import Step
from tests.engine.quality.conftest import Shop


def found(shop: Shop) -> dict[str, tuple[int, int, int]]:
    return {step.step: (step.visitors, step.known, step.ever) for step in shop.audit().steps}


def by(step: Step) -> dict[str, int]:
    return {evidence: count for evidence, count in step.by.items() if count}


def test_a_visitor_is_known_from_the_step_that_names_it(shop: Shop) -> None:
    shop.event("1", "view", "2026-05-01 10:00", device="d1")
    shop.event("2", "add_to_cart", "2026-05-01 12:00", device="d1")
    shop.event("3", "begin_checkout", "2026-05-01 14:00", device="d1", account="shop:1")
    shop.event("4", "purchase", "2026-05-01 16:00", device="d1")
    shop.event("5", "view", "2026-05-01 10:00", device="d2")
    shop.event("6", "view", "2026-05-01 10:00", session="s3")
    shop.event("7", "view", "2026-05-01 10:00")
    assert found(shop) == {
        "view": (3, 0, 1),
        "add_to_cart": (1, 0, 1),
        "begin_checkout": (1, 1, 1),
        "purchase": (1, 1, 1),
    }


def test_each_kind_of_evidence_counts(shop: Shop) -> None:
    at = "2026-05-01 10:00"
    shop.add(tables.ORDERS, record_id="crm:9", source="crm", key="9", number="#1009")
    for device, event in {
        "login": {"account": "shop:1"},
        "mail": {"email": "a@x.com"},
        "text": {"phone": "+1555"},
        "number": {"order_key": "#1009"},
        "unknown-order": {"order_key": "#77"},
        "checkout": {},
        "late-order": {},
        "nobody": {},
    }.items():
        shop.event(device, "purchase", at, device=device, **event)
    shop.record("crm", "1", "checkout", device="checkout", created_at=at)
    shop.record("crm", "2", "order", device="late-order", created_at="2026-05-03")
    purchase = shop.audit().steps[-1]
    assert (purchase.visitors, purchase.known, purchase.ever) == (8, 5, 6)
    assert by(purchase) == {"login": 1, "address": 2, "order_key": 1, "checkout": 1}
    assert purchase.share == 5 / 8


def test_a_purchase_and_its_order_may_be_minutes_apart(shop: Shop) -> None:
    shop.event("1", "purchase", "2026-05-01 10:00", device="d")
    shop.record("crm", "1", "order", device="d", created_at="2026-05-01 10:05")
    assert found(shop)["purchase"] == (1, 1, 1)


def test_who_becomes_known_while_browsing_was_not_known_at_first(shop: Shop) -> None:
    shop.event("1", "view", "2026-05-01 10:00", device="d")
    shop.event("2", "login", "2026-05-01 12:00", device="d", account="shop:1")
    shop.event("3", "view", "2026-05-01 12:01", device="d")
    view = shop.audit().steps[0]
    assert (view.known_at_first, view.known, view.ever) == (0, 1, 1)


def test_without_events_nobody_is_there(shop: Shop) -> None:
    assert set(found(shop).values()) == {(0, 0, 0)}
