from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import pytest

from engine.compute import Compute
from engine.config import Config
from engine.profile import anchors, build_customers
from engine.tables import IDENTIFIERS, MEMBERS, ORDERS, RECORDS, SHARED_VALUES, Table, create_sql

DAY = [datetime(2024, 1, day) for day in range(1, 29)]
NOW = datetime(2024, 2, 1)


def config(**survivorship: Any) -> Config:
    return Config.model_validate(
        {
            "sources": [{"name": name, "path": f"{name}.csv", "preset": "x"} for name in ("shop", "crm", "till")],
            "survivorship": survivorship,
        }
    )


@pytest.fixture
def compute() -> Iterator[Compute]:
    with Compute(memory_limit="500MB", threads=1) as compute:
        for table in (RECORDS, IDENTIFIERS, MEMBERS, SHARED_VALUES, ORDERS):
            compute.run(create_sql(table, table.name))
        compute.run("CREATE TABLE groups (record_id VARCHAR, group_id BIGINT)")
        yield compute


def insert(compute: Compute, table: Table, **values: Any) -> None:
    names = ", ".join(f'"{name}"' for name in values)
    compute.run(f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' * len(values))})", list(values.values()))


def record(compute: Compute, record_id: str, customer: int = 1, confidence: float = 1.0, **values: Any) -> None:
    source, key = record_id.split(":")
    name = values.get("name") or ""
    first, _, last = name.lower().replace(".", "").partition(" ")
    values = {"first_name": first or None, "last_name": last or None, **values}
    insert(compute, RECORDS, record_id=record_id, source=source, key=key, kind="contact", **values)
    compute.run("INSERT INTO groups VALUES (?, ?)", [record_id, customer])
    insert(compute, MEMBERS, record_id=record_id, customer_id=f"C{customer}", confidence=confidence, since=DAY[0])


def identifier(compute: Compute, record_id: str, kind: str, value: str, status: str = "ok", display: str = "") -> None:
    insert(compute, IDENTIFIERS, record_id=record_id, type=kind, value=value, display=display or value, status=status)


def golden(compute: Compute, settings: Config | None = None, customer: str = "C1") -> dict[str, Any]:
    settings = settings or config()
    anchors(compute, settings)
    build_customers(compute, settings, NOW)
    names = list(compute.columns("customers"))
    (row,) = compute.rows("SELECT * FROM customers WHERE customer_id = ?", [customer])
    return dict(zip(names, row, strict=True))


def known(compute: Compute) -> list[tuple[Any, ...]]:
    return compute.rows("SELECT type, value, display, confidence, sources FROM known_by ORDER BY ALL")


def test_one_bare_record_is_a_customer(compute: Compute) -> None:
    record(compute, "shop:1")
    row = golden(compute)
    assert row.pop("customer_id") == "C1"
    assert row.pop("anchor") == "shop:1"
    assert row.pop("records") == 1
    assert set(row.values()) == {None}


@pytest.mark.parametrize(
    ("names", "best"),
    [
        (["J. Doe", "John Doe"], "John Doe"),
        (["John", "John D."], "John D."),
        (["Madonna", ""], "Madonna"),
        (["John Doe", "Jonathan Doe"], "John Doe"),
    ],
)
def test_a_complete_name_comes_before_a_better_source(compute: Compute, names: Sequence[str], best: str) -> None:
    record(compute, "shop:1", name=names[0], seen_at=DAY[9])
    record(compute, "till:1", name=names[1], seen_at=DAY[1])
    assert golden(compute)["name"] == best


@pytest.mark.parametrize(
    ("rules", "best"),
    [
        (["priority", "recent"], "Berlin"),
        (["recent"], "Köln"),
        (["frequent"], "Bonn"),
        (["longest"], "Frankfurt am Main"),
        (["frequent", "longest"], "Bonn"),
        ([], "Aachen"),
        ("longest", "Frankfurt am Main"),
    ],
)
def test_each_rule_of_survivorship(compute: Compute, rules: list[str] | str, best: str) -> None:
    record(compute, "crm:1", place="Bonn", seen_at=DAY[1])
    record(compute, "crm:2", place="Bonn", seen_at=DAY[2])
    record(compute, "crm:3", place="Frankfurt am Main", seen_at=DAY[3])
    record(compute, "shop:1", place="Aachen", seen_at=DAY[4])
    record(compute, "shop:2", place="Berlin", seen_at=DAY[5])
    record(compute, "till:1", place="Köln", seen_at=DAY[6])
    assert golden(compute, config(fields={"place": rules}))["place"] == best


def test_a_misspelt_field_is_told(compute: Compute) -> None:
    with pytest.raises(ValueError, match=r"'adress' is no field of the golden record; did you mean address\?"):
        config(fields={"adress": ["recent"]})


@pytest.mark.parametrize("never", [datetime(2031, 1, 1), datetime(1980, 1, 1)], ids=str)
def test_a_time_that_cannot_be_right_makes_nothing_recent(compute: Compute, never: datetime) -> None:
    record(compute, "shop:1", place="Bonn", seen_at=never, created_at=never)
    record(compute, "shop:2", place="Bern", created_at=DAY[1])
    insert(compute, ORDERS, record_id="shop:2", source="shop", key="2", at=never)
    record(compute, "till:1", place="Köln", seen_at=DAY[2])
    row = golden(compute, config(fields={"place": ["recent"]}))
    assert (row["place"], row["first_seen"], row["last_seen"]) == ("Köln", DAY[1], DAY[2])


def test_the_default_rules_apply_to_fields_without_their_own(compute: Compute) -> None:
    record(compute, "shop:1", name="Ann Alt", place="Bonn", seen_at=DAY[1])
    record(compute, "till:1", name="Ann Neu", place="Köln", seen_at=DAY[2])
    row = golden(compute, config(default=["recent"], fields={"place": ["priority"]}))
    assert (row["name"], row["place"]) == ("Ann Neu", "Bonn")


def test_an_order_makes_its_record_recent(compute: Compute) -> None:
    record(compute, "shop:1", place="Bonn", created_at=DAY[3], seen_at=DAY[4])
    record(compute, "shop:2", place="Köln", created_at=DAY[5], seen_at=DAY[6])
    insert(compute, ORDERS, record_id="shop:1", source="shop", key="1", at=DAY[20])
    row = golden(compute)
    assert (row["place"], row["first_seen"], row["last_seen"]) == ("Bonn", DAY[3], DAY[20])


def test_only_linkable_values_that_are_not_shared_are_shown(compute: Compute) -> None:
    record(compute, "shop:1", seen_at=DAY[9])
    record(compute, "till:1", seen_at=DAY[1])
    for value, status in (
        ("a@x.com", "disposable"),
        ("info@x.com", "role"),
        ("weak@x.com", "weak"),
        ("all@x.com", "ok"),
    ):
        identifier(compute, "shop:1", "email", value, status)
    identifier(compute, "till:1", "email", "john@x.com", display="John@X.com")
    insert(compute, SHARED_VALUES, type="email", value="all@x.com", reason="many", records=99, customers=99)
    identifier(compute, "till:1", "phone", "+15550001", "weak")
    row = golden(compute)
    assert (row["email"], row["phone"]) == ("John@X.com", "+15550001")
    assert [line[:3] for line in known(compute)] == [
        ("email", "john@x.com", "John@X.com"),
        ("email", "weak@x.com", "weak@x.com"),
        ("phone", "+15550001", "+15550001"),
    ]


def test_an_identifier_is_known_with_the_best_confidence_and_all_its_sources(compute: Compute) -> None:
    record(compute, "till:1", confidence=0.9, created_at=DAY[2], seen_at=DAY[3])
    record(compute, "crm:1", confidence=0.7, created_at=DAY[1], seen_at=DAY[8])
    record(compute, "crm:2", confidence=0.8, seen_at=DAY[5])
    for record_id in ("till:1", "crm:1", "crm:2"):
        identifier(compute, record_id, "loyalty", "77", display=f"{record_id} 77")
    golden(compute)
    assert known(compute) == [("loyalty", "77", "crm:1 77", 0.9, ["crm", "till"])]
    assert compute.rows("SELECT first_seen, last_seen FROM known_by") == [(DAY[1], DAY[8])]


def test_the_anchor_is_of_the_best_source_then_the_oldest_then_the_smallest(compute: Compute) -> None:
    for record_id, customer, created, seen in (
        ("till:1", 1, DAY[1], DAY[1]), ("shop:2", 1, DAY[5], None), ("shop:3", 1, DAY[4], None),
        ("crm:4", 2, None, DAY[1]), ("crm:5", 2, DAY[9], None),
        ("crm:7", 3, None, None), ("crm:6", 3, None, None),
        ("crm:9", 4, DAY[1], DAY[3]), ("crm:8", 4, DAY[1], DAY[2]),
        ("gone:1", 5, DAY[1], None), ("till:5", 5, DAY[2], None),
    ):  # fmt: skip
        record(compute, record_id, customer, created_at=created, seen_at=seen)
    anchors(compute, config())
    assert compute.rows("SELECT * FROM anchors ORDER BY group_id") == [
        (1, "shop:3"), (2, "crm:5"), (3, "crm:6"), (4, "crm:8"), (5, "till:5"),
    ]  # fmt: skip
    assert golden(compute, customer="C4")["anchor"] == "crm:8"


def test_the_order_of_rows_plays_no_part(compute: Compute) -> None:
    chance = random.Random(7)
    for number in range(60):
        source = chance.choice(["shop", "crm", "till"])
        record_id = f"{source}:{number}"
        record(
            compute, record_id, number % 7, confidence=chance.random(),
            name=chance.choice(["Ann Lee", "A. Lee", "Ann Li", "Ann"]), place=chance.choice(["Bonn", "Köln", None]),
            seen_at=chance.choice([None, *DAY[:3]]),
        )  # fmt: skip
        identifier(compute, record_id, "email", f"{number % 9}@x.com", chance.choice(["ok", "weak"]))
    results = []
    for seed in (1, 2):
        for name in ("records", "identifiers", "members", "groups"):
            compute.table(name, f"SELECT * FROM {name} ORDER BY hash(record_id || '{seed}')")
        golden(compute)
        results.append([compute.rows(f"SELECT * FROM {name} ORDER BY ALL") for name in ("customers", "known_by")])
    assert results[0] == results[1]
