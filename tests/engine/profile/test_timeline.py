from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from engine import tables
from engine.compute import Compute
from engine.profile.timeline import Moment, timeline
from engine.runs import RunTables
from engine.tables import Table

MAY, JUNE, JULY = (datetime(2026, month, 1) for month in (5, 6, 7))
_TABLES = (
    tables.RECORDS, tables.MEMBERS, tables.ORDERS, tables.ORDER_LINES, tables.EVENTS, tables.EVENT_OWNERS,
    tables.CONSENTS,
)  # fmt: skip


class Shop:
    """A run with customer C1, `shop:1`, and somebody else."""

    def __init__(self, compute: Compute, folder: Path) -> None:
        self.compute, self.folder = compute, folder
        for table in _TABLES:
            compute.run(tables.create_sql(table, table.name))
        for customer, key in (("C1", "1"), ("C2", "2")):
            self.record(customer, f"shop:{key}", "contact", MAY)

    def add(self, table: Table, **row: Any) -> None:
        names = ", ".join(f'"{name}"' for name in row)
        self.compute.run(f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values()))

    def record(self, customer: str, record_id: str, kind: str, at: datetime | None) -> None:
        source, key = record_id.split(":")
        self.add(tables.RECORDS, record_id=record_id, source=source, key=key, kind=kind, created_at=at)
        self.add(tables.MEMBERS, record_id=record_id, customer_id=customer, confidence=0.9)

    def order(self, key: str, number: str, at: datetime, *items: str, refunded: float = 0) -> None:
        record = f"orders:{key}"
        self.record("C1", record, "order", at)
        self.add(
            tables.ORDERS, record_id=record, source="orders", key=key, number=number, at=at, total=10.0, currency="EUR",
            refunded=refunded, status="voided",
        )  # fmt: skip
        for line, item in enumerate(items):
            self.add(tables.ORDER_LINES, record_id=record, line=line, item=item)

    def event(self, key: str, kind: str, at: datetime | None, customer: str = "C1", **fields: Any) -> None:
        self.add(tables.EVENTS, source="web", key=key, kind=kind, at=at, **fields)
        self.add(tables.EVENT_OWNERS, source="web", key=key, customer_id=customer, confidence=0.8, because="session")

    def moments(self) -> list[Moment]:
        for table in _TABLES:
            self.compute.write_parquet(table.name, self.folder / f"{table.name}.parquet", order_by="1")
        return timeline(RunTables(self.folder), "C1")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Compute(memory_limit="500MB", threads=1) as compute:
        yield Shop(compute, tmp_path)


def test_all_that_happened_in_order_of_time(shop: Shop) -> None:
    shop.event("e2", "view", JULY, session="s1", item="Hat")
    shop.order("7", "#1001", JUNE, "Stove", "Pack", refunded=4)
    shop.event("e1", "open", datetime(2026, 5, 2), campaign="Spring")
    shop.event("e0", "ticket", None, subject="Where is it?", status="open")
    shop.event("e9", "view", JULY, customer="C2")
    found = shop.moments()
    assert [(m.kind, m.key, m.name, m.item) for m in found] == [
        ("ticket", "e0", None, "Where is it?"),
        ("contact", "1", None, None),
        ("open", "e1", None, "Spring"),
        ("order", "7", "#1001", "Stove, Pack"),
        ("view", "e2", None, "Hat"),
    ]
    order = found[3]
    assert (order.value, order.refunded, order.currency, order.because, order.confidence) == (
        10.0, 4.0, "EUR", "record", 0.9,
    )  # fmt: skip
    assert (found[4].because, found[4].confidence) == ("session", 0.8)
    assert [m.status for m in found] == ["open", None, None, "voided", None]


@pytest.mark.parametrize("called", ["7", "#1001", "1001"])
def test_a_purchase_is_told_once(shop: Shop, called: str) -> None:
    shop.order("7", "#1001", JUNE)
    shop.event("e1", "purchase", JUNE, order_key=called)
    shop.event("e2", "purchase", JULY, order_key="of-another-shop")
    assert [m.key for m in shop.moments()] == ["1", "7", "e2"]


def test_what_was_said_about_consent_is_told_once_for_all_addresses(shop: Shop) -> None:
    said = {"source": "shop", "key": "1", "channel": "email", "at": JUNE, "current": True, "type": "email"}
    for value in ("a@x.com", "b@x.com"):
        shop.add(tables.CONSENTS, **said, value=value, state="out")
    shop.add(tables.CONSENTS, **{**said, "channel": "sms"}, state="unknown")
    (found,) = shop.moments()[1:]
    assert (found.kind, found.name, found.item, found.addresses) == ("consent", "email", "out", ("a@x.com", "b@x.com"))


def test_who_unsubscribes_does_so_for_what_counts_as_opted_out(shop: Shop) -> None:
    both = {"email": "a@x.com", "phone": "+15551234567"}
    shop.event("e1", "unsubscribe", JUNE, **both)
    said = {"source": "web", "key": "e1", "at": JUNE, "current": True, "state": "out"}
    shop.add(tables.CONSENTS, **said, channel="email", type="email", value="a@x.com")
    shop.add(tables.CONSENTS, **said, channel="sms", type="phone", value="+15551234567")
    shop.event("e2", "bounce", JUNE, name="Bounced SMS", **both)
    shop.event("e3", "sent", JUNE, email="a@x.com")
    shop.event("e4", "login", JUNE, email="a@x.com")
    assert [m.addresses for m in shop.moments()[1:]] == [
        ("a@x.com", "+15551234567"), ("+15551234567",), ("a@x.com",), (),
    ]  # fmt: skip
