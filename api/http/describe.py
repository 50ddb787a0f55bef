"""The OpenAPI document: what all operations share, and for each an example that was asked and answered.

`examples.json` holds them, by method and path: what a corner shop is asked, in that order, and what it answers. A test
asks it again; `python -m tests.api.http.examples` writes the answers anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from api.http.problems import ProblemDetails

#: How a key is sent.
_SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "bearer": {"type": "http", "scheme": "bearer"},
}
EXAMPLES = Path(__file__).with_name("examples.json")


def describe(app: FastAPI) -> None:
    """Have the app tell all of this in its document."""
    make = app.openapi

    def openapi() -> dict[str, Any]:
        if not app.openapi_schema:
            schema = make()
            schemas = schema["components"]["schemas"]
            schema["components"]["securitySchemes"] = _SCHEMES
            schema["security"] = [{name: []} for name in _SCHEMES]
            schemas["ProblemDetails"] = ProblemDetails.model_json_schema()
            # Every error is a problem, this one too.
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            for example in examples():
                _show(schema["paths"][example["path"]][example["method"].lower()], example)
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]


def examples() -> list[dict[str, Any]]:
    """Each example: `method`, `path` and `name`, the values `in` its path and query, the `body`; `status`, `answer`."""
    found: list[dict[str, Any]] = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    return found


def _show(operation: dict[str, Any], example: dict[str, Any]) -> None:
    """Put an example where the document has its parameters, its body and its answer."""
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in example.get("in", {}):
            parameter.setdefault("example", example["in"][parameter["name"]])
    shown = [(operation["responses"][str(example["status"])], "answer")]
    if "body" in example:
        shown.append((operation["requestBody"], "body"))
    for place, part in shown:
        for content in _json(place):
            content.setdefault("examples", {})[example["name"]] = {"value": example[part]}


def _json(place: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (content for type_, content in place.get("content", {}).items() if type_ == "application/json")
