"""From an answer to what is sent: masked for those who may not see personal values, written down, and with a tag.

The tag has two parts: what the answer was made from (run, settings, program, address, masked or not), and what it says.
So whoever has an answer of the same run is told that without the work of making it, and whoever has one of an earlier
run that says the same needn't be sent it again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from fastapi import Request, Response

from api.http.callers import Caller
from api.http.masking import mask
from api.plain import encode
from engine.state.accesses import Accessed

JSON = "application/json"


def reply(
    request: Request, caller: Caller, run: str, found: Any, about: Collection[str] = (), *, public: bool = False
) -> Response:
    """An answer of a run, as JSON; `about` are the customers of whom it shows something.

    One that is `public` tells of nobody, and has nothing to be masked.
    """
    state = request.app.state
    _write_down(request, caller, about)
    content = encode(found if public or caller.personal else mask(found, state.desk.secret))
    says = blake2b(content, digest_size=12).hexdigest()
    headers = {
        "Clew-Run": run,
        "ETag": f'"{_made_from(request, caller, run)}.{says}"',
        "Vary": "Authorization, X-API-Key",
    }
    if any(tag.endswith(f".{says}") for tag in _tags(request)):
        return Response(None, 304, headers)
    return Response(content, headers=headers, media_type=JSON)


async def unchanged(request: Request, caller: Caller, about: str) -> Response | None:
    """The answer that nothing has changed, where the caller has one of the run that answers now; else None.

    For answers about one customer that depend on the run alone.
    """
    tags = _tags(request)
    if not tags:
        return None
    run, _ = await request.app.state.desk.ask(lambda project: None)
    made_from = _made_from(request, caller, run)
    for tag in tags:
        if tag.startswith(f"{made_from}."):
            _write_down(request, caller, [about])
            return Response(None, 304, {"Clew-Run": run, "ETag": f'"{tag}"'})
    return None


def _write_down(request: Request, caller: Caller, about: Collection[str]) -> None:
    if not about:
        return
    accesses = request.app.state.accesses
    accesses.check()
    now, action = datetime.now(UTC), f"{request.scope['clew.method']} {request.scope['route'].path}"
    asked = request.scope["clew.request_id"]
    # Once, however many addresses of theirs are shown.
    for customer in dict.fromkeys(about):
        accesses.note(Accessed(now, caller.key_id, caller.name, action, customer, caller.personal, asked))


def _made_from(request: Request, caller: Caller, run: str) -> str:
    address = request.scope["raw_path"] + b"?" + request.scope["query_string"]
    about = (run, request.app.state.desk.version, caller.personal, address)
    return blake2b(repr(about).encode(), digest_size=8).hexdigest()


def _tags(request: Request) -> list[str]:
    given = request.headers.get("if-none-match", "") if request.method == "GET" else ""
    return [tag.strip().removeprefix("W/").strip('"') for tag in given.split(",")] if given else []
