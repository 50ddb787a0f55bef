"""Each well-known export, in the columns of the real product: recognised, and read as what it is."""

# ruff: noqa: E501 - the headers are as long as the products made them

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import SourceError
from engine.sources import presets, recognise
from engine.sources.columns import refer
from engine.sources.mapping import columns_of
from engine.tables import EVENT_KINDS
from tests.engine.sources.reading import Read, reading


@dataclass(frozen=True)
class Case:
    """A header, a row, and what is expected of it."""

    preset: str
    header: str
    row: str
    key: str
    identifiers: set[tuple[str, str | None, str]]
    consents: tuple[tuple[str, str], ...] = ()
    table: str = "raw_records"
    expect: tuple[tuple[str, str | None], ...] = ()
    claims: tuple[tuple[str | None, str | None], ...] = ()


CASES = [
    Case(
        "shopify_customers",
        "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address Address1,"
        "Default Address Address2,Default Address City,Default Address Province Code,Default Address Country Code,"
        "Default Address Zip,Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags",
        "'5467112,Ana,Diaz,ana@x.com,yes,,1 Main St,,Boston,MA,US,'02134,,'+16175550123,no,12.50,1,,no,vip",
        "5467112",
        {("account", "shopify", "5467112"), ("email", None, "ana@x.com"), ("phone", None, "+16175550123")},
        (("email", "in"), ("sms", "out")),
        expect=(("first_name", "Ana"), ("postcode", "02134"), ("state", "MA"), ("x_account_spent", "12.50")),
    ),
    Case(
        "shopify_customers",
        "First Name,Last Name,Email,Company,Address1,Address2,City,Province,Province Code,Country,Country Code,Zip,Phone,"
        "Accepts Marketing,Total Spent,Total Orders,Tags,Note,Tax Exempt",
        "Ana,Diaz,ana@x.com,,1 Main St,,Boston,Massachusetts,MA,United States,US,02134,,no,0,0,,,no",
        "ana@x.com",
        {("email", None, "ana@x.com")},
        (("email", "out"),),
    ),
    Case(
        "woocommerce_customers",
        "Name,Username,Last Active,Date Registered,Email,Orders,Total Spend,AOV,Country / Region,City,Region,Postal Code",
        "Ana Diaz,ana,2026-01-02,2025-01-02,ana@x.com,3,60,20,US,Boston,MA,02134",
        "ana",
        {("email", None, "ana@x.com")},
        expect=(("name", "Ana Diaz"), ("country", "US"), ("x_account_spent", "60")),
    ),
    Case(
        "woocommerce_customers",
        "ID,user_login,user_email,user_registered,first_name,last_name,billing_first_name,billing_address_1,billing_city,"
        "billing_postcode,billing_country,billing_phone",
        "7,ana,ana@x.com,2025-01-02,Ana,Diaz,,1 Main St,Boston,02134,US,617 555 0123",
        "7",
        {("account", "woocommerce", "7"), ("email", None, "ana@x.com"), ("phone", None, "617 555 0123")},
        expect=(("first_name", "Ana"), ("street", "1 Main St")),
    ),
    Case(
        "magento_customers",
        "email,_website,_store,confirmation,created_at,created_in,disable_auto_group_change,dob,firstname,gender,group_id,"
        "lastname,middlename,password_hash,prefix,rp_token,store_id,suffix,taxvat,updated_at,website_id,password",
        "ana@x.com,base,default,,2025-01-02 03:04:05,Default,0,1980-02-03,Ana,Female,1,Diaz,,x,,,1,,,2026-01-02 03:04:05,1,",
        "ana@x.com",
        {("email", None, "ana@x.com")},
        expect=(("birth_date", "1980-02-03"), ("last_name", "Diaz")),
    ),
    Case(
        "magento_customers",
        "ID,Name,Email,Group,Phone,ZIP,Country,State/Province,Customer Since,Web Site,Confirmed email,Account Created in,"
        "Street Address,City,Company",
        "7,Ana Diaz,ana@x.com,General,6175550123,02134,United States,Massachusetts,2025-01-02,Main,Yes,Default,"
        "1 Main St,Boston,Acme",
        "7",
        {("account", "magento", "7"), ("email", None, "ana@x.com"), ("phone", None, "6175550123")},
        expect=(("street", "1 Main St"), ("city", "Boston"), ("postcode", "02134"), ("name", "Ana Diaz")),
    ),
    Case(
        "klaviyo_profiles",
        "Email,Klaviyo ID,First Name,Last Name,Organization,Title,Phone Number,Address,Address 2,City,State / Region,Country,"
        "Zip Code,Latitude,Longitude,Source,IP Address,Last Open,Last Click,Last Active,Profile Created On,Date Added,"
        "Email Marketing Consent,Email Marketing Consent Timestamp,SMS Consent",
        "ana@x.com,01ABC,Ana,Diaz,,,+16175550123,1 Main St,,Boston,MA,US,02134,,,,,,,2026-01-02,2025-01-02,2025-01-02,"
        "SUBSCRIBED,2025-02-02,NEVER_SUBSCRIBED",
        "01ABC",
        {("account", "klaviyo", "01ABC"), ("email", None, "ana@x.com"), ("phone", None, "+16175550123")},
        (("email", "in"), ("sms", "unknown")),
        expect=(("state", "MA"), ("seen_at", "2026-01-02")),
    ),
    Case(
        "mailchimp_audience",
        '"Email Address","First Name","Last Name",Address,"Phone Number",Birthday,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,'
        "CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,UNSUB_TIME,LAST_CHANGED,LEID,EUID,NOTES",
        'ana@x.com,Ana,Diaz,,,,2,"2025-01-02 03:04:05",,,,,,,,,US,MA,"2026-01-02 03:04:05","2026-01-02 03:04:05",9,ab1,',
        "ab1",
        {("account", "mailchimp", "ab1"), ("email", None, "ana@x.com")},
        (("email", "out"),),
        expect=(("country", "US"),),
    ),
    Case(
        "sms_subscribers",
        "Phone Number,Email,First Name,Last Name,Opted In At,Opted Out At,Shopify Customer ID,Subscriber ID",
        "+16175550123,ana@x.com,Ana,Diaz,2025-01-02,,5467112,s9",
        "s9",
        {
            ("account", "sms", "s9"),
            ("account", "shopify", "5467112"),
            ("email", None, "ana@x.com"),
            ("phone", None, "+16175550123"),
        },
        (("sms", "in"),),
    ),
    Case(
        "hubspot_contacts",
        "Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,Contact owner,Lifecycle Stage,Create Date,"
        "Additional email addresses,Unsubscribed from all email,Country/Region,Total Revenue",
        "71,Ana,Diaz,ana@x.com,6175550123,6175550124,,lead,2025-01-02 10:00,ana@y.com;ana@z.com,true,US,9",
        "71",
        {
            ("account", "hubspot", "71"),
            ("email", None, "ana@x.com"),
            ("email", None, "ana@y.com"),
            ("email", None, "ana@z.com"),
            ("phone", None, "6175550123"),
            ("phone", None, "6175550124"),
        },
        (("email", "out"),),
        claims=(("9", None),),
    ),
    Case(
        "salesforce_contacts",
        '"ID","ACCOUNTID","LASTNAME","FIRSTNAME","SALUTATION","MAILINGSTREET","MAILINGCITY","MAILINGSTATE",'
        '"MAILINGPOSTALCODE","MAILINGCOUNTRY","PHONE","MOBILEPHONE","EMAIL","BIRTHDATE","HASOPTEDOUTOFEMAIL","CREATEDDATE"',
        '"003","001","Diaz","Ana","Ms.","1 Main St","Boston","MA","02134","US","6175550123","","ana@x.com","1980-02-03","true","x"',
        "003",
        {("account", "salesforce", "003"), ("email", None, "ana@x.com"), ("phone", None, "6175550123")},
        (("email", "out"),),
        expect=(("last_name", "Diaz"), ("city", "Boston"), ("birth_date", "1980-02-03")),
    ),
    Case(
        "salesforce_contacts",
        "Contact ID,First Name,Last Name,Email,Phone,Mobile,Mailing Street,Mailing City,Mailing Zip/Postal Code,Account Name",
        "003,Ana,Diaz,ana@x.com,,6175550123,1 Main St,Boston,02134,Acme",
        "003",
        {("account", "salesforce", "003"), ("email", None, "ana@x.com"), ("phone", None, "6175550123")},
        expect=(("postcode", "02134"), ("company", "Acme")),
    ),
    Case(
        "pos_loyalty",
        "Member Number;Surname;First Name;Mobile;Date of Birth;Postal Code;Points Balance;Member Since",
        "L7;Diaz;Ana;6175550123;1980-02-03;02134;9;2025-01-02",
        "L7",
        {("loyalty", None, "L7"), ("phone", None, "6175550123")},
        expect=(("birth_date", "1980-02-03"), ("last_name", "Diaz")),
    ),
    Case(
        "shopify_checkouts",
        "Id,Name,Email,Phone,Accepts Marketing,Currency,Total,Created at,Billing Name,Billing Zip,Billing Country,"
        "Lineitem quantity,Lineitem name,Lineitem price,Recovery State,Note Attributes",
        "91,#91,ana@x.com,,no,USD,126.22,2026-09-24 06:21:11 -0500,Ana Diaz,,US,1,Bottle,39.63,Not Recovered,"
        '"gift: yes\nga_client_id: GA1.09.08"',
        "91",
        {("email", None, "ana@x.com"), ("device", None, "GA1.09.08")},
        (("email", "unknown"),),
        expect=(("kind", "checkout"), ("name", "Ana Diaz")),
    ),
    Case(
        "sms_events",
        "type,timestamp,phone,email,message_id,message_name,message_link",
        "MESSAGE_LINK_CLICK,1767323045000,+16175550123,,m1,Spring,https://x.com/?utm_source=attentive&utm_medium=sms",
        "",
        set(),
        table="raw_events",
        expect=(
            ("kind", "click"),
            ("at", "2026-01-02T03:04:05.000000Z"),
            ("phone", "+16175550123"),
            ("campaign", "Spring"),
            ("utm_source", "attentive"),
        ),
    ),
    Case(
        "klaviyo_events",
        "Event ID,Event Name,Profile ID,Email,Timestamp,Campaign Name,URL",
        "k1,Clicked Email,01ABC,ana@x.com,2026-03-05T16:20:05Z,Spring Launch,https://x.com/?_kx=01ABC&utm_medium=e%2Dmail+x",
        "k1",
        set(),
        table="raw_events",
        expect=(("kind", "click"), ("system", "klaviyo"), ("account", "01ABC"), ("utm_medium", "e-mail x")),
    ),
    Case(
        "klaviyo_profiles",
        "Email,Klaviyo ID,First Name,Last Name,Email Marketing Consent,Historic Customer Lifetime Value,"
        "Predicted Customer Lifetime Value,Total Customer Lifetime Value,Historic Number Of Orders,Profile Created On",
        "ana@x.com,01ABC,Ana,Diaz,SUBSCRIBED,60.5,20,80.5,3,2025-01-02 03:04:05",
        "01ABC",
        {("account", "klaviyo", "01ABC"), ("email", None, "ana@x.com")},
        (("email", "in"),),
        claims=(("60.5", "3"),),
    ),
    Case(
        "hubspot_deals",
        "Record ID,Deal Name,Deal Stage,Close Date,Deal owner,Amount,Pipeline,Associated Contact,Associated Contact IDs",
        "7001,Order #17,Closed Won,2026-03-05 10:00,,150.5,Ecommerce Pipeline,Ana Diaz (ana@x.com);Bo Kim (bo@x.com),71;72",
        "7001",
        set(),
        table="raw_events",
        expect=(
            ("kind", "deal"),
            ("system", "hubspot"),
            ("account", "71"),
            ("value", "150.5"),
            ("at", "2026-03-05 10:00"),
        ),
    ),
    Case(
        "salesforce_opportunities",
        '"ID","ACCOUNTID","CONTACTID","NAME","STAGENAME","AMOUNT","CLOSEDATE","ISCLOSED","ISWON","CURRENCYISOCODE"',
        '"006","001","003","Lamps","Closed Won","99.0","2026-03-05","true","true","EUR"',
        "006",
        set(),
        table="raw_events",
        expect=(("kind", "deal"), ("system", "salesforce"), ("account", "003"), ("value", "99.0"), ("currency", "EUR")),
    ),
]


def _check(read: Read, case: Case) -> None:
    columns = [name for name, _ in case.expect]
    ((key, *found),) = read.rows(case.table, "key", *columns)
    assert key == case.key or (not case.key and key.startswith("h"))
    assert dict(zip(columns, found, strict=True)) == dict(case.expect)
    assert set(read.rows("raw_identifiers", "type", "system", "value")) == case.identifiers
    assert tuple(read.rows("raw_consents", "channel", "state")) == case.consents
    assert tuple(read.rows("raw_claims", "revenue", "orders")) == case.claims
    assert read.rows("rejects", "reason") == []


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.preset}-{len(c.header)}")
def test_a_real_export_is_recognised_and_read(tmp_path: Path, case: Case) -> None:
    (tmp_path / "export.csv").write_text(f"{case.header}\n{case.row}\n")
    found = recognise(tmp_path / "export.csv")
    assert found is not None
    assert found.name == case.preset
    with reading(tmp_path, {"path": "export.csv", "preset": case.preset}) as read:
        _check(read, case)


ORDERS = """\
Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Created at,\
Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Billing Street,Billing Zip,Shipping Name,\
Shipping Zip,Note Attributes,Refunded Amount,Id,Source,Billing Phone
#1,ana@x.com,paid,,USD,20,0,0,20,,0,2026-01-02 03:04:05 -0500,1,Bottle,10,B,Ana Diaz,1 Main St,'02134,Bo Kim,99999,,0,501,web,
#1,ana@x.com,,,,,,,,,,,2,Lamp,5,L,,,,,,,,,,
#2,,paid,,USD,7,0,0,7,,0,2026-01-03 03:04:05 -0500,1,Lamp,7,L,Cy Ng,,,,,_ga: GA1.7,0,502,web,617
#1,ana@x.com,refunded,,USD,20,0,0,20,,0,2026-01-02 03:04:05 -0500,1,Bottle,10,B,Ana Diaz,1 Main St,'02134,Bo Kim,99999,,20,501,web,
#1,ana@x.com,,,,,,,,,,,2,Lamp,5,L,,,,,,,,,,
#3,,,,,,,,,,,,2,Lamp,5,L,,,,,,,,,,
"""


def test_an_export_saved_as_parquet_is_recognised_and_read(tmp_path: Path) -> None:
    pd.read_csv(io.StringIO(ORDERS), dtype=str).to_parquet(tmp_path / "export.parquet")
    found = recognise(tmp_path / "export.parquet")
    assert found is not None
    assert found.name == "shopify_orders"
    (tmp_path / "export.csv").write_text(ORDERS)
    read = []
    for file in ("export.csv", "export.parquet"):
        with reading(tmp_path, {"path": file, "name": "orders", "preset": found.name}) as one:
            read.append((one.rows("raw_records", "key", "name"), one.rows("raw_orders", "key", "total", "refunded")))
    assert read[0] == read[1]


def test_a_deal_that_is_open_or_lost_is_no_sale(tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text(
        "Record ID,Deal Name,Deal Stage,Close Date,Amount,Is Closed Won\n"
        "1,A,Closed Lost,2026-03-05,10,false\n2,B,Appointment Scheduled,2026-03-05,10,\n3,C,Shipped,2026-03-05,10,\n"
        "4,D,Own stage,2026-03-05,10,true\n"
    )
    with reading(tmp_path, {"path": "deals.csv", "preset": "hubspot_deals"}) as read:
        assert read.rows("raw_events", "key") == [("3",), ("4",)]


def test_shopify_orders_are_grouped_before_they_are_deduplicated(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS)
    preset = recognise(tmp_path / "orders.csv")
    assert preset is not None
    assert preset.name == "shopify_orders"
    with reading(tmp_path, {"path": "orders.csv", "preset": "shopify_orders"}) as read:
        assert read.rows("raw_orders", "key", "number", "status", "total", "refunded") == [
            ("501", "#1", "refunded", "20", "20"),
            ("502", "#2", "paid", "7", "0"),
        ]
        assert read.rows("raw_order_lines", "key", "line", "item", "quantity") == [
            ("501", 1, "Bottle", "1"),
            ("501", 2, "Lamp", "2"),
            ("502", 1, "Lamp", "1"),
        ]
        assert sorted(read.records("key", "kind", "name", "street", "postcode")) == [
            ("501", "order", "Ana Diaz", "1 Main St", "02134"),
            ("502", "order", "Cy Ng", None, None),
        ]
        assert read.values("device") == {"502": {"GA1.7"}}
        assert read.values("phone") == {"502": {"617"}}
        assert read.only.duplicates == 1
        assert read.rows("rejects", "line", "reason") == [(7, "belongs to #3, of which no row has Id")]


def test_shopify_orders_whose_rows_somebody_has_sorted(tmp_path: Path) -> None:
    head, *rows = ORDERS.splitlines(keepends=True)
    once = rows[2:]
    found = []
    for order in (once, once[::-1], sorted(once, key=lambda row: row.split(",")[20])):
        (tmp_path / "orders.csv").write_text(head + "".join(order))
        with reading(tmp_path, {"path": "orders.csv", "preset": "shopify_orders"}) as read:
            lines = sorted(read.rows("raw_order_lines", "key", "item", "quantity"))
            found.append((lines, read.rows("raw_orders", "key", "total"), read.rows("rejects", "reason")))
    assert found[0][0] == [("501", "Bottle", "1"), ("501", "Lamp", "2"), ("502", "Lamp", "1")]
    assert found[1:] == [found[0]] * 2


def test_a_shopify_order_that_was_cancelled_says_so_beside_how_it_was_paid(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(
        "Name,Email,Financial Status,Currency,Total,Refunded Amount,Cancelled at,Created at,Lineitem quantity,"
        "Lineitem name,Id\n"
        "#1,a@x.com,paid,EUR,20,0,2026-05-02 10:00:00 -0400,2026-05-01 10:00:00 -0400,1,Bottle,501\n"
        "#2,b@x.com,paid,EUR,7,0,,2026-05-01 10:00:00 -0400,1,Lamp,502\n"
    )
    with reading(tmp_path, {"path": "orders.csv", "preset": "shopify_orders"}) as read:
        assert read.rows("raw_orders", "key", "status", "cancelled_at") == [
            ("501", "paid", "2026-05-02 10:00:00 -0400"),
            ("502", "paid", None),
        ]


def test_orders_that_repeat_themselves_in_every_row(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(
        "order_id,order_number,order_date,status,order_total,order_currency,customer_id,billing_first_name,billing_last_name,"
        "billing_email,item_name,item_quantity\n"
        "11,A11,2026-01-02,processing,30,EUR,0,Ana,Diaz,ana@x.com,Bottle,1\n"
        "11,A11,2026-01-02,processing,30,EUR,0,Ana,Diaz,ana@x.com,Lamp,2\n"
        "12,A12,2026-01-03,completed,5,EUR,7,Bo,Kim,bo@x.com,Lamp,1\n"
        "12,A12,2026-01-03,completed,5,EUR,7,Bo,Kim,bo@x.com,Lamp,1\n"
    )
    preset = recognise(tmp_path / "orders.csv")
    assert preset is not None
    assert preset.name == "woocommerce_orders"
    with reading(tmp_path, {"path": "orders.csv", "preset": "woocommerce_orders"}) as read:
        assert read.rows("raw_orders", "key", "number", "total") == [("11", "A11", "30"), ("12", "A12", "5")]
        assert [row[:3] for row in read.rows("raw_order_lines", "key", "line", "item")] == [
            ("11", 1, "Bottle"), ("11", 2, "Lamp"), ("12", 1, "Lamp"),
        ]  # fmt: skip
        assert read.values("account") == {"12": {"7"}}  # 0 is a guest


def _ga4(number: int, **further: Any) -> dict[str, Any]:
    def param(key: str, **value: Any) -> dict[str, Any]:
        return {"key": key, "value": value}

    return {
        "event_date": "20260401",
        "event_timestamp": 1775074890799096 + number,
        "event_name": "page_view",
        "event_params": [
            param("ga_session_id", int_value="986152"),
            param("page_location", string_value=f"https://shop.example/?_kx=01ABC&n={number}"),
        ],
        "user_id": None,
        "user_pseudo_id": "55.66",
        **further,
    }


def test_ga4_events_without_ids_are_known_by_their_content(tmp_path: Path) -> None:
    purchase = _ga4(
        2,
        event_name="purchase",
        user_id="5467112",
        ecommerce={"transaction_id": "#1", "purchase_revenue": 20.5},
        items=[{"item_id": "B", "item_name": "Bottle", "item_category": "Gear", "quantity": 1}],
        collected_traffic_source={"manual_source": "google", "manual_medium": "(not set)"},
        device={"category": "mobile", "language": "de-de"},
    )
    purchase["event_params"].append({"key": "event_id", "value": {"string_value": "e9"}})
    lines = [_ga4(1), purchase, _ga4(1)]
    (tmp_path / "ga4.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    preset = recognise(tmp_path / "ga4.jsonl")
    assert preset is not None
    assert preset.name == "ga4_events"
    source = {"path": "ga4.jsonl", "preset": "ga4_events"}
    with reading(tmp_path, source) as read:
        columns = (
            "key",
            "kind",
            "at",
            "session",
            "system",
            "account",
            "order_key",
            "value",
            "item",
            "utm_source",
            "utm_medium",
            "language",
        )
        rows = {row[0]: row[1:] for row in read.rows("raw_events", *columns)}
        assert rows.pop("e9") == (
            "purchase", "2026-04-01T20:21:30.799098Z", "55.66.986152", "shopify", "5467112", "#1", "20.5", "Bottle", "google", None, "de-de",
        )  # fmt: skip
        first, second = sorted(rows)
        assert second == f"{first}-2"
        assert rows[first][:5] == ("view", "2026-04-01T20:21:30.799097Z", "55.66.986152", "klaviyo", "01ABC")
        keys = set(rows)
    (tmp_path / "ga4.jsonl").write_text("".join(json.dumps(line) + "\n" for line in reversed(lines)))
    with reading(tmp_path, source) as read:
        assert {key for (key,) in read.rows("raw_events", "key")} == keys | {"e9"}


def test_ga4_in_parquet_is_the_same(tmp_path: Path) -> None:
    value = pa.struct(
        [
            ("string_value", pa.string()),
            ("int_value", pa.int64()),
            ("float_value", pa.float64()),
            ("double_value", pa.float64()),
        ]
    )
    schema = pa.schema(
        [
            ("event_timestamp", pa.int64()), ("event_name", pa.string()), ("user_pseudo_id", pa.string()), ("user_id", pa.string()),
            ("event_params", pa.list_(pa.struct([("key", pa.string()), ("value", value)]))),
            ("ecommerce", pa.struct([("transaction_id", pa.string()), ("purchase_revenue", pa.float64())])),
            ("items", pa.list_(pa.struct([("item_name", pa.string()), ("quantity", pa.int64())]))),
        ]
    )  # fmt: skip
    row = _ga4(
        1, ecommerce={"transaction_id": "#1", "purchase_revenue": 20.0}, items=[{"item_name": "Bottle", "quantity": 2}]
    )
    row["event_params"][0]["value"] = {"int_value": 986152}
    pq.write_table(pa.Table.from_pylist([row], schema=schema), tmp_path / "ga4.parquet")
    preset = recognise(tmp_path / "ga4.parquet")
    assert preset is not None
    assert preset.name == "ga4_events"
    with reading(tmp_path, {"path": "ga4.parquet", "preset": "ga4_events"}) as read:
        assert read.rows("raw_events", "kind", "at", "session", "account", "order_key", "item", "quantity") == [
            ("view", "2026-04-01T20:21:30.799097Z", "55.66.986152", "01ABC", "#1", "Bottle", "2")
        ]


def test_zendesk_users_and_tickets(tmp_path: Path) -> None:
    (tmp_path / "users.ndjson").write_text(
        json.dumps(
            {
                "id": 6679,
                "name": "Ana D.",
                "email": None,
                "phone": "",
                "role": "end-user",
                "locale": "de-AT",
                "created_at": "2025-10-28T11:18:29Z",
            }
        )
    )
    (tmp_path / "tickets.ndjson").write_text(
        json.dumps(
            {
                "id": 78,
                "requester_id": 6679,
                "created_at": "2026-04-05T05:00:21Z",
                "subject": "Size?",
                "status": "open",
                "via": {"channel": "chat"},
            }
        )
    )
    names = [p.name for f in ("users", "tickets") if (p := recognise(tmp_path / f"{f}.ndjson"))]
    assert names == ["zendesk_users", "zendesk_tickets"]
    sources = [
        {"path": "users.ndjson", "preset": "zendesk_users"},
        {"path": "tickets.ndjson", "preset": "zendesk_tickets"},
    ]
    with reading(tmp_path, *sources) as read:
        assert read.records("key", "name", "x_language") == [("6679", "Ana D.", "de-AT")]
        assert read.values("account") == {"6679": {"6679"}}
        assert read.rows("raw_events", "source", "key", "kind", "name", "system", "account", "subject", "status") == [
            ("tickets", "78", "ticket", "chat", "zendesk", "6679", "Size?", "open")
        ]


def test_people_who_work_at_the_shop_are_no_customers_of_its_help_desk(tmp_path: Path) -> None:
    roles = ("admin", "end-user", "agent", "End-user")
    users = [{"id": n, "name": "Ana", "email": f"a{n}@x.com", "role": role, "updated_at": "2025-10-28T11:18:29Z"}
             for n, role in enumerate(roles)]  # fmt: skip
    (tmp_path / "users.ndjson").write_text("".join(json.dumps(user) + "\n" for user in users))
    with reading(tmp_path, {"path": "users.ndjson", "preset": "zendesk_users"}) as read:
        assert read.records("key") == [("1",), ("3",)]
        (said,) = read.warnings
        assert "2 rows are neither a record nor an event of this map, and were left out" in said


@pytest.mark.parametrize(
    ("preset", "columns"),
    [
        ("hubspot_contacts", "Record ID,Email,Lifecycle Stage,Preferred language"),
        ("klaviyo_profiles", "Klaviyo ID,Email,Profile Created On,$locale"),
        ("klaviyo_profiles", "Klaviyo ID,Email,Profile Created On,Locale"),
        ("mailchimp_audience", "EUID,Email Address,LAST_CHANGED,LANGUAGE"),
        ("contacts", "id,email,created_at,locale"),
    ],
)
def test_the_language_is_kept_as_an_extra_column(tmp_path: Path, preset: str, columns: str) -> None:
    (tmp_path / "export.csv").write_text(f"{columns}\n7,ana@x.com,2026-01-02,de\n")
    with reading(tmp_path, {"path": "export.csv", "preset": preset}) as read:
        assert read.records("x_language") == [("de",)]


def test_segment_calls_are_records_and_events(tmp_path: Path) -> None:
    def call(number: int, **further: Any) -> str:
        return json.dumps({"messageId": f"m{number}", "timestamp": f"2026-01-0{number}T00:00:00Z", **further}) + "\n"

    (tmp_path / "segment.jsonl").write_text(
        call(1, type="identify", anonymousId="d1", userId="u1", traits={"email": "ana@x.com", "firstName": "An"})
        + call(
            3, type="identify", anonymousId="d2", userId="u1", traits={"phone": "617", "address": {"city": "Boston"}}
        )
        + call(2, type="identify", anonymousId="d2", userId="u1", traits={"firstName": "Ana", "address": "somewhere"})
        + call(
            4,
            type="track",
            anonymousId="d2",
            userId="u1",
            event="Order Completed",
            properties={"order_id": 9, "revenue": 20},
        )
        + call(
            5,
            type="page",
            anonymousId="d2",
            context={"page": {"url": "https://x.com"}, "campaign": {"source": "google"}},
        )
        + call(6, type="group", anonymousId="d2", userId="u1")
    )
    preset = recognise(tmp_path / "segment.jsonl")
    assert preset is not None
    assert preset.name == "segment_events"
    with reading(
        tmp_path, {"path": "segment.jsonl", "preset": "segment_events", "map": {"systems": {"shopify": "woocommerce"}}}
    ) as read:
        assert read.records("key", "first_name", "city", "seen_at") == [("u1", "Ana", "Boston", "2026-01-03T00:00:00Z")]
        assert read.values("device") == {"u1": {"d1", "d2"}}
        assert read.values("email") == {"u1": {"ana@x.com"}}
        assert read.rows("raw_identifiers", "system", order="system NULLS LAST LIMIT 1") == [("woocommerce",)]
        assert read.rows("raw_events", "key", "kind", "account", "order_key", "value", "utm_source") == [
            ("m4", "purchase", "u1", "9", "20", None),
            ("m5", "view", None, None, None, "google"),
        ]
        assert read.only.duplicates == 0
        assert read.only.warnings == ("1 row is neither a record nor an event of this map, and was left out",)


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("1 Main St  Boston  MA  02101  US", ("1 Main St", "Boston", "MA", "02101", "US")),
        ("1 Main St  Apt 4  New York  NY  10001-1234  US", ("1 Main St  Apt 4", "New York", "NY", "10001-1234", "US")),
        ("1 Main St  Suite B  Boston  MA  02101", ("1 Main St  Suite B", "Boston", "MA", "02101", "FR")),
        ("Hauptstraße 5    Köln    50667  DE", ("Hauptstraße 5", "Köln", "IDF", "50667", "DE")),
        ("The Old Mill  2 High St  Bath  Somerset  BA1 1AA  United Kingdom",
         ("The Old Mill  2 High St", "Bath", "Somerset", "BA1 1AA", "United Kingdom")),
        ("1 Main St,  Boston", ("1 Main St,  Boston", None, "IDF", None, "FR")),
        ("12 rue Neuve", ("12 rue Neuve", None, "IDF", None, "FR")),
    ],
)  # fmt: skip
def test_mailchimps_address_in_one_cell(tmp_path: Path, cell: str, parts: tuple[str | None, ...]) -> None:
    (tmp_path / "a.csv").write_text(
        f'Email Address,Address,MEMBER_RATING,CC,REGION,LAST_CHANGED,EUID\nana@x.com,"{cell}",2,FR,IDF,2026-01-02,ab1\n'
    )
    with reading(tmp_path, {"path": "a.csv", "preset": "mailchimp_audience"}) as read:
        assert read.records("street", "city", "state", "postcode", "country") == [parts]


def test_unknown_files_are_not_taken_for_something(tmp_path: Path) -> None:
    (tmp_path / "truth.csv").write_text("source,key,person\nshopify,1,p1\n")
    (tmp_path / "products.csv").write_text("id,name,price,email\n1,Lamp,5,x@x.com\n")
    (tmp_path / "notes.md").write_text("# id,email\n")
    (tmp_path / "empty.csv").write_text("")
    assert [recognise(tmp_path / f) for f in ("truth.csv", "products.csv", "notes.md", "empty.csv")] == [None] * 4


def test_a_renamed_column_of_a_preset_is_named_and_can_be_mapped(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("Record ID,First Name,Contact mail,Create Date\n7,Ana,ana@x.com,2025-01-02\n")
    source = {"path": "c.csv", "preset": "hubspot_contacts"}
    with (
        pytest.raises(SourceError, match=r"c.csv has no column 'Email'. The nearest is 'Contact mail'"),
        reading(tmp_path, source),
    ):
        pass
    map_ = {"record": {"identifiers": [{"type": "email", "column": "Contact mail"}], "extras": {"made": "Create Date"}}}
    with reading(tmp_path, {"path": "c.csv", "preset": "hubspot_contacts", "map": map_}) as read:
        assert read.values("email") == {"7": {"ana@x.com"}}
        assert read.values("account") == {"7": {"7"}}
        assert read.records("first_name", "x_made") == [("Ana", "2025-01-02")]


@pytest.mark.parametrize("preset", presets().values(), ids=lambda p: p.name)
def test_presets_are_whole(preset: Any) -> None:
    assert preset.map.lacks() is None
    kinds = set(preset.map.event.kinds.values()) if preset.map.event else set()
    assert kinds <= set(EVENT_KINDS)
    known = [name for _, column in columns_of(preset.map) for name in column.column]
    # A column that recognises a file is one that the map knows how to read, but for a few that say only what the file is.
    for entry in preset.recognise.columns:
        assert isinstance(entry, tuple) or refer(entry, known) or entry in {"role", "event_params"}
