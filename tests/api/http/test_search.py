"""Customers by half a name: for those who may see names, bounded, and written down."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from api.http.models.search import MOST, Searched
from api.project import Project
from engine.state.accesses import accesses_about
from tests.api.http.conftest import Caller
from tests.api.http.test_callers import wait
from tests.api.http.test_questions import whole

PATH = "/v1/search"


def test_it_says_what_the_project_says(api: Caller, project: Project, john: str) -> None:
    found = api.get(PATH, params={"q": "jhon do", "limit": 5})
    assert found.status_code == 200
    assert found.json() == project.search("jhon do", 5).to_dict()
    assert found.headers["clew-run"] == project.status().run.run_id  # type: ignore[union-attr]
    whole(Searched, found.json())
    assert john in [hit["customer_id"] for hit in found.json()["customers"]]
    assert api.post(PATH, json={"q": "jhon do", "limit": 5}).json() == found.json()


@pytest.mark.parametrize("q", ["*", '" OR 1=1 --', "(((", "~", "\x00", "‮", "é" * 200, "-john", "john AND NOT doe"])
def test_no_text_is_taken_for_a_query(api: Caller, q: str) -> None:
    assert api.get(PATH, params={"q": q}).status_code == 200


def test_it_is_bounded(api: Caller) -> None:
    assert len(api.get(PATH, params={"q": "j", "limit": 3}).json()["customers"]) == 3
    wrong = [{}, {"q": ""}, {"q": "x" * 201}, {"q": "x", "limit": 0}, {"q": "x", "limit": MOST + 1}]
    for params in wrong:
        found = api.get(PATH, params=params)
        assert (found.status_code, found.json()["type"]) == (422, "urn:clew:not-understood"), params
        assert "xx" not in found.text
    assert api.post(PATH, json={"q": "x", "name": "y"}).status_code == 422


def test_whoever_may_not_see_names_can_not_search_for_them(
    served: Project, serve: Callable[..., Caller], john: str
) -> None:
    small = served.create_key("masked", ["read"])
    caller = serve(served.path, options={"headers": {"X-API-Key": small.text}})
    for found in (caller.get(PATH, params={"q": "john doe"}), caller.post(PATH, json={"q": "john doe"})):
        assert (found.status_code, found.json()["scope"]) == (403, "read-personal")
        assert john not in found.text


def test_everybody_who_was_shown_is_written_down(desk: Caller) -> None:
    shown = [hit["customer_id"] for hit in desk.get(PATH, params={"q": "jo", "limit": 4}).json()["customers"]]
    assert len(shown) == 4
    folder = desk.app.state.desk.project.layout.store
    assert wait(lambda: {a.customer_id for a in accesses_about(folder, shown)} == set(shown))
    assert {a.action for a in accesses_about(folder, shown)} == {"GET /v1/search"}


def test_a_search_costs_five_questions(served: Project, serve: Callable[..., Caller]) -> None:
    slow = served.create_key("slow", ["read-personal"], rate=3)
    caller = serve(served.path, options={"headers": {"X-API-Key": slow.text}})
    first, second = (caller.get(PATH, params={"q": "john"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 429)
