"""Who may ask what."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from api.project import Project
from tests.api.http.conftest import EMAIL, Caller

#: Seconds that a busy machine may take.
PATIENCE = 30
#: What needs no key: that the process is there.
OPEN = {"/livez", "/readyz", "/openapi.json"}


@pytest.fixture(scope="module")
def locked(served: Project, serve: Callable[..., Caller]) -> Caller:
    """The API of the demo as it is served beyond this machine."""
    return serve(served.path, local=False)


def wait(true: Callable[[], bool]) -> bool:
    """Whether something comes true: within a second, or on a machine that is busy a few more."""
    end = time.monotonic() + PATIENCE
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()


def routes(api: Caller) -> list[tuple[str, str]]:
    return [
        (method.upper(), path.replace("{customer}", "C00000017").replace("{entry}", "1"))
        for path, methods in api.get("/openapi.json").json()["paths"].items()
        for method in methods
        if path not in OPEN
    ]


def test_nothing_is_answered_without_a_good_key(locked: Caller, served: Project) -> None:
    ended = served.create_key("ended", ["admin"])
    served.revoke_key(ended.key.key_id)
    late = served.create_key("late", ["admin"], days=1e-9)
    small = {scope: served.create_key(scope, [scope]) for scope in ("read", "decide")}
    assert wait(lambda: locked.get("/v1/runs", headers={"X-API-Key": small["read"].text}).status_code == 200)
    sent = [
        ({}, "needs a key"),
        ({"X-API-Key": ended.text}, "is revoked"),
        ({"X-API-Key": late.text}, "is expired"),
        ({"X-API-Key": "clew_00000000_" + "A" * 43}, "isn't known"),
        ({"Authorization": "Basic abc"}, "needs a key"),
        ({"Authorization": f"Bearer {ended.text}"}, "is revoked"),
    ]
    for method, path in routes(locked):
        for headers, says in sent:
            found = locked.send(method, path, headers=headers)
            assert (found.status_code, found.headers["www-authenticate"]) == (401, "Bearer"), (method, path)
            assert says in found.json()["detail"]


@pytest.mark.parametrize("header", ["X-API-Key", "Authorization"])
def test_a_key_is_taken_either_way(locked: Caller, served: Project, header: str) -> None:
    text = served.create_key("either", ["read-personal"]).text
    headers = {header: f"Bearer {text}" if header == "Authorization" else text}
    assert wait(lambda: locked.get("/v1/runs", headers=headers).status_code == 200)
    assert locked.get("/v1/whois", params={"q": EMAIL}, headers=headers).json()["customer"]["email"] == EMAIL


def test_of_two_keys_at_once_none_counts(locked: Caller, served: Project) -> None:
    text = served.create_key("twice", ["read"]).text
    assert wait(lambda: locked.get("/v1/runs", headers={"X-API-Key": text}).status_code == 200)
    for other, status in ((text, 200), ("clew_00000000_x", 401), ("nonsense", 401)):
        for headers in (
            [("X-API-Key", text), ("Authorization", f"Bearer {other}")],
            [("X-API-Key", text), ("X-API-Key", other)],
            [("Authorization", f"Bearer {text}"), ("Authorization", f"Bearer {other}")],
        ):
            assert locked.get("/v1/runs", headers=headers).status_code == status
    # What a proxy asks its own callers for is no key.
    assert locked.get("/v1/runs", headers={"X-API-Key": text, "Authorization": "Basic abc"}).status_code == 200


def test_a_revoked_key_ends_within_a_second(locked: Caller, served: Project) -> None:
    made = served.create_key("short", ["read"])
    headers = {"X-API-Key": made.text}
    assert wait(lambda: locked.get("/v1/runs", headers=headers).status_code == 200)
    served.revoke_key(made.key.key_id)
    assert wait(lambda: locked.get("/v1/runs", headers=headers).status_code == 401)


def test_a_key_that_asks_too_often_is_told_when_to_come_again(locked: Caller, served: Project) -> None:
    headers = {"X-API-Key": served.create_key("often", ["read"], rate=2).text}
    assert wait(lambda: locked.get("/v1/runs", headers=headers).status_code != 401)
    found = [locked.get("/v1/runs", headers=headers) for _ in range(5)]
    assert found[-1].status_code == 429
    assert int(found[-1].headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:8000"}, 200),
        ({"Host": "[::1]:8000"}, 200),
        ({"Host": "evil.example"}, 421),
        ({"Host": "localhost.evil.example"}, 421),
        ({"Origin": "http://localhost", "Host": "localhost"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_without_keys_this_machine_alone_is_answered(keyless: Caller, headers: dict[str, str], status: int) -> None:
    assert keyless.get("/v1/runs", headers=headers).status_code == status


def test_the_first_key_ends_that(copy: Path, serve: Callable[..., Caller]) -> None:
    api = serve(copy)
    assert api.get("/v1/runs").status_code == 200
    with Project(copy) as project:
        project.create_key("first", ["read"])
    assert wait(lambda: api.get("/v1/runs").status_code == 401)
