"""Accounts of one person in other systems, made by hand: which would be merged, and what stands against it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from engine.compare import Elsewhere, Merge, compare
from engine.compare.elsewhere import MERGES, explanations, find_merges
from engine.compute import Compute
from engine.runs import RunTables
from tests.engine.corner import Corner, Row, write_csv

NOW = datetime(2026, 3, 1)
COLUMNS = ("id", "first_name", "last_name", "email", "phone", "seen_at")
PHONE, OTHER = "415-555-2672", "415-555-2689"


class Shop(Corner):
    """The corner shop without its lists, and with accounts of the systems that a test asks for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.sources = {}

    def accounts(self, system: str, *rows: Row) -> None:
        """Write the accounts of one system, all of Bob Baker unless a row says otherwise."""
        people = [{"first_name": "Bob", "last_name": "Baker", "phone": PHONE, **row} for row in rows]
        write_csv(self.folder / f"{system}.csv", COLUMNS, people)
        identifiers = [{"type": "account", "system": system, "column": "id"}]
        identifiers += [{"type": kind, "column": kind} for kind in ("email", "phone")]
        named = {column: column for column in ("first_name", "last_name", "seen_at")}
        self.sources[system] = {
            "path": f"{system}.csv",
            "map": {"record": {"key": "id", **named, "identifiers": identifiers}},
        }

    def again(self) -> RunTables:
        self.run()
        return self.current()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "shop")


def told(before: RunTables | None, after: RunTables) -> dict[str, Elsewhere]:
    return {found.system: found for found in compare(before, after, NOW).elsewhere}


def merges(run: RunTables) -> list[tuple[str, str, list[str], str]]:
    with Compute() as compute:
        find_merges(compute, run)
        return compute.rows(f"SELECT system, keep, merge, verdict FROM {MERGES} ORDER BY ALL")


def test_two_emails_need_a_choice_in_shopify_and_klaviyo_and_none_in_hubspot(shop: Shop) -> None:
    rows = {"id": "1", "email": "bobthebaker@mail.com"}, {"id": "2", "email": "baker.b@work.com"}
    for system in ("shopify", "hubspot", "klaviyo"):
        shop.accounts(system, *rows)
    found = told(None, shop.again())
    verdicts = {system: one.verdicts for system, one in found.items()}
    assert verdicts == {"Shopify": {"choose": 1}, "HubSpot": {"check": 1}, "Klaviyo": {"choose": 1}}
    assert "different e-mails" in found["Shopify"].because["choose"].words
    assert "store credit" in found["Shopify"].unseen
    for one in found.values():
        assert all(why.source.startswith("https://") for why in one.because.values())
        assert one.customers == len(one.named) == 1
        assert {one.named[0].keep, *one.named[0].merge} == {"1", "2"}


def test_nothing_known_is_against_accounts_with_one_email(shop: Shop) -> None:
    shop.accounts("shopify", {"id": "1", "email": "BobTheBaker@mail.com"}, {"id": "2"}, {"id": "3"})
    assert merges(shop.again()) == [("shopify", "1", ["2", "3"], "check")]


def test_the_account_with_the_customers_own_email_is_kept(shop: Shop) -> None:
    old, new = {"id": "1", "email": "old@mail.com"}, {"id": "2", "email": "new@mail.com"}
    shop.accounts("shopify", {**old, "seen_at": "2025-01-01"}, {**new, "seen_at": "2026-01-01"}, {"id": "3"})
    assert merges(shop.again()) == [("shopify", "2", ["1", "3"], "choose")]
    shop.accounts("shopify", {**old, "seen_at": "2026-02-01"}, {**new, "seen_at": "2026-01-01"}, {"id": "3"})
    assert merges(shop.again()) == [("shopify", "1", ["2", "3"], "choose")]


@pytest.mark.parametrize(("contacts", "verdict"), [(250, "check"), (251, "refuses")])
def test_more_contacts_than_hubspot_merges_are_refused(tmp_path: Path, contacts: int, verdict: str) -> None:
    run = RunTables(tmp_path)
    ids = f"SELECT 'crm:' || n AS record_id, n::VARCHAR AS key FROM range({contacts}) r(n)"
    tables = {
        "members": f"SELECT record_id, 'C1' AS customer_id FROM ({ids})",
        "records": f"SELECT record_id, key, NULL::TIMESTAMP AS seen_at FROM ({ids})",
        "identifiers": f"""SELECT record_id, 'account' AS type, 'hubspot:' || key AS value,
            NULL AS display, 'ok' AS status FROM ({ids})""",
        "customers": "SELECT 'C1' AS customer_id, NULL::VARCHAR AS email",
    }
    with Compute() as compute:
        for name, sql in tables.items():
            compute.table(name, sql)
            compute.write_parquet(name, run.path(name))
    ((system, keep, merge, said),) = merges(run)
    assert (system, keep, len(merge), said) == ("hubspot", "0", contacts - 1, verdict)


def test_only_what_is_joined_now_is_told_of(shop: Shop) -> None:
    one, two = {"id": "1", "email": "bobthebaker@mail.com"}, {"id": "2", "email": "baker.b@work.com"}
    shop.accounts("shopify", one, {**two, "phone": OTHER})
    apart = shop.again()
    assert told(None, apart) == {}
    shop.accounts("shopify", one, two)
    joined = shop.again()
    (found,) = told(apart, joined).values()
    assert [(type(m), m.verdict, m.revenue) for m in found.named] == [(Merge, "choose", 0)]
    assert told(joined, shop.again()) == {}  # both are one already
    shop.accounts("shopify", one, two, {"id": "3"})
    assert told(joined, shop.again())["Shopify"].customers == 1  # a new account joins them


def test_systems_that_are_not_known_are_left_out(shop: Shop) -> None:
    shop.accounts("till", {"id": "1"}, {"id": "2"})
    assert merges(shop.again()) == []


def test_every_verdict_has_its_words_and_a_page() -> None:
    for system, verdict, words, source in explanations():
        assert words, (system, verdict)
        assert source.startswith("https://")
