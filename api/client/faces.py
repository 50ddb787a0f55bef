"""The client's two faces. What they may ask is written once, in `api.client.calls`; here it is sent, and waited for."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Generic, ParamSpec, Self, TypeVar

import httpx
from pydantic import BaseModel

from api.client import calls
from api.client.calls import Pages
from api.client.sending import Call, Sender, Steps

A = ParamSpec("A")
M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")

#: Seconds: longer than a server takes at most for an answer, and until it takes the connection.
_TIMEOUT = httpx.Timeout(40, connect=5)


class _Asked(Generic[A, M]):
    def __init__(self, make: Callable[A, Call[M]]) -> None:
        self.make = make

    def __get__(self, client: Client, owner: type | None = None) -> Callable[A, M]:
        def ask(*args: A.args, **named: A.kwargs) -> M:
            return client.send(self.make(*args, **named))

        return functools.update_wrapper(ask, self.make)


class _EachAsked(Generic[A, M, T]):
    def __init__(self, make: Callable[A, Pages[M, T]]) -> None:
        self.make = make

    def __get__(self, client: Client, owner: type | None = None) -> Callable[A, Iterator[T]]:
        def each(*args: A.args, **named: A.kwargs) -> Iterator[T]:
            pages = self.make(*args, **named)
            call: Call[M] | None = pages.first
            while call is not None:
                page = client.send(call)
                yield from pages.items(page)
                call = pages.after(page)

        return functools.update_wrapper(each, self.make)


class _Awaited(Generic[A, M]):
    def __init__(self, make: Callable[A, Call[M]]) -> None:
        self.make = make

    def __get__(self, client: AsyncClient, owner: type | None = None) -> Callable[A, Awaitable[M]]:
        async def ask(*args: A.args, **named: A.kwargs) -> M:
            return await client.send(self.make(*args, **named))

        return functools.update_wrapper(ask, self.make)


class _EachAwaited(Generic[A, M, T]):
    def __init__(self, make: Callable[A, Pages[M, T]]) -> None:
        self.make = make

    def __get__(self, client: AsyncClient, owner: type | None = None) -> Callable[A, AsyncIterator[T]]:
        async def each(*args: A.args, **named: A.kwargs) -> AsyncIterator[T]:
            pages = self.make(*args, **named)
            call: Call[M] | None = pages.first
            while call is not None:
                page = await client.send(call)
                for item in pages.items(page):
                    yield item
                call = pages.after(page)

        return functools.update_wrapper(each, self.make)


class Client:
    """Asks a server that `clew serve` runs. What it gives back has the types that the server answers with.

    `key` is a key, or gives one (an OIDC token that may have to be renewed) each time it is asked. What may be sent
    twice is sent again up to `retries` times where the server is busy or can't be reached; decisions, too, as each has
    a name of its own. The last `remembered` answers about customers are kept, and not sent again while they hold.
    """

    def __init__(
        self, url: str = "http://127.0.0.1:8000", key: str | Callable[[], str] | None = None, *, retries: int = 4,
        remembered: int = 128, timeout: float | httpx.Timeout = _TIMEOUT, transport: httpx.BaseTransport | None = None,
    ) -> None:  # fmt: skip
        self._sender = Sender(url, key, retries, remembered)
        self._http = httpx.Client(timeout=timeout, transport=transport)

    def __repr__(self) -> str:
        return f"Client({str(self._sender.url)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def send(self, call: Call[M]) -> M:
        """Send a call. Errors: ApiError; ConfigError for what can't be sent."""
        steps: Steps[M] = self._sender.steps(call)
        came: httpx.Response | httpx.RequestError | None = None
        while True:
            try:
                step = steps.send(came)
            except StopIteration as end:
                found: M = end.value
                return found
            if isinstance(step, httpx.Request):
                try:
                    came = self._http.send(step)
                except httpx.RequestError as error:
                    came = error
            else:
                time.sleep(step)

    whois = _Asked(calls.whois)
    whois_brief = _Asked(calls.whois_brief)
    whois_each = _Asked(calls.whois_each)
    search = _Asked(calls.search)
    customer = _Asked(calls.customer)
    customer_as_of = _Asked(calls.customer_as_of)
    records = _Asked(calls.records)
    graph = _Asked(calls.graph)
    timeline = _Asked(calls.timeline)
    each_moment = _EachAsked(calls.each_moment)
    history = _Asked(calls.history)
    how = _Asked(calls.how)
    path = _Asked(calls.path)
    why = _Asked(calls.why)
    runs = _Asked(calls.runs)
    health = _Asked(calls.health)
    changes = _Asked(calls.changes)
    each_change = _EachAsked(calls.each_change)
    audience = _Asked(calls.audience)
    each_addressee = _EachAsked(calls.each_addressee)
    review = _Asked(calls.review)
    decisions = _Asked(calls.decisions)
    decide = _Asked(calls.decide)
    block = _Asked(calls.block)
    undo = _Asked(calls.undo)
    label = _Asked(calls.label)
    access = _Asked(calls.access)
    erase = _Asked(calls.erase)


class AsyncClient:
    """The same for programs that wait for several things at once: `await client.whois(...)`."""

    def __init__(
        self, url: str = "http://127.0.0.1:8000", key: str | Callable[[], str] | None = None, *, retries: int = 4,
        remembered: int = 128, timeout: float | httpx.Timeout = _TIMEOUT,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:  # fmt: skip
        self._sender = Sender(url, key, retries, remembered)
        self._http = httpx.AsyncClient(timeout=timeout, transport=transport)

    def __repr__(self) -> str:
        return f"AsyncClient({str(self._sender.url)!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def send(self, call: Call[M]) -> M:
        """Send a call. Errors: ApiError; ConfigError for what can't be sent."""
        steps: Steps[M] = self._sender.steps(call)
        came: httpx.Response | httpx.RequestError | None = None
        while True:
            try:
                step = steps.send(came)
            except StopIteration as end:
                found: M = end.value
                return found
            if isinstance(step, httpx.Request):
                try:
                    came = await self._http.send(step)
                except httpx.RequestError as error:
                    came = error
            else:
                await asyncio.sleep(step)

    whois = _Awaited(calls.whois)
    whois_brief = _Awaited(calls.whois_brief)
    whois_each = _Awaited(calls.whois_each)
    search = _Awaited(calls.search)
    customer = _Awaited(calls.customer)
    customer_as_of = _Awaited(calls.customer_as_of)
    records = _Awaited(calls.records)
    graph = _Awaited(calls.graph)
    timeline = _Awaited(calls.timeline)
    each_moment = _EachAwaited(calls.each_moment)
    history = _Awaited(calls.history)
    how = _Awaited(calls.how)
    path = _Awaited(calls.path)
    why = _Awaited(calls.why)
    runs = _Awaited(calls.runs)
    health = _Awaited(calls.health)
    changes = _Awaited(calls.changes)
    each_change = _EachAwaited(calls.each_change)
    audience = _Awaited(calls.audience)
    each_addressee = _EachAwaited(calls.each_addressee)
    review = _Awaited(calls.review)
    decisions = _Awaited(calls.decisions)
    decide = _Awaited(calls.decide)
    block = _Awaited(calls.block)
    undo = _Awaited(calls.undo)
    label = _Awaited(calls.label)
    access = _Awaited(calls.access)
    erase = _Awaited(calls.erase)
