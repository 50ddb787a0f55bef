"""Python processes of the tests' own: a script that runs to its end, and children that may be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_ROOT = Path(__file__).parents[1]
#: Calls `act` in a child with each line of words, tells its number and then how it ended.
_FORK = """
import os, sys
for line in sys.stdin:
    child = os.fork()
    if not child:
        act(*line.rstrip("\\n").split("\\t"))
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def run_apart(script: str, *arguments: str) -> list[str]:
    """The lines that a script prints; it finds Clew and these tests, and must end well."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


class Children:
    """One process after the other that does `act(*words)` of a script, which is imported once for all of them."""

    def __init__(self, script: str, **settings: str) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-c", script + _FORK],
            cwd=_ROOT,
            env={**os.environ, "PYTHONPATH": str(_ROOT), **settings},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def begin(self, *words: object) -> None:
        """Begin one."""
        assert self._parent.stdin is not None
        self._parent.stdin.write("\t".join(map(str, words)) + "\n")
        self._child = self._told()

    def end(self) -> int:
        """Wait for its end; returns its exit code."""
        return self._told()

    def kill(self) -> None:
        """Kill it, unless it has come to its end."""
        with suppress(ProcessLookupError):
            os.kill(self._child, signal.SIGKILL)
        assert self._told() in (0, -signal.SIGKILL)

    def _told(self) -> int:
        assert self._parent.stdout is not None
        line = self._parent.stdout.readline()
        assert line, "the script has failed: see its error above"
        return int(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._parent.kill()
        self._parent.communicate()
