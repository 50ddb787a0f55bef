"""What happens to every request before and after its route: it gets an id and limits, and what goes wrong is told."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import time

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.logs import FIELDS
from api.http.metrics import Metrics
from api.http.problems import Problem, of_any
from api.http.settings import Settings
from api.http.tracing import Spans

log = logging.getLogger("clew.http.requests")

#: What a caller may call a request: less than a key is long, which no log may hold.
_ID = re.compile(r"[A-Za-z0-9_.-]{1,48}")
#: What every answer is sent with, unless it has its own.
_HEADERS = (
    (b"cache-control", b"private, no-cache"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)


class Traffic:
    """The outermost layer."""

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics, spans: Spans | None = None) -> None:
        self.app = app
        self.settings = settings
        self.metrics = metrics
        self.spans = spans

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["clew.method"] = scope["method"]
        if scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        headers = Headers(scope=scope)
        if self.spans is None:
            await self._answer(scope, receive, send, headers)
            return
        with self.spans.request(scope["clew.method"], headers) as answered:
            status = await self._answer(scope, receive, send, headers)
            answered(_route(scope), status)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> int:
        """Answer a request, count and log it; gives the status."""
        given = headers.get("x-request-id", "")
        scope["clew.request_id"] = request_id = given if _ID.fullmatch(given) else secrets.token_hex(8)
        status, began = 0, time.perf_counter()

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                sent = message["headers"]
                own = {name for name, _ in sent}
                sent += [(name, value) for name, value in _HEADERS if name not in own]
                sent.append((b"x-request-id", request_id.encode()))
            await send(message)

        self.metrics.waiting.inc()
        try:
            await self.app(scope, self._limited(receive, headers), sending)
        except Exception as error:
            if status:
                raise
            await of_any(error).response(request_id)(scope, receive, sending)
        finally:
            self.metrics.waiting.dec()
            self._tell(scope, status, time.perf_counter() - began)
        return status

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        """Count a request and log it: its route, not its address, which may hold somebody's."""
        route = _route(scope)
        self.metrics.count(scope["clew.method"] if route != "none" else "any", route, status, seconds)
        if log.isEnabledFor(logging.INFO):
            told = {
                "request_id": scope["clew.request_id"],
                "method": scope["clew.method"],
                "route": route,
                "status": status,
                "ms": round(seconds * 1000, 3),
                "caller": scope.get("clew.caller"),
            }
            log.info("request", extra={FIELDS: told})

    def _limited(self, receive: Receive, headers: Headers) -> Receive:
        """What is read of a body: no more than the limit, and not for longer, however slowly it drips."""
        most, taken, whole = self.settings.body, 0, False
        deadline = asyncio.get_running_loop().time() + self.settings.seconds
        announced = headers.get("content-length", "0")
        too_large = Problem(413, "too-large", f"A body may have {most:,} bytes.", headers={"Connection": "close"})

        async def receiving() -> Message:
            nonlocal taken, whole
            if whole:
                return await receive()
            if announced.isdigit() and int(announced) > most:
                raise too_large
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise Problem(408, "too-slow", "The body took too long.", headers={"Connection": "close"}) from None
            taken += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if taken > most:
                raise too_large
            return message

        return receiving


def _without_body(send: Send) -> Send:
    async def sending(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return sending


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", "none"))
