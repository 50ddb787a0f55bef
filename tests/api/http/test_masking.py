"""Without the scope for personal values no answer shows one."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.http.masking import mask, masked
from api.plain import plain
from api.project import Project
from graph.store import Match, Reason
from tests.api.http.conftest import EMAIL, Caller

SECRET = b"of this project"
#: Shorter texts (US, m) stand in words of Clew's own.
SHORT = 4
LONG = 7
#: Values of the demo's own columns that are.
WORDS = {"customer"}


@pytest.fixture(scope="module")
def blind(served: Project, serve: Callable[..., Caller]) -> Caller:
    """The demo's API, for a key without the scope."""
    key = served.create_key("blind", ["read"])
    return serve(served.path, options={"headers": {"X-API-Key": key.text}})


@pytest.fixture(scope="module")
def personal(project: Project) -> dict[str, set[str]]:
    """Of each customer all that its records hold: names, addresses, identifiers, keys."""
    graph = project.graph
    found: dict[str, set[str]] = {}
    for identifier in graph.read("customers")["customer_id"].to_pylist():
        customer = graph.customer(identifier)
        texts = {str(text) for record in customer.records for text in record.fields.values()}
        texts |= {record.key for record in customer.records}
        texts |= {text for r in customer.records for i in r.identifiers for text in (i.value, i.display)}
        texts |= {window.device for window in customer.devices}
        found[identifier] = {text for text in texts if len(text) >= SHORT} - WORDS
    return found


def texts_in(found: Any) -> set[str]:
    if isinstance(found, str):
        return {found}
    if isinstance(found, dict):
        return {*found, *texts_in(list(found.values()))}
    return {text for item in found for text in texts_in(item)} if isinstance(found, list) else set()


def shows(found: Any, texts: set[str]) -> set[str]:
    said = texts_in(found)
    # A short one may stand in an id or a time by chance.
    return {text for text in texts if text in said or (len(text) >= LONG and any(text in one for one in said))}


def test_no_answer_shows_a_value_of_a_customer(
    api: Caller, blind: Caller, john: str, personal: dict[str, set[str]]
) -> None:
    for path in ("", "/records", "/graph", "/timeline", "/history", "/how", "?as_of=2100-01-01"):
        found = blind.get(f"/v1/customers/{john}{path}")
        assert found.status_code == 200
        assert shows(found.json(), personal[john]) == set(), path
    for path in ("/v1/why", "/v1/path"):
        found = blind.get(path, params={"a": EMAIL, "b": john})
        assert found.json()["same"]
        assert shows(found.json(), personal[john]) == set()
    found = blind.get("/v1/whois", params={"email": EMAIL})
    assert found.json()["customer"]["customer_id"] == john
    assert shows(found.json(), personal[john]) == set()


def test_nor_does_the_answer_about_anybody(project: Project, personal: dict[str, set[str]]) -> None:
    asked = 0
    for identifier, texts in personal.items():
        answer = project.whois(identifier).to_dict()
        if texts:
            asked += 1
            assert shows(answer, texts)
        assert shows(mask(answer, SECRET), texts) == set()
        assert shows(mask(project.drawing(identifier, 50).to_dict(), SECRET), texts) == set()
    assert asked > 50


def test_an_answer_is_masked_like_what_it_says_in_plain_values(project: Project, personal: dict[str, set[str]]) -> None:
    for identifier in personal:
        for answer in (project.whois(identifier), project.how(identifier)):
            assert plain(mask(answer, SECRET)) == mask(answer.to_dict(), SECRET)


def test_records_that_a_reason_names_are_masked() -> None:
    named = Match("a:1", "b:2", 1.0, 0.6, reasons=(Reason("name", "same", 1.0, "a:555", "b:777"),))
    (reason,) = plain(mask(named, SECRET))["reasons"]
    assert [reason["record_a"][:3], reason["record_b"][:3]] == ["a:~", "b:~"]
    assert (reason["comparison"], reason["level"]) == ("name", "same")


def test_a_time_of_a_field_that_is_not_known_does_not_come_through() -> None:
    born = datetime(1969, 7, 20, 20, 17, tzinfo=UTC)
    assert plain(mask({"since": born, "born": born, "on": born.date()}, SECRET)) == {
        "since": "1969-07-20T20:17:00Z", "born": "1•••", "on": "•••20",
    }  # fmt: skip


def test_a_masked_graph_hangs_together(project: Project, john: str) -> None:
    seen = project.drawing(john, 500).to_dict()
    hidden = mask(seen, SECRET)
    stands = {a["id"]: b["id"] for a, b in zip(seen["nodes"], hidden["nodes"], strict=True)}
    assert len(set(stands.values())) == len(stands)
    assert [(stands[e["start"]], stands[e["end"]]) for e in seen["edges"]] == [
        (e["start"], e["end"]) for e in hidden["edges"]
    ]
    assert mask(seen, b"of another")["nodes"][0]["id"] != hidden["nodes"][0]["id"]


def test_what_may_be_known_of_a_customer_is_still_told(blind: Caller, api: Caller, john: str) -> None:
    whole, hidden = (caller.get(f"/v1/customers/{john}").json() for caller in (api, blind))
    assert hidden["state"]["email"] == whole["state"]["email"]
    assert hidden["state"]["purchases"] == whole["state"]["purchases"]
    assert [i["confidence"] for i in hidden["identifiers"]] == [i["confidence"] for i in whole["identifiers"]]
    assert [(p["channel"], p["state"]) for p in hidden["permissions"]] == [
        (p["channel"], p["state"]) for p in whole["permissions"]
    ]
    assert hidden["name"] == "J•••"


def test_columns_and_purposes_are_told_to_those_who_see_no_values(blind: Caller, api: Caller) -> None:
    whole, hidden = (caller.get("/v1/review").json()["pairs"] for caller in (api, blind))
    assert [[f["name"] for f in pair["fields"]] for pair in hidden] == [[f["name"] for f in p["fields"]] for p in whole]
    assert whole
    assert hidden[0]["fields"][0]["a"] != whole[0]["fields"][0]["a"]
    assert blind.get("/v1/audiences/newsletter/email").json()["audience"]["purpose"] == "newsletter"


_NAMES = ["name", "value", "display", "x_new", "email", "asked", "reason", "notes", "item", "label"]
_FIELDS = st.sampled_from(_NAMES)
_TEXTS = st.text(min_size=SHORT).filter(lambda text: "•" not in text)
_ANSWERS = st.recursive(
    _TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_FIELDS, inner, max_size=3), max_leaves=10
)


@settings(max_examples=50, deadline=None)
@given(_ANSWERS)
def test_no_text_of_a_field_that_is_not_known_comes_through(found: Any) -> None:
    texts = texts_in(found) - set(_NAMES)
    assert shows(mask(found, SECRET), texts) == set()


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(_TEXTS, _TEXTS), st.lists(_TEXTS))
def test_nor_does_a_name_by_record_or_a_field_of_a_record(names: dict[str, str], records: list[str]) -> None:
    found = {"names": names, "fields": dict.fromkeys(names.values(), "x" * 9), "records": records, "matches": [records]}
    hidden = json.dumps(mask({"names": names, "records": records}, SECRET), ensure_ascii=False)
    texts = {text.partition(":")[2] if ":" in text else text for text in {*names, *names.values(), *records}}
    assert not {text for text in texts if len(text) > 9 and text in hidden}
    assert mask(found, SECRET)["fields"] == dict.fromkeys(found["fields"], "x•••")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("john@email.com", "j•••@•••"),
        ("+1 (555) 123-4567", "•••67"),
        ("John Doe", "J•••"),
        ("Li", "•••"),
        ("", "•••"),
        ("1969-07-20", "•••20"),
    ],
)
def test_what_is_left_of_a_text(text: str, left: str) -> None:
    assert masked(text) == left


@pytest.mark.parametrize("name", ["matches", "refusals", "ended"])
def test_why_two_records_are_joined_or_apart_stays_in_words(name: str) -> None:
    *ends, why = mask({name: [["till:7", None, "same phone"]]}, SECRET)[name][0]
    assert (why, ends[1]) == ("same phone", None)
    assert ends[0].startswith("till:~")
