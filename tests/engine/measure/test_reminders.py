"""Reminders of carts: what was true when they were sent, and what came of them."""

from __future__ import annotations

from datetime import date
from typing import Any

from engine import tables
from tests.engine.measure.shop import Shop

HOUR = 1 / 24


def remind(shop: Shop, name: str, day: float, campaign: str = "Cart recovery", **more: Any) -> None:
    shop.touch(name, day, None, None, kind="sent", campaign=campaign, **{"email": f"{name}@x.com", **more})


def person(shop: Shop, name: str) -> None:
    shop.customer(name)
    shop.address(name, f"{name}@x.com", "email")


def test_a_cart_is_recovered_if_it_was_bought_after_the_reminder_and_not_before(shop: Shop) -> None:
    for name in ("recovered", "bought before", "too late", "no cart", "old cart"):
        person(shop, name)
        remind(shop, name, 10)
    for name in ("recovered", "bought before", "too late"):
        shop.event(name, 8, "add_to_cart")
    shop.event("old cart", -21, "add_to_cart")
    shop.order("bought before", 9, 5)
    for name in ("recovered", "bought before", "no cart", "old cart"):
        shop.order(name, 12, 50, refunded=10)
    shop.order("too late", 17.5, 50)
    assert shop.rows("SELECT customer_id, revenue FROM reminders WHERE recovered") == [("recovered", 40.0)]
    assert shop.rows("FROM recovered_carts") == [(date(2026, 1, 1), "email", 5, 2, 1, 0.5, 40.0)]


def test_an_order_is_recovered_by_the_last_reminder_alone(shop: Shop) -> None:
    person(shop, "ann")
    shop.event("ann", 0, "begin_checkout")
    for day in (1, 2, 4):
        remind(shop, "ann", day)
    shop.order("ann", 3, 10)
    found = shop.rows('SELECT "at"::DATE, recovered, after_purchase FROM reminders ORDER BY "at"')
    assert [row[1:] for row in found] == [(False, False), (True, False), (False, True)]


def test_only_messages_about_carts_are_reminders(shop: Shop) -> None:
    person(shop, "ann")
    for campaign in ("Abandoned Cart 2", "checkout_reminder", "Newsletter 42", "Cartography week"):
        remind(shop, "ann", 1, campaign)
    found = shop.rows("SELECT campaign FROM reminders ORDER BY 1")
    assert found == [("abandoned-cart-2",), ("checkout-reminder",)]


def test_what_the_list_would_have_held_back(shop: Shop) -> None:
    for name in ("right", "bought", "guest", "just now", "out", "in again"):
        person(shop, name)
        shop.event(name, 1, "add_to_cart")
        remind(shop, name, 10)
    shop.order("bought", 5, 10)
    # This order gives the address that the reminder goes to, the other one doesn't.
    shop.add(tables.IDENTIFIERS, record_id=shop.order("guest", 5, 10), type="email", value="guest@x.com", status="ok")
    shop.order("just now", 10 - HOUR / 2, 10)
    said = {"type": "email", "value": "out@x.com"}
    shop.consent("out", "email", "in", -9, **said)
    shop.consent("out", "email", "out", 9.5, **said)
    said = {"type": "email", "value": "in again@x.com"}
    shop.consent("in again", "email", "out", 1, **said)
    shop.consent("in again", "email", "in", 2, **said)
    wrong = shop.rows(
        "SELECT customer_id, after_purchase, by_address, opted_out_at IS NOT NULL FROM reminders ORDER BY 1"
    )
    assert wrong == [
        ("bought", True, False, False), ("guest", True, True, False), ("in again", False, False, False),
        ("just now", True, False, False), ("out", False, False, True), ("right", False, False, False),
    ]  # fmt: skip
    # Reminders, after a purchase, opted out, wrong; held back by the hourly list, share, by the daily one, by address.
    assert shop.rows("FROM suppression_accuracy") == [(date(2026, 1, 1), "email", 6, 3, 1, 4, 3, 0.75, 2, 2)]


def test_an_opt_out_counts_from_when_it_was_said(shop: Shop) -> None:
    person(shop, "ann")
    shop.consent("ann", "email", "out", 11)
    remind(shop, "ann", 10)
    remind(shop, "ann", 12)
    assert [row[0] is not None for row in shop.rows('SELECT opted_out_at FROM reminders ORDER BY "at"')] == [
        False,
        True,
    ]
