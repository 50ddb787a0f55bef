"""Who was shown whom is kept, even of a process that is killed."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from api.http import Settings, accesses, create_app
from api.project import Project
from engine.state.accesses import accesses_about
from tests.api.http.conftest import EMAIL, Caller
from tests.api.http.test_callers import wait
from tests.disks import Disk, apart


def test_every_answer_that_shows_a_person_is_written_down(copy: Path, serve: Callable[..., Caller]) -> None:
    with Project(copy) as project:
        key = project.create_key("desk", ["read"])
        john = project.whois(EMAIL).customer.customer_id  # type: ignore[union-attr]
        api = serve(copy, options={"headers": {"X-API-Key": key.text}})
        sent = [
            api.get("/v1/whois", params={"email": EMAIL}),
            api.post("/v1/whois/batch", json={"asked": [EMAIL, EMAIL, "nobody@nowhere.com"]}),
            api.get(f"/v1/customers/{john}/records"),
            api.get("/v1/path", params={"a": EMAIL, "b": john}),
            api.send("HEAD", "/v1/whois", params={"email": EMAIL}),
        ]
        for unseen in ("/v1/runs", "/v1/whois?email=nobody@nowhere.com", "/v1/customers/C0000000Z"):
            assert api.get(unseen).status_code in (200, 404)
        assert wait(lambda: len(accesses_about(copy / ".clew", {john})) == 5)
        found = project.access(EMAIL).accesses
    assert [a.action for a in found] == [
        "GET /v1/whois", "POST /v1/whois/batch", "GET /v1/customers/{customer}/records", "GET /v1/path",
        "HEAD /v1/whois",
    ]  # fmt: skip
    assert {(a.key, a.caller, a.customer_id, a.personal) for a in found} == {(key.key.key_id, "desk", john, False)}
    assert [a.request for a in found] == [answer.headers["x-request-id"] for answer in sent]
    assert all(EMAIL.encode() not in file.read_bytes() for file in (copy / ".clew").glob("access.db*"))


def test_of_one_answer_nobody_is_written_down_twice(copy: Path, serve: Callable[..., Caller]) -> None:
    api = serve(copy)
    asked = api.get("/v1/audiences/newsletter/ads", params={"reach": False, "limit": 500})
    shown = [addressee["customer_id"] for addressee in asked.json()["addressees"]]
    often = max(shown, key=shown.count)
    assert shown.count(often) > 1
    assert wait(lambda: len(accesses_about(copy / ".clew", shown)) > 0)
    assert [a.request for a in accesses_about(copy / ".clew", {often})] == [asked.headers["x-request-id"]]


def test_of_a_blocked_value_its_holders_are_written_down(
    corner_shop: Path, tmp_path: Path, serve: Callable[..., Caller]
) -> None:
    folder = Path(shutil.copytree(corner_shop, tmp_path / "corner"))
    api = serve(folder)
    with Project(folder) as project:
        ann = project.whois("aarch@mail.com").customer.customer_id  # type: ignore[union-attr]
        said = {"kind": "block", "a": "aarch@mail.com"}
        sent = [api.post("/v1/decisions", json=said), api.post("/v1/decisions", json=said), api.get("/v1/decisions")]
        project.run()
        # As a blocked value it leads to nobody, and is shown all the same.
        assert wait(lambda: api.get("/v1/whois", params={"email": "aarch@mail.com"}).status_code == 404)
        entry = sent[0].json()["entry"]
        sent += [api.get("/v1/decisions"), api.post(f"/v1/decisions/{entry}/undo", json={})]
        assert {answer.status_code for answer in sent} == {200, 201}
        assert wait(lambda: len(project.access(ann).accesses) == len(sent))
        assert [a.request for a in project.access(ann).accesses] == [answer.headers["x-request-id"] for answer in sent]


def test_of_records_that_were_decided_on_or_labelled_their_customers_are_written_down(
    corner_shop: Path, tmp_path: Path, serve: Callable[..., Caller]
) -> None:
    folder = Path(shutil.copytree(corner_shop, tmp_path / "corner"))
    api = serve(folder)
    with Project(folder) as project:
        pair = {"a": "web:1", "b": "till:7"}
        api.post("/v1/decisions", json={"kind": "different", **pair})
        project.run()
        parted = [project.graph.record(record).customer_id or "" for record in pair.values()]
        assert parted[0] != parted[1]
        assert wait(lambda: api.get(f"/v1/customers/{parted[1]}/records").status_code == 200)
        label = {"record_a": pair["a"], "record_b": pair["b"], "same": False}
        sent = [api.get("/v1/decisions"), api.post("/v1/labels", json=label)]
        told = {(customer, answer.headers["x-request-id"]) for customer in parted for answer in sent}
        kept = folder / ".clew"
        assert wait(lambda: told <= {(a.customer_id, a.request) for a in accesses_about(kept, parted)})


def test_nobody_is_shown_where_that_cannot_be_written_down(
    copy: Path, serve: Callable[..., Caller], caplog: pytest.LogCaptureFixture
) -> None:
    (copy / ".clew" / "access.db").write_bytes(b"no database" * 100)
    api = serve(copy)
    asked = {"email": EMAIL}
    assert wait(lambda: api.get("/v1/whois", params=asked).status_code == 503)
    refused = api.get("/v1/whois", params=asked)
    assert (refused.headers["retry-after"], "access log" in refused.json()["detail"]) == ("5", True)
    assert "access.db" in caplog.text
    assert api.post("/v1/decisions", json={"kind": "block", "a": EMAIL}).status_code == 503
    assert api.post("/v1/erase", json={"who": EMAIL, "really": True}).status_code == 503
    assert api.post("/v1/labels", json={"record_a": "a:1", "record_b": "a:2", "same": True}).status_code == 503
    with Project(copy) as project:
        assert project.decisions().decisions == ()
    assert api.get("/v1/runs").status_code == 200
    (copy / ".clew" / "access.db").unlink()
    assert wait(lambda: api.get("/v1/whois", params=asked).status_code == 200)


def test_nobody_is_shown_while_another_process_holds_the_log_for_long(
    copy: Path, serve: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accesses, "LONGEST", 0.3)
    api = serve(copy)
    shown = [api.get("/v1/whois", params={"email": EMAIL})]
    john = shown[0].json()["customer"]["customer_id"]
    assert wait(lambda: len(accesses_about(copy / ".clew", {john})) == 1)
    with closing(sqlite3.connect(copy / ".clew" / "access.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        while (found := api.get("/v1/whois", params={"email": EMAIL})).status_code == 200:
            shown.append(found)
        assert (found.status_code, found.headers["retry-after"]) == (503, "5")
        assert found.json()["detail"].startswith("Another process holds the access log")
        assert api.post("/v1/decisions", json={"kind": "block", "a": EMAIL}).status_code == 503
    ids = [answer.headers["x-request-id"] for answer in shown]
    assert wait(lambda: [a.request for a in accesses_about(copy / ".clew", {john})] == ids)
    assert api.get("/readyz").status_code == 200


def test_a_killed_process_loses_its_last_moments_and_nothing_else(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import sys, time
        from datetime import UTC, datetime
        from pathlib import Path
        from api.http.accesses import Accesses
        from engine.state.accesses import Accessed
        accesses = Accesses(Path(sys.argv[1]))
        accesses.open()
        for number in range(1_000_000):
            accesses.note(Accessed(datetime.now(UTC), None, "x", "GET", "C1", True, str(number)))
            if number % 100 == 0:
                print(number, flush=True)
                time.sleep(0.01)
    """)
    with subprocess.Popen([sys.executable, "-c", program, tmp_path], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        noted = 0
        while noted < 3000:
            noted = int(running.stdout.readline())
        os.kill(running.pid, signal.SIGKILL)
        noted = max([noted, *map(int, running.stdout.read().split()[:-1])])
    kept = [int(a.request) for a in accesses_about(tmp_path, {"C1"})]
    assert kept == list(range(len(kept)))
    # A hundred are noted in 10 ms or more; beside those of one batch, there are those of its commit.
    assert len(kept) > noted - 100 * (accesses.EVERY + 2.0) / 0.01
    assert len(kept) > 1


def test_on_a_full_disk_nobody_is_shown_until_there_is_room(copy: Path) -> None:
    apart("tests.api.http.test_accesses:full", copy)


def full(folder: Path) -> None:
    """Who was shown before the disk was full is written down in the end; nothing else is answered otherwise."""
    kept = folder / ".clew"
    kept.rename(folder / "kept")
    kept.mkdir()
    disk = Disk(kept, 40_000)
    shutil.copytree(folder / "kept", kept, dirs_exist_ok=True)
    with ExitStack() as opened:
        api = Caller(create_app(Settings(project=folder, local=True, seconds=60)), opened)
        first = api.get("/v1/whois", params={"email": EMAIL})
        john = first.json()["customer"]["customer_id"]
        shown = [first]
        assert wait(lambda: len(accesses_about(kept, {john})) == 1)
        disk.leave(0)
        while (found := api.get("/v1/whois", params={"email": EMAIL})).status_code == 200:
            shown.append(found)
            time.sleep(0.01)
        assert {answer.content for answer in shown} == {first.content}
        for refused in (found, api.get(f"/v1/customers/{john}/records"), api.get("/readyz")):
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        decided = api.post("/v1/decisions", json={"kind": "block", "a": "info@shop.example"})
        assert (decided.status_code, decided.json()["type"]) == (503, "urn:clew:unavailable")
        assert api.get("/v1/runs").status_code == 200
        disk.clear()
        assert wait(lambda: api.get("/readyz").status_code == 200)
        shown.append(api.get("/v1/whois", params={"email": EMAIL}))
        assert shown[-1].content == first.content
        ids = [answer.headers["x-request-id"] for answer in shown]
        assert wait(lambda: [a.request for a in accesses_about(kept, {john})] == ids)
