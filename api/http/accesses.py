"""Who was shown whom, written down in batches, so that an answer doesn't wait for the disk.

What a process that is killed may lose are the accesses of its last moments: those noted since the batch before, which
is EVERY seconds plus the time of one commit, or LONGEST where that takes longer. A server that stops by itself writes
all of them. Where the log can't be written, or not in that time, nobody is shown anything any more.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from pathlib import Path

from api.http.problems import unavailable
from engine.errors import StateError
from engine.state.accesses import Accessed, AccessLog

log = logging.getLogger("clew.http")

#: Seconds between two batches.
EVERY = 0.1
#: Seconds that a commit may take, as long as another process holds the log, before questions are refused.
LONGEST = 5.0
#: Accesses that may wait for the disk before questions are refused.
MOST = 100_000


class Accesses:
    """Notes accesses from any thread, and writes them from one of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._noted: deque[Accessed] = deque()
        self._log: AccessLog | None = None
        self._failing = False
        self._since: float | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write_on, name="clew-access", daemon=True)

    def open(self) -> None:
        """Begin to write."""
        self._thread.start()

    def close(self) -> None:
        """Write what is left, and end."""
        self._over.set()
        self._thread.join()

    def check(self) -> None:
        """Raise a Problem where accesses can't be written down: then nobody is shown."""
        since = self._since
        if since is not None and time.monotonic() - since > LONGEST:
            raise unavailable("Another process holds the access log, so nobody is shown until that is done.")
        if self._failing or len(self._noted) > MOST:
            raise unavailable("The access log can't be written, so nobody is shown. The operator's log says why.")

    @property
    def unwritten(self) -> int:
        """Accesses that wait for the disk."""
        return len(self._noted)

    def note(self, access: Accessed) -> None:
        """Have an access written down."""
        self._noted.append(access)

    def _write_on(self) -> None:
        while not self._over.wait(EVERY):
            self._write()
            if self._failing:
                self._over.wait(1.0)
        self._write()
        if self._log is not None:
            self._log.close()

    def _write(self) -> None:
        batch = [self._noted.popleft() for _ in range(len(self._noted))]
        if not batch and not self._failing:
            return
        self._since = time.monotonic()
        try:
            if self._log is None or self._failing:
                self._reopen()
            if self._log is not None:
                self._log.append(batch)
            self._failing = False
        except StateError as error:
            self._noted.extendleft(reversed(batch))
            if not self._failing:
                log.error("%s", error)
            self._failing = True
        finally:
            self._since = None

    def _reopen(self) -> None:
        if self._log is not None:
            self._log.close()
            self._log = None
        self._log = AccessLog(self._folder)
