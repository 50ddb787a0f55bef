"""A corner shop whose orders can be added up by hand."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from engine.runs import RunTables
from tests.engine.corner import Corner, write_csv

NOW = datetime(2026, 3, 1)
#: Ann and Bob bought under one e-mail each, and Bob once more by phone.
ORDERS = (
    {"id": "o1", "email": "aarch@mail.com", "name": "Ann Archer", "total": "10", "at": "2026-01-02"},
    {"id": "o2", "email": "aarch@mail.com", "name": "Ann Archer", "total": "20", "at": "2026-01-03"},
    {"id": "o3", "email": "bobthebaker@mail.com", "name": "Bob Baker", "total": "40", "at": "2026-01-04"},
    {"id": "o4", "phone": "415-555-2672", "name": "Bob Baker", "total": "80", "at": "2026-01-05"},
)  # fmt: skip
MAP = {
    "record": {
        "kind": "order", "key": "id", "name": "name", "created_at": "at",
        "identifiers": [{"type": "email", "column": "email"}, {"type": "phone", "column": "phone"}],
    },
    "order": {"number": "id", "at": "at", "total": "total"},
}  # fmt: skip


class Shop(Corner):
    """The corner shop, with orders."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.sources["orders"] = {"path": "orders.csv", "map": MAP}
        if not (folder / "orders.csv").exists():
            self.order(*ORDERS)

    def order(self, *rows: dict[str, str]) -> None:
        write_csv(self.folder / "orders.csv", ("id", "name", "email", "phone", "total", "at"), rows)

    def again(self) -> RunTables:
        self.run()
        return self.current()
