"""The OpenAPI document is right: its examples are asked, and answered as it says."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from api.http.describe import examples
from tests.api.http.conftest import Caller
from tests.api.http.examples import ask


@pytest.fixture(scope="module")
def asked(corner_shop: Path, serve: Callable[..., Caller], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Every example, asked in their order; the answer by method, path and name."""
    api = serve(shutil.copytree(corner_shop, tmp_path_factory.mktemp("asked") / "corner"))
    return {_name(example): ask(api, example) for example in examples()} | {"document": api.get("/openapi.json").json()}


def _name(example: dict[str, Any]) -> str:
    return " ".join((example["method"], example["path"], example["name"]))


@pytest.mark.parametrize("example", examples(), ids=_name)
def test_an_example_is_answered_as_it_says(asked: dict[str, Any], example: dict[str, Any]) -> None:
    found, document = asked[_name(example)], asked["document"]
    assert found.status_code == example["status"], found.text
    assert unlike(example["answer"], found.json()) == []
    # And both are what the schema says.
    operation = document["paths"][example["path"]][example["method"].lower()]
    content = operation["responses"][str(example["status"])]["content"]["application/json"]
    assert content["examples"][example["name"]] == {"value": example["answer"]}
    for answer in (found.json(), example["answer"]):
        _check(document, content["schema"], answer)
    if "body" in example:
        _check(document, operation["requestBody"]["content"]["application/json"]["schema"], example["body"])


def _check(document: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    jsonschema_rs.validate({**schema, "components": document["components"]}, value)


def unlike(shown: Any, found: Any, where: str = "") -> list[str]:
    """Where two answers differ in shape: in the names of fields and the types of their values."""
    if shown is None or found is None:
        return []
    if isinstance(shown, dict) and isinstance(found, dict):
        names = [f"{where}: {name}" for name in shown.keys() ^ found.keys()]
        return names + [
            part for n in shown.keys() & found.keys() for part in unlike(shown[n], found[n], f"{where}.{n}")
        ]
    if isinstance(shown, list) and isinstance(found, list):
        short = [f"{where}: fewer"] if len(found) < len(shown) else []
        return short + [part for a, b in zip(shown, found, strict=False) for part in unlike(a, b, f"{where}[]")]
    return [] if _type(shown) is _type(found) else [f"{where}: {_type(shown)} {_type(found)}"]


def _type(value: Any) -> type:
    return float if type(value) is int else type(value)


def test_every_operation_has_an_example(asked: dict[str, Any]) -> None:
    shown = {(example["method"], example["path"]) for example in examples()}
    told = {(method.upper(), path) for path, operations in asked["document"]["paths"].items() for method in operations}
    # What Prometheus reads is no JSON.
    assert told - shown == {("GET", "/metrics")}


def test_shapes_that_differ_are_told() -> None:
    assert unlike({"a": [{"b": 1}]}, {"a": [{"b": 1.5}, {"c": 2}]}) == []
    assert unlike({"a": [{"b": 1}]}, {"a": [{"c": 1}]}) != []
    assert unlike({"a": ["x"]}, {"a": []}) == [".a: fewer"]
    assert unlike({"a": "x"}, {"a": 1}) != []
