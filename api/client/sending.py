"""How a call is sent, whichever face sends it: as steps, each of which is a request to send or a time to wait.

What may be sent twice is sent again where the server is busy or can't be reached: after the time that the server says,
else after one that doubles, of which half and a random part is waited: long enough for a server that is started anew,
and many callers don't come again at one moment.
"""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Generic, TypeVar

import httpx
from pydantic import BaseModel

from api.client.errors import ApiError, BusyError, NoAnswerError, ProblemError, problem
from engine.errors import ConfigError

T = TypeVar("T", bound=BaseModel)

#: Answers after which what may be sent twice is sent again.
_AGAIN = frozenset({429, 503})
#: Seconds: the first wait at most, any that is computed, and one that a server may ask for.
_FIRST, _LONGEST, _PATIENCE = 0.5, 8.0, 60.0

#: A request to send, or seconds to wait; what came of it; the answer.
Steps = Generator[httpx.Request | float, httpx.Response | httpx.RequestError | None, T]


@dataclass(frozen=True)
class Call(Generic[T]):
    """What is asked: the answer's `model`, and whether it may be sent `twice`."""

    method: str
    path: str
    model: type[T]
    query: dict[str, Any] = field(default_factory=dict, repr=False)
    body: dict[str, Any] | None = field(default=None, repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    twice: bool = True


class Sender:
    """Makes the steps of calls to one server."""

    def __init__(self, url: str, key: str | Callable[[], str] | None, retries: int, remembered: int) -> None:
        try:
            self.url = httpx.URL(url.rstrip("/"))
        except (httpx.InvalidURL, UnicodeError):
            self.url = httpx.URL()
        # What stands before a host would be shown with it.
        if self.url.scheme not in ("http", "https") or not self.url.host or self.url.userinfo:
            raise ConfigError("that is no server's address: write it as http://127.0.0.1:8000")
        self._key = key if key is None or callable(key) else in_header("key", key)
        self._retries = retries
        self._remembered = remembered
        self._known: OrderedDict[httpx.URL, tuple[str, bytes]] = OrderedDict()

    def steps(self, call: Call[T]) -> Steps[T]:
        """Send a call until it is answered. Errors: ApiError; ConfigError for what can't be sent."""
        tries = 0
        while True:
            request = self._request(call)
            came = yield request
            if isinstance(came, httpx.Response) and (found := self._read(call, request, came)) is not None:
                return found
            error = _error(came)
            wait = error.retry_after if isinstance(error, ProblemError) else None
            again = isinstance(came, httpx.TransportError) or (isinstance(error, BusyError) and error.status in _AGAIN)
            if not (again and call.twice) or tries == self._retries or (wait or 0) > _PATIENCE:
                raise error from None
            most = min(_FIRST * 2**tries, _LONGEST)
            yield wait if wait is not None else random.uniform(most / 2, most)  # noqa: S311  # nosec B311 # no secret
            tries += 1

    def _request(self, call: Call[T]) -> httpx.Request:
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "clew", **call.headers}
        if self._key is not None:
            # In this header httpx hides it where it shows headers.
            key = in_header("key", self._key()) if callable(self._key) else self._key
            headers["Authorization"] = f"Bearer {key}"
        query = {name: value for name, value in call.query.items() if value is not None}
        try:
            url = self.url.copy_with(path=f"{self.url.path.rstrip('/')}{call.path}").copy_merge_params(query)
            if call.method == "GET" and url in self._known:
                headers["If-None-Match"] = self._known[url][0]
            return httpx.Request(call.method, url, headers=headers, json=call.body)
        except UnicodeEncodeError:
            raise ConfigError("a text holds half a character (a lone surrogate), which can't be sent") from None
        except httpx.InvalidURL:
            raise ConfigError("a text is too long for an address") from None

    def _read(self, call: Call[T], request: httpx.Request, came: httpx.Response) -> T | None:
        """The answer, if it is one; an answer that hasn't changed isn't sent again."""
        if came.status_code == 304 and request.url in self._known:
            self._known.move_to_end(request.url)
            return call.model.model_validate_json(self._known[request.url][1])
        if not came.is_success:
            return None
        try:
            found = call.model.model_validate_json(came.content)
        except ValueError:
            raise ApiError(f"what {self.url.host} answers is no {call.model.__name__} of Clew's") from None
        if call.method == "GET" and "etag" in came.headers and self._remembered:
            self._known[request.url] = (came.headers["etag"], came.content)
            while len(self._known) > self._remembered:
                self._known.popitem(last=False)
        return found


def in_header(what: str, text: str) -> str:
    """A text as a header may hold it, without the line's end that it has out of a file. Errors: ConfigError."""
    text = text.strip()
    if not text or not text.isascii() or not text.isprintable():
        raise ConfigError(f"that is no {what}: it is empty, or holds other characters than ASCII's on one line")
    return text


def _error(came: httpx.Response | httpx.RequestError | None) -> NoAnswerError | ProblemError:
    """The error that came is. What httpx says of it may hold the address, and so what was asked for."""
    if isinstance(came, httpx.Response):
        return problem(came, _wait(came.headers.get("retry-after", "")))
    return NoAnswerError(f"the server gives no answer: {type(came).__name__}")


def _wait(text: str) -> float | None:
    """What Retry-After says: seconds, or a date."""
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
