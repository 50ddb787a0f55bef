"""A run of a few customers, orders and events, made by hand, whose measures can be checked by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from engine import tables
from engine.compute import Compute
from engine.measure import TABLES, open_views
from engine.runs import RunTables
from engine.tables import Table

#: Days are counted from here, and the run was long after.
JAN = datetime(2026, 1, 10, 12)
STARTED = datetime(2028, 1, 1)


class Shop:
    """What a run's tables hold; `rows` asks the views over them."""

    def __init__(self, compute: Compute, folder: Path, extras: tuple[str, ...] = ("x_segment", "x_language")) -> None:
        self.compute, self.folder, self.count = compute, folder, 0
        for table in TABLES:
            compute.run(tables.create_sql(table, table.name, extras if table.extras else ()))

    def add(self, table: Table, **row: Any) -> None:
        names = ", ".join(f'"{name}"' for name in row)
        self.compute.run(f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
        self.count += 1

    def customer(self, who: str, /, segment: str | None = None, **record: Any) -> None:
        """A customer with a record in the CRM."""
        self.add(tables.CUSTOMERS, customer_id=who, anchor=f"crm:{who}", last_seen=JAN)
        self.record(f"crm:{who}", who, **({"x_segment": segment} if segment else {}), **record)

    def record(self, record_id: str, customer: str, **record: Any) -> None:
        source, key = record_id.split(":")
        self.add(tables.RECORDS, record_id=record_id, source=source, key=key, **record)
        self.add(tables.MEMBERS, record_id=record_id, customer_id=customer, confidence=0.9)

    def address(
        self, name: str, value: str, *channels: str, why_not: str | None = None, confidence: float = 1.0, **more: Any
    ) -> None:
        """An e-mail or phone of the customer's record, and what was said about it on the channels."""
        kind = "email" if "@" in value else "phone"
        if kind == "phone":
            more = {"detail": "mobile", **more}
        self.add_identifier(name, kind, value, more.pop("status", "ok"), **more)
        self.add(tables.KNOWN_BY, customer_id=name, type=kind, value=value, display=value, confidence=confidence)
        for channel in channels:
            self.add(tables.PERMISSIONS, customer_id=name, channel=channel, type=kind, value=value, why_not=why_not)

    def add_identifier(self, name: str, kind: str, value: str, status: str, **more: Any) -> None:
        """A value that the customer's record holds, by itself."""
        held = {"type": kind, "value": value, "display": value, "status": status, **more}
        self.add(tables.IDENTIFIERS, record_id=f"crm:{name}", **held)

    def order(self, name: str, day: float, total: float | None, refunded: float = 0, **values: Any) -> str:
        """An order, and the record that it is; returns the record's id."""
        record_id = f"shop:{self.count}"
        fields = {
            "source": "shop", "number": f"#{self.count}", "status": "paid", "currency": "USD", "total": total,
            "base_total": total, "base_refunded": refunded, "at": JAN + timedelta(days=day), **values,
        }  # fmt: skip
        self.record(record_id, name, kind="order", created_at=fields["at"])
        self.add(tables.ORDERS, record_id=record_id, key=record_id, **fields)
        return record_id

    def line(self, record_id: str, item: str | None, price: float = 1.0, **values: Any) -> None:
        self.add(tables.ORDER_LINES, record_id=record_id, line=self.count, item=item, price=price, **values)

    def event(self, who: str | None, /, day: float, kind: str, **values: Any) -> None:
        """An event of a customer's, or of nobody's."""
        key = f"e{self.count}"
        confidence = values.pop("confidence", 1.0)
        row = {"source": "web", "at": JAN + timedelta(days=day), "kind": kind, **values}
        self.add(tables.EVENTS, key=key, **row)
        if who is not None:
            self.add(
                tables.EVENT_OWNERS, source=row["source"], key=key, customer_id=who, confidence=confidence,
                because="login",
            )  # fmt: skip

    def touch(self, who: str | None, /, day: float, source: str | None, medium: str | None, **values: Any) -> None:
        self.event(who, day, values.pop("kind", "session"), utm_source=source, utm_medium=medium, **values)

    def consent(self, name: str, channel: str, state: str, day: float | None, **values: Any) -> None:
        at = None if day is None else JAN + timedelta(days=day)
        self.add(tables.CONSENTS, source="crm", key=name, channel=channel, state=state, at=at, current=True, **values)

    def claim(self, name: str, revenue: float, **values: Any) -> None:
        """What the CRM says of a customer."""
        fields = {"record_id": f"crm:{name}", "key": name, "revenue": revenue, "base_revenue": revenue, **values}
        self.add(tables.CLAIMS, source="crm", **fields)

    def write(self) -> RunTables:
        for table in TABLES:
            self.compute.write_parquet(table.name, self.folder / f"{table.name}.parquet", order_by="1")
        manifest = {"schema_version": 1, "started": STARTED.replace(tzinfo=UTC).isoformat()}
        (self.folder / "manifest.json").write_text(json.dumps(manifest))
        return RunTables(self.folder)

    @contextmanager
    def opened(self, at: datetime | None = None, **how: Any) -> Iterator[Compute]:
        """A Compute with all views, or those that `open_views` is told of."""
        with Compute(memory_limit="500MB", threads=1) as compute:
            open_views(compute, self.write(), at, **how)
            yield compute

    def rows(self, sql: str, at: datetime | None = None) -> list[tuple[Any, ...]]:
        with self.opened(at, only=re.findall(r"\w+", sql)) as compute:
            return compute.rows(sql)
