"""HTTP as it comes in, with an end to what a caller may send before there is a request to refuse."""

from __future__ import annotations

import asyncio
import math
import resource
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.http.problems import Problem, unavailable

#: Bytes of a request's line and headers.
HEAD = 65_536
#: Seconds in which these have to arrive, and some of an answer has to be taken.
PATIENCE = 20.0
#: Files that a worker has open, or will, beside its connections: stores, tables, pipes.
FILES = 100
#: Files that a worker asks to be allowed to have open, where its user may.
MOST = 65_536


def make_room() -> None:
    """Have this process, and those that it begins, be allowed more connections than a shell's usual thousand files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def room() -> float:
    """Connections that may be open at one time: whoever is there already is answered from files that can be opened."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return math.inf if soft == resource.RLIM_INFINITY else soft - FILES


class Bounded(HttpToolsProtocol):
    """Closes connections that are too many, whose head is too large or comes too slowly, or who don't read."""

    _taken = 0
    _in_head = True
    _timer: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody connects, and has to say what they want."""
        super().connection_made(transport)
        if len(self.connections) > room():
            self._refuse(unavailable("Too many connections are open.", 1))
            return
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """They are gone."""
        self._done()
        if self._unread is not None:
            self._unread.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """More is to be read than fits on the way: they have to take some of it."""
        self._unread = self.loop.call_later(PATIENCE, self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        """They have."""
        if self._unread is not None:
            self._unread.cancel()
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        """A part of a request."""
        if self._in_head:
            self._taken += len(data)
            if self._timer is None:
                self._expect()
        super().data_received(data)
        if self._in_head and self._taken > HEAD and not self.transport.is_closing():
            self.send_400_response("The request's headers are too large.")

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._in_head = False
        self._done()
        # What was taken may hold a part of the body, too.
        if self._taken > HEAD and sum(len(name) + len(value) + 4 for name, value in self.headers) > HEAD:
            self.headers.clear()
            self.send_400_response("The request's headers are too large.")
            return
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """A request is whole; another one may follow."""
        if not self.transport.is_closing():
            super().on_message_complete()
        self._in_head, self._taken = True, 0

    def send_400_response(self, msg: str) -> None:
        """What can't be read is a problem like any other."""
        self._refuse(Problem(400, "bad-request", msg))

    def _refuse(self, problem: Problem) -> None:
        told = problem.response(None)
        told.headers["Connection"] = "close"
        head = b"".join(name + b": " + value + b"\r\n" for name, value in told.raw_headers)
        status = f"HTTP/1.1 {told.status_code} {HTTPStatus(told.status_code).phrase}\r\n".encode()
        self.transport.write(status + head + b"\r\n" + bytes(told.body))
        self.transport.close()

    def _expect(self) -> None:
        self._timer = self.loop.call_later(PATIENCE, self.transport.close)

    def _done(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
