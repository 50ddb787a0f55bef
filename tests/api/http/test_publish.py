"""A run is published while the API answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from api.project import Project
from tests.api.http.conftest import EMAIL, Caller
from tests.api.http.test_callers import PATIENCE


def test_no_answer_fails_or_is_mixed_and_the_new_run_is_seen(copy: Path, serve: Callable[..., Caller]) -> None:
    api = serve(copy)
    before = api.get("/v1/whois", params={"email": EMAIL})
    john, first = before.json()["customer"]["customer_id"], before.headers["clew-run"]
    start = api.get("/v1/changes", params={"after": "latest"}).json()
    with Project(copy) as project:
        other = str(project.graph.read("customers")["customer_id"].to_pylist()[0])
        assert other != john
        project.decide("same", john, other, reason="for the test", actor="tester")
    with Project(copy) as project, ThreadPoolExecutor(1) as pool:
        running = pool.submit(project.run)
        seen = {}
        while not running.done():
            found = api.get("/v1/whois", params={"email": EMAIL})
            seen[found.headers["clew-run"]] = found.json()["customer"]["customer_id"]
            records = {r["customer_id"] for r in found.json()["customer"]["records"]}
            assert records == {found.json()["customer"]["customer_id"]}
            time.sleep(0.02)
        second = running.result().run_id
    deadline = time.monotonic() + PATIENCE
    while (found := api.get("/v1/whois", params={"email": EMAIL})).headers["clew-run"] != second:
        assert time.monotonic() < deadline
    stays = found.json()["customer"]["customer_id"]
    assert stays in (john, other)
    assert seen[first] == john
    assert set(seen) <= {first, second}

    gone = other if stays == john else john
    retired = api.get(f"/v1/customers/{gone}")
    assert (retired.status_code, retired.json()["now"]) == (410, [stays])
    assert [e["kind"] for e in api.get(f"/v1/customers/{gone}/history").json()["entries"]][-1] == "merged"
    assert api.get("/v1/whois", params={"q": gone}).json()["customer"]["customer_id"] == stays
    published = api.get("/v1/runs").json()["runs"][-1]["finished"]
    then = api.get(f"/v1/customers/{gone}", params={"as_of": published}).json()
    assert (then["customer_id"], then["run_id"], then["leads_to"]) == (gone, first, [stays])
    changed = api.get("/v1/changes", params={"after": start["next"], "limit": 2})
    kinds = []
    while True:
        kinds += [(c["kind"], c["origin"], c["target"]) for c in changed.json()["changes"]]
        if not changed.json()["more"]:
            break
        changed = api.get("/v1/changes", params={"after": changed.json()["next"], "limit": 2})
    assert [kind for kind in kinds if kind[0] != "profile changed"] == [("merged", gone, stays)]
    assert kinds[0][0] == "merged"
    assert ("profile changed", None, stays) in kinds[1:]
    assert len(kinds) < 10
