"""Every question, against what the project itself says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel
from typer.testing import Result

from api.http.models import customers, evidence, project
from api.project import Project
from api.results import Demo
from tests.api.http.conftest import EMAIL, PHONE, Caller


def whole(model: type[BaseModel], found: Any) -> None:
    """An answer says all that its model has, and nothing else."""
    assert model.model_validate(found).model_dump(mode="json") == found


def test_whois_says_what_the_command_says(api: Caller, project: Project, clew: Callable[..., Result]) -> None:
    found = api.get("/v1/whois", params={"q": EMAIL})
    assert found.status_code == 200
    assert found.json() == project.whois(EMAIL).to_dict()
    assert found.headers["clew-run"] == project.status().run.run_id  # type: ignore[union-attr]
    whole(customers.Answer, found.json())


@pytest.mark.parametrize(
    "asked",
    [{"phone": "(555) 123-4567"}, {"account": "7000000000001"}, {"record": "shopify_customers:7000000000001"}],
)
def test_each_way_to_ask_leads_to_the_same_customer(api: Caller, john: str, asked: dict[str, str]) -> None:
    (type_,) = asked
    for found in (api.get("/v1/whois", params=asked), api.post("/v1/whois", json={type_: [asked[type_]]})):
        assert (found.status_code, found.json()["customer"]["customer_id"]) == (200, john)
        assert found.json()["understood"]["type"] == type_


def test_an_order_is_asked_for_by_its_number(api: Caller, project: Project) -> None:
    asked = {"q": project.sql("SELECT min(number) AS number FROM orders").to_arrow()["number"][0].as_py()}
    assert asked["q"].startswith("#")
    assert api.get("/v1/whois", params=asked).json() == project.whois(asked["q"]).to_dict()


def test_asked_by_several_at_once(api: Caller, john: str, shop: Demo) -> None:
    both = api.post("/v1/whois", json={"email": [EMAIL, "nobody@nowhere.com"], "phone": [PHONE]}).json()
    assert (both["customer"]["customer_id"], [a["why"] for a in both["also"]]) == (john, ["unknown", None])
    other = next(k.value for k in shop.answer.customer.identifiers if k.type == "email")  # type: ignore[union-attr]
    assert other == EMAIL
    apart = api.post("/v1/whois", json={"email": [EMAIL], "q": [_somebody_else(api, john)]}).json()
    assert apart["customer"] is None
    assert john in {candidate["customer_id"] for candidate in apart["several"]}
    whole(customers.Answer, apart)


@pytest.mark.parametrize("asked", [{"email": EMAIL}, {"phone": PHONE}, {"q": "7000000000001"}])
def test_in_short_it_is_the_same_customer(api: Caller, asked: dict[str, str]) -> None:
    (type_,) = asked
    full = api.get("/v1/whois", params=asked).json()
    for found in (
        api.get("/v1/whois/brief", params=asked), api.post("/v1/whois/brief", json={type_: [asked[type_]]}),
    ):  # fmt: skip
        told = found.json()
        whole(customers.Brief, told)
        same = ("customer_id", "name", "email", "phone", "place")
        assert [told["customer"][name] for name in same] == [full["customer"][name] for name in same]
        assert told["customer"]["records"] == len(full["customer"]["records"])
        assert told["customer"]["by"] == full["understood"]
        assert [told[name] for name in ("asked", "notes", "several", "also")] == [
            full[name] for name in ("asked", "notes", "several", "also")
        ]


def test_in_short_several_customers_are_listed_as_they_are_in_full(api: Caller, john: str) -> None:
    asked = {"email": [EMAIL], "q": [_somebody_else(api, john)]}
    told, full = (api.post(f"/v1/whois{part}", json=asked).json() for part in ("/brief", ""))
    assert told == {name: full[name] for name in told}
    assert len(told["several"]) > 1
    assert api.get("/v1/whois/brief", params={"email": "nobody@nowhere.com"}).status_code == 404


def _somebody_else(api: Caller, john: str) -> str:
    ids = (f"C0000001{check}" for check in "0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    return next(i for i in ids if i != john and api.get(f"/v1/customers/{i}/how").status_code == 200)


def test_many_at_once(api: Caller, john: str) -> None:
    found = api.post("/v1/whois/batch", json={"asked": [PHONE, "nobody@nowhere.com", EMAIL]}).json()
    whole(customers.Batch, found)
    assert [(a["status"], [c["customer_id"] for c in a["customers"]], a["why"]) for a in found["answers"]] == [
        ("found", [john], None),
        ("nobody", [], "unknown"),
        ("found", [john], None),
    ]
    too_many = api.post("/v1/whois/batch", json={"asked": ["x"] * 1001})
    assert (too_many.status_code, too_many.json()["type"]) == (413, "urn:clew:too-many")


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("", customers.Card),
        ("/records", customers.Records),
        ("/graph", evidence.Drawing),
        ("/graph?limit=3", evidence.Drawing),
        ("/timeline", customers.TimelinePage),
        ("/history", customers.History),
        ("/how", evidence.Growth),
        ("?as_of=2100-01-01", customers.Was),
    ],
)
def test_a_customer(api: Caller, john: str, path: str, model: type[BaseModel]) -> None:
    found = api.get(f"/v1/customers/{john}{path}")
    assert found.status_code == 200
    whole(model, found.json())
    assert found.json()["customer_id"] == john


def test_a_card_says_what_the_profile_says(api: Caller, john: str, project: Project) -> None:
    found = api.get(f"/v1/customers/{john[0].lower()}{john[1:5]}-{john[5:]}").json()
    known = project.profile(john).to_dict()
    assert {part: found[part] for part in known} == known
    assert found["hangs_on"] == project.whois(john).to_dict()["hangs_on"]


@pytest.mark.parametrize("path", ["path", "why"])
def test_evidence(api: Caller, project: Project, path: str) -> None:
    found = api.get(f"/v1/{path}", params={"a": EMAIL, "b": PHONE}).json()
    assert found == project.why(EMAIL, PHONE).to_dict()
    whole(evidence.Between, found)


def test_the_pages_of_a_timeline_are_the_whole(api: Caller, john: str, project: Project) -> None:
    moments = []
    cursor: dict[str, str] = {}
    while True:
        found = api.get(f"/v1/customers/{john}/timeline", params={"limit": 4, "order": "oldest", **cursor}).json()
        moments += found["moments"]
        if found["next"] is None:
            break
        cursor = {"cursor": found["next"]}
    assert moments == project.timeline(john).to_dict()["moments"]
    assert len(moments) == found["total"] > 4
    newest = api.get(f"/v1/customers/{john}/timeline", params={"limit": 1}).json()
    assert newest["moments"] == moments[-1:]
    for cursor_, status in (("nonsense", 422), ("0123456789ab.4", 409)):
        wrong = api.get(f"/v1/customers/{john}/timeline", params={"cursor": cursor_})
        assert wrong.status_code == status


def test_the_project(api: Caller, project: Project) -> None:
    runs, health = api.get("/v1/runs").json(), api.get("/v1/health/data").json()
    assert runs == project.runs().to_dict()
    assert health == {name: value for name, value in project.health().to_dict().items() if name != "log"}


def test_runs_and_health_are_as_their_models_say(api: Caller) -> None:
    whole(project.Runs, api.get("/v1/runs").json())
    whole(project.Health, api.get("/v1/health/data").json())
