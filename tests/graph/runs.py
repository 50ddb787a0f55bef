"""Small runs made by hand: tables as Parquet, as the engine writes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa

from engine.compute.duck import Compute, quote
from engine.runs import RunTables
from engine.standardise.name import name
from graph.tables import GRAPH_TABLES

Row = dict[str, Any]
T0 = datetime(2024, 3, 1, 12, 30, 15, 123456)


@dataclass(frozen=True)
class Run:
    """Rows by table; columns that a row doesn't name are NULL."""

    tables: dict[str, tuple[Row, ...]] = field(default_factory=dict)

    def with_rows(self, table: str, *rows: Row) -> Run:
        """The same run with more rows in one table."""
        return replace(self, tables={**self.tables, table: (*self.tables.get(table, ()), *rows)})

    def without(self, table: str, forget: Callable[[Row], bool]) -> Run:
        """The same run without some rows of one table."""
        return replace(self, tables={**self.tables, table: tuple(r for r in self.tables[table] if not forget(r))})

    def changed(self, table: str, which: Callable[[Row], bool], **values: Any) -> Run:
        """The same run with other values in some rows of one table."""
        rows = tuple({**r, **values} if which(r) else r for r in self.tables[table])
        return replace(self, tables={**self.tables, table: rows})

    def write(self, folder: Path) -> RunTables:
        """Write the run's tables; `ledger` and `redirects` only where they have rows."""
        folder.mkdir(parents=True)
        with Compute(memory_limit="500MB", threads=1) as compute:
            for name, graph_table in GRAPH_TABLES.items():
                rows = self.tables.get(name, ())
                if rows or graph_table.required:
                    _write(compute, name, rows, folder / f"{name}.parquet")
        return RunTables(folder)


def _write(compute: Compute, name: str, rows: tuple[Row, ...], path: Path) -> None:
    columns = dict(GRAPH_TABLES[name].table.columns)
    columns |= {c: "VARCHAR" for row in rows for c in row if c not in columns}
    if rows:
        compute.load("given", pa.Table.from_pylist([{c: row.get(c) for c in columns} for row in rows]))
        select = ", ".join(f"{quote(c)}::{t} AS {quote(c)}" for c, t in columns.items())
        compute.table("typed", f"SELECT {select} FROM given")
    else:
        select = ", ".join(f"NULL::{t} AS {quote(c)}" for c, t in columns.items())
        compute.table("typed", f"SELECT {select} WHERE false")
    compute.write_parquet("typed", path)


def record(record_id: str, **values: Any) -> Row:
    """A record; its source is what comes before the first colon."""
    source, key = record_id.split(":", 1)
    return {"record_id": record_id, "source": source, "key": key, "kind": "contact", "seen_at": T0, **values}


def identifier(record_id: str, type_: str, value: str, **values: Any) -> Row:
    """A value that a record holds."""
    return {"record_id": record_id, "type": type_, "value": value, "display": value, "status": "ok", **values}


def reason(comparison: str, level: str, weight: float | None, a: str | None = None, b: str | None = None) -> Row:
    """A reason of a match."""
    return {"comparison": comparison, "level": level, "weight": weight, "record_a": a, "record_b": b}


def match(a: str, b: str, weight: float, step: int, *reasons: Row, **values: Any) -> Row:
    """A match of two records."""
    a, b = sorted((a, b))
    row = {"record_a": a, "record_b": b, "stage": "identifier", "rule": "email", "weight": weight, "step": step}
    return {**row, "probability": 2**weight / (1 + 2**weight), "reasons": list(reasons) or None, **values}


def member(record_id: str, customer_id: str, confidence: float = 0.9) -> Row:
    """Whose a record is."""
    return {"record_id": record_id, "customer_id": customer_id, "confidence": confidence, "since": T0}


def customer(customer_id: str, anchor: str, *records: str, **values: Any) -> dict[str, tuple[Row, ...]]:
    """A customer and its members; the anchor is one of the records."""
    members = [member(r, customer_id, 1.0 if r == anchor else 0.9) for r in records]
    row = {"customer_id": customer_id, "anchor": anchor, "records": len(records), "first_seen": T0, "last_seen": T0}
    return {"customers": ({**row, **values},), "members": tuple(members)}


def known(customer_id: str, type_: str, value: str, confidence: float, *sources: str, **values: Any) -> Row:
    """An identifier of a customer."""
    row = {"customer_id": customer_id, "type": type_, "value": value, "display": value, "confidence": confidence}
    return {**row, "sources": sorted(sources), "first_seen": T0, "last_seen": T0, **values}


def permission(customer_id: str, channel: str, value: str, state: str, **values: Any) -> Row:
    """What an address of a customer may be used for."""
    kind = "email" if "@" in value else "phone"
    row = {"customer_id": customer_id, "channel": channel, "type": kind, "value": value, "state": state}
    why_not = "opted out" if state == "out" else None
    return {**row, "conflict": False, "at": T0, "source": "shop", "confidence": 1.0, "why_not": why_not, **values}


def john() -> Run:
    """John in the shop, support and the SMS tool, a neighbour with the same landline, a form filled with junk."""
    run = Run().with_rows(
        "records",
        record("shop:1", name="John Doe", first_name="john", birth_date=date(1969, 7, 20), gender="m", x_vip="yes"),
        record("support:7", name="John D.", first_name="john", created_at=T0),
        record("sms:+15551234567", first_name="john"),
        record("crm:1", name="Jane Roe"),
        record("form:a:b", name="test"),
        record("till:9"),
    )
    run = run.with_rows(
        "identifiers",
        identifier("shop:1", "email", "john@email.com", display="John@Email.com"),
        identifier("shop:1", "account", "shopify:123"),
        identifier("support:7", "email", "john@email.com"),
        identifier("support:7", "phone", "+15551234567", detail="mobile"),
        identifier("sms:+15551234567", "phone", "+15551234567", status="weak"),
        identifier("shop:1", "phone", "+15550000000"),
        identifier("crm:1", "phone", "+15550000000"),
        identifier("crm:1", "account", "hubspot:123"),
        identifier("form:a:b", "email", "test@test.com", status="placeholder"),
        identifier("till:9", "loyalty", "L-9"),
    )
    for rows in (
        customer("c1", "shop:1", "shop:1", "support:7", "sms:+15551234567", name="John Doe", email="john@email.com"),
        customer("c2", "crm:1", "crm:1", name="Jane Roe"),
        customer("c3", "form:a:b", "form:a:b"),
    ):
        run = run.with_rows("customers", *rows["customers"]).with_rows("members", *rows["members"])
    run = run.with_rows(
        "known_by",
        known("c1", "email", "john@email.com", 1.0, "shop", "support", display="John@Email.com"),
        known("c1", "account", "shopify:123", 1.0, "shop"),
        known("c1", "phone", "+15551234567", 0.9, "sms", "support"),
        known("c2", "account", "hubspot:123", 1.0, "crm"),
        known("c1", "device", "d-1", 0.8, "analytics"),
    )
    run = run.with_rows(
        "permissions",
        permission("c1", "email", "john@email.com", "out", conflict=True, said_in=["support"], said_out=["shop"]),
        permission("c1", "sms", "+15551234567", "in", at=None, said_in=["shop", "sms"]),
    )
    run = run.with_rows(
        "shared_values",
        {"type": "phone", "value": "+15550000000", "reason": "two households", "records": 2, "customers": 2},
    )
    run = run.with_rows(
        "matches",
        match(
            "shop:1",
            "support:7",
            12.5,
            1,
            reason("e-mail", "exact match", 11.25),
            reason("first name", "equal", 1.25),
            reason("birth date", "missing", None),
        ),
        match(
            "support:7",
            "sms:+15551234567",
            7.0,
            2,
            reason("phone", "exact match", 7.0, "sms:+15551234567", "support:7"),
            stage="collective",
            rule="phone",
        ),
    )
    run = run.with_rows(
        "refusals",
        match("shop:1", "crm:1", 3.0, 1, rule="phone", stage="probabilistic", refusal="first names differ"),
    )
    return run.with_rows(
        "device_windows",
        {"device": "d-1", "customer_id": "c2", "since": datetime(2024, 1, 1), "until": T0, "because": "login"},
        {
            "device": "d-1",
            "customer_id": "c1",
            "since": T0,
            "because": "order",
            "record_id": "shop:1",
            "confidence": 0.8,
        },
    )


def merged() -> Run:
    """The next run: Jane is John after all. Support has gone, the till's card is known, an id is retired."""
    gone = "support:7"
    run = john()
    for table in ("records", "identifiers", "members"):
        run = run.without(table, lambda r: r["record_id"] == gone)
    run = run.without("matches", lambda r: True).without("refusals", lambda r: True)
    run = run.without("customers", lambda r: r["customer_id"] == "c2").without("shared_values", lambda r: True)
    run = run.changed("members", lambda r: r["customer_id"] == "c2", customer_id="c1")
    run = run.changed("known_by", lambda r: r["customer_id"] == "c2", customer_id="c1")
    run = run.changed("device_windows", lambda r: r["customer_id"] == "c2", customer_id="c1")
    run = run.changed("customers", lambda r: r["customer_id"] == "c1", records=3, phone="+15550000000")
    run = run.changed("records", lambda r: r["record_id"] == "shop:1", x_vip="no", name="John R. Doe")
    run = run.with_rows(
        "matches",
        match("shop:1", "crm:1", 5.0, 1, reason("phone", "exact match", 5.0), stage="decision", rule="same"),
        match("shop:1", "sms:+15551234567", 4.0, 2),
    )
    run = run.changed("permissions", lambda r: r["channel"] == "email", state="in", conflict=False, why_not=None)
    run = run.with_rows("permissions", permission("c1", "phone", "+15551234567", "out"))
    run = run.with_rows("known_by", known("c1", "phone", "+15550000000", 0.97, "crm", "shop"))
    till = customer("c4", "till:9", "till:9")
    run = run.with_rows("customers", *till["customers"]).with_rows("members", *till["members"])
    run = run.with_rows("known_by", known("c4", "loyalty", "L-9", 1.0, "till"))
    run = run.with_rows(
        "redirects",
        {"old_id": "c2", "new_id": "c1", "kind": "merged", "at": T0},
        {"old_id": "c0", "new_id": "c2", "kind": "merged", "at": datetime(2024, 1, 1)},
    )
    entry = {"kind": "merged", "run_id": "two", "actor": "engine", "reason": "same phone", "hash": "ab", "at": T0}
    return run.with_rows(
        "ledger",
        {**entry, "seq": 1, "kind": "created", "customer_ids": ["c1"], "record_ids": ["shop:1"]},
        {**entry, "seq": 2, "customer_ids": ["c1", "c2"], "record_ids": ["crm:1"]},
    )


def called(record_id: str, full: str, **values: Any) -> Row:
    """A record with a name, split and folded as a run does."""
    parts = name(full)
    folded = {"first_name": parts.first, "first_root": parts.first_root, "middle_name": parts.middle}
    rest = {"last_name": parts.last, "company": parts.company}
    return record(record_id, name=parts.name, **folded, **rest, **values)


def crowd() -> Run:
    """People to be searched for, some of them called nearly alike, and a company."""
    told = {"place": "Berlin, DE", "phone": "+49 30 1234567", "email": "john.smith84@mail.com"}
    run = Run()
    for records, known in (
        ([called("shop:1", "John Smith", city="berlin", postcode="10115"), called("crm:1", "Johnny Smith")], told),
        ([called("crm:2", "Jon Smit", city="hamburg")], {}),
        ([called("crm:3", "Joan Smythe", city="berlin")], {}),
        ([called("crm:4", "Bob Miller", city="leeds", postcode="LS1 4AP")], {}),
        ([called("crm:5", "Jürgen Müller", city="koln")], {}),
        ([called("crm:6", "Acme Tools Ltd")], {}),
    ):
        anchor = records[0]
        customer_id = anchor["first_name"] or "acme"
        rows = customer(
            customer_id, *(anchor["record_id"], *(r["record_id"] for r in records)), name=anchor["name"], **known
        )
        run = run.with_rows("records", *records).with_rows("customers", *rows["customers"])
        run = run.with_rows("members", *rows["members"])
    return run


def chain(records: int) -> Run:
    """A chain of records of one customer each ten: enough work for something to befall it."""
    ids = [f"shop:{n:05d}" for n in range(records)]
    return Run(
        {
            "records": tuple(record(i, name=f"Person {i}") for i in ids),
            "members": tuple(member(i, f"c{n // 10}") for n, i in enumerate(ids)),
            "customers": tuple(
                {"customer_id": f"c{n}", "anchor": ids[n * 10], "records": 10} for n in range(records // 10)
            ),
            "known_by": tuple(known(f"c{n // 10}", "loyalty", i, 1.0, "shop") for n, i in enumerate(ids)),
            "matches": tuple(match(a, b, 5.0, n % 10) for n, (a, b) in enumerate(pairwise(ids)) if n % 10 != 9),
        }
    )
