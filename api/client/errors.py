"""What goes wrong when a server is asked, one tree.

    ApiError                  no answer that could be used
    ├── NoAnswerError         the server couldn't be reached, or didn't answer in time
    └── ProblemError          the server says what is wrong (RFC 9457)
        ├── RefusedError      the key isn't known, or may not do this                       (401, 403)
        ├── AbsentError       what was asked for isn't there, or leads to no one customer   (404)
        │   └── EndedError    a customer id that has ended; `now` is where it went          (410)
        ├── ClashError        it contradicts what stands, or the pages of two runs don't fit (409)
        └── BusyError         not now: `retry_after` says when to come again                (408, 429, 503)

None of them repeats what was asked for, or holds the key.
"""

from __future__ import annotations

from typing import Any

import httpx

from engine.errors import ClewError


class ApiError(ClewError):
    """A server was asked, and gave no answer that could be used."""


class NoAnswerError(ApiError):
    """The server couldn't be reached, or didn't answer in time."""


class ProblemError(ApiError):
    """The server says what is wrong.

    `type` is stable (`urn:clew:unknown`, ...), `title` and `detail` are for people, `request_id` finds the request in
    the server's log, and `more` has what else this problem tells.
    """

    def __init__(self, status: int, told: dict[str, Any], retry_after: float | None = None) -> None:
        more = dict(told)
        self.status = status
        self.type = str(more.pop("type", "about:blank"))
        self.title = str(more.pop("title", ""))
        self.detail = str(more.pop("detail", ""))
        self.request_id: str | None = more.pop("request_id", None)
        more.pop("status", None)
        self.more = more
        self.retry_after = retry_after
        super().__init__(
            f"{status} {self.title}: {self.detail}" + f" (request {self.request_id})" * bool(self.request_id)
        )


class RefusedError(ProblemError):
    """The key isn't known, or may not do this."""


class AbsentError(ProblemError):
    """What was asked for isn't there, or leads to no one customer."""


class EndedError(AbsentError):
    """A customer id that has ended."""

    @property
    def now(self) -> list[str]:
        """The customers that it has become."""
        return list(self.more.get("now", ()))


class ClashError(ProblemError):
    """It contradicts what stands, or belongs to another run."""


class BusyError(ProblemError):
    """Not now: `retry_after` says in how many seconds to come again, where the server knows."""


_KINDS: dict[int, type[ProblemError]] = {
    401: RefusedError, 403: RefusedError, 404: AbsentError, 408: BusyError, 409: ClashError, 410: EndedError,
    429: BusyError, 503: BusyError,
}  # fmt: skip


def problem(response: httpx.Response, retry_after: float | None) -> ProblemError:
    """The error that an answer is; of something on the way (a proxy), its status alone."""
    try:
        told = response.json()
    except ValueError:
        told = None
    if not isinstance(told, dict):
        told = {"title": response.reason_phrase, "detail": "this is no answer of Clew's"}
    return _KINDS.get(response.status_code, ProblemError)(response.status_code, told, retry_after)
