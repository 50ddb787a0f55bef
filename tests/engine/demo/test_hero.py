"""The customer whom four tools know under four names is in every shop, and only evidence ties him together."""

from __future__ import annotations

from pathlib import Path

import phonenumbers
import pytest

from engine.demo import generate

from .conftest import Shop, parameter

HERO = "p0000000"


@pytest.fixture(params=[1, 2])
def any_shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    return Shop(generate(tmp_path, records=300, seed=request.param))


def test_four_tools_know_him_under_four_names(any_shop: Shop) -> None:
    his = {key for key, person in any_shop.persons().items() if person == HERO}
    assert sorted(source for source, _ in his) == [
        "shopify_customers",
        "shopify_orders",
        "shopify_orders",
        "sms_subscribers",
        "zendesk_users",
    ]
    (customer,) = [row for row in any_shop.rows("shopify_customers.csv") if row["Email"] == "john@email.com"]
    assert (customer["First Name"], customer["Last Name"], customer["Phone"]) == ("John", "Doe", "")
    (user,) = [user for user in any_shop.rows("zendesk_users.ndjson") if ("zendesk_users", str(user["id"])) in his]
    assert (user["name"], user["email"], user["phone"]) == ("John D.", None, "+15551234567")
    (subscriber,) = [row for row in any_shop.rows("sms_subscribers.csv") if row["phone"] == "+15551234567"]
    assert subscriber["name"] == "John"
    assert ("sms_subscribers", subscriber["id"]) in his
    assert any(t["requester_id"] == user["id"] for t in any_shop.rows("zendesk_tickets.ndjson"))


def test_his_phone_is_on_an_order_in_another_format(any_shop: Shop) -> None:
    orders = [row for row in any_shop.orders() if row["Email"] == "john@email.com"]
    assert [(row["Phone"], bool(row["Customer ID"])) for row in orders] == [("", True), ("(555) 123-4567", False)]
    number = phonenumbers.parse("(555) 123-4567", "US")
    assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == "+15551234567"
    assert phonenumbers.is_possible_number(number)
    assert not phonenumbers.is_valid_number(number)


def test_his_browser_is_anonymous_and_was_there_before_he_bought(any_shop: Shop) -> None:
    order = next(row for row in any_shop.orders() if row["Email"] == "john@email.com" and row["Note Attributes"])
    device = order["Note Attributes"].removeprefix("ga_client_id: ")
    events = [e for e in any_shop.rows("ga4_events.ndjson") if e["user_pseudo_id"] == device]
    assert {e["user_id"] for e in events} == {None}
    (purchase,) = [e for e in events if e["event_name"] == "purchase"]
    assert purchase["ecommerce"]["transaction_id"] == order["Name"]
    sessions = {parameter(e, "ga_session_id") for e in events}
    assert len(sessions) == 2
    assert min(e["event_timestamp"] for e in events) < purchase["event_timestamp"] - 86_400 * 10**6
    owner = {row["key"]: row["person"] for row in any_shop.rows("truth_events.csv") if row["source"] == "ga4_events"}
    assert {owner[parameter(e, "event_id")] for e in events} == {HERO}


def test_nobody_else_uses_what_is_his(any_shop: Shop) -> None:
    everything = "".join(
        path.read_text(encoding="utf-8")
        for name, path in any_shop.summary.files.items()
        if not name.startswith(("truth", "shopify_orders"))
    )
    assert everything.count("john@email.com") == 1
    assert everything.count("+15551234567") == 2
