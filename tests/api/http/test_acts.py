"""What people decide and do over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.http.models import acts, project
from api.project import Project
from engine.state import State
from tests.api.http.conftest import EMAIL, PHONE, Caller
from tests.api.http.test_callers import wait
from tests.api.http.test_questions import whole

DESK = "zendesk_users:555123456700"


def test_a_decision_is_made_once_and_taken_back(desk: Caller) -> None:
    said = {"kind": "same", "a": DESK, "b": EMAIL, "reason": "he rang", "actor": "ann"}
    made = desk.post("/v1/decisions", json=said)
    assert made.status_code == 201
    whole(acts.Decided, made.json())
    told = made.json()
    assert (told["actor"], told["reason"], told["new"], told["waits"]) == ("ann via desk", "he rang", True, True)
    again = desk.post("/v1/decisions", json=said)
    assert (again.status_code, again.json()["entry"], again.json()["new"]) == (200, told["entry"], False)
    against = desk.post("/v1/decisions", json={**said, "kind": "different"})
    assert (against.status_code, against.json()["type"]) == (409, "urn:clew:conflict")
    assert f"contradicts what was decided by entry {told['entry']}." in against.json()["detail"]
    assert EMAIL not in against.text
    listed = desk.get("/v1/decisions").json()
    whole(acts.Decisions, listed)
    assert [d["entry"] for d in listed["decisions"]] == [told["entry"]]
    undone = desk.post(f"/v1/decisions/{told['entry']}/undo", json={"reason": "a mistake"})
    assert (undone.status_code, undone.json()["undone"]) == (200, told["entry"] + 1)
    for entry, status, why in [
        (told["entry"], 409, f"undone before, by entry {told['entry'] + 1}."),
        (told["entry"] + 1, 404, f"it took {told['entry']} back"),
        (1, 404, "This entry is no decision."),
    ]:
        refused = desk.post(f"/v1/decisions/{entry}/undo")
        assert (refused.status_code, why in refused.json()["detail"]) == (status, True)
    assert desk.get("/v1/decisions").json() == {"decisions": []}
    assert len(desk.get("/v1/decisions", params={"everything": True}).json()["decisions"]) == 1


def test_a_request_with_a_name_is_done_once(desk: Caller) -> None:
    said = {"kind": "block", "a": "info@shop.example"}
    named = {"Idempotency-Key": "one"}
    first = desk.post("/v1/decisions", json=said, headers=named)
    entry = first.json()["entry"]
    desk.post(f"/v1/decisions/{entry}/undo", json={}, headers={"Idempotency-Key": "two"})
    # Without the name it would be blocked anew.
    assert desk.post("/v1/decisions", json=said, headers=named).json()["entry"] == entry
    twice = desk.post(f"/v1/decisions/{entry}/undo", json={}, headers={"Idempotency-Key": "two"})
    assert (twice.status_code, twice.json()["entry"]) == (200, entry)
    other = desk.post("/v1/decisions", json={**said, "a": "sales@shop.example"}, headers=named)
    assert (other.status_code, other.json()["type"]) == (409, "urn:clew:name-taken")


def test_a_request_that_is_under_way_is_to_be_sent_again(desk: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    said, named = {"kind": "block", "a": "desk@shop.example"}, {"Idempotency-Key": "under way"}
    block, meanwhile = Project.block, []

    def slowly(project: Project, *args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(Project, "block", block)
        meanwhile.append(desk.post("/v1/decisions", json=said, headers=named))
        return block(project, *args, **kwargs)

    monkeypatch.setattr(Project, "block", slowly)
    first = desk.post("/v1/decisions", json=said, headers=named)
    (early,) = meanwhile
    assert (early.status_code, early.headers["retry-after"]) == (503, "1")
    again = desk.post("/v1/decisions", json=said, headers=named)
    assert (first.status_code, again.status_code, again.json()["entry"]) == (201, 200, first.json()["entry"])
    desk.post(f"/v1/decisions/{first.json()['entry']}/undo", json={})


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "same", "a": EMAIL},
        {"kind": "block", "a": EMAIL, "b": PHONE},
        {"kind": "alike", "a": EMAIL, "b": PHONE},
        {"kind": "same", "a": EMAIL, "b": EMAIL},
        {"kind": "same", "a": EMAIL, "b": PHONE, "by": "me"},
    ],
)
def test_what_is_no_decision_is_refused(desk: Caller, said: dict[str, str]) -> None:
    found = desk.post("/v1/decisions", json=said)
    assert found.status_code == 422
    assert EMAIL not in found.text


@pytest.mark.parametrize(
    ("path", "said", "why"),
    [
        ("decisions", {"kind": "same", "a": EMAIL, "b": EMAIL}, "Both lead to the same records."),
        ("decisions", {"kind": "block", "a": DESK}, "This is no e-mail, phone number or id that could be blocked."),
        ("labels", {"record_a": DESK, "record_b": DESK, "same": True}, "A record can't be labelled with itself"),
        ("labels", {"record_a": DESK, "record_b": EMAIL, "same": True}, "One of the two is no record"),
        ("erase", {"who": EMAIL, "really": True, "reason": "john@email.com rang"}, "The reason names the person"),
    ],
)
def test_an_act_that_is_refused_says_why(desk: Caller, path: str, said: dict[str, object], why: str) -> None:
    found = desk.post(f"/v1/{path}", json=said)
    assert found.status_code in (404, 422)
    assert found.json()["detail"].startswith(why)
    assert not any(value in found.text for value in (EMAIL, DESK))


def test_who_writes_the_store_is_waited_for(desk: Caller, copy: Path) -> None:
    with Project(copy) as opened, State.open(opened.layout.store) as state, state.writing("a run"):
        found = desk.post("/v1/erase", json={"who": EMAIL, "really": True})
    assert (found.status_code, found.headers["retry-after"]) == (503, "5")
    assert found.json()["detail"].startswith("Another process writes to the store, such as a run: nothing was done.")
    assert desk.post("/v1/erase", json={"who": EMAIL}).status_code == 200


@pytest.mark.parametrize("word", [1, 0, "yes", "false", None])
def test_what_is_for_good_is_said_in_plain_words(desk: Caller, word: object) -> None:
    assert desk.post("/v1/erase", json={"who": EMAIL, "really": word}).status_code == 422
    assert desk.post("/v1/labels", json={"record_a": DESK, "record_b": DESK, "same": word}).status_code == 422


def test_doubts_are_reviewed_and_labelled(desk: Caller) -> None:
    queue = desk.get("/v1/review", params={"limit": 3}).json()
    whole(acts.ReviewQueue, queue)
    assert desk.get("/v1/review", params={"limit": 3, "blind": True}).json()["pairs"][0]["doubt"] is None
    pair = queue["pairs"][0]
    names = {"record_a": pair["record_a"], "record_b": pair["record_b"]}
    made = desk.post("/v1/labels", json={**names, "same": False})
    assert (made.status_code, made.json()) == (201, {**names, "same": False, "actor": "desk"})
    assert desk.get("/v1/review", params={"limit": 3}).json()["waiting"] == queue["waiting"] - 1
    assert desk.post("/v1/labels", json={**names, "record_a": "no:such", "same": True}).status_code == 404


def test_each_act_needs_its_scope(copy: Path, serve: Callable[..., Caller]) -> None:
    api = serve(copy)
    needed = {
        ("POST", "/v1/decisions"): "decide",
        ("POST", "/v1/decisions/1/undo"): "decide",
        ("POST", "/v1/labels"): "write",
        ("POST", "/v1/erase"): "erase",
        ("POST", "/v1/access"): "erase",
        ("GET", "/v1/runs"): "read",
    }
    with Project(copy) as opened:
        keys = {scope: opened.create_key(scope, [scope]).text for scope in ("read", "write", "decide", "erase")}
    assert wait(lambda: api.get("/v1/runs").status_code == 401)
    for (method, path), scope in needed.items():
        for has, text in keys.items():
            found = api.send(method, path, headers={"X-API-Key": text})
            if has == scope or scope == "read":
                assert found.status_code in (200, 404, 422)
            else:
                assert (found.status_code, found.json()["scope"]) == (403, scope), (path, has)


def test_all_that_is_held_and_then_nothing(desk: Caller, copy: Path) -> None:
    held = desk.post("/v1/access", json={"who": PHONE}).json()
    whole(acts.Access, held)
    john = held["customer_id"]
    # A name of a request may be personal, too, and is erased with the person.
    blocked = desk.post(
        "/v1/decisions", json={"kind": "block", "a": "info@shop.example"}, headers={"Idempotency-Key": EMAIL}
    )
    assert blocked.status_code == 201
    would = desk.post("/v1/erase", json={"who": EMAIL}).json()
    whole(acts.Erased, would)
    assert (would["run_id"], would["person"]["customer_id"]) == (None, john)
    before = desk.get("/v1/changes", params={"after": "latest"}).json()
    assert (before["changes"], before["more"]) == ([], False)

    telling = desk.post("/v1/erase", json={"who": EMAIL, "really": True, "reason": "John Doe asked to"})
    assert (telling.status_code, "The reason names the person" in telling.json()["detail"]) == (422, True)
    gone = desk.post("/v1/erase", json={"who": EMAIL, "really": True, "reason": "asked to"})
    assert gone.status_code == 200
    assert gone.json()["run_id"]
    assert desk.get("/v1/whois", params={"email": EMAIL}).status_code == 404
    assert desk.get(f"/v1/customers/{john}").status_code == 410
    then = desk.get(f"/v1/customers/{john}", params={"as_of": "2099-01-01"})
    assert (then.status_code, then.json()["detail"].split(":")[0]) == (404, "It was nobody then")
    since = desk.get("/v1/changes", params={"after": before["next"]}).json()
    assert [(c["kind"], c["origin"]) for c in since["changes"] if c["seq"]] == [("erased", john)]
    last = desk.get(f"/v1/customers/{john}/history").json()["entries"][-1]
    assert (last["kind"], last["reason"]) == ("erased", "asked to")
    with Project(copy) as opened:
        decided = opened.decisions().decisions
    assert [(one.kind, one.actor) for one in decided] == [("block", "desk"), ("erase", "desk")]


def test_who_was_erased_and_is_left_in_a_file_is_not_asked_for_again(desk: Caller, copy: Path) -> None:
    (copy / ".clew" / "by-hand.csv").write_text(EMAIL, encoding="utf-8")
    left = desk.post("/v1/erase", json={"who": EMAIL, "really": True})
    told = left.json()
    assert (left.status_code, told["type"], told["title"]) == (500, "urn:clew:remains", "Not all of it was erased")
    assert "retry-after" not in left.headers
    assert desk.get("/v1/whois", params={"email": EMAIL}).status_code == 404


def test_the_pages_of_what_happened_are_the_whole(api: Caller, served: Project) -> None:
    everything = api.get("/v1/changes", params={"limit": 500}).json()
    whole(project.HappenedSince, everything)
    assert not everything["more"]
    pages, cursor = [], None
    while True:
        found = api.get("/v1/changes", params={"limit": 150} | ({"after": cursor} if cursor else {})).json()
        pages += found["changes"]
        cursor = found["next"]
        if not found["more"]:
            break
    assert pages == everything["changes"]
    assert {c["kind"] for c in pages} == {"created"}
    assert len(pages) == served.status().run.customers  # type: ignore[union-attr]
    assert api.get("/v1/changes", params={"after": cursor}).json() == {"changes": [], "next": cursor, "more": False}
    assert api.get("/v1/changes", params={"after": "yesterday"}).status_code == 422


@pytest.mark.parametrize("reach", [True, False])
def test_an_audience_has_those_whom_it_counts(api: Caller, reach: bool) -> None:
    rows: list[dict[str, str | None]] = []
    cursor: dict[str, str] = {}
    times = set()
    while True:
        found = api.get("/v1/audiences/newsletter/email", params={"reach": reach, "limit": 30, **cursor}).json()
        whole(project.AudiencePage, found)
        rows += found["addressees"]
        times.add(found["audience"]["at"])
        if found["next"] is None:
            break
        cursor = {"cursor": found["next"]}
    # Of several addresses of a customer one may be used, and another not.
    customers, counts = {row["customer_id"] for row in rows}, found["audience"]
    assert len(customers) == counts["reached"] if reach else len(customers) >= counts["about"] - counts["reached"]
    assert all((row["why_not"] is None) is reach for row in rows)
    assert len(rows) > 30
    assert len(times) == 1
    assert api.get("/v1/audiences/newsletter/pigeon").status_code == 422


def test_pages_of_an_audience_are_as_of_the_first(api: Caller) -> None:
    asked = "/v1/audiences/win-back/email"
    first = api.get(asked, params={"reach": False, "limit": 1}).json()
    place, _, _ = first["next"].rpartition(".")
    long_ago = api.get(asked, params={"reach": False, "cursor": f"{place}.1600000000"}).json()
    assert long_ago["audience"]["at"] == "2020-09-13T12:26:40Z"
    assert api.get(asked, params={"cursor": place}).status_code == 422
    assert api.get(asked, params={"cursor": f"{place}.9999999999"}).json()["audience"]["at"] > "2286"
