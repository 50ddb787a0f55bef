"""Errors as problem details (RFC 9457), made from the error tree, here and nowhere else. None holds a personal value.

Clew's own messages name what was asked for and what holds it, so what is told here is worded by kind.
"""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match

from api.plain import encode
from engine.compute.failure import damaged_table, full_disk
from engine.errors import (
    NO_CUSTOMER,
    ClewError,
    ConfigError,
    ConflictError,
    DiskError,
    EarlyError,
    HeldError,
    NamedError,
    NotFoundError,
    RemainsError,
    RetiredError,
    StateError,
    UnclearError,
    UnderWayError,
)

log = logging.getLogger("clew.http")

#: Seconds after which it is worth asking again, where the store can't answer.
RETRY = 5

_TYPES = {"email": "e-mail", "phone": "phone number", "account": "account id", "loyalty": "loyalty id"}
_UNCLEAR = {
    "unknown": "No record holds this {}.",
    "shared": "This {} is shared by too many, so it says nothing about who somebody is.",
    "unlinkable": "This {} is of a kind that never links (role inbox, placeholder, blocked), or nobody's.",
    "several": "This {} leads to several customers: ask by a customer id or a record.",
}
_WANTED = {
    "json_invalid": "is no JSON",
    # Of a text that is sent as anything else, no field is read.
    "model_attributes_type": "should be an object of JSON, sent as Content-Type: application/json",
    # Cursors alone have a pattern.
    "string_pattern_mismatch": "take `next` of the page before, as it is",
}
_STATUS = {
    400: "Bad request",
    401: "Not authorised",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    408: "Took too long",
    409: "Conflict",
    410: "Gone",
    413: "Too large",
    415: "Unsupported media type",
    421: "Misdirected request",
    422: "Not understood",
    429: "Too many requests",
    431: "Too large",
    500: "A fault of Clew",
    503: "Not available",
    504: "Took too long",
}


class ProblemDetails(BaseModel):
    """What went wrong: RFC 9457. `type` is stable, the texts are for people."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:clew:unknown",
                    "title": "Not found",
                    "status": 404,
                    "detail": "No record holds this e-mail.",
                    "request_id": "6f1c2a90b1d3e4f5",
                }
            ]
        },
    )

    type: str
    title: str
    status: int
    detail: str
    request_id: str | None = None


class Problem(HTTPException):
    """An answer that is a problem."""

    def __init__(
        self, status: int, kind: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.kind = kind
        self.more = more

    def response(self, request_id: str | None) -> Response:
        """As it is sent."""
        title = _STATUS.get(self.status_code, "Not possible")
        told = {"type": f"urn:clew:{self.kind}", "title": title, "status": self.status_code, "detail": self.detail}
        content = encode({**told, **self.more, "request_id": request_id})
        return Response(content, self.status_code, self.headers, "application/problem+json")


def of_error(error: ClewError) -> Problem:
    """The problem that an error of Clew's is."""
    if isinstance(error, RetiredError):
        now = ", ".join(error.now) or "nobody: its records have left all sources, or were erased"
        return Problem(410, "retired", f"This customer id has ended; it is now {now}.", now=list(error.now))
    if isinstance(error, UnclearError):
        if error.why == "unknown" and error.type == "customer":
            return Problem(404, error.why, NO_CUSTOMER)
        return Problem(404, error.why, _UNCLEAR[error.why].format(_TYPES.get(error.type or "", "identifier")))
    if isinstance(error, EarlyError):
        return Problem(404, "too-early", error.told or "Nothing had been run yet then: ask for a later time.")
    if isinstance(error, NotFoundError):
        return Problem(404, "not-found", error.told or "What was asked for isn't there.")
    if isinstance(error, ConfigError):
        return Problem(422, "not-possible", error.told or "What was asked for can't be done with these values.")
    if isinstance(error, NamedError):
        return Problem(409, "name-taken", "This Idempotency-Key is another request's.")
    if isinstance(error, UnderWayError):
        return unavailable("A request of this Idempotency-Key is under way: ask again.", 1)
    if isinstance(error, HeldError | ConflictError):
        detail = "What was asked for contradicts what was decided before, or waits as a plan."
        return Problem(409, "conflict", error.told or detail)
    if isinstance(error, RemainsError):
        # Not 503: whoever asks again is told that there is nobody of that name.
        log.error("%s", error)
        detail = "The person was erased, and something of theirs is left: the operator's log says where."
        return Problem(500, "remains", detail, title="Not all of it was erased")
    if isinstance(error, StateError):
        disk = "The disk is full, read-only or failing." if isinstance(error, DiskError) else "The store can't be used."
        log.warning("%s", error)
        return unavailable(error.told or f"{disk} The operator's log says more; try again later.")
    return fault(error)


def unavailable(detail: str, seconds: int = RETRY) -> Problem:
    """What can't be answered now."""
    return Problem(503, "unavailable", detail, headers={"Retry-After": str(seconds)})


def of_any(error: Exception) -> Problem:
    """The problem that any error is."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, ClewError):
        return of_error(error)
    if damaged_table(error) is not None or full_disk(error) is not None or isinstance(error, OSError | MemoryError):
        log.warning("%s: the store, the disk or the memory can't be used", type(error).__name__)
        return unavailable("The store, the disk or the memory can't be used. Try again later.")
    return fault(error)


def fault(error: BaseException) -> Problem:
    """A fault of the program: a reference, and nothing of what the error's text may hold, in the log either."""
    reference = secrets.token_hex(4)
    where = traceback.extract_tb(error.__traceback__)[-1:]
    place = f"{where[0].filename}:{where[0].lineno}" if where else "nowhere"
    log.error("fault %s: %s at %s", reference, type(error).__name__, place)
    log.debug("fault %s", reference, exc_info=error)
    return Problem(500, "fault", f"Something went wrong inside Clew (reference {reference}): please report it.")


def of_validation(error: RequestValidationError) -> Problem:
    """What was wrong with a request: where, and what is wanted; not what was given."""
    wrong = [{"in": ".".join(map(str, e["loc"][:2])), "wanted": _wanted(e)} for e in error.errors()[:20]]
    first = f"{wrong[0]['in']}: {wrong[0]['wanted']}" if wrong else "the request"
    return Problem(422, "not-understood", f"The request can't be understood: {first}", errors=wrong)


def _wanted(error: Mapping[str, Any]) -> str:
    # The text of some errors may quote what was given.
    return _WANTED.get(error["type"]) or str(error["msg"]).removeprefix("Value error, ")


def of_status(error: HTTPException) -> Problem:
    """What the framework says of a request itself: no such path, no such method."""
    status = error.status_code
    kind = _STATUS.get(status, "not possible").lower().replace(" ", "-")
    # 400 is of a body alone: too deep, numbers too long, no UTF-8.
    detail = "The body can't be read as JSON" if status == 400 else _STATUS.get(status, error.detail)
    return Problem(status, kind, f"{detail}.", headers=error.headers)


def tell(app: FastAPI, routes: Sequence[BaseRoute]) -> None:
    """Have the app, which has these routes, answer every error as a problem."""

    async def not_that_way(request: Request, error: Exception) -> Response:
        # Each route knows its own method alone; whoever asks is told of all that the address has.
        here = (route for route in routes if route.matches(request.scope)[0] is not Match.NONE)
        methods = {method for route in here for method in getattr(route, "methods", ())}
        methods |= {"HEAD"} if "GET" in methods else set()
        problem = of_status(HTTPException(405, headers={"Allow": ", ".join(sorted(methods))}))
        return problem.response(request.scope.get("clew.request_id"))

    def handler(make: Callable[[Any], Problem]) -> Callable[[Request, Exception], Awaitable[Response]]:
        async def handle(request: Request, error: Exception) -> Response:
            return make(error).response(request.scope.get("clew.request_id"))

        return handle

    app.add_exception_handler(Problem, handler(lambda problem: problem))
    app.add_exception_handler(ClewError, handler(of_error))
    app.add_exception_handler(RequestValidationError, handler(of_validation))
    app.add_exception_handler(HTTPException, handler(of_status))
    app.add_exception_handler(405, not_that_way)
    app.add_exception_handler(TimeoutError, handler(lambda _: unavailable("The answer took too long.")))


#: How the OpenAPI document tells of problems.
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "description": _STATUS[status],
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
    }
    for status in (400, 401, 403, 404, 408, 409, 410, 413, 421, 422, 429, 503)
}
