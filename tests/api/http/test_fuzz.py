"""Requests that nobody thought of, made from the OpenAPI document: none is a fault, and all is as the document says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig

from api.http import Settings, create_app
from api.project import Project
from tests.api.http.conftest import Caller, listening

pytestmark = pytest.mark.long

#: What a schema cannot say: that something is asked for at all in an address, and at most so much in all; that the two
#: ends of a decision or a label are two; and that what is blocked is a value.
_REFUSED = {"positive_data_acceptance": {"expected-statuses": ["2xx", "404", "409", "422"]}}
_CONFIG: dict[str, Any] = {
    "request-timeout": 300,
    # Keys are the test's own; tests/api/http/test_callers.py asks everything with none and with bad ones.
    "generation": {"with-security-parameters": False},
    "checks": {"ignored_auth": {"enabled": False}},
    "operations": [
        {"include-operation-id": name, "checks": _REFUSED}
        for name in ("whois", "whois_post", "brief", "brief_post", "decide", "label")
    ],
}


@pytest.fixture(scope="module")
def folder(corner_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corner shop to which anything may happen."""
    return Path(shutil.copytree(corner_shop, tmp_path_factory.mktemp("fuzz") / "corner"))


@pytest.fixture(scope="module")
def key(folder: Path) -> dict[str, str]:
    """A key that may do everything."""
    with Project(folder) as opened:
        return {"X-API-Key": opened.create_key("fuzz", ["admin"], rate=1e6).text}


@pytest.fixture(scope="module")
def document(folder: Path, key: dict[str, str]) -> Iterator[schemathesis.BaseSchema]:
    """The document of the shop, which is served, for those who have a key."""
    app = create_app(Settings(project=folder, seconds=300))
    with listening(app) as address:
        config = SchemathesisConfig.from_dict({"base-url": address, **_CONFIG})
        yield schemathesis.openapi.from_dict(app.openapi(), config=config)


@pytest.fixture(scope="module")
def asked(corner_shop: Path, serve: Callable[..., Caller], tmp_path_factory: pytest.TempPathFactory) -> Caller:
    """A corner shop of which anything is asked."""
    return serve(shutil.copytree(corner_shop, tmp_path_factory.mktemp("asked") / "corner"))


operations = schemathesis.pytest.from_fixture("document")


@operations.parametrize()
@settings(
    max_examples=2, derandomize=True, database=None, deadline=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_everything(case: schemathesis.Case[Any], key: dict[str, str]) -> None:
    case.call_and_validate(headers=key)


@settings(max_examples=25, derandomize=True, database=None, deadline=None)
@given(text=st.text(st.characters(exclude_categories=()), max_size=40))
@example("\ud800")
@example("a" * 501)
def test_any_text_may_stand_for_an_identifier(asked: Caller, text: str) -> None:
    # Escaped as JSON lets it be, half a pair of surrogates too.
    kinds = ("q", "email", "phone", "account", "loyalty", "device", "record")
    bodies = [("/v1/whois", {kind: [text]}) for kind in kinds] + [
        ("/v1/whois/batch", {"asked": [text]}),
        ("/v1/decisions", {"kind": "same", "a": text, "b": text}),
        ("/v1/labels", {"record_a": text, "record_b": text, "same": True}),
        ("/v1/erase", {"who": text}),
    ]
    for path, body in bodies:
        found = asked.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})
        assert found.status_code in (200, 404, 422), (path, found.text)
        _tells_nothing(found, text)
    address = quote(text.encode("utf-8", "replace"), safe="")
    for path in (f"/v1/customers/{address}", f"/v1/customers/{address}/history", f"/v1/path?a={address}&b={address}"):
        found = asked.get(path)
        # A customer's address without an id, or with a slash in it, is another address.
        assert found.status_code in (200, 404, 410, 422), (path, found.text)
        _tells_nothing(found, text)


def _tells_nothing(found: httpx.Response, text: str) -> None:
    """What is refused isn't repeated."""
    if found.status_code != 200 and len(text) > 10:
        assert text not in found.text
