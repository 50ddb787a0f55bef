from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest

from engine import tables
from engine.compute import Compute, quote
from engine.config import Config
from engine.errors import TableError
from engine.standardise import standardise, standardise_identifier

RAW = (
    tables.RAW_RECORDS,
    tables.RAW_IDENTIFIERS,
    tables.RAW_CONSENTS,
    tables.RAW_ORDERS,
    tables.RAW_ORDER_LINES,
    tables.RAW_EVENTS,
    tables.RAW_CLAIMS,
)


def insert(compute: Compute, table: str, **values: Any) -> None:
    columns = ", ".join(quote(column) for column in values)
    marks = ", ".join("?" for _ in values)
    compute.run(f"INSERT INTO {quote(table)} ({columns}) VALUES ({marks})", list(values.values()))


def project(**settings: Any) -> Config:
    sources = [
        {"name": "crm", "map": {}, "time_zone": "Europe/Berlin", "region": "DE", "currency": "EUR"},
        {"name": "shop", "map": {}},
        {"name": "web", "map": {}},
    ]
    return Config.model_validate({"sources": sources, "region": "US", "currency": "USD", **settings})


@pytest.fixture
def compute() -> Iterator[Compute]:
    with Compute(memory_limit="500MB", threads=1) as opened:
        for table in RAW:
            opened.run(tables.create_sql(table, quote(table.name), ("x_colour",) if table.extras else ()))
        yield opened


def test_record(compute: Compute) -> None:
    insert(
        compute, "raw_records", source="crm", key="1", kind="contact", row=1, seen_at="2025-05-23 06:13",
        created_at="2025-01-01T00:00:00Z", first_name="BOB", last_name="müller", birth_date="19.04.1962", gender="Herr",
        street="Hauptstraße 5", city="münchen", postcode="1067", country="Deutschland", company="Acme GmbH",
        x_colour=" Grün ",
    )  # fmt: skip
    standardise(compute, project())
    (row,) = compute.arrow("FROM records").to_pylist()
    assert row == {
        "record_id": "crm:1", "source": "crm", "key": "1", "kind": "contact",
        "seen_at": datetime(2025, 5, 23, 4, 13), "created_at": datetime(2025, 1, 1),
        "name": "Bob Müller", "first_name": "bob", "first_root": "robert", "middle_name": None, "last_name": "muller",
        "birth_date": date(1962, 4, 19), "gender": "m", "street": "hauptstr 5", "city": "munchen", "postcode": "01067",
        "state": None, "country": "DE", "company": "acme", "place": "München, DE", "x_colour": "grun",
    }  # fmt: skip


def test_later_row_of_a_key_wins(compute: Compute) -> None:
    for row, seen_at, first_name in ((1, "2025-03-01", "new"), (2, "2025-01-01", "old"), (3, None, "older")):
        insert(compute, "raw_records", source="shop", key="1", row=row, seen_at=seen_at, first_name=first_name)
    for row, first_name in ((1, "before"), (2, "after")):
        insert(compute, "raw_records", source="shop", key="2", row=row, seen_at="2025-01-01", first_name=first_name)
    standardise(compute, project())
    assert compute.rows("SELECT key, first_name FROM records ORDER BY key") == [("1", "new"), ("2", "after")]


def test_identifiers(compute: Compute) -> None:
    insert(compute, "raw_records", source="shop", key="1", row=1, country="US")
    insert(compute, "raw_records", source="crm", key="2", row=1)
    for key, source, kind, system, value in (
        ("1", "shop", "email", None, "John+news@Email.com"),
        ("1", "shop", "email", None, "john@email.com"),
        ("1", "shop", "phone", None, "(212) 346-7300; 212 346 7301"),
        ("1", "shop", "phone", None, "1-212-346-7300"),
        ("1", "shop", "account", "shopify", "77"),
        ("1", "shop", "passport", None, "AB 12"),
        ("1", "shop", "email", None, "  "),
        ("2", "crm", "phone", None, "0151 23456789"),
        ("2", "crm", "phone", None, "mail@me.example"),
        ("2", "crm", "account", None, "5"),
    ):
        insert(compute, "raw_identifiers", source=source, key=key, type=kind, system=system, value=value)
    standardise(compute, project())
    assert compute.rows("SELECT * EXCLUDE (display, detail) FROM identifiers ORDER BY ALL") == [
        ("crm:2", "account", "crm:5", "ok"),
        ("crm:2", "email", "mail@me.example", "ok"),
        ("crm:2", "phone", "+4915123456789", "ok"),
        ("shop:1", "account", "shopify:77", "ok"),
        ("shop:1", "email", "john@email.com", "ok"),
        ("shop:1", "passport", "ab12", "ok"),
        ("shop:1", "phone", "+12123467300", "ok"),
        ("shop:1", "phone", "+12123467301", "ok"),
    ]


def test_bulk_and_single_agree(compute: Compute) -> None:
    typed = ["(212) 346-7300", "212 346 7300 x5", "15551234567.0", "tel:+49 151 23456789", "555-1234", "'0151/234567"]
    for number, text in enumerate(typed):
        insert(compute, "raw_identifiers", source="shop", key=str(number), type="phone", value=text)
    standardise(compute, project())
    bulk = dict(compute.rows("SELECT record_id, value FROM identifiers WHERE status <> 'invalid'"))
    single = {f"shop:{number}": standardise_identifier(text, "US DE", ["phone"]) for number, text in enumerate(typed)}
    assert {key: [("phone", value)] for key, value in bulk.items()} == {key: one for key, one in single.items() if one}


def test_blocked_values(compute: Compute) -> None:
    for key, kind, value in (
        ("1", "email", "Till@Shop.example"),
        ("2", "email", "anna@spam.example"),
        ("3", "email", "anna@x.com"),
        ("4", "phone", "212-346-7300"),
    ):
        insert(compute, "raw_identifiers", source="shop", key=key, type=kind, value=value)
    insert(compute, "raw_events", source="web", key="1", kind="login", email="till@shop.example")
    policy = {
        "email": {"block": ["till@shop.example"], "block_patterns": ["@SPAM"]},
        "phone": {"block": ["(212) 346 7300"]},
    }
    standardise(compute, project(identifiers=policy))
    statuses = [status for (status,) in compute.rows("SELECT status FROM identifiers ORDER BY record_id")]
    assert statuses == ["blocked", "blocked", "ok", "blocked"]
    assert compute.value("SELECT email FROM events") is None


def test_orders_in_the_projects_currency(compute: Compute) -> None:
    for key, day, currency, total in (
        ("1", "2025-01-05", None, "$1,200.50"),
        ("2", "2025-01-05", "gbp", "10"),
        ("3", "2025-02-05", "GBP", "10"),
        ("4", "2025-02-05", "JPY", "10"),
        ("5", None, "USD", "3"),
        ("6", "2025-02-05", "n/a", "3"),
        ("7", "2025-02-05", "ABC", "3"),
        ("8", "2025-02-05", "€", "3"),
        ("9", "2025-02-05", "Pounds", "3"),
    ):
        insert(compute, "raw_orders", source="shop", key=key, at=day, currency=currency, total=total, refunded="1")
    insert(compute, "raw_order_lines", source="shop", key="1", line=1, item="Lamp", quantity="2", price="3,50")
    insert(compute, "raw_order_lines", source="shop", key="1", line=1, item="Lamp", quantity="2", price="3,50")
    rates = [{"currency": "GBP", "rate": 1.2}, {"currency": "GBP", "rate": 1.5, "since": "2025-02-01"}]
    standardise(compute, project(rates=rates))
    assert compute.rows("SELECT key, currency, total, base_total, base_refunded FROM orders ORDER BY key") == [
        ("1", "USD", 1200.5, 1200.5, 1.0),
        ("2", "GBP", 10.0, 12.0, 1.2),
        ("3", "GBP", 10.0, 15.0, 1.5),
        ("4", "JPY", 10.0, None, None),
        ("5", "USD", 3.0, 3.0, 1.0),
        ("6", "USD", 3.0, 3.0, 1.0),
        ("7", "ABC", 3.0, None, None),
        ("8", "€", 3.0, None, None),
        ("9", "POUNDS", 3.0, None, None),
    ]
    assert compute.rows("SELECT record_id, line, quantity, price FROM order_lines") == [("shop:1", 1, 2.0, 3.5)]


def test_claims_are_totals_at_the_latest_rate_and_deals_at_that_of_their_day(compute: Compute) -> None:
    insert(compute, "raw_claims", source="crm", key="1", revenue="1.234,50", orders="3")
    insert(compute, "raw_claims", source="crm", key="2", revenue="n/a", orders=None)
    insert(compute, "raw_claims", source="crm", key="3", revenue="10", currency="GBP")
    for key, kind, value in (("d1", "deal", "100"), ("d2", "deal", None), ("p1", "purchase", "100")):
        insert(compute, "raw_events", source="crm", key=key, kind=kind, at="2025-03-01", value=value)
    rates = [
        {"currency": "EUR", "rate": 1.0, "since": "2025-01-01"},
        {"currency": "EUR", "rate": 2.0, "since": "2025-06-01"},
    ]
    standardise(compute, project(rates=rates))
    found = compute.rows(
        'SELECT record_id, key, "at"::DATE, currency, revenue, base_revenue, orders FROM claims ORDER BY key'
    )
    assert found == [
        ("crm:1", "1", None, "EUR", 1234.5, 2469.0, 3),
        ("crm:3", "3", None, "GBP", 10.0, None, None),
        (None, "d1", date(2025, 2, 28), "EUR", 100.0, 100.0, 1),
    ]


def test_consents_are_those_of_the_addresses_a_record_holds(compute: Compute) -> None:
    insert(compute, "raw_records", source="crm", key="1", kind="contact", row=1)
    for value in ("Ann@x.com", "ann@work.com"):
        insert(compute, "raw_identifiers", source="crm", key="1", type="email", value=value)
    insert(compute, "raw_consents", source="crm", key="1", channel="Email", state="IN", at="2025-05-23 06:13")
    insert(compute, "raw_consents", source="crm", key="1", channel="sms", state="perhaps")
    standardise(compute, project())
    rows = compute.rows('SELECT channel, type, value, state, "at", current FROM consents ORDER BY channel, value')
    assert rows == [
        ("email", "email", "ann@work.com", "in", datetime(2025, 5, 23, 4, 13), True),
        ("email", "email", "ann@x.com", "in", datetime(2025, 5, 23, 4, 13), True),
        ("sms", None, None, "unknown", None, True),
    ]


def test_who_unsubscribes_opts_out_of_what_the_tool_is_for(compute: Compute) -> None:
    both = {"email": "ann@x.com", "phone": "+1 (212) 555-0123"}
    for key, name, event in (
        ("1", "Unsubscribed", {"email": "ann@x.com"}),
        ("2", "OPT_OUT", {"phone": "+1 (212) 555-0123"}),
        ("3", "Unsubscribed from SMS Marketing", both),
        ("4", "Unsubscribed", {"system": "klaviyo", "account": "K1"}),
        ("5", "OPT_OUT", {"system": "sms", "account": "7", **both}),
        ("6", "OPT_OUT", {"system": "sms", "account": "7"}),
        ("7", "Unsubscribed", {"system": "klaviyo", "account": "K1", **both}),
        ("8", "unsubscribe", both),
    ):
        insert(compute, "raw_events", source="web", key=key, kind="unsubscribe", name=name, at="2026-05-01", **event)
    standardise(compute, project())
    assert compute.rows("SELECT key, channel, value, state FROM consents ORDER BY key, channel") == [
        ("1", "email", "ann@x.com", "out"),
        ("2", "sms", "+12125550123", "out"),
        ("3", "sms", "+12125550123", "out"),
        ("4", "email", "klaviyo:K1", "out"),
        ("5", "sms", "+12125550123", "out"),
        ("6", "sms", "sms:7", "out"),
        ("7", "email", "ann@x.com", "out"),
        ("8", "email", "ann@x.com", "out"),
        ("8", "sms", "+12125550123", "out"),
    ]


def test_events(compute: Compute) -> None:
    insert(
        compute, "raw_events", source="web", key="1", kind="Login", at="2025-05-23T06:13:00Z", device="d1",
        system="shopify", account="77", email="J.Doe@Gmail.com", phone="(212) 346-7300", quantity="2", value="$5",
        url="https://x.example/?a=1&utm_source=Some+news&utm_medium=e%2Dmail&utm_campaign=spring#top",
    )  # fmt: skip
    insert(
        compute, "raw_events", source="web", key="2", kind="odd", device="(not set)", email="(212) 346-7300",
        utm_source="own", url="https://x.example/?utm_source=other", phone="n/a",
    )  # fmt: skip
    standardise(compute, project())
    first, second = compute.arrow("FROM events ORDER BY key").to_pylist()
    assert (
        first | {"kind": "login", "at": datetime(2025, 5, 23, 6, 13), "device": "d1", "account": "shopify:77"} == first
    )
    assert first | {"email": "jdoe@gmail.com", "phone": "+12123467300", "value": 5.0, "currency": "USD"} == first
    assert first | {"utm_source": "Some news", "utm_medium": "e-mail", "campaign": "spring"} == first
    assert second | {"kind": "other", "device": None, "email": None, "phone": "+12123467300"} == second
    assert second["utm_source"] == "own"


def test_empty_tables_and_tables_that_are_wrong(compute: Compute) -> None:
    compute.run("ALTER TABLE raw_records ADD COLUMN x_vip VARCHAR")
    standardise(compute, project())
    assert compute.count("records") == compute.count("events") == 0
    assert "x_vip" in compute.columns("records")
    compute.run("ALTER TABLE raw_records DROP COLUMN street")
    with pytest.raises(TableError, match="no column street"):
        standardise(compute, project())


def test_twice_gives_the_same(compute: Compute) -> None:
    for number in range(50):
        insert(compute, "raw_records", source="shop", key=str(number), row=number, name=f"Person {number % 7}")
        insert(compute, "raw_identifiers", source="shop", key=str(number), type="email", value=f"p{number % 9}@x.com")
    steps: list[str] = []
    standardise(compute, project(), steps.append)
    assert steps == ["identifiers", "names and addresses", "orders", "events", "consents"]
    compute.table("before", "FROM records")
    compute.table("before_identifiers", "FROM identifiers")
    standardise(compute, project())
    assert compute.rows("FROM records EXCEPT FROM before") == []
    assert compute.rows("FROM identifiers EXCEPT FROM before_identifiers") == []


def test_what_is_taken_off_is_taken_off_with_either_sign(compute: Compute) -> None:
    for key, refunded, discount in (("1", "20", "5"), ("2", "-20", "-5"), ("3", "(20.00)", "5-")):
        insert(compute, "raw_orders", source="shop", key=key, total="100", refunded=refunded, discount=discount)
    standardise(compute, project())
    assert compute.rows("SELECT DISTINCT refunded, base_refunded, discount FROM orders") == [(20.0, 20.0, 5.0)]


def test_an_order_that_was_cancelled_is_that_however_it_was_paid(compute: Compute) -> None:
    for key, at in (("1", "2026-05-02"), ("2", " "), ("3", None)):
        insert(compute, "raw_orders", source="shop", key=key, total="100", status="Paid", cancelled_at=at)
    standardise(compute, project())
    assert compute.rows("SELECT key, status FROM orders ORDER BY key") == [
        ("1", "cancelled"), ("2", "paid"), ("3", "paid"),
    ]  # fmt: skip
