"""Both faces of the client, against the corner shop's API."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

import clew
from api.client import calls
from api.http.models.acts import Decided
from api.http.models.customers import Answer, Brief, Card, Was
from api.project import Project
from tests.api.http.conftest import Caller
from tests.api.http.test_serving import server
from tests.engine.corner import Corner

EMAIL, PHONE = "aarch@mail.com", "(415) 555-2671"


class Between(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Sends to an app that is running; or fails first, as often as a test wants, and notes what was sent."""

    def __init__(self, api: Caller) -> None:
        self.api = api
        self.sent: list[httpx.Request] = []
        self.fails: list[httpx.Response | httpx.TransportError] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        if self.fails:
            failed = self.fails.pop(0)
            if isinstance(failed, httpx.TransportError):
                raise failed
            return failed
        body = request.read()
        found = self.api.send(request.method, str(request.url), content=body, headers=dict(request.headers))
        return httpx.Response(
            found.status_code, headers={k: v for k, v in found.headers.items() if k != "content-encoding"},
            content=found.content,
        )  # fmt: skip

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await asyncio.to_thread(self.handle_request, request)


@dataclass
class Face:
    """One of the faces, asked as if it were the plain one."""

    client: clew.Client | clew.AsyncClient
    between: Between

    def ask(self, what: str, *args: Any, **named: Any) -> Any:
        asked = getattr(self.client, what)(*args, **named)
        if inspect.isawaitable(asked):
            return asyncio.run(_result(asked))
        if hasattr(asked, "__aiter__"):
            return asyncio.run(_all(asked))
        return list(asked) if isinstance(asked, Iterator) else asked


async def _result(asked: Awaitable[Any]) -> Any:
    return await asked


async def _all(asked: Any) -> list[Any]:
    return [item async for item in asked]


@pytest.fixture(scope="module")
def shop(corner_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Corner(corner_shop).copy(tmp_path_factory.mktemp("client") / "corner").folder


@pytest.fixture(scope="module")
def key(shop: Path) -> str:
    with Project(shop) as opened:
        return opened.create_key("client", ["admin"], rate=1e6).text


@pytest.fixture(scope="module")
def api(shop: Path, key: str, serve: Callable[..., Caller]) -> Caller:
    return serve(shop)


@pytest.fixture(params=[clew.Client, clew.AsyncClient])
def face(request: pytest.FixtureRequest, api: Caller, key: str) -> Face:
    between = Between(api)
    return Face(request.param("http://localhost", key, transport=between), between)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that a client would have waited."""
    waited: list[float] = []
    sleep = asyncio.sleep

    async def wait(seconds: float) -> None:
        waited.append(seconds)
        await sleep(0)

    monkeypatch.setattr("api.client.faces.time.sleep", waited.append)
    monkeypatch.setattr("api.client.faces.asyncio.sleep", wait)
    return waited


def busy(status: int = 503, **headers: str) -> httpx.Response:
    told = {"type": "urn:clew:unavailable", "title": "Not available", "status": status, "detail": "later"}
    return httpx.Response(status, json=told, headers={name.replace("_", "-"): text for name, text in headers.items()})


def test_what_it_gives_back_is_typed(face: Face) -> None:
    found = face.ask("whois", EMAIL, phone=PHONE)
    assert isinstance(found, Answer)
    assert found.customer is not None
    ann = found.customer.customer_id
    brief = face.ask("whois_brief", EMAIL, phone=PHONE)
    assert isinstance(brief, Brief)
    assert brief.customer is not None
    assert (brief.customer.customer_id, brief.customer.name) == (ann, "Ann Archer")
    card = face.ask("customer", ann)
    assert isinstance(card, Card)
    assert (card.name, card.email) == ("Ann Archer", EMAIL)
    assert isinstance(face.ask("customer_as_of", ann, "2100-01-01"), Was)
    assert [a.status for a in face.ask("whois_each", [EMAIL, "nobody@example.com"]).answers] == ["found", "nobody"]
    assert [a.asked for a in face.ask("whois_each", EMAIL).answers] == [EMAIL]
    assert [hit.customer_id for hit in face.ask("search", "anne archr", limit=1).customers] == [ann]
    # Nothing personal is in an address where it needn't be.
    addresses = "".join(str(request.url) for request in face.between.sent)
    assert EMAIL not in addresses
    assert "archr" not in addresses


def test_everything_can_be_asked(face: Face) -> None:
    ann = face.ask("whois", EMAIL).customer.customer_id
    asked: dict[str, tuple[Any, ...]] = {
        "records": (ann,), "graph": (ann,), "timeline": (ann,), "history": (ann,), "how": (ann,), "access": (EMAIL,),
        "path": (EMAIL, PHONE), "why": (EMAIL, PHONE), "runs": (), "health": (), "changes": (), "review": (),
        "audience": ("newsletter", "email"), "decisions": (), "label": ("web:3", "till:10", True),
        "erase": ("dd77@mail.com",),
    }  # fmt: skip
    for name, args in asked.items():
        face.ask(name, *args)
    tried = {
        *asked,
        "whois",
        "whois_brief",
        "whois_each",
        "search",
        "customer",
        "customer_as_of",
        "decide",
        "block",
        "undo",
    }
    made = {name for name, made in vars(calls).items() if inspect.isfunction(made) and not name.startswith("_")}
    paged = {"each_moment", "each_change", "each_addressee"}
    assert tried | paged == made - {"quote", "uuid4", "replace", "dataclass", "in_header"}


@pytest.mark.parametrize("page", [1, 2, 500])
def test_pages_are_gone_through(face: Face, page: int) -> None:
    ann = face.ask("whois", EMAIL).customer.customer_id
    whole = face.ask("timeline", ann, order="oldest")
    assert face.ask("each_moment", ann, order="oldest", page=page) == whole.moments
    assert len(whole.moments) > 2
    changed = face.ask("changes").changes
    assert face.ask("each_change", page=page) == changed
    assert face.ask("each_change", changed[1].cursor, page=page) == changed[2:]
    addressees = face.ask("audience", "newsletter", "email", reach=False).addressees
    assert face.ask("each_addressee", "newsletter", "email", reach=False, page=page) == addressees
    assert len(addressees) > 2


def test_a_decision_is_sent_again_and_made_once(face: Face, waits: list[float]) -> None:
    face.between.fails = [httpx.ReadError("lost"), busy()]
    made = face.ask("decide", "different", "web:1", "web:2", reason="they rang", actor="ann")
    assert isinstance(made, Decided)
    names = {request.headers["idempotency-key"] for request in face.between.sent}
    assert (len(face.between.sent), len(names), len(waits)) == (3, 1, 2)
    again = face.ask("decide", "different", "web:1", "web:2", name=names.pop(), reason="they rang", actor="ann")
    assert again.entry == made.entry
    face.ask("undo", made.entry)
    blocked = face.ask("block", "info@shop.example")
    face.ask("undo", blocked.entry, reason="a mistake")
    assert len({request.headers["idempotency-key"] for request in face.between.sent}) == 4


def test_a_busy_server_is_asked_again_when_it_says(face: Face, waits: list[float]) -> None:
    face.between.fails = [busy(429, Retry_After="3"), busy(), httpx.ConnectError("refused")]
    assert face.ask("runs").runs
    assert (len(waits), waits[0]) == (3, 3.0)
    assert all(0 < wait <= 2 for wait in waits[1:])


def test_it_gives_up(face: Face, waits: list[float]) -> None:
    face.between.fails = [busy(Retry_After="2")] * 9
    with pytest.raises(clew.BusyError) as busy_:
        face.ask("runs")
    assert (busy_.value.status, busy_.value.retry_after, waits) == (503, 2.0, [2.0] * 4)
    # Nobody waits for as long as that, and not for what isn't sent twice.
    for fail, asked in (
        (busy(429, Retry_After="3600"), ("runs",)),
        (busy(), ("label", "web:1", "web:2", True)),
        (httpx.ReadTimeout("late"), ("erase", EMAIL)),
    ):
        face.between.sent.clear()
        face.between.fails = [fail]
        with pytest.raises(clew.ApiError):
            face.ask(asked[0], *asked[1:], **({"really": True} if asked[0] == "erase" else {}))
        assert (len(face.between.sent), len(waits)) == (1, 4)
    face.between.fails = [httpx.ConnectError(f"no {EMAIL}")] * 9
    with pytest.raises(clew.NoAnswerError) as gone:
        face.ask("path", EMAIL, PHONE)
    assert EMAIL not in str(gone.value)
    # A server that is started anew is there after some seconds.
    assert 3.5 < sum(waits[4:]) < 8


def test_what_has_not_changed_is_not_sent_again(face: Face) -> None:
    ann = face.ask("whois", EMAIL).customer.customer_id
    first = face.ask("records", ann)
    known = face.between.sent[-1]
    assert "if-none-match" not in known.headers
    assert face.ask("records", ann) == first
    assert "if-none-match" in face.between.sent[-1].headers


@pytest.mark.parametrize(
    ("asked", "kind", "status", "type_"),
    [
        (("whois", "nobody@example.com"), clew.AbsentError, 404, "urn:clew:unknown"),
        (("customer", "no id/../x"), clew.AbsentError, 404, "urn:clew:not-found"),
        (("whois",), clew.ProblemError, 422, "urn:clew:not-understood"),
        (("changes", "0.1", {"limit": 9999}), clew.ProblemError, 422, "urn:clew:not-understood"),
        (("undo", 1), clew.AbsentError, 404, "urn:clew:not-found"),
    ],
)
def test_a_problem_is_an_error(
    face: Face, asked: tuple[Any, ...], kind: type[clew.ProblemError], status: int, type_: str
) -> None:
    named = asked[-1] if isinstance(asked[-1], dict) else {}
    with pytest.raises(kind) as problem:
        face.ask(*(part for part in asked if not isinstance(part, dict)), **named)
    error = problem.value
    assert (error.status, error.type) == (status, type_)
    assert str(error.request_id) in str(error)
    assert error.detail in str(error)
    assert "nobody@example.com" not in str(error)


def test_other_answers_are_errors_too(face: Face) -> None:
    for fails, kind in (
        (httpx.Response(410, json={"now": ["C1"], "status": 410}), clew.EndedError),
        (httpx.Response(409, json={}), clew.ClashError),
        (httpx.Response(502, text="<html>"), clew.ProblemError),
        (httpx.Response(302, headers={"Location": "http://elsewhere.example"}), clew.ProblemError),
        (httpx.Response(200, text="<html>"), clew.ApiError),
        (httpx.Response(200, json={"other": 1}), clew.ApiError),
    ):
        face.between.fails = [fails]
        with pytest.raises(kind) as problem:
            face.ask("runs")
        if isinstance(problem.value, clew.EndedError):
            assert problem.value.now == ["C1"]
        assert isinstance(problem.value, clew.ClewError)


def test_the_key_is_shown_nowhere(face: Face, key: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        face.ask("runs")
    request = face.between.sent[-1]
    assert request.headers["authorization"] == f"Bearer {key}"
    refused = type(face.client)("http://localhost", "wrong", transport=face.between)
    with pytest.raises(clew.RefusedError) as error:
        Face(refused, face.between).ask("runs")
    shown = (repr(face.client), str(face.client), repr(request.headers), caplog.text, repr(error.value), repr(refused))
    assert not [text for text in shown if key in text or "wrong" in text]
    assert repr(face.client).endswith("Client('http://localhost')")


def test_a_key_may_be_renewed(face: Face, key: str) -> None:
    keys = iter(["a", "b"])
    renewing = type(face.client)("http://localhost", lambda: next(keys), transport=face.between, retries=1)
    face.between.fails = [httpx.Response(200, json={"runs": [], "plans": [], "void": []})] * 2
    for wanted in ("a", "b"):
        Face(renewing, face.between).ask("runs")
        assert face.between.sent[-1].headers["authorization"] == f"Bearer {wanted}"


def test_a_key_may_come_out_of_a_file(face: Face, key: str) -> None:
    read = type(face.client)("http://localhost", f"{key}\n", transport=face.between)
    assert Face(read, face.between).ask("runs").runs
    assert face.between.sent[-1].headers["authorization"] == f"Bearer {key}"


@pytest.mark.parametrize("text", ["", "\n", "secr\u00e9t", "sec\nret"])
def test_what_no_header_holds_is_said_at_once(face: Face, text: str, waits: list[float]) -> None:
    renewing = type(face.client)("http://localhost", lambda: text, transport=face.between)
    for act in (
        lambda: type(face.client)("http://localhost", text),
        lambda: Face(renewing, face.between).ask("runs"),
        lambda: face.ask("block", "info@shop.example", name=text),
    ):
        with pytest.raises(clew.ClewError, match=r"that is no (key|name)") as wrong:
            act()
        assert "sec" not in str(wrong.value)
    assert (face.between.sent, waits) == ([], [])


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8000",
        "ftp://localhost",
        "http://",
        "http://a:b:c",
        "",
        "http://user:secret@localhost",
        "http://\ud800",
    ],
)
def test_what_is_no_address_is_said_at_once(url: str) -> None:
    with pytest.raises(clew.ClewError, match="no server's address") as wrong:
        clew.Client(url)
    assert "secret" not in str(wrong.value)


@pytest.mark.parametrize(
    ("text", "said"), [("\ud800", "holds half a character"), ("a" * 70_000, "too long for an address")]
)
def test_what_cannot_be_sent_is_said_at_once(face: Face, text: str, said: str, waits: list[float]) -> None:
    asked: list[tuple[str, dict[str, Any]]] = [("path", {"a": text, "b": "b"}), ("changes", {"after": text})]
    if text.isascii():
        asked.append(("customer", {"customer_id": text}))
    else:
        asked += [("whois", {"email": text}), ("block", {"value": "a", "reason": text}), ("erase", {"who": text})]
    for what, named in asked:
        with pytest.raises(clew.ClewError, match=said):
            face.ask(what, **named)
    assert (face.between.sent, waits) == ([], [])


def test_half_a_character_is_no_customer(face: Face) -> None:
    with pytest.raises(clew.AbsentError, match="no customer of this id"):
        face.ask("customer", "C\ud800")


def test_a_server_is_asked_over_the_network(shop: Path, key: str) -> None:
    with server(shop, "--log", "warning") as (_, address):
        with clew.Client(address, key) as client:
            assert client.whois(EMAIL).customer is not None

        async def both() -> tuple[Answer, Answer]:
            async with clew.AsyncClient(address, key) as client:
                return await asyncio.gather(client.whois(EMAIL), client.whois(PHONE))

        first, second = asyncio.run(both())
    assert first.customer == second.customer
    with clew.Client(address, key, retries=0) as client, pytest.raises(clew.NoAnswerError):
        client.runs()
