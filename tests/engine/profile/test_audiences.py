from __future__ import annotations

from datetime import timedelta

import pytest

from engine.profile.audiences import VIEWS, Audience, Channel, Purpose, make_audience, views_of
from tests.engine.measure.shop import JAN, Shop

HOUR = 1 / 24


def person(shop: Shop, name: str, *, why_not: str | None = None, asked: bool = True) -> None:
    """A customer with an e-mail and what was said about it."""
    shop.customer(name)
    shop.address(name, f"{name}@x.com", *(["email"] if asked else []), why_not=why_not)


def made(
    shop: Shop, purpose: Purpose = "cart-recovery", channel: Channel = "email", sure: float = 0.9
) -> tuple[Audience, dict[str, str | None]]:
    """The audience on JAN: customer -> why not."""
    with shop.opened(JAN, only=views_of(purpose)) as compute:
        counted = make_audience(compute, purpose, channel, JAN, sure)
        return counted, dict(compute.rows("SELECT customer_id, why_not FROM audience"))


def test_who_left_a_cart_is_reminded_unless_he_bought_since(shop: Shop) -> None:
    for name in ("left", "bought", "before", "late", "now", "cancelled", "seen", "recovered"):
        person(shop, name)
    for name in ("left", "bought", "before", "cancelled", "seen"):
        shop.event(name, -2, "begin_checkout")
    shop.event("recovered", -2, "begin_checkout", status="recovered")
    shop.event("late", -31, "begin_checkout")
    shop.event("now", -HOUR / 3, "add_to_cart")
    shop.event("seen", -1, "purchase")
    shop.order("bought", -1, 10)
    shop.order("before", -3, 10)
    shop.order("cancelled", -1, 10, status="voided")
    counted, found = made(shop)
    assert found == {
        "left": None, "bought": "bought since", "before": None, "now": "may still be shopping", "cancelled": None,
        "seen": "bought since", "recovered": "bought since",
    }  # fmt: skip
    assert (counted.about, counted.reached) == (7, 3)


def test_who_must_not_be_reminded_is_named_without_a_known_cart_too(shop: Shop) -> None:
    """The tool that sends may know of a cart that no export shows."""
    for name in ("lately", "long ago"):
        person(shop, name)
    shop.order("lately", -3, 10)
    shop.order("long ago", -31, 10)
    person(shop, "out", why_not="opted out")
    assert made(shop)[1] == {"lately": "bought lately", "out": "opted out"}


def test_every_reason_is_told_and_counted(shop: Shop) -> None:
    person(shop, "out", why_not="opted out")
    person(shop, "torn", why_not="conflict")
    person(shop, "silent", asked=False)
    person(shop, "hard")
    shop.event(None, -9, "bounce", email="hard@x.com")
    shop.customer("none")
    shop.customer("bad")
    shop.add_identifier("bad", "email", "@@", "invalid")
    shop.customer("office")
    shop.add_identifier("office", "email", "info@x.com", "role")
    for name in ("out", "torn", "silent", "hard", "none", "bad", "office"):
        shop.event(name, -2, "add_to_cart")
    shop.order("out", -1, 10)
    counted, found = made(shop)
    assert found == {
        "out": "bought since; opted out", "torn": "conflict", "silent": "no consent", "hard": "bounced",
        "none": "no address", "bad": "invalid address", "office": "shared address",
    }  # fmt: skip
    assert (counted.about, counted.reached) == (7, 0)
    assert counted.suppressed == dict.fromkeys(
        (
            "bought since", "bounced", "conflict", "invalid address", "no address", "no consent", "opted out",
            "shared address",
        ), 1
    )  # fmt: skip


def test_an_inbox_that_answered_after_a_bounce_works(shop: Shop) -> None:
    person(shop, "ann")
    shop.event(None, -9, "bounce", email="ann@x.com")
    shop.event(None, -8, "open", email="ann@x.com")
    assert made(shop, "newsletter")[1] == {"ann": None}


def test_a_message_bounces_where_it_went(shop: Shop) -> None:
    """Tools name both addresses of a person, whichever the message went to."""
    for name, phone in (("ann", "+15550001"), ("bob", "+15550002")):
        person(shop, name)
        shop.address(name, phone, "sms")
    ann, bob = {"email": "ann@x.com", "phone": "+15550001"}, {"email": "bob@x.com", "phone": "+15550002"}
    shop.event("ann", -9, "bounce", name="Failed to Deliver SMS", **ann)
    shop.event("ann", -8, "click", name="Clicked Email", **ann)
    shop.event("bob", -9, "bounce", account="klaviyo:1", **bob)
    shop.event("bob", -8, "click", account="sms:1", **bob)
    assert made(shop, "newsletter", "email")[1] == {"ann": None, "bob": "bounced"}
    assert made(shop, "newsletter", "sms")[1] == {"ann": "bounced", "bob": None}


@pytest.mark.parametrize(
    ("line", "status", "why_not"),
    [
        ("mobile", "ok", None), ("fixed_line_or_mobile", "ok", None), ("fixed_line", "ok", "invalid number"),
        (None, "weak", "invalid number"), ("toll_free", "weak", "invalid number"),
        ("mobile, extension 7", "weak", None), ("unknown, extension 7", "weak", "invalid number"),
    ],
)  # fmt: skip
def test_a_number_that_can_get_no_message_is_left_out(
    shop: Shop, line: str | None, status: str, why_not: str | None
) -> None:
    shop.customer("ann")
    shop.address("ann", "+15550001", "sms", detail=line, status=status)
    assert made(shop, "newsletter", "sms")[1] == {"ann": why_not}


def test_all_addresses_of_a_buyer_are_held_back_however_they_are_spelled(shop: Shop) -> None:
    person(shop, "ann")
    shop.address("ann", "ann@work.com", "email")
    shop.add_identifier("ann", "email", "ann@x.com", "ok", display="Ann+shop@X.com")
    shop.event("ann", -2, "begin_checkout")
    shop.order("ann", -1, 10)
    with shop.opened(JAN, only=VIEWS) as compute:
        make_audience(compute, "cart-recovery", "email", JAN)
        assert compute.rows("SELECT address, why_not, chosen FROM audience ORDER BY 1") == [
            ("ann+shop@x.com", "bought since", False), ("ann@work.com", "bought since", False),
            ("ann@x.com", "bought since", False),
        ]  # fmt: skip


def test_of_several_addresses_one_that_may_be_used_is_taken(shop: Shop) -> None:
    person(shop, "ann", why_not="opted out")
    shop.address("ann", "b@work.com", "email", confidence=0.95)
    shop.address("ann", "a@home.com", "email")
    with shop.opened(JAN, only=VIEWS) as compute:
        counted = make_audience(compute, "newsletter", "email", JAN)
        assert compute.rows("SELECT address FROM audience WHERE chosen") == [("a@home.com",)]
        assert compute.rows("SELECT address FROM audience WHERE why_not IS NOT NULL") == [("ann@x.com",)]
    assert (counted.about, counted.reached, counted.suppressed) == (1, 1, {})


def test_nobody_is_written_to_where_somebody_else_must_not_be(shop: Shop) -> None:
    for name in ("ann", "bob", "cleo", "dan", "eve"):
        shop.customer(name)
    for name in ("ann", "bob"):
        shop.address(name, "home@x.com", "email")
        shop.event(name, -2, "begin_checkout")
    shop.order("ann", -1, 10)
    # An inbox that is hardly somebody's stays the other one's.
    shop.address("cleo", "cleo@x.com", "email")
    shop.address("dan", "cleo@x.com", "email", confidence=0.5, why_not="not sure enough")
    shop.event("cleo", -2, "begin_checkout")
    shop.address("eve", "eve@x.com", "email", why_not="opted out")
    with shop.opened(JAN, only=VIEWS) as compute:
        counted = make_audience(compute, "cart-recovery", "email", JAN)
        assert compute.rows("SELECT customer_id, address, why_not, chosen FROM audience ORDER BY 1") == [
            ("ann", "home@x.com", "bought since", False),
            ("bob", "home@x.com", "bought since (another customer)", False),
            ("cleo", "cleo@x.com", None, True),
            ("dan", None, "not sure enough", False),
            ("eve", "eve@x.com", "opted out", False),
        ]
    assert (counted.about, counted.reached) == (5, 1)


def test_a_channel_asks_for_its_own_consent(shop: Shop) -> None:
    person(shop, "ann")
    assert made(shop, "newsletter", "sms")[1] == {"ann": "no address"}
    shop.address("ann", "+15550001", "sms", "ads")
    assert made(shop, "newsletter", "sms")[1] == {"ann": None}
    with shop.opened(JAN, only=VIEWS) as compute:
        make_audience(compute, "newsletter", "ads", JAN)
        assert compute.rows("SELECT address, why_not, chosen FROM audience ORDER BY 1") == [
            ("+15550001", None, True), ("ann@x.com", "no consent", False),
        ]  # fmt: skip


def test_a_cart_of_which_it_is_not_sure_enough_whose_it_is(shop: Shop) -> None:
    person(shop, "ann")
    shop.event("ann", -2, "add_to_cart", confidence=0.6)
    assert made(shop)[1] == {"ann": "not sure enough"}
    assert made(shop, sure=0.5)[1] == {"ann": None}


def test_who_has_not_bought_for_long_is_to_be_won_back(shop: Shop) -> None:
    for name, days in (("long", 200), ("lately", 10)):
        person(shop, name)
        shop.order(name, -days, 10)
    person(shop, "never")
    assert made(shop, "win-back")[1] == {"long": None, "lately": "bought lately"}


def test_what_comes_after_the_moment_is_not_known_yet(shop: Shop) -> None:
    person(shop, "ann")
    shop.event("ann", -1, "begin_checkout")
    shop.order("ann", 1, 10)
    assert made(shop)[1] == {"ann": None}


def test_times_that_can_not_be_right_decide_nothing(shop: Shop) -> None:
    for name in ("future", "seventies", "cart"):
        person(shop, name)
    for name in ("future", "seventies"):
        shop.event(name, -1, "begin_checkout")
    shop.order("future", 40_000, 10)
    shop.order("seventies", 0, 10, at=JAN - timedelta(days=20_464))
    shop.event("cart", 40_000, "add_to_cart")
    assert made(shop)[1] == {"future": None, "seventies": None}
