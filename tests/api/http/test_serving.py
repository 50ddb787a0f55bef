"""`clew serve` as a process, asked over a real network."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from typer.testing import Result

from api.http.serving import is_loopback
from api.project import Project
from engine.state.accesses import accesses_about
from tests.api.http.conftest import EMAIL

pytestmark = pytest.mark.long


@contextmanager
def server(project: Path, *options: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server, and its address."""
    words = [sys.executable, "-m", "clew", "-p", project, "serve", "--port", "0", *options]
    with subprocess.Popen([str(word) for word in words], stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        try:
            said = running.stderr.readline()
            assert said.endswith("; pages at /explore; Ctrl-C ends it\n")
            address = said.split("answering on ")[1].split(";")[0]
            end = time.monotonic() + 120
            while time.monotonic() < end:
                try:
                    if httpx.get(f"{address}/readyz", timeout=120).status_code == 200:
                        break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield running, address
        finally:
            running.terminate()
            running.stderr.close()
            running.wait(120)


def test_it_answers_limits_and_stops_in_good_order(copy: Path) -> None:
    with server(copy) as (running, address):
        found = httpx.get(f"{address}/v1/whois", params={"email": EMAIL}, timeout=120)
        assert found.json()["customer"]["email"] == EMAIL
        assert "server" not in found.headers
        host, port = address.removeprefix("http://").split(":")
        with httpx.Client(timeout=120) as client:  # one connection: nothing of the first answer is in the second
            assert client.head(f"{address}/livez").content == b""
            assert client.get(f"{address}/livez").json() == {"live": True}
        heads = [
            b"GET /livez HTTP/1.1\r\nHost: localhost\r\n" + b"X-A: " + b"a" * 70_000 + b"\r\n\r\n",
            b"GET /livez HTTP/1.1\r\nHost: localhost\r\n" + b"X-A: a\r\n" * 9_000 + b"\r\n",
            b"GET /" + b"a" * 70_000,
            b"nonsense\r\n\r\n",
        ]
        for head in heads:
            with socket.create_connection((host, int(port)), timeout=120) as connection:
                connection.sendall(head)
                told, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
                assert told.startswith(b"HTTP/1.1 400")
                assert b"content-type: application/problem+json" in told
                assert json.loads(body)["type"] == "urn:clew:bad-request"
        assert httpx.get(f"{address}/livez", timeout=120).status_code == 200
        assert running.stderr is not None
        running.send_signal(signal.SIGTERM)
        lines = [json.loads(line) for line in running.stderr]
        assert running.wait(120) in (0, -signal.SIGTERM)
    assert {line["route"] for line in lines if line["message"] == "request"} >= {"/v1/whois", "/livez"}
    john = found.json()["customer"]["customer_id"]
    assert [a.action for a in accesses_about(copy / ".clew", {john})] == ["GET /v1/whois"]


def test_several_workers_count_together(copy: Path) -> None:
    with Project(copy) as project:
        headers = {"X-API-Key": project.create_key("x", ["read"]).text}
    with server(copy, "--workers", 2, "--log", "warning") as (_, address):
        for _ in range(20):
            assert httpx.get(f"{address}/v1/runs", headers=headers, timeout=120).status_code == 200
        told = httpx.get(f"{address}/metrics", headers=headers, timeout=120).text
    (line,) = (text for text in told.splitlines() if text.startswith("clew_http_requests_total") and "/v1/runs" in text)
    assert float(line.split()[-1]) == 20


def test_a_worker_that_is_killed_while_it_is_asked_for_is_replaced_at_once(copy: Path) -> None:
    with server(copy, "--workers", 2) as (running, address):
        assert running.stderr is not None
        started = next(line for line in running.stderr if "Started server process" in line)
        worker = int(started.split("[")[1].split("]")[0])
        os.kill(worker, signal.SIGSTOP)
        time.sleep(1)
        os.kill(worker, signal.SIGKILL)
        began = time.monotonic()
        assert any(f"Child process [{worker}] died" in line for line in running.stderr)
        assert time.monotonic() - began < 30
        assert httpx.get(f"{address}/livez", timeout=120).status_code == 200


def test_beyond_this_machine_it_wants_keys(copy: Path, clew: Callable[..., Result]) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.com"):
        done = clew("-p", copy, "serve", "--host", host)
        assert (done.exit_code, "clew keys create" in done.stderr) == (2, True)
    with Project(copy) as project:
        made = project.create_key("x", ["read"])
        project.revoke_key(made.key.key_id)
    assert clew("-p", copy, "serve", "--host", "0.0.0.0").exit_code == 2


def test_a_port_that_is_taken_is_said_so(copy: Path, clew: Callable[..., Result]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = clew("-p", copy, "serve", "--port", taken.getsockname()[1])
    assert (done.exit_code, "address already in use" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("host", "here"), [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False)]
)
def test_what_is_this_machine(host: str, here: bool) -> None:
    assert is_loopback(host) is here
