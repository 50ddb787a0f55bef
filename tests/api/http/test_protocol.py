"""Callers who send slowly, too much, or are too many, over a real network."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from api.http import Settings, create_app, protocol
from tests.api.http.conftest import EMAIL, listening
from tests.api.http.test_callers import PATIENCE

ASK = "GET /readyz HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture
def dial(copy: Path) -> Iterator[Callable[..., socket.socket]]:
    """Makes connections to the API of the demo, which gives a body half a second to arrive."""
    app = create_app(Settings(project=copy, local=True, seconds=0.5))
    with ExitStack() as opened:
        port = int(opened.enter_context(listening(app)).rpartition(":")[2])

        def connect(buffer: int | None = None) -> socket.socket:
            connection = opened.enter_context(socket.socket())
            if buffer is not None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            connection.settimeout(PATIENCE)
            connection.connect(("127.0.0.1", port))
            return connection

        yield connect


def answered(connection: socket.socket) -> bool:
    """Whether a whole request has an answer that is no problem."""
    try:
        connection.sendall(f"{ASK}\r\n".encode())
        return connection.recv(1000).startswith(b"HTTP/1.1 200")
    except ConnectionError:
        return False


def drip(connection: socket.socket, seconds: float) -> bytes:
    """What is answered to a byte every few hundredths of a second; nothing, where the connection was just closed."""
    connection.settimeout(0.05)
    end, answer = time.monotonic() + seconds, b""
    while time.monotonic() < end:
        try:
            connection.sendall(b"a")
            if not (read := connection.recv(1000)):
                return answer
            answer += read
        except TimeoutError:
            continue
        except ConnectionError:
            return answer
    raise AssertionError("it is still listened to")


def test_a_head_that_drips_is_given_up(dial: Callable[..., socket.socket], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "PATIENCE", 0.5)
    silent, slow = dial(), dial()
    slow.sendall(f"{ASK}X-A: ".encode())
    assert answered(dial())
    assert drip(slow, PATIENCE) == b""
    assert silent.recv(1) == b""


def test_a_body_that_drips_is_given_up(dial: Callable[..., socket.socket]) -> None:
    slow = dial()
    head = (
        "POST /v1/whois HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n"
    )
    slow.sendall(head.encode())
    assert drip(slow, PATIENCE).startswith(b"HTTP/1.1 408")


def test_who_never_reads_is_given_up(dial: Callable[..., socket.socket], monkeypatch: pytest.MonkeyPatch) -> None:
    connection, times = dial(4096), 100
    port = connection.getpeername()[1]
    size = len(httpx.get(f"http://127.0.0.1:{port}/openapi.json", timeout=PATIENCE).content)
    monkeypatch.setattr(protocol, "PATIENCE", 0.2)
    connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * times)
    time.sleep(2)
    assert taken(connection) < times * size


def taken(connection: socket.socket) -> int:
    """The bytes of answers, until there are no more of them."""
    found = 0
    try:
        while read := connection.recv(1 << 20):
            found += len(read)
    except ConnectionError:
        pass
    return found


def test_more_connections_than_there_is_room_for_are_sent_away(
    dial: Callable[..., socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "room", lambda: 3)
    inside = [dial() for _ in range(3)]
    assert all(answered(connection) for connection in inside)
    refused = dial().recv(1000)
    assert refused.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"retry-after: 1\r\n" in refused
    assert answered(inside[0])
    inside[0].close()
    assert any(answered(dial()) for _ in range(1_000))


def test_a_thousand_open_connections_are_in_nobodys_way(dial: Callable[..., socket.socket]) -> None:
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 3_000:
        pytest.skip("this user may not have 3,000 files open")
    idle = [dial() for _ in range(1_000)]
    port = idle[0].getpeername()[1]
    assert httpx.get(f"http://127.0.0.1:{port}/v1/whois", params={"email": EMAIL}, timeout=PATIENCE).status_code == 200
    assert answered(idle[-1])


def test_room_is_what_this_user_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    limits, endless = [(1024, 4096)], resource.RLIM_INFINITY
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, made: limits.append(made))
    assert protocol.room() == 1024 - protocol.FILES
    protocol.make_room()
    assert limits[-1] == (4096, 4096)
    for known, made in (
        ((1024, endless), (protocol.MOST, endless)),
        ((1024, 1 << 20), (protocol.MOST, 1 << 20)),
        ((1 << 17, 1 << 20), (1 << 17, 1 << 20)),
        ((endless, endless), (endless, endless)),
    ):
        limits.append(known)
        protocol.make_room()
        assert limits[-1] == made
    assert protocol.room() > 1e9
