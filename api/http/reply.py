"""From an answer to what is sent."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response

from api.http.callers import Caller
from api.plain import encode

JSON = "application/json"


def reply(request: Request, caller: Caller, run: str, found: Any) -> Response:
    """An answer of a run, as JSON."""
    return Response(encode(found), headers={"Clew-Run": run}, media_type=JSON)
