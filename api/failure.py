"""What ends a command: every error becomes a sentence on stderr and an exit code, mapped here and nowhere else.

0 done · 1 not found · 2 project file or usage · 3 sources · 4 linking · 5 store or disk · 6 `clew health` fails
7 held as a plan · 70 a fault of the program · 130 stopped by Ctrl-C · 141 nobody reads the output any more
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from rich.console import Console
from rich.text import Text

from api.render.words import safe
from engine.errors import ClewError, StateError

log = logging.getLogger("clew")

UNHEALTHY, FAULT, STOPPED, UNREAD = 6, 70, 130, 141

_TEMPORARY = ", or point TMPDIR to a larger disk"
_NO_MEMORY = "there is not enough memory: close other programs, or use a larger machine"
#: What the database engine says of a machine at its limits -> what to do.
_LIMITS = {
    r"out of memory error|failed to allocate": _NO_MEMORY,
}


@contextmanager
def told(debug: bool) -> Iterator[None]:
    """Turn whatever is raised inside into a message and `typer.Exit`; with `debug`, let its traceback through."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes again at its end, and must have somewhere to do so.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(UNREAD) from None
    except KeyboardInterrupt:
        _stop()
    except ClewError as error:
        _stop_if_interrupted(error)
        if debug:
            raise
        if error.exit_code == FAULT:
            _fault(error)
        _say(str(error))
        raise typer.Exit(error.exit_code) from None
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        # Usage errors are the command line's own: it shows them itself.
        if hasattr(error, "exit_code"):
            raise
        _stop_if_interrupted(error)
        if debug:
            raise
        limit = _limit(error)
        if limit is None:
            _fault(error)
        _say(f"{limit}. What was published last, if anything, stands.")
        raise typer.Exit(StateError.exit_code) from None


def _stop() -> NoReturn:
    _say("stopped; what was published last, if anything, stands")
    raise typer.Exit(STOPPED) from None


def _stop_if_interrupted(error: Exception) -> None:
    """Ctrl-C comes as an error of the statement that it broke off."""
    from engine.compute.failure import interrupted

    if interrupted(error):
        _stop()


def _limit(error: Exception) -> str | None:
    from engine.compute.failure import damaged_table, full_disk

    table = damaged_table(error)
    if table is not None:
        return (
            f"{table} is gone or damaged. Put the run's folder back from a backup, or run again; where a run needs the "
            "table, move the folder of runs and state.db away first: customer ids then start anew"
        )
    full = full_disk(error)
    if full is not None:
        where = f"{full}: " if full else ""
        return f"{where}the disk is full: make room{_TEMPORARY if full.startswith(tempfile.gettempdir()) else ''}"
    if isinstance(error, OSError):
        said = (error.strerror or str(error)).lower()
        return f"{error.filename}: {said}" if error.filename else None
    if isinstance(error, MemoryError):
        return _NO_MEMORY
    return next((text for pattern, text in _LIMITS.items() if re.search(pattern, str(error), re.IGNORECASE)), None)


def _fault(error: Exception) -> None:
    """Tell a fault of the program: a reference and how to see more, and no data that the error's text may hold."""
    reference = secrets.token_hex(4)
    log.debug("fault %s", reference, exc_info=error)
    _say(
        f"something went wrong inside Clew ({type(error).__name__}, reference {reference}).\n"
        "The earlier answer stands. Run the same with --debug to see where, and please report that."
    )
    raise typer.Exit(FAULT) from None


def _say(message: str) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for number, line in enumerate(message.splitlines()):
        console.print(Text("clew: " if number == 0 else "      ", style="bold red").append(safe(line), style="default"))
