"""What goes wrong is told as RFC 9457 wants it, and tells nothing personal."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from api.http.problems import of_error
from engine.errors import (
    ConfigError,
    ConflictError,
    DiskError,
    HeldError,
    LinkError,
    NamedError,
    RemainsError,
    RetiredError,
    StateError,
    UnclearError,
    UnderWayError,
)
from tests.api.http.conftest import Caller
from tests.api.http.test_callers import wait

SECRET = "someone.private@nowhere.com"


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        (f"/v1/whois?email={SECRET}", 404, "unknown"),
        (f"/v1/whois?record={SECRET}", 404, "unknown"),
        (f"/v1/whois?email={SECRET}&nosuch={SECRET}", 422, "not-understood"),
        (f"/v1/whois?email=a&{SECRET}=a", 422, "not-understood"),
        ("/v1/whois", 422, "not-understood"),
        (f"/v1/why?a={SECRET}&b={SECRET}", 404, "unknown"),
        (f"/v1/customers/{SECRET}", 404, "not-found"),
        (f"/v1/customers/{SECRET}/history", 404, "not-found"),
        ("/v1/customers/C00000017?as_of=2000-01-01", 404, "too-early"),
        ("/v1/customers/C00000017?as_of=yesterday", 422, "not-understood"),
        # At the ends of the calendar there is no time in UTC.
        ("/v1/customers/C00000017?as_of=0001-01-01T00:00:00%2B05:00", 422, "not-understood"),
        ("/v1/customers/C00000017?as_of=9999-12-31T23:59:59-05:00", 422, "not-understood"),
        ("/v1/customers/C00000017/graph?limit=0", 422, "not-understood"),
        (f"/nowhere/{SECRET}", 404, "not-found"),
    ],
)
def test_a_problem_says_what_is_wrong_and_repeats_nothing(api: Caller, path: str, status: int, kind: str) -> None:
    found = api.get(path)
    assert found.headers["content-type"] == "application/problem+json"
    told = found.json()
    assert (found.status_code, told["status"], told["type"]) == (status, status, f"urn:clew:{kind}")
    assert SECRET not in found.text


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"q": "nobody@x.y"}, "e-mail"), ({"email": "nobody@x.y"}, "e-mail"), ({"q": "nobody@nowhere.com"}, "e-mail"),
        ({"loyalty": "nobody@x.y"}, "loyalty id"), ({"phone": "no"}, "phone number"),
        ({"q": "415-555-0000"}, "phone number"), ({"device": "no"}, "identifier"),
    ],
)  # fmt: skip
def test_what_nobody_holds_is_called_by_its_type(api: Caller, asked: dict[str, str], said: str) -> None:
    assert api.get("/v1/whois", params=asked).json()["detail"] == f"No record holds this {said}."


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("customers/C00000019", "There is no customer of this id: look for a mistyped character."),
        ("customers/C0000001Z/history", "There is no customer of this id: look for a mistyped character."),
        ("whois?q=C00000019", "There is no customer of this id: look for a mistyped character."),
        ("customers/C00000017?as_of=2000-01-01", "Nothing had been run yet then: the first answer is of 20"),
        ("changes?after=yesterday", "The request can't be understood: query.after: take `next` of the page before"),
    ],
)
def test_a_problem_says_what_to_do(api: Caller, path: str, said: str) -> None:
    assert api.get(f"/v1/{path}").json()["detail"].startswith(said)


def test_a_path_between_two_customers_says_what_to_ask_instead(api: Caller) -> None:
    a, b = (one["target"] for one in api.get("/v1/changes", params={"limit": 2}).json()["changes"])
    found = api.get("/v1/path", params={"a": a, "b": b})
    assert (found.status_code, found.json()["type"]) == (404, "urn:clew:not-found")
    assert found.json()["detail"].startswith("They are two customers, whom no path joins: `why` says")


def test_a_body_is_not_unpacked(api: Caller) -> None:
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    for body in (gzip.compress(b'{"q": ["a"]}'), gzip.compress(bytes(50_000_000))):
        assert api.post("/v1/whois", content=body, headers=headers).status_code == 400


def test_a_body_that_is_sent_as_something_else(api: Caller) -> None:
    for sent in ("application/x-www-form-urlencoded", "text/plain"):
        found = api.post("/v1/whois", content=b'{"q": ["a"]}', headers={"content-type": sent})
        assert (found.status_code, "Content-Type: application/json" in found.json()["detail"]) == (422, True)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 422),
        (b"[" * 200_000, 400),
        (b'{"email": "a"}', 422),
        (b'{"email": [1]}', 422),
        (b'{"email": []}', 422),
        (b'{"email": ["' + b"x" * 501 + b'"]}', 422),
        (b'{"email": ["\xff"]}', 400),
        (b"null", 422),
    ],
)
def test_bodies_that_are_no_question(api: Caller, body: bytes, status: int) -> None:
    found = api.post("/v1/whois", content=body, headers={"content-type": "application/json"})
    assert (found.status_code, found.json()["status"]) == (status, status)
    assert (found.json()["detail"] == "The body can't be read as JSON.") is (status == 400)


@pytest.mark.parametrize(
    ("path", "body", "errors"),
    [
        ("whois", {"q": ["a"], SECRET: 1}, {"body": "1 field isn't known: there are q, email,"}),
        (
            "whois",
            {"q": ["a"]} | {f"f{n}": 1 for n in range(60_000)},
            {"body": "60,000 fields aren't known: there are q,"},
        ),
        ("access", {f"f{n}": 1 for n in range(60_000)}, {"body": "60,000 fields aren't known: there are who"}),
        ("whois", {"email": [1] * 60_000}, {"body.email": "Input should be a valid string"}),
        ("whois/batch", {"asked": [1] * 60_000}, {"body.asked": "Input should be a valid string"}),
    ],
    ids=["one", "many", "many to an act", "a list", "a batch"],
)
def test_of_many_mistakes_one_is_told(api: Caller, path: str, body: dict[str, object], errors: dict[str, str]) -> None:
    found = api.post(f"/v1/{path}", json=body)
    assert found.status_code == 422
    told = found.json()["errors"]
    assert [error["in"] for error in told] == list(errors)
    assert all(error["wanted"].startswith(errors[error["in"]]) for error in told)
    assert SECRET not in found.text


@pytest.mark.parametrize(
    "text", ["\0", "'; DROP TABLE record; --", "🧶", "a" * 500, "%", "C00000017\n", "phone:", "\ud7ff"]
)
def test_any_text_may_be_asked_for(api: Caller, text: str) -> None:
    for type_ in ("q", "email", "phone", "account", "loyalty", "device", "record"):
        assert api.post("/v1/whois", json={type_: [text]}).status_code in (200, 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/whois", "GET, HEAD, POST"),
        ("OPTIONS", "/v1/decisions", "GET, HEAD, POST"),
        ("DELETE", "/v1/customers/C00000017", "GET, HEAD"),
        ("GET", "/v1/erase", "POST"),
        ("HEAD", "/v1/erase", "POST"),
        ("POST", "/explore", "GET, HEAD"),
    ],
)
def test_another_method_is_told_all_that_there_are(api: Caller, method: str, path: str, allowed: str) -> None:
    found = api.send(method, path)
    assert (found.status_code, found.headers["allow"]) == (405, allowed)
    assert method == "HEAD" or found.json()["type"] == "urn:clew:method-not-allowed"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RetiredError("x", ("C1",)), 410),
        (UnclearError("x", "several"), 404),
        (HeldError("x"), 409),
        (ConflictError("x"), 409),
        (DiskError("x"), 503),
        (ConfigError("x"), 422),
        (RemainsError("x"), 500),
        (NamedError("x"), 409),
        (UnderWayError("x"), 503),
        (StateError("x"), 503),
        (LinkError("x"), 500),
    ],
)
def test_every_error_has_its_status(error: StateError, status: int) -> None:
    problem = of_error(error)
    assert problem.status_code == status
    assert ("Retry-After" in (problem.headers or {})) == (status == 503)
    assert "x" not in problem.detail.split()


def test_a_retired_id_says_where_it_went() -> None:
    assert of_error(RetiredError("secret", ("C1", "C2"))).more == {"now": ["C1", "C2"]}


def test_a_store_that_is_gone_is_said_so_and_comes_back(copy: Path, serve: Callable[..., Caller]) -> None:
    api = serve(copy)
    asked = {"email": "john@email.com"}
    assert api.get("/v1/whois", params=asked).status_code == 200
    store = copy / ".clew"
    store.rename(copy / "elsewhere")
    for path in ("/v1/whois", "/v1/customers/C00000017/history", "/v1/customers/C00000017", "/v1/runs"):
        gone = api.get(path, params=asked if path == "/v1/whois" else {})
        assert (gone.status_code, gone.headers["retry-after"], gone.json()["type"]) == (
            503,
            "5",
            "urn:clew:unavailable",
        )
        assert str(copy) not in gone.text
    (copy / "elsewhere").rename(store)
    # The access log notices, too, when it has something to write.
    assert wait(lambda: api.get("/v1/whois", params=asked).status_code == 200)


def test_a_fault_tells_a_reference_alone(
    copy: Path, serve: Callable[..., Caller], caplog: pytest.LogCaptureFixture
) -> None:
    api = serve(copy)

    async def broken(*_: object, **__: object) -> None:
        raise ValueError(SECRET)

    api.app.state.desk.ask = broken
    found = api.get("/v1/runs")
    assert (found.status_code, found.json()["type"]) == (500, "urn:clew:fault")
    assert SECRET not in found.text
    assert found.json()["detail"].split("reference ")[1][:8] in caplog.text
    assert SECRET not in caplog.text
    assert found.json()["request_id"] == found.headers["x-request-id"]


def test_a_table_that_is_gone_is_no_fault(copy: Path, serve: Callable[..., Caller]) -> None:
    api = serve(copy)
    (events,) = copy.glob(".clew/runs/*/event_owners.parquet")
    events.unlink()
    found = api.get("/v1/customers/C00000017/timeline")
    assert (found.status_code, found.headers["retry-after"]) == (503, "5")
