"""A shop in a few rows: tables as the sources and the standardising stage leave them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine import tables
from engine.compute import Compute, quote
from engine.config import Config
from engine.quality import Audit, audit
from tests.engine.quality.kept import Kept

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


class Shop:
    """Rows for the audit; `audit()` looks at them."""

    def __init__(self, compute: Compute) -> None:
        self.compute = compute
        self.sources = ["crm", "till"]
        self.settings: dict[str, Any] = {}
        for table in vars(tables).values():
            if isinstance(table, tables.Table):
                compute.run(tables.create_sql(table, table.name))

    def add(self, table: tables.Table, **row: Any) -> None:
        names = ", ".join(map(quote, row))
        marks = ", ".join("?" * len(row))
        self.compute.run(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", list(row.values()))

    def record(self, source: str, key: str, kind: str = "contact", **fields: Any) -> None:
        """A record; the fields email, phone, account and device become identifiers, `raw_` ones how they were typed."""
        self.add(tables.RAW_RECORDS, source=source, key=key, kind=kind)
        for name in ("email", "phone", "account", "device"):
            value = fields.pop(name, None)
            raw = fields.pop(f"raw_{name}", value)
            status = fields.pop(f"{name}_status", "ok")
            if value is not None:
                self.add(tables.RAW_IDENTIFIERS, source=source, key=key, type=name, value=raw)
                self.identifier(source, key, name, value, status, raw)
        if "first" in fields:
            fields["first_name"] = fields["first_root"] = fields.pop("first")
        self.add(tables.RECORDS, record_id=f"{source}:{key}", source=source, key=key, kind=kind, **fields)

    def identifier(self, source: str, key: str, name: str, value: str, status: str, display: str) -> None:
        self.add(
            tables.IDENTIFIERS,
            record_id=f"{source}:{key}", type=name, value=value, display=display, status=status,
        )  # fmt: skip

    def event(self, key: str, kind: str, at: str, source: str = "web", **fields: Any) -> None:
        self.add(tables.EVENTS, source=source, key=key, kind=kind, at=at, **fields)

    def config(self) -> Config:
        sources = [{"path": f"{name}.csv", "preset": "contacts"} for name in self.sources]
        return Config.model_validate({"sources": sources, **self.settings})

    def audit(self) -> Audit:
        return audit(self.compute, self.config(), NOW)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Compute(threads=1) as compute:
        yield Shop(compute)
