"""One demo shop for all tests that only read it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import Any

import pytest

from engine.demo import DemoSummary, generate

Row = dict[str, str]


class Shop:
    """A generated shop, read with the standard library alone."""

    def __init__(self, summary: DemoSummary) -> None:
        self.summary = summary
        self._read: dict[str, list[Any]] = {}

    def rows(self, name: str) -> list[Any]:
        """A file's rows: dicts of text for CSV, JSON objects for NDJSON."""
        if name not in self._read:
            with self.summary.files[name].open(encoding="utf-8", newline="") as file:
                self._read[name] = list(csv.DictReader(file) if name.endswith(".csv") else map(json.loads, file))
        return self._read[name]

    def orders(self) -> list[Row]:
        """The first row of each order."""
        return [row for row in self.rows("shopify_orders.csv") if row["Id"]]

    def keys(self) -> Iterator[tuple[str, str]]:
        """(source, key) of every record that truth.csv must list."""
        for row in self.orders():
            yield "shopify_orders", row["Id"]
        for source, column in KEY_COLUMNS.items():
            yield from ((source, row[column]) for row in self.rows(f"{source}.csv"))
        for user in self.rows("zendesk_users.ndjson"):
            yield "zendesk_users", str(user["id"])

    def persons(self) -> dict[tuple[str, str], str]:
        """(source, key) -> person, as truth.csv has it."""
        return {(row["source"], row["key"]): row["person"] for row in self.rows("truth.csv")}


KEY_COLUMNS = {
    "shopify_customers": "Customer ID",
    "klaviyo_profiles": "Klaviyo ID",
    "hubspot_contacts": "Record ID",
    "sms_subscribers": "id",
    "pos_loyalty": "loyalty_id",
}


def parameter(event: dict[str, Any], key: str) -> Any:
    """The value of a GA4 event parameter."""
    value = next(p["value"] for p in event["event_params"] if p["key"] == key)
    return next(v for v in value.values() if v is not None)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(generate(tmp_path_factory.mktemp("shop"), records=8_000, seed=7))
