"""Whose was a device, and when? Times are minutes past the hour unless they say otherwise."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from engine import tables
from engine.cluster.devices import BEFORE, VISIT
from engine.cluster.events import own_events
from engine.compute import Compute, quote

DAY = datetime(2026, 1, 10)


class Devices:
    """Customers who each have one record, and what ties them to devices."""

    def __init__(self, compute: Compute) -> None:
        self.compute = compute
        for table in (
            tables.RECORDS, tables.IDENTIFIERS, tables.EVENTS, tables.ORDERS, tables.MEMBERS, tables.SHARED_VALUES,
        ):  # fmt: skip
            compute.run(tables.create_sql(table, table.name))
        self.ties = 0

    def _insert(self, table: str, **row: Any) -> None:
        columns, marks = ", ".join(map(quote, row)), ", ".join("?" * len(row))
        self.compute.run(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(row.values()))

    def customer(self, customer: str, record: str | None = None, **identifiers: str) -> None:
        record = record or f"crm:{customer}"
        self._insert("records", record_id=record, source="crm", key=record, kind="contact")
        self._insert("members", record_id=record, customer_id=customer, confidence=0.9)
        for kind, value in identifiers.items():
            self._insert("identifiers", record_id=record, type=kind, value=value, status="ok")

    def order(self, customer: str, device: str, at: datetime | None, status: str = "ok") -> str:
        self.ties += 1
        record = f"shop:{self.ties}"
        self._insert("records", record_id=record, source="shop", key=record, kind="order", created_at=at)
        self._insert("members", record_id=record, customer_id=customer, confidence=0.8)
        self._insert("identifiers", record_id=record, type="device", value=device, status=status)
        return record

    def event(self, device: str, at: datetime, kind: str = "login", **fields: str) -> None:
        self.ties += 1
        self._insert("events", source="web", key=str(self.ties), kind=kind, at=at, device=device, **fields)

    def windows(self) -> list[tuple[Any, ...]]:
        own_events(self.compute)
        return self.compute.rows(
            "SELECT device, customer_id, since, until, because FROM device_windows ORDER BY device, since, customer_id"
        )


@pytest.fixture
def devices(compute: Compute) -> Devices:
    return Devices(compute)


def test_a_device_with_one_owner_is_theirs_from_before_the_first_tie_on(devices: Devices) -> None:
    devices.customer("ann", email="ann@x.com")
    devices.event("d1", DAY, email="ann@x.com")
    devices.event("d1", DAY + timedelta(days=5), kind="view")
    devices.order("ann", "d1", DAY + timedelta(days=3))
    assert devices.windows() == [("d1", "ann", DAY - BEFORE, None, "login")]


def test_a_device_passes_from_one_person_to_another(devices: Devices) -> None:
    devices.customer("ann")
    devices.customer("bob")
    for day in (0, 4, 9):
        devices.order("ann", "d1", DAY + timedelta(days=day))
        devices.order("bob", "d1", DAY + timedelta(days=20 + day))
    assert devices.windows() == [
        ("d1", "ann", DAY - VISIT, DAY + timedelta(days=9) + VISIT, "order"),
        ("d1", "bob", DAY + timedelta(days=20) - VISIT, None, "order"),
    ]


def test_a_device_that_was_used_once_by_another_has_not_passed(devices: Devices) -> None:
    devices.customer("ann")
    devices.customer("bob")
    devices.order("ann", "d1", DAY)
    devices.order("ann", "d1", DAY + timedelta(days=9))
    devices.order("bob", "d1", DAY + timedelta(days=20))
    assert [(customer, since + VISIT, until - VISIT) for _, customer, since, until, _ in devices.windows()] == [
        (customer, DAY + timedelta(days=day), DAY + timedelta(days=day))
        for customer, day in (("ann", 0), ("ann", 9), ("bob", 20))
    ]


def test_windows_of_two_who_hand_the_tablet_over_do_not_overlap(devices: Devices) -> None:
    for name in ("ann", "bob"):
        devices.customer(name, email=f"{name}@x.com")
    devices.event("tablet", DAY, email="ann@x.com")
    devices.event("tablet", DAY + timedelta(minutes=10), email="bob@x.com")
    assert devices.windows() == [
        ("tablet", "ann", DAY - VISIT, DAY + timedelta(minutes=10), "login"),
        ("tablet", "bob", DAY + timedelta(minutes=10), DAY + timedelta(minutes=40), "login"),
    ]


def test_a_shared_tablet_is_each_ones_in_turn_and_nobodys_in_between(devices: Devices) -> None:
    for name in ("ann", "bob"):
        devices.customer(name, email=f"{name}@x.com")
    for day, name in enumerate(("ann", "bob", "ann")):
        devices.event("tablet", DAY + timedelta(days=day), email=f"{name}@x.com")
    found = devices.windows()
    assert [(customer, since + VISIT) for _, customer, since, _, _ in found] == [
        ("ann", DAY), ("bob", DAY + timedelta(days=1)), ("ann", DAY + timedelta(days=2)),
    ]  # fmt: skip
    assert all(until - since == 2 * VISIT for _, _, since, until, _ in found)


def test_a_device_joins_no_two_customers(devices: Devices) -> None:
    devices.customer("ann", email="ann@x.com")
    devices.customer("bob", email="bob@x.com")
    members = devices.compute.rows("SELECT * FROM members ORDER BY ALL")
    for minute in range(4):
        devices.event("d1", DAY + timedelta(minutes=minute), email="ann@x.com" if minute % 2 else "bob@x.com")
    assert {customer for _, customer, *_ in devices.windows()} == {"ann", "bob"}
    assert devices.compute.rows("SELECT * FROM members ORDER BY ALL") == members


def test_a_click_in_a_customers_own_mail_is_a_tie(devices: Devices) -> None:
    devices.customer("ann", email="ann@x.com", account="klaviyo:01ABC")
    devices.event("d1", DAY, kind="click", email="ann@x.com")
    devices.event("d2", DAY, kind="session", account="klaviyo:01ABC", url="https://shop.example/?_kx=01ABC")
    devices.event("d3", DAY, kind="login", account="klaviyo:01ABC", url="https://shop.example/account")
    assert [(device, because) for device, _, _, _, because in devices.windows()] == [
        ("d1", "click"), ("d2", "click"), ("d3", "login"),
    ]  # fmt: skip


def test_the_first_tie_gives_the_reason_and_the_record(devices: Devices) -> None:
    devices.customer("ann", email="ann@x.com")
    devices.event("d1", DAY + timedelta(hours=1), email="ann@x.com")
    record = devices.order("ann", "d1", DAY)
    devices.windows()
    (found,) = devices.compute.rows("SELECT because, record_id, confidence FROM device_windows")
    # One visit was followed by one of the same customer: 20 of 21, by what is usual.
    assert found == ("order", record, round(0.9 * 0.95, 6))


def test_a_value_of_several_customers_or_a_shared_one_ties_nobody(devices: Devices) -> None:
    devices.customer("ann", phone="+1", email="ann@x.com")
    devices.customer("bob", phone="+1")
    devices.event("d1", DAY, phone="+1")
    devices._insert("shared_values", type="email", value="ann@x.com")
    devices.event("d2", DAY, email="ann@x.com")
    devices.event("d3", DAY, email="nobody@x.com")
    assert devices.windows() == []


def test_what_has_no_time_or_no_honest_device_ties_nobody(devices: Devices) -> None:
    devices.customer("ann")
    devices.order("ann", "d1", None)
    devices.order("ann", "00000", DAY, status="placeholder")
    assert devices.windows() == []


def test_ties_of_one_moment_make_one_window() -> None:
    """However rows that are equal in all that counts are ordered."""
    with Compute(threads=4) as compute:
        devices = Devices(compute)
        devices.customer("ann", email="ann@x.com")
        compute.run(
            """INSERT INTO events BY NAME SELECT 'web' AS source, n::VARCHAR AS key, 'login' AS kind,
                TIMESTAMP '2026-01-10' + INTERVAL 1 HOUR * (n % 2) AS "at", 'd' || n // 40 AS device,
                'ann@x.com' AS email FROM range(40 * 5_000) t(n)"""
        )
        found = devices.windows()
    assert {found[1:] for found in found} == {("ann", DAY - BEFORE, None, "login")}
    assert len(found) == 5_000
