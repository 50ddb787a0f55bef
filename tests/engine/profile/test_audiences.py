from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine import tables
from engine.compute import Compute
from engine.profile.audiences import Audience, Channel, Purpose, make_audience
from engine.runs import RunTables
from engine.tables import Table

NOW = datetime(2026, 6, 1, 12)
_TABLES = (
    tables.MEMBERS, tables.ORDERS, tables.EVENTS, tables.EVENT_OWNERS, tables.PERMISSIONS, tables.KNOWN_BY,
    tables.CUSTOMERS, tables.IDENTIFIERS, tables.RECORDS,
)  # fmt: skip


class Shop:
    """A run with customers of one e-mail each, and their carts and orders."""

    def __init__(self, compute: Compute, folder: Path) -> None:
        self.compute, self.folder, self.rows = compute, folder, 0
        for table in _TABLES:
            compute.run(tables.create_sql(table, table.name))

    def add(self, table: Table, **row: Any) -> None:
        names = ", ".join(f'"{name}"' for name in row)
        self.compute.run(f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
        self.rows += 1

    def customer(self, name: str, why_not: str | None = None, asked: bool = True, address: str = "") -> None:
        value = address or f"{name}@x.com"
        self.add(tables.CUSTOMERS, customer_id=name, anchor=f"crm:{name}", last_seen=NOW)
        self.add(tables.MEMBERS, record_id=f"crm:{name}", customer_id=name, confidence=1.0)
        self.address(name, value, why_not, asked)

    def address(self, name: str, value: str, why_not: str | None = None, asked: bool = True) -> None:
        kind, channel = ("email", "email") if "@" in value else ("phone", "sms")
        self.add(tables.KNOWN_BY, customer_id=name, type=kind, value=value, confidence=1.0)
        if asked:
            self.add(tables.PERMISSIONS, customer_id=name, channel=channel, type=kind, value=value, why_not=why_not)

    def cart(self, name: str, ago: timedelta, kind: str = "begin_checkout") -> None:
        key = str(self.rows)
        self.add(tables.EVENTS, source="web", key=key, kind=kind, at=NOW - ago)
        self.add(tables.EVENT_OWNERS, source="web", key=key, customer_id=name, confidence=1.0, because="login")

    def order(self, name: str, ago: timedelta, status: str | None = "paid") -> None:
        key = f"orders:{self.rows}"
        self.add(tables.MEMBERS, record_id=key, customer_id=name, confidence=1.0)
        self.add(tables.ORDERS, record_id=key, at=NOW - ago, status=status)

    def write(self) -> RunTables:
        for table in _TABLES:
            self.compute.write_parquet(table.name, self.folder / f"{table.name}.parquet", order_by="1")
        return RunTables(self.folder)

    def made(self, purpose: Purpose = "cart-recovery", channel: Channel = "email") -> dict[str, str | None]:
        with Compute(memory_limit="500MB", threads=1) as compute:
            self.counted: Audience = make_audience(compute, self.write(), purpose, channel, NOW)
            return dict(compute.rows("SELECT customer_id, why_not FROM audience"))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Compute(memory_limit="500MB", threads=1) as compute:
        yield Shop(compute, tmp_path)


DAY = timedelta(days=1)


def test_who_left_a_cart_is_reminded_unless_he_bought_since(shop: Shop) -> None:
    for name in ("left", "bought", "before", "late", "now", "cancelled"):
        shop.customer(name)
    for name in ("left", "bought", "before", "cancelled"):
        shop.cart(name, 2 * DAY)
    shop.cart("late", 31 * DAY)
    shop.cart("now", timedelta(minutes=20), "add_to_cart")
    shop.order("bought", DAY)
    shop.order("before", 3 * DAY)
    shop.order("cancelled", DAY, "voided")
    assert shop.made() == {
        "left": None, "bought": "bought since", "before": None, "now": "may still be shopping", "cancelled": None,
    }  # fmt: skip


def test_every_reason_is_told_and_counted(shop: Shop) -> None:
    shop.customer("out", "opted out")
    shop.customer("torn", "conflict")
    shop.customer("silent", asked=False)
    shop.customer("hard")
    shop.add(tables.EVENTS, source="web", key="b", kind="bounce", email="hard@x.com")
    shop.add(tables.CUSTOMERS, customer_id="none")
    shop.add(tables.CUSTOMERS, customer_id="bad")
    shop.add(tables.MEMBERS, record_id="crm:bad", customer_id="bad", confidence=1.0)
    shop.add(tables.IDENTIFIERS, record_id="crm:bad", type="email", value="@@", status="invalid")
    for name in ("out", "torn", "silent", "hard", "none", "bad"):
        shop.cart(name, 2 * DAY)
    shop.order("out", DAY)
    assert shop.made() == {
        "out": "bought since; opted out", "torn": "conflict", "silent": "no consent", "hard": "bounced",
        "none": "no address", "bad": "invalid address",
    }  # fmt: skip
    assert (shop.counted.about, shop.counted.reached) == (6, 0)
    assert shop.counted.suppressed == dict.fromkeys(
        ("bought since", "bounced", "conflict", "invalid address", "no address", "no consent", "opted out"), 1
    )


def test_of_several_addresses_one_that_may_be_used_is_taken(shop: Shop) -> None:
    shop.customer("ann", "opted out")
    shop.address("ann", "a@work.com")
    assert shop.made("newsletter") == {"ann": None}


def test_a_channel_asks_for_its_own_consent(shop: Shop) -> None:
    shop.customer("ann")
    assert shop.made("newsletter", "sms") == {"ann": "no address"}
    shop.address("ann", "+15550001")
    assert shop.made("newsletter", "sms") == {"ann": None}
    assert shop.made("newsletter", "ads") == {"ann": "no consent"}


def test_who_has_not_bought_for_long_is_to_be_won_back(shop: Shop) -> None:
    for name, ago in (("long", 200), ("lately", 10)):
        shop.customer(name)
        shop.order(name, ago * DAY)
    shop.customer("never")
    assert shop.made("win-back") == {"long": None, "lately": "bought lately"}


def test_what_comes_after_the_moment_is_not_known_yet(shop: Shop) -> None:
    shop.customer("ann")
    shop.cart("ann", DAY)
    shop.order("ann", -DAY)
    assert shop.made() == {"ann": None}
