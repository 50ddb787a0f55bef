from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from api.answers import Answer, Asked, whois, whois_all
from engine.errors import NotFoundError, RetiredError, UnclearError
from graph.sqlite import SqliteStore
from tests.api.conftest import PRIORITIES
from tests.graph.runs import Run, identifier, john, known, merged


@pytest.fixture(scope="module")
def graph(graph_of: Callable[[Run], SqliteStore]) -> SqliteStore:
    """A value leads to two customers, under its limit."""
    run = john().with_rows("identifiers", identifier("crm:1", "email", "john@email.com"))
    return graph_of(run.with_rows("known_by", known("c2", "email", "john@email.com", 0.6, "crm")))


def ask(graph: SqliteStore, text: str) -> Answer:
    return whois(graph, text, "US", PRIORITIES)


def test_an_email_leads_to_a_customer_and_its_threads(johns: SqliteStore) -> None:
    answer = ask(johns, "John@Email.com")
    assert answer.understood.to_dict() == {"type": "email", "value": "john@email.com", "status": "known"}
    assert answer.customer is not None
    assert answer.customer.customer_id == "c1"
    ways = {(t.type, t.value): t.path for t in answer.threads}
    account, phone = ways["account", "shopify:123"], ways["phone", "+15551234567"]
    assert account is not None
    assert phone is not None
    assert (account.records, phone.records) == (("shop:1",), ("support:7",))
    # Most telling type first.
    assert [t.type for t in answer.threads] == ["account", "phone", "device"]


def test_the_customer_hangs_on_its_weakest_hop_though_no_thread_needs_it(johns: SqliteStore) -> None:
    answer = ask(johns, "john@email.com")
    assert answer.weakest is None
    assert answer.hangs_on is not None
    assert {answer.hangs_on.record_a, answer.hangs_on.record_b} == {"support:7", "sms:+15551234567"}


def test_hops_are_walked_where_no_record_holds_both(johns: SqliteStore) -> None:
    answer = ask(johns, "shopify:123")
    phone = next(t for t in answer.threads if t.type == "phone")
    assert phone.path is not None
    assert phone.path.records == ("shop:1", "support:7")
    assert answer.weakest == phone.path.hops[0]
    assert phone.to_dict()["hops"][0]["reasons"][0]["comparison"] == "e-mail"


@pytest.mark.parametrize("text", ["shop:1", "c1", "support:7", "sms:+15551234567", "shopify:123"])
def test_records_customers_and_accounts_are_ids_too(johns: SqliteStore, text: str) -> None:
    answer = ask(johns, text)
    assert answer.customer is not None
    assert answer.customer.customer_id == "c1"


def test_several_customers_are_listed_surest_first(graph: SqliteStore) -> None:
    answer = ask(graph, "john@email.com")
    assert answer.customer is None
    assert [(c.customer_id, c.confidence) for c in answer.several] == [("c1", 1.0), ("c2", 0.6)]
    assert answer.several[1].by.value == "john@email.com"
    assert answer.to_dict()["customer"] is None


def test_a_bare_id_of_two_systems_leads_to_both(johns: SqliteStore) -> None:
    answer = ask(johns, "123")
    assert {c.by.value for c in answer.several} == {"shopify:123", "hubspot:123"}


def test_a_device_that_changed_hands_leads_to_both(johns: SqliteStore) -> None:
    assert {c.customer_id for c in ask(johns, "d-1").several} == {"c1", "c2"}


def test_a_retired_id_says_where_it_went(tmp_path: Path) -> None:
    one, two = john().write(tmp_path / "one"), merged().write(tmp_path / "two")
    store = SqliteStore(tmp_path / "graph.db")
    store.publish(one, None)
    store.publish(two, one)
    answer = ask(store, "c2")
    store.close()
    assert answer.customer is not None
    assert answer.customer.customer_id == "c1"
    assert "c2 is retired" in answer.notes[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("test@test.com", r"test@test\.com \(e-mail\) is a placeholder.*\none record holds it: form:a:b"),
        ("555-000-0000", r"is shared.*two households\.\n2 records hold it: crm:1, shop:1"),
        ("555 987 6543", r"no record holds the phone number \+15559876543; numbers without a country code.*US"),
        ("+44 20 7946 0000", r"no record holds the phone number \+442079460000$"),
        ("who+x@nowhere.com", r"no record holds the e-mail who\+x@nowhere\.com"),
        ("C0000027Z", "its check character is wrong"),
        ("C00000017", "there is no customer C00000017"),
        ("till:9", "the record till:9 belongs to no customer"),
        ("xyz", "called xyz"),
        ("  ", "nothing was asked"),
    ],
)
def test_who_is_not_found_gets_the_nearest_reason(johns: SqliteStore, text: str, says: str) -> None:
    with pytest.raises(NotFoundError, match=says):
        ask(johns, text)


def ask_all(graph: SqliteStore, *asked: tuple[str, str]) -> Answer:
    return whois_all(graph, [Asked(text, type_) for type_, text in asked], "US", PRIORITIES)


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        ("email", " JOHN@email.com"),
        ("phone", "(555) 123-4567"),
        ("account", "shopify:123"),
        ("record", "sms:+15551234567"),
    ],
)
def test_a_text_whose_type_is_known_is_nothing_else(johns: SqliteStore, type_: str, text: str) -> None:
    found = ask_all(johns, (type_, text))
    assert found.customer is not None
    assert (found.customer.customer_id, found.understood.type) == ("c1", type_)
    with pytest.raises(UnclearError) as raised:
        ask_all(johns, ("device", text))
    assert (raised.value.why, raised.value.type) == ("unknown", "device")


def test_what_leads_to_one_customer_together_is_that_customer(johns: SqliteStore) -> None:
    found = ask_all(johns, ("email", "nobody@nowhere.com"), ("device", "d-1"), ("phone", "555 123 4567"))
    assert found.customer is not None
    assert (found.asked, found.customer.customer_id) == ("d-1", "c1")
    assert [(a.asked, a.customers, a.why) for a in found.also] == [
        ("nobody@nowhere.com", (), "unknown"),
        ("555 123 4567", ("c1",), None),
    ]


def test_what_leads_to_different_customers_is_said_so(johns: SqliteStore) -> None:
    found = ask_all(johns, ("account", "shopify:123"), ("account", "hubspot:123"))
    assert found.customer is None
    assert {c.customer_id for c in found.several} == {"c1", "c2"}
    assert found.notes == ("what was asked for leads to different customers",)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (("phone", "555-000-0000"), "shared"),
        (("email", "test@test.com"), "unlinkable"),
        (("email", "no address"), "unknown"),
        (("account", "999"), "unknown"),
    ],
)
def test_why_nobody_is_found_is_told_in_a_word(johns: SqliteStore, asked: tuple[str, str], why: str) -> None:
    with pytest.raises(UnclearError) as raised:
        ask_all(johns, asked)
    assert raised.value.why == why


def test_an_id_that_ended_knows_where_it_went(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "graph.db")
    store.publish(merged().write(tmp_path / "two"), None)
    with pytest.raises(RetiredError) as raised:
        store.customer("c0")
    store.close()
    assert raised.value.now == ("c1",)
