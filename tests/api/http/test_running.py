"""What a server's operator and its callers' caches go by."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from api.http.logs import Lines
from api.project import Project
from engine.state.accesses import accesses_about
from tests.api.http.conftest import EMAIL, Caller
from tests.api.http.test_callers import wait


@pytest.mark.parametrize("path", ["/records", "/graph", "/how", "/history"])
def test_what_a_caller_has_is_not_sent_again(api: Caller, john: str, path: str) -> None:
    address = f"/v1/customers/{john}{path}"
    first = api.get(address)
    tag = first.headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}'):
        again = api.get(address, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert api.get(address, headers={"If-None-Match": '"other"'}).json() == first.json()


def test_an_answer_of_the_same_run_is_known_without_making_it(api: Caller, john: str, served: Project) -> None:
    address = f"/v1/customers/{john}/timeline"
    tag = api.get(address).headers["etag"]
    # Half of it says that the run is the same; the other half isn't looked at then.
    before = len(accesses_about(served.layout.store, {john}))
    half = tag.split(".")[0] + '.x"'
    assert api.get(address, headers={"If-None-Match": half}).status_code == 304
    assert wait(lambda: len(accesses_about(served.layout.store, {john})) > before)
    for other in (f"{address}?limit=1", f"/v1/customers/{john}/records"):
        assert api.get(other, headers={"If-None-Match": half}).status_code == 200


def test_an_answer_of_another_run_that_says_the_same_is_known(api: Caller) -> None:
    says = api.get("/v1/whois", params={"q": EMAIL}).headers["etag"].split(".")[1]
    known = {"If-None-Match": f'"0123456789abcdef.{says}'}
    assert api.get("/v1/whois", params={"q": EMAIL}, headers=known).status_code == 304
    assert api.post("/v1/whois", json={"q": [EMAIL]}, headers=known).status_code == 200


def test_long_answers_are_packed_for_those_who_ask(api: Caller, john: str) -> None:
    packed = api.get(f"/v1/customers/{john}/graph", headers={"Accept-Encoding": "gzip"})
    plain = api.get(f"/v1/customers/{john}/graph", headers={"Accept-Encoding": "identity"})
    assert (packed.headers["content-encoding"], packed.json()) == ("gzip", plain.json())
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize("path", ["/livez", "/readyz", f"/v1/whois?email={EMAIL}", "/explore", "/nowhere"])
def test_the_head_of_an_answer_is_that_of_the_whole(api: Caller, path: str) -> None:
    whole, head = api.get(path), api.send("HEAD", path)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    own = {"x-request-id"}
    assert {k: v for k, v in head.headers.items() if k not in own} == {
        k: v for k, v in whole.headers.items() if k not in own
    }


def test_every_answer_is_sent_safely(api: Caller) -> None:
    for path in ("/v1/runs", "/nowhere", "/livez"):
        headers = api.get(path, headers={"Origin": "https://elsewhere.example"}).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "private, no-cache"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert not [name for name in headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("given", "kept"), [("abc-1.2_3", True), ("a b", False), ("ä", False), (f"clew_00000000_{'A' * 43}", False)]
)
def test_a_request_keeps_its_id(api: Caller, given: str, kept: bool) -> None:
    found = api.get("/livez", headers={"X-Request-Id": given.encode()}).headers["x-request-id"]
    assert (found == given) is kept
    assert found.isascii()


def test_a_server_that_can_answer_is_ready(keyless: Caller, copy: Path) -> None:
    run = keyless.get("/readyz").json()["run"]
    assert run == keyless.get("/v1/runs").json()["runs"][0]["run_id"]
    store = copy / ".clew"
    store.rename(copy / "elsewhere")
    assert (keyless.get("/readyz").status_code, keyless.get("/livez").status_code) == (503, 200)
    (copy / "elsewhere").rename(store)
    assert wait(lambda: keyless.get("/readyz").status_code == 200)


def test_prometheus_is_told_of_routes_and_of_nobody(api: Caller) -> None:
    api.get("/v1/whois", params={"email": EMAIL})
    api.get(f"/nowhere/{EMAIL}")
    told = api.get("/metrics").text
    assert 'clew_http_requests_total{method="GET",route="/v1/whois",status="200"}' in told
    assert 'clew_http_seconds_bucket{le="0.01",route="/v1/whois"}' in told
    assert 'route="none"' in told
    assert EMAIL not in told


def test_the_log_tells_of_a_request_and_not_what_it_asked(api: Caller, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="clew.http.requests"):
        found = api.get("/v1/whois", params={"email": EMAIL})
    (record,) = (r for r in caplog.records if r.name == "clew.http.requests")
    line = json.loads(Lines().format(record))
    assert {name: line[name] for name in ("level", "message", "method", "route", "status", "caller")} == {
        "level": "info", "message": "request", "method": "GET", "route": "/v1/whois", "status": 200, "caller": "tests",
    }  # fmt: skip
    assert line["request_id"] == found.headers["x-request-id"]
    assert EMAIL not in json.dumps(line)


def test_a_fault_is_a_line_with_its_traceback() -> None:
    try:
        raise ValueError("told")
    except ValueError as error:
        record = logging.LogRecord("clew", logging.ERROR, __file__, 1, "%s", ("fault",), (ValueError, error, None))
    line = json.loads(Lines().format(record))
    assert (line["level"], line["message"]) == ("error", "fault")
    assert "ValueError" in line["traceback"]


def test_a_body_that_is_too_large_is_refused(copy: Path, serve: Callable[..., Caller]) -> None:
    api = serve(copy, body=100)

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 60

    announced = api.post("/v1/whois", content=b"x" * 101)
    streamed = api.post("/v1/whois", content=endless())
    for refused in (announced, streamed):
        assert (refused.status_code, refused.headers["connection"]) == (413, "close")
    assert api.post("/v1/whois", json={"q": [EMAIL]}).status_code == 200


def test_an_answer_that_takes_too_long_is_given_up(copy: Path, serve: Callable[..., Caller]) -> None:
    api = serve(copy, seconds=0.001)
    found = api.get("/v1/customers/C00000017")
    assert (found.status_code, found.headers["retry-after"]) == (503, "5")


def test_more_questions_than_can_wait_are_sent_away(copy: Path, serve: Callable[..., Caller]) -> None:
    api = serve(copy, slow=1, waiting=1)
    queue = api.app.state.desk._slow
    queue._taken = 2
    found = api.get("/v1/health/data")
    assert (found.status_code, found.headers["retry-after"]) == (503, "1")
    queue._taken = 0
    assert api.get("/v1/health/data").status_code == 200


def test_no_question_waits_for_acts(copy: Path, serve: Callable[..., Caller]) -> None:
    api = serve(copy, slow=1)
    over = threading.Event()

    async def ask_meanwhile() -> bool:
        acting = asyncio.create_task(api.app.state.desk.act(lambda project: over.wait(10)))
        await asyncio.sleep(0)
        await api.app.state.desk.ask(lambda project: project.runs(), slow=True)
        over.set()
        in_time: bool = await acting
        return in_time

    assert api.run(ask_meanwhile)


def test_between_two_answers_the_loop_sees_to_whoever_connects(api: Caller) -> None:
    async def ask_together() -> list[str]:
        seen: list[str] = []
        desk = api.app.state.desk
        asked = [desk.ask(lambda project: seen.append("answer"), at_once=True) for _ in range(3)]
        together = asyncio.gather(*asked)
        while not together.done():
            seen.append("loop")
            await asyncio.sleep(0)
        return seen

    seen = api.run(ask_together)
    assert seen.count("answer") == 3
    assert ("answer", "answer") not in set(itertools.pairwise(seen))
