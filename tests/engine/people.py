"""Standardised records, a few at a time, as the link stage receives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine import tables
from engine.compute import Compute, quote
from engine.config import Config
from engine.link.nodes import build_nodes
from engine.link.seeds import build_seeds

Values = str | Sequence[str] | None


def config(sources: Sequence[str] = ("crm", "till"), **settings: Any) -> Config:
    """A project with these sources; nothing is read from them."""
    return Config.model_validate(
        {"sources": [{"name": s, "path": f"{s}.csv", "preset": "contacts"} for s in sources], **settings}
    )


class People:
    """Fills `records` and `identifiers`."""

    def __init__(self, compute: Compute, *extras: str) -> None:
        self.compute = compute
        compute.run(tables.create_sql(tables.RECORDS, "records", extras))
        compute.run(tables.create_sql(tables.IDENTIFIERS, "identifiers"))

    def add(
        self,
        record_id: str,
        name: str | None = None,
        *,
        email: Values = None,
        phone: Values = None,
        account: Values = None,
        loyalty: Values = None,
        status: str = "ok",
        root: str | None = None,
        kind: str = "contact",
        **fields: Any,
    ) -> None:
        """One record "source:key"; `name` is "first last", either of which may be "-" for unknown."""
        source, key = record_id.split(":", 1)
        first, last = (None if part == "-" else part for part in (name or "- -").split(" "))
        row = {
            "record_id": record_id, "source": source, "key": key, "kind": kind,
            "first_name": first, "first_root": root or first, "last_name": last, **fields,
        }  # fmt: skip
        self._insert("records", row)
        for kind_, values in {"email": email, "phone": phone, "account": account, "loyalty": loyalty}.items():
            for value in [values] if isinstance(values, str) else values or ():
                held = {"record_id": record_id, "type": kind_, "value": value, "display": value, "status": status}
                self._insert("identifiers", held)

    def _insert(self, table: str, row: dict[str, Any]) -> None:
        columns, marks = ", ".join(map(quote, row)), ", ".join("?" * len(row))
        self.compute.run(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(row.values()))

    def build(self, settings: Config | None = None) -> int:
        """Make `nodes` and the tables beside it."""
        return build_nodes(self.compute, settings or config())

    def folds(self) -> list[list[str]]:
        """The records of each node, in the order of nodes."""
        return [
            records
            for _, records in self.compute.rows(
                "SELECT node_id, list(record_id ORDER BY record_id) FROM node_records GROUP BY 1 ORDER BY 1"
            )
        ]

    def seeds(self, block_size: int = 300) -> list[list[str]]:
        """The first groups of more than one record, by record."""
        build_seeds(self.compute, block_size)
        return [
            records
            for (records,) in self.compute.rows(
                """SELECT list(record_id ORDER BY record_id) AS r FROM seeds JOIN node_records USING (node_id)
                   GROUP BY seed_id HAVING count(*) > 1 ORDER BY r"""
            )
        ]
