"""From an answer to what is sent: masked for those who may not see personal values, and written down."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import orjson
from fastapi import Request, Response

from api.http.callers import Caller
from api.http.masking import mask
from api.plain import encode
from engine.state.accesses import Accessed

JSON = "application/json"


def reply(request: Request, caller: Caller, run: str, found: Any, about: Collection[str] = ()) -> Response:
    """An answer of a run, as JSON; `about` are the customers of whom it shows something."""
    state = request.app.state
    if about:
        state.accesses.check()
        now, action = datetime.now(UTC), f"{request.method} {request.scope['route'].path}"
        for customer in about:
            state.accesses.note(
                Accessed(
                    now, caller.key_id, caller.name, action, customer, caller.personal, request.scope["clew.request_id"]
                )
            )
    content = encode(found)
    if about and not caller.personal:
        content = orjson.dumps(mask(orjson.loads(content), state.desk.secret))
    return Response(content, headers={"Clew-Run": run}, media_type=JSON)
