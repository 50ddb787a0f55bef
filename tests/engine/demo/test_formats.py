"""The files have the columns and the shapes of the real tools' exports."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import datetime

import pytest

from .conftest import Shop, parameter

HEADERS = {
    "shopify_customers.csv": "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Address1,"
    "Default Address City,Default Address Zip,Default Address Country Code,Phone,Accepts SMS Marketing,Total Spent,"
    "Total Orders,Created At,Updated At,Tags",
    "shopify_orders.csv": "Id,Name,Customer ID,Email,Phone,Financial Status,Currency,Subtotal,Shipping,Taxes,Total,"
    "Refunded Amount,Discount Code,Created at,Billing Name,Billing Address1,Billing City,Billing Zip,Billing Country,"
    "Shipping Name,Shipping Address1,Shipping City,Shipping Zip,Shipping Country,Lineitem quantity,Lineitem name,"
    "Lineitem price,Lineitem sku,Vendor,Note Attributes,Source",
    "shopify_checkouts.csv": "Id,Name,Email,Phone,Accepts Marketing,Currency,Total,Created at,Billing Name,Billing Zip,"
    "Billing Country,Lineitem quantity,Lineitem name,Lineitem price,Recovery State,Note Attributes",
    "klaviyo_profiles.csv": "Klaviyo ID,Email,Phone Number,First Name,Last Name,City,Zip Code,Country,"
    "Email Marketing Consent,SMS Consent,Consent Timestamp,Last Open,Last Click,Profile Created On,Updated On",
    "klaviyo_events.csv": "Event ID,Event Name,Profile ID,Email,Timestamp,Campaign Name,URL",
    "hubspot_contacts.csv": "Record ID,First Name,Last Name,Email,Phone Number,City,Postal Code,Lifecycle Stage,"
    "Total Revenue,Number of Associated Deals,Original Source,Create Date,Last Modified Date",
    "sms_subscribers.csv": "id,phone,name,consent,consent_at",
    "pos_loyalty.csv": "loyalty_id,full_name,phone,email,postcode,birth_date,points,joined_at",
    "truth.csv": "source,key,person",
    "truth_events.csv": "source,key,person",
}
ORDER_ONLY = ("Customer ID", "Phone", "Currency", "Total", "Created at", "Billing Name", "Shipping Zip", "Source")


@pytest.mark.parametrize("name", HEADERS)
def test_columns_are_those_of_the_export(shop: Shop, name: str) -> None:
    first = shop.summary.files[name].read_text(encoding="utf-8").splitlines()[0]
    assert first == HEADERS[name]
    width = len(first.split(","))
    assert all(len(row) == width and None not in row.values() for row in shop.rows(name))


def test_an_order_has_a_row_per_line_and_only_the_first_is_full(shop: Shop) -> None:
    rows = shop.rows("shopify_orders.csv")
    assert len(rows) > 1.3 * len(shop.orders())
    current = ""
    for row in rows:
        if row["Id"]:
            current = row["Name"]
            assert row["Name"] == f"#{row['Id']}"
        else:
            assert row["Name"] == current
            assert not any(row[column] for column in ORDER_ONLY)
        assert row["Email"]
        assert int(row["Lineitem quantity"]) >= 1
        assert float(row["Lineitem price"]) > 0


def test_order_amounts_add_up(shop: Shop) -> None:
    goods: dict[str, float] = defaultdict(float)
    for row in shop.rows("shopify_orders.csv"):
        goods[row["Name"]] += float(row["Lineitem price"]) * int(row["Lineitem quantity"])
    for row in shop.orders():
        subtotal, shipping, tax, total, refunded = (
            float(row[c]) for c in ("Subtotal", "Shipping", "Taxes", "Total", "Refunded Amount")
        )
        assert total == pytest.approx(subtotal + shipping + tax, abs=0.005)
        off = {"WELCOME10": 0.9, "SPRING": 0.85, "": 1.0}[row["Discount Code"]]
        assert subtotal == pytest.approx(goods[row["Name"]] * off, abs=0.006)
        state = "paid" if refunded == 0 else "refunded" if refunded == total else "partially_refunded"
        assert row["Financial Status"] == state


def test_customers_know_their_orders(shop: Shop) -> None:
    placed: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in shop.orders():
        placed[row["Customer ID"]].append(row)
    for customer in shop.rows("shopify_customers.csv"):
        orders = placed[customer["Customer ID"]]
        spent = sum(float(o["Total"]) - float(o["Refunded Amount"]) for o in orders)
        assert int(customer["Total Orders"]) == len(orders)
        assert float(customer["Total Spent"]) == pytest.approx(spent, abs=0.01)
        assert all(_shop_time(o["Created at"]) >= _shop_time(customer["Created At"]) for o in orders)


def test_three_countries_have_their_own_currencies_and_postcodes(shop: Shop) -> None:
    shapes = {"US": r"\d{5}", "GB": r"[A-Z]{2}\d{1,2} \d[A-Z]{2}", "DE": r"\d{5}"}
    currencies = {"US": "USD", "GB": "GBP", "DE": "EUR"}
    counts: dict[str, int] = defaultdict(int)
    for row in shop.orders():
        counts[row["Billing Country"]] += 1
        assert row["Currency"] == currencies[row["Billing Country"]]
        assert re.fullmatch(shapes[row["Billing Country"]], row["Billing Zip"])
    assert counts["US"] > 3 * (counts["GB"] + counts["DE"])
    assert min(counts.values()) > 0.03 * len(shop.orders())


def test_times_have_the_forms_of_their_tools(shop: Shop) -> None:
    moments = [_shop_time(row["Created at"]) for row in shop.orders()]
    assert moments == sorted(moments)
    assert {m.strftime("%z") for m in moments} == {"-0400", "-0500"}
    for row in shop.rows("klaviyo_profiles.csv"):
        created = datetime.strptime(row["Profile Created On"], "%Y-%m-%dT%H:%M:%S%z")
        assert created <= datetime.strptime(row["Updated On"], "%Y-%m-%dT%H:%M:%S%z")
    for row in shop.rows("hubspot_contacts.csv"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", row["Create Date"])
    for row in shop.rows("pos_loyalty.csv"):
        assert not row["birth_date"] or datetime.strptime(row["birth_date"], "%Y-%m-%d")


def test_klaviyo_has_one_profile_per_address_and_events_of_profiles_only(shop: Shop) -> None:
    emails = [row["Email"] for row in shop.rows("klaviyo_profiles.csv")]
    assert len(emails) == len(set(emails))
    profiles = {row["Klaviyo ID"]: row["Email"] for row in shop.rows("klaviyo_profiles.csv")}
    for row in shop.rows("klaviyo_events.csv"):
        assert profiles[row["Profile ID"]] == row["Email"]
        assert ("_kx=" + row["Profile ID"] in row["URL"]) == (row["Event Name"] == "Clicked Email")


def test_hubspot_claims_mostly_what_the_shop_sold_under_the_same_address(shop: Shop) -> None:
    worth = {"USD": 1, "GBP": 1.27, "EUR": 1.08}
    sold: dict[str, float] = defaultdict(float)
    for row in shop.orders():
        sold[row["Email"].strip().lower()] += worth[row["Currency"]] * (
            float(row["Total"]) - float(row["Refunded Amount"])
        )
    contacts = [(row["Email"].strip().lower(), row["Total Revenue"]) for row in shop.rows("hubspot_contacts.csv")]
    buyers = [(sold[email], claimed) for email, claimed in contacts if email in sold and claimed]
    others = [claimed for email, claimed in contacts if email not in sold]
    right = sum(float(claimed) == pytest.approx(bought, abs=0.006) for bought, claimed in buyers)
    assert 0.75 < right / len(buyers) < 0.95
    assert 0 < sum(map(bool, others)) < 0.1 * len(others)


def test_support_users_have_their_tickets(shop: Shop) -> None:
    written: dict[int, int] = defaultdict(int)
    for ticket in shop.rows("zendesk_tickets.ndjson"):
        written[ticket["requester_id"]] += 1
        assert set(ticket) == {"id", "requester_id", "created_at", "status", "subject", "via"}
    for user in shop.rows("zendesk_users.ndjson"):
        assert user["tickets"] == written[user["id"]]
        assert user["name"]


def test_web_events_are_nested_as_in_the_bigquery_export(shop: Shop) -> None:
    events = shop.rows("ga4_events.ndjson")
    stamps = [e["event_timestamp"] for e in events]
    assert stamps == sorted(stamps)
    assert set(events[0]) == {
        "event_date", "event_timestamp", "event_name", "event_params", "user_id", "user_pseudo_id", "device", "geo",
        "traffic_source", "collected_traffic_source", "items", "ecommerce",
    }  # fmt: skip
    accounts = {row["Customer ID"] for row in shop.rows("shopify_customers.csv")}
    orders = {row["Name"]: float(row["Total"]) for row in shop.orders()}
    for event in events:
        assert [p["key"] for p in event["event_params"]] == ["event_id", "ga_session_id", "page_location"]
        assert set(event["event_params"][0]["value"]) == {"string_value", "int_value", "double_value"}
        assert parameter(event, "page_location").startswith("https://shop.example/")
        assert event["user_id"] is None or event["user_id"] in accounts
        if event["event_name"] == "purchase":
            assert orders[event["ecommerce"]["transaction_id"]] == event["ecommerce"]["purchase_revenue"]
        assert len(event["items"]) == (event["event_name"] not in {"session_start", "login"})


def _shop_time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z")
