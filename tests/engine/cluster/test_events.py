"""Whose was an event, and how sure is that?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.cluster.events import count_stitched, own_events
from engine.compute import Compute
from tests.engine.cluster.test_devices import DAY, Devices


class Events(Devices):
    """The same shop, asked for its events."""

    def owners(self) -> dict[str, tuple[str, str]]:
        """Customer and reason by the key of an event."""
        self.windows()
        rows = self.compute.rows("SELECT key, customer_id, because FROM event_owners")
        found = {key: (customer, because) for key, customer, because in rows}
        assert len(found) == len(rows)
        return found

    def at(self, minute: float, device: str | None = "d1", kind: str = "view", **fields: Any) -> str:
        """An event some minutes after the day began; its key."""
        self.event(device, DAY + timedelta(minutes=minute), kind, **fields)  # type: ignore[arg-type]
        return str(self.ties)


@pytest.fixture
def shop(compute: Compute) -> Events:
    made = Events(compute)
    made.customer("ann", email="ann@x.com", account="shopify:1", phone="+1")
    made.customer("bob", email="bob@x.com", account="shopify:2")
    return made


@pytest.mark.parametrize(
    ("fields", "because"),
    [
        ({"account": "shopify:1"}, "login"),
        ({"account": "shopify:1", "url": "https://x.example/?c=1"}, "click"),
        ({"email": "ann@x.com", "kind": "click"}, "click"),
        ({"email": "ann@x.com", "kind": "open", "device": None}, "address"),
        ({"phone": "+1", "kind": "sent", "device": None}, "address"),
    ],
    ids=str,
)
def test_an_event_that_names_its_customer(shop: Events, fields: dict[str, Any], because: str) -> None:
    key = shop.at(0, **fields)
    assert shop.owners() == {key: ("ann", because)}


@pytest.mark.parametrize("called", ["1001", "#1001", "gid-7"])
def test_a_purchase_is_the_buyers_whose_order_it_names(shop: Events, called: str) -> None:
    record = shop.order("ann", "d9", DAY)
    shop._insert("orders", record_id=record, source="shop", key="gid-7", number="#1001")
    key = shop.at(0, kind="purchase", order_key=called)
    assert shop.owners()[key] == ("ann", "order")


def test_an_order_number_of_two_shops_ties_nobody(shop: Events) -> None:
    for customer, key in (("ann", "a"), ("bob", "b")):
        record = shop.order(customer, "", None)
        shop._insert("orders", record_id=record, source="shop", key=key, number="#1001")
    shop.at(0, kind="purchase", order_key="#1001")
    assert shop.owners() == {}


def test_a_checkout_is_the_customers_whose_record_it_is(shop: Events) -> None:
    shop._insert("records", record_id="web:1", source="web", key="1", kind="checkout")
    shop._insert("members", record_id="web:1", customer_id="bob", confidence=0.8)
    key = shop.at(0, kind="begin_checkout")
    assert shop.owners() == {key: ("bob", "order")}


def test_a_session_is_whose_login_is_in_it(shop: Events) -> None:
    before = shop.at(0, session="s1")
    shop.at(5, session="s1", kind="login", account="shopify:1")
    after = shop.at(300, session="s1")
    found = shop.owners()
    assert found[before] == found[after] == ("ann", "session")


def test_a_session_without_a_device_is_told_apart_from_others(shop: Events) -> None:
    shop.at(0, None, session="s1", kind="login", account="shopify:1")
    here, there = shop.at(1, None, session="s1"), shop.at(1, "d2", session="s1")
    found = shop.owners()
    assert found[here] == ("ann", "session")
    assert there not in found


def test_a_session_of_two_is_split_by_their_logins(shop: Events) -> None:
    shop.at(0, session="s1", kind="login", account="shopify:1")
    first = shop.at(3, session="s1")
    shop.at(10, session="s1", kind="login", account="shopify:2")
    second = shop.at(12, session="s1")
    found = shop.owners()
    assert (found[first], found[second]) == (("ann", "device"), ("bob", "device"))


def test_what_came_before_the_first_login_is_the_customers_and_less_sure(shop: Events) -> None:
    anonymous = shop.at(-3000, session="s0")
    known = shop.at(0, session="s1", kind="login", account="shopify:1")
    assert shop.owners()[anonymous] == ("ann", "device")
    sure = dict(shop.compute.rows("SELECT key, confidence FROM event_owners"))
    assert sure[anonymous] < sure[known]


def test_a_shared_tablet_stays_anonymous_between_logins(shop: Events) -> None:
    shop.at(0, kind="login", account="shopify:1")
    between = shop.at(600)
    shop.at(1200, kind="login", account="shopify:2")
    beside = shop.at(1210)
    found = shop.owners()
    assert between not in found
    assert found[beside] == ("bob", "device")


def test_an_event_without_any_thread_is_nobodys(shop: Events) -> None:
    shop.at(0)
    shop.at(0, None)
    shop.at(0, kind="purchase", order_key="#77")
    assert shop.owners() == {}


def test_stitching_is_counted(shop: Events) -> None:
    shop.at(0, session="s1", kind="login", account="shopify:1")
    shop.at(1, session="s1")
    shop.at(1, "d2")
    found = own_events(shop.compute)
    assert (found.anonymous, found.stitched) == (2, 1)
    assert count_stitched(shop.compute) == found
