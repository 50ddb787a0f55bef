"""The traps of real life are in the shop, each at about its rate. All of them are read off the files and the truth."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import pytest

from engine.demo import rates
from engine.demo.first_names import NICKNAMES

from .conftest import Shop, parameter

FAKE_DIGITS = {"0000000000", "1234567890", "15555555555"}


def share(hits: Iterable[object]) -> float:
    """The share of true ones."""
    found = [bool(hit) for hit in hits]
    return sum(found) / len(found)


def digits(phone: str | None) -> str:
    """The last nine digits: the same in every format of one number."""
    return re.sub(r"\(0\)|\D", "", phone or "")[-9:]


def by_person(shop: Shop, source: str, rows: list[Any], key: str) -> dict[str, list[Any]]:
    """A source's rows by the person whose they are."""
    person = shop.persons()
    found = defaultdict(list)
    for row in rows:
        found[person[source, str(row[key])]].append(row)
    return found


@pytest.fixture(scope="module")
def orders(shop: Shop) -> list[dict[str, str]]:
    return shop.orders()


@pytest.fixture(scope="module")
def persons_orders(shop: Shop, orders: list[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    return by_person(shop, "shopify_orders", orders, "Id")


@pytest.fixture(scope="module")
def emails(shop: Shop) -> list[tuple[str, str]]:
    """(person, e-mail as typed) of every record that has one."""
    person = shop.persons()
    found = [(person["shopify_orders", r["Id"]], r["Email"]) for r in shop.orders()]
    for source, key, column in (
        ("shopify_customers", "Customer ID", "Email"),
        ("klaviyo_profiles", "Klaviyo ID", "Email"),
        ("hubspot_contacts", "Record ID", "Email"),
        ("pos_loyalty", "loyalty_id", "email"),
    ):
        found += [(person[source, r[key]], r[column]) for r in shop.rows(f"{source}.csv")]
    return [(who, mail) for who, mail in found if mail]


def test_guest_orders(orders: list[dict[str, str]]) -> None:
    assert 0.4 < share(not row["Customer ID"] for row in orders) < 0.75


def test_gifts_show_somebody_else(orders: list[dict[str, str]]) -> None:
    assert share(row["Shipping Name"] != row["Billing Name"] for row in orders) == pytest.approx(rates.GIFT, abs=0.025)


def test_refunds_and_discounts(orders: list[dict[str, str]]) -> None:
    assert share(row["Financial Status"] != "paid" for row in orders) == pytest.approx(0.064, abs=0.02)
    assert share(row["Discount Code"] for row in orders) == pytest.approx(0.3, abs=0.04)


def test_households_share_an_address(persons_orders: dict[str, list[dict[str, str]]]) -> None:
    living = defaultdict(set)
    for person, rows in persons_orders.items():
        living[rows[0]["Billing Address1"], rows[0]["Billing Zip"]].add(person)
    shared = [people for people in living.values() if len(people) > 1]
    assert sum(map(len, shared)) > 0.3 * len(persons_orders)


def test_movers_have_an_old_and_a_new_address(persons_orders: dict[str, list[dict[str, str]]]) -> None:
    regulars = [rows for rows in persons_orders.values() if len(rows) >= 5]
    moved = share(len({row["Billing Zip"] for row in rows}) == 2 for rows in regulars)
    assert rates.MOVED / 3 < moved < rates.MOVED * 2


def test_some_change_their_last_name(shop: Shop) -> None:
    rows = by_person(shop, "shopify_orders", shop.orders(), "Id")
    changed = 0
    for some in rows.values():
        names = Counter(row["Billing Name"].lower().split()[-1] for row in some)
        # Two names that are each used twice and start differently are no typos.
        often = [name for name, count in names.items() if count >= 2]
        changed += len({name[0] for name in often}) > 1
    assert 0 < changed < 0.05 * len(rows)


def test_nicknames_and_initials(shop: Shop) -> None:
    short = {full.lower(): set(forms.lower().split()) for full, forms in NICKNAMES.items()}
    rows = by_person(shop, "shopify_orders", shop.orders(), "Id")
    mixed = []
    for some in rows.values():
        firsts = {row["Billing Name"].lower().split()[0] for row in some}
        mixed += [bool(short[name] & firsts) for name in firsts & short.keys()]
    assert 0.08 < share(mixed) < 0.4
    contacts = [row["First Name"] for row in shop.rows("shopify_customers.csv") if row["First Name"]]
    assert 0.002 < share(re.fullmatch(r"\w\.", name.strip()) for name in contacts) < 0.03


def test_umlauts_are_also_written_with_two_letters(shop: Shop) -> None:
    germans = [
        row["Last Name"].lower() for row in shop.rows("shopify_customers.csv") + shop.rows("klaviyo_profiles.csv")
    ]
    assert any("ü" in name or "ö" in name or "ä" in name for name in germans)
    plain = {name.replace("ü", "ue").replace("ö", "oe").replace("ä", "ae").replace("ß", "ss") for name in germans}
    assert plain & {name for name in germans if re.search("[aou]e|ss", name)}


def test_support_users_type_names_in_their_own_ways(shop: Shop) -> None:
    names = [user["name"] for user in shop.rows("zendesk_users.ndjson")]
    assert share("," in name for name in names) == pytest.approx(0.18, abs=0.06)
    assert share(re.search(r" \w\.$", name) for name in names) == pytest.approx(0.16, abs=0.06)
    assert share(" " not in name.strip() for name in names) == pytest.approx(0.16, abs=0.06)


def test_case_and_stray_blanks(shop: Shop) -> None:
    lasts = [row["Last Name"] for row in shop.rows("hubspot_contacts.csv") if row["Last Name"]]
    assert share(name.islower() for name in lasts) == pytest.approx(rates.LOWER_CASE, abs=0.05)
    assert share(name.isupper() for name in lasts) == pytest.approx(rates.UPPER_CASE, abs=0.05)
    texts = [row[c] for row in shop.rows("hubspot_contacts.csv") for c in ("First Name", "Last Name") if row[c]]
    assert 0.01 < share(text != text.strip() for text in texts) < 0.06
    assert any("  " in row["Billing Name"] for row in shop.orders())


def test_plus_tags_dots_and_googlemail(emails: list[tuple[str, str]]) -> None:
    google = [
        mail.strip().lower() for _, mail in emails if "@gmail.com" in mail.lower() or "@googlemail" in mail.lower()
    ]
    assert share("+" in mail for mail in google) == pytest.approx(rates.PLUS_TAG, abs=0.015)
    assert share("@googlemail" in mail for mail in google) == pytest.approx(rates.GOOGLEMAIL, abs=0.02)
    forms = defaultdict(set)
    for mail in google:
        forms[mail.replace(".", "")].add(mail)
    assert any(len(some) > 1 for some in forms.values())


def test_persons_with_two_addresses_and_couples_with_one(emails: list[tuple[str, str]]) -> None:
    domains, users = defaultdict(set), defaultdict(set)
    for person, mail in emails:
        address = mail.strip().lower().replace("@googlemail.", "@gmail.")
        domains[person].add(address.split("@")[-1])
        users[address].add(person)
    assert 0.1 < share(len(some) > 1 for some in domains.values()) < 0.4
    assert sum(len(people) == 2 for people in users.values()) >= 5


def test_role_inboxes_belong_to_several_persons(emails: list[tuple[str, str]]) -> None:
    users = defaultdict(set)
    for person, mail in emails:
        name = mail.strip().lower().split("@")[0]
        if name in rates.ROLES:
            users[mail.strip().lower()].add(person)
    assert len(users) >= 2
    assert max(map(len, users.values())) >= 3


def test_disposable_domains(shop: Shop, emails: list[tuple[str, str]]) -> None:
    throwaway = share(
        re.search("mailinator|guerrillamail|yopmail|10minutemail|trashmail", m.lower()) for _, m in emails
    )
    assert 0 < throwaway < 0.03


def test_placeholder_values(shop: Shop, emails: list[tuple[str, str]]) -> None:
    fakes = Counter(mail.strip().lower() for _, mail in emails)
    assert set(rates.FAKE_EMAILS) <= fakes.keys()
    assert sum(fakes[mail] for mail in rates.FAKE_EMAILS) / len(emails) == pytest.approx(0.007, abs=0.005)
    phones = [row["Phone"] for row in shop.orders() if row["Phone"]]
    phones += [row["Phone Number"] for row in shop.rows("hubspot_contacts.csv") if row["Phone Number"]]
    fake = [p for p in phones if p == "N/A" or re.sub(r"\D", "", p) in FAKE_DIGITS]
    assert set(fake) >= set(rates.FAKE_PHONES) - {"+15555555555"}
    assert len(fake) / len(phones) == pytest.approx(0.012, abs=0.008)


def test_a_till_types_the_shops_own_number(shop: Shop) -> None:
    typed = Counter(digits(row["phone"]) for row in shop.rows("pos_loyalty.csv") if row["phone"])
    ((_, times),) = typed.most_common(1)
    assert times / len(shop.rows("pos_loyalty.csv")) == pytest.approx(rates.TILL_NUMBER, abs=0.015)


def test_phones_are_shared_changed_and_recycled(shop: Shop) -> None:
    person = shop.persons()
    used: dict[str, set[str]] = defaultdict(set)
    owns: dict[str, set[str]] = defaultdict(set)
    for row in shop.orders():
        if row["Phone"]:
            used[digits(row["Phone"])].add(person["shopify_orders", row["Id"]])
            owns[person["shopify_orders", row["Id"]]].add(digits(row["Phone"]))
    for row in shop.rows("sms_subscribers.csv"):
        used[digits(row["phone"])].add(person["sms_subscribers", row["id"]])
        owns[person["sms_subscribers", row["id"]]].add(digits(row["phone"]))
    assert sum(len(people) in (2, 3) for people in used.values()) >= 5
    assert 0.05 < share(len(numbers) > 1 for numbers in owns.values()) < 0.3


def test_every_system_has_its_own_phone_format(shop: Shop) -> None:
    americans = [row["phone"] for row in shop.rows("sms_subscribers.csv")]
    assert share(phone.startswith("+") for phone in americans) > 0.5
    contacts = [row["Phone Number"] for row in shop.rows("hubspot_contacts.csv") if row["Phone Number"]]
    assert share(phone.startswith("(") for phone in contacts) > 0.35
    shapes = Counter(re.sub(r"\d", "9", row["Phone"]) for row in shop.orders() if row["Phone"])
    assert len([shape for shape, count in shapes.items() if count > 5]) >= 7


def test_two_accounts_and_double_contacts(shop: Shop) -> None:
    for source, key in (("shopify_customers", "Customer ID"), ("hubspot_contacts", "Record ID")):
        rows = by_person(shop, source, shop.rows(f"{source}.csv"), key)
        assert share(len(some) > 1 for some in rows.values()) == pytest.approx(0.05, abs=0.025)


def test_missing_values(shop: Shop) -> None:
    for name, column, rate in (
        ("shopify_customers.csv", "First Name", rates.SOURCES["shopify_customers"].no_first),
        ("shopify_customers.csv", "Phone", rates.SOURCES["shopify_customers"].no_phone),
        ("klaviyo_profiles.csv", "Last Name", rates.SOURCES["klaviyo_profiles"].no_last),
        ("hubspot_contacts.csv", "City", rates.SOURCES["hubspot_contacts"].no_town),
        ("pos_loyalty.csv", "email", rates.SOURCES["pos_loyalty"].no_email),
        ("pos_loyalty.csv", "birth_date", rates.NO_BIRTH_DATE),
    ):
        assert share(not row[column] for row in shop.rows(name)) == pytest.approx(rate, abs=0.06), (name, column)


def test_systems_disagree_about_consent(shop: Shop) -> None:
    shopify = by_person(shop, "shopify_customers", shop.rows("shopify_customers.csv"), "Customer ID")
    klaviyo = by_person(shop, "klaviyo_profiles", shop.rows("klaviyo_profiles.csv"), "Klaviyo ID")
    pairs = [
        (shopify[p][0]["Accepts Email Marketing"], klaviyo[p][0]["Email Marketing Consent"])
        for p in shopify
        if p in klaviyo
    ]
    known = [(mine, theirs) for mine, theirs in pairs if theirs != "NEVER_SUBSCRIBED"]
    expected = 2 * rates.CONSENT_FLIPPED * (1 - rates.CONSENT_FLIPPED)
    assert share((a == "yes") != (b == "SUBSCRIBED") for a, b in known) == pytest.approx(expected, abs=0.08)


def test_strangers_with_one_name_in_one_town(persons_orders: dict[str, list[dict[str, str]]]) -> None:
    people = defaultdict(set)
    for person, rows in persons_orders.items():
        people[rows[0]["Billing Name"].lower(), rows[0]["Billing City"]].add((person, rows[0]["Billing Address1"]))
    namesakes = [some for some in people.values() if len({address for _, address in some}) > 1]
    assert namesakes


def test_devices_are_shared_and_used_in_turns(shop: Shop) -> None:
    owner = {row["key"]: row["person"] for row in shop.rows("truth_events.csv") if row["source"] == "ga4_events"}
    users: dict[str, set[str]] = defaultdict(set)
    logins: dict[str, set[str]] = defaultdict(set)
    for event in shop.rows("ga4_events.ndjson"):
        users[event["user_pseudo_id"]].add(owner[parameter(event, "event_id")])
        if event["user_id"]:
            logins[event["user_pseudo_id"]].add(event["user_id"])
    assert 0.03 < share(len(people) > 1 for people in users.values()) < 0.4
    assert sum(len(accounts) > 1 for accounts in logins.values()) >= 3
    assert 0.5 < share(device not in logins for device in users) < 0.95


def test_visitors_without_any_record(shop: Shop) -> None:
    known = set(shop.persons().values())
    seen = {row["person"] for row in shop.rows("truth_events.csv")}
    assert seen - known


def test_campaigns_are_spelled_in_several_ways(shop: Shop) -> None:
    sources = {event["traffic_source"]["source"] for event in shop.rows("ga4_events.ndjson")}
    assert {"facebook", "Facebook", "fb", "klaviyo", "Klaviyo", "(direct)"} <= sources
    clicked = [e for e in shop.rows("ga4_events.ndjson") if "_kx=" in parameter(e, "page_location")]
    profiles = {row["Klaviyo ID"] for row in shop.rows("klaviyo_profiles.csv")}
    assert clicked
    assert {re.search("_kx=(\\w+)", parameter(e, "page_location"))[1] for e in clicked} <= profiles  # type: ignore[index]
