"""One writer at a time: an advisory lock on a file, which the operating system takes back from a process that dies."""

from __future__ import annotations

import fcntl
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from engine.errors import StateError
from engine.state.database import explained

#: Open locks of this process. A forked worker must not keep one alive after its parent was killed.
_HELD: set[int] = set()


def _forget() -> None:
    for descriptor in _HELD:
        os.close(descriptor)
    _HELD.clear()


os.register_at_fork(after_in_child=_forget)


class WriterLock:
    """Held inside `with`. The file stays behind, empty and unlocked; a second writer is told who holds it.

    `purpose` is what the holder is doing, in words ("clew run").
    """

    def __init__(self, path: Path, purpose: str) -> None:
        self.path = path
        self.purpose = purpose
        self._descriptor = -1

    @property
    def held(self) -> bool:
        """Whether this process holds the lock now."""
        return self._descriptor in _HELD

    def __enter__(self) -> WriterLock:
        with explained(self.path):
            self.path.parent.mkdir(0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 1000, 0).decode(errors="replace").strip()
            os.close(descriptor)
            raise StateError(
                f"{self.path.parent} is being written by {holder or 'another process'}. "
                "Wait for it to end, or stop it; the last published run can be read meanwhile.",
                told="Another process writes to the store, such as a run: nothing was done. Try again when it is done.",
            ) from None
        except OSError as error:
            os.close(descriptor)
            raise StateError(f"{self.path} can't be locked: {error.strerror}. Use a local disk as `store`.") from error
        self._descriptor = descriptor
        _HELD.add(descriptor)
        since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        text = f"{self.purpose} (process {os.getpid()} on {socket.gethostname()}, since {since})\n"
        try:
            with explained(self.path):
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, text.encode(), 0)
        except StateError:
            self._release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.held:
            os.ftruncate(self._descriptor, 0)
            self._release()

    def _release(self) -> None:
        _HELD.discard(self._descriptor)
        os.close(self._descriptor)
        self._descriptor = -1
