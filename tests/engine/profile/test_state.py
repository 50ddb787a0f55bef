"""What a trigger needs to know: the view of all customers, and the same of one."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any

import pytest

from engine.compute import Compute
from engine.measure import open_views
from engine.profile.one import open_customer
from engine.profile.state import TABLES, State, customer_state
from engine.runs import RunTables
from tests.engine.conftest import Published
from tests.engine.measure.shop import JAN, Shop

pytestmark = pytest.mark.long

NOW = JAN + timedelta(days=100)


def _state(run: RunTables, who: str, at: datetime | None = None) -> State:
    with open_customer(run, who, *TABLES) as compute:
        return customer_state(compute, run, at)


def state(shop: Shop, who: str = "ann", at: datetime | None = NOW) -> State:
    return _state(shop.write(), who, at)


def _rounded(value: Any) -> Any:
    """Sums may differ in their last digit, by the order of what is added."""
    return round(value, 9) if isinstance(value, float) else value


def test_the_state_of_one_customer_is_what_the_measure_of_all_says(published: Published) -> None:
    columns = ", ".join(field.name for field in fields(State))
    with Compute(memory_limit="500MB") as compute:
        open_views(compute, published.result.run)
        rows = compute.rows(f"SELECT customer_id, {columns} FROM customer_state ORDER BY customer_id")
    assert len(rows) > 50
    for customer_id, *row in rows[::25]:
        found = asdict(_state(published.result.run, customer_id)).values()
        assert [_rounded(value) for value in found] == [_rounded(value) for value in row]


def test_who_never_did_anything(shop: Shop) -> None:
    shop.customer("ann", place="Bonn, DE")
    shop.compute.run("UPDATE customers SET place = 'Bonn, DE'")
    known: dict[str, Any] = {name: value for name, value in asdict(state(shop)).items() if value is not None}
    assert known == {
        "as_of": NOW, "buyer": "none", "stage": "prospect", "purchases": 0, "place": "Bonn, DE",
        **dict.fromkeys(("email", "sms", "phone", "ads"), "no address"),
    }  # fmt: skip


def test_first_time_or_repeat_and_the_last_order(shop: Shop) -> None:
    shop.customer("ann")
    shop.order("ann", 60, 25, currency="EUR", number="#7")
    found = state(shop)
    assert (found.buyer, found.stage, found.purchases) == ("first-time", "new", 1)
    assert (found.last_order, found.last_order_value, found.last_order_currency) == ("#7", 25.0, "EUR")
    assert (found.last_order_at, found.days_since_order) == (JAN + timedelta(days=60), 40)
    shop.order("ann", 50, 5, number="#6")
    found = state(shop)
    assert (found.buyer, found.stage, found.last_order) == ("repeat", "repeat", "#7")
    assert state(shop, at=JAN + timedelta(days=300)).stage == "lapsed"


def test_a_cart_on_several_devices_and_in_the_list_of_abandoned_checkouts(shop: Shop) -> None:
    shop.customer("ann")
    shop.event("ann", 90, "add_to_cart", item="Old Hat", device="d1")
    shop.order("ann", 91, 10)
    shop.event("ann", 92, "add_to_cart", item="Stove", value=20, currency="USD", device="d1")
    shop.event("ann", 93, "add_to_cart", item="Rope", value=5, currency="USD", device="d2")
    found = state(shop)
    assert (found.cart_kind, found.cart_items, found.cart_value) == ("add_to_cart", ["Rope", "Stove"], 25.0)
    shop.event("ann", 95, "begin_checkout", item="Rope", value=26.5, currency="USD", source="checkouts", confidence=0.8)
    found = state(shop)
    assert (found.cart_at, found.days_since_cart) == (JAN + timedelta(days=95), 5)
    assert (found.cart_kind, found.cart_items, found.cart_value) == ("begin_checkout", ["Rope", "Stove"], 26.5)
    assert (found.cart_currency, found.cart_confidence) == ("USD", 0.8)
    assert state(shop, at=JAN + timedelta(days=126)).cart_at is None
    shop.event("ann", 96, "purchase", device="d3")
    assert state(shop).cart_at is None


def test_recent_interest_weighs_more(shop: Shop) -> None:
    shop.customer("ann")
    for day in (0, 0, 0, 0, 0):
        shop.event("ann", day, "view", item="Stove", category="Camping")
    shop.event("ann", 100, "view", item="Hat", category="Clothing")
    shop.event("ann", 70, "add_to_cart", item="Hat")
    found = shop.rows("SELECT category, score, views, carts, purchases FROM interests ORDER BY score DESC", NOW)
    assert [(row[0], *row[2:]) for row in found] == [("Clothing", 1, 1, 0), ("Camping", 5, 0, 0)]
    assert [round(row[1], 6) for row in found] == [2.5, round(5 * 0.5 ** (100 / 30), 6)]
    shop.line(shop.order("ann", 100, 10), "Stove")
    (top,) = shop.rows("SELECT interest, interest_share FROM customer_state", NOW)
    assert top[0] == "Camping"
    assert 0.5 < top[1] < 0.8


def test_as_much_interest_in_two_is_as_much_in_whatever_order_it_came(shop: Shop) -> None:
    shop.customer("ann")
    for category, days in (("Camping", range(7)), ("Biking", reversed(range(7)))):
        for day in days:
            shop.event("ann", day + 0.3, "view", item=category, category=category)
    scores = shop.rows("SELECT DISTINCT score, share FROM interests", NOW)
    assert len(scores) == 1
    assert scores[0][1] == 0.5
    assert state(shop).interest == "Camping"


def test_the_language_of_a_record_comes_before_that_of_a_device(shop: Shop) -> None:
    shop.customer("ann")
    shop.event("ann", 1, "view", language="en-gb")
    assert state(shop).language == "en"
    shop.record("desk:1", "ann", x_language="de-at", seen_at=JAN)
    assert state(shop).language == "de"
    shop.record("desk:2", "ann", x_language="klingon", seen_at=NOW)
    shop.record("desk:3", "ann", x_language="fr", seen_at=datetime(2040, 1, 1))
    assert state(shop).language == "de"


def test_the_last_conversation(shop: Shop) -> None:
    shop.customer("ann")
    shop.event("ann", 5, "ticket", subject="Size?", status="open")
    shop.event("ann", 2, "ticket", subject="Refund", status="solved")
    found = state(shop)
    assert (found.conversation_at, found.conversation_subject) == (JAN + timedelta(days=5), "Size?")
    assert (found.conversation_status, found.days_since_active) == ("open", 95)


def test_being_written_to_is_no_activity(shop: Shop) -> None:
    shop.customer("ann")
    shop.event("ann", 5, "open")
    shop.event("ann", 50, "sent")
    shop.event("ann", 51, "bounce")
    assert state(shop).last_active_at == JAN + timedelta(days=5)


def test_how_the_customer_may_be_contacted_and_why_not(shop: Shop) -> None:
    shop.customer("ann")
    shop.address("ann", "ann@x.com", "email", why_not="opted out")
    shop.address("ann", "ann@home.com", "email", "ads")
    shop.address("ann", "+15550001", "sms", detail="fixed_line")
    found = state(shop)
    assert (found.email, found.sms, found.phone, found.ads) == ("yes", "invalid number", "no consent", "yes")


def test_what_can_not_have_a_time_decides_no_latest_and_no_since(shop: Shop) -> None:
    shop.customer("ann")
    shop.order("ann", 10, 10, number="#1")
    shop.event("ann", 10, "view", item="Hat", category="Clothing")
    usual = state(shop, at=None)
    assert (usual.as_of, usual.days_since_order) == (JAN + timedelta(days=10), 0)
    for day in (40_000, -20_464):
        shop.order("ann", day, 99, number="#2")
        shop.event("ann", day, "add_to_cart", item="Stove", category="Camping")
        shop.event("ann", day, "ticket", subject="?")
    found = state(shop, at=None)
    assert (found.purchases, found.buyer) == (3, "repeat")
    same = ("as_of", "last_order", "last_order_at", "days_since_order", "last_active_at", "cart_at", "interest")
    assert [getattr(found, name) for name in same] == [getattr(usual, name) for name in same]
    assert (found.conversation_subject, found.conversation_at) == ("?", None)
