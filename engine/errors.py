"""The engine's errors, one tree.

    ClewError                 everything that Clew raises on purpose; its text is written for the user
    ├── ConfigError           the project file: file, key, bad value, nearest good one       (exit 2)
    ├── SourceError           a source that can't be read at all: file, column, what to do   (exit 3)
    ├── TableError            a table between two stages lacks columns or has others         (exit 70, our fault)
    ├── LinkError             training or scoring can't go on with this data                 (exit 4)
    ├── StateError            state.db or a run folder: newer version, damaged, held         (exit 5)
    │   ├── HeldError         a run that waits as a plan, to be looked at before it is applied   (exit 7)
    │   ├── ConflictError     a decision that contradicts others, or was ended already       (exit 5)
    │   │   └── NamedError    a request's name that is another's                             (exit 5)
    │   ├── UnderWayError     a request that was sent before and isn't answered yet          (exit 5)
    │   ├── RemainsError      somebody was erased, and something of theirs is left           (exit 5)
    │   └── DiskError         a disk that is full, read-only or failing: nothing was written (exit 5)
    └── NotFoundError         the thing asked for isn't there: identifier, customer, run     (exit 1)
        ├── UnclearError      an identifier that leads to no one customer: to none or to several
        └── RetiredError      a customer id that has ended; it knows where that went

`exit_code` is what the command line exits with. A message says what is wrong, where, and what to do. `told` says as
much of it as callers over a network may hear: without any value that was asked for, or that the data hold.
"""

from __future__ import annotations

from typing import Literal

#: What is told of a customer id that nobody has or had.
NO_CUSTOMER = "There is no customer of this id: look for a mistyped character."


class ClewError(Exception):
    """Base of all errors that Clew raises on purpose."""

    exit_code = 1

    def __init__(self, message: str = "", *, told: str | None = None) -> None:
        super().__init__(message)
        self.told = told


class ConfigError(ClewError):
    """The project file is wrong."""

    exit_code = 2


class SourceError(ClewError):
    """A source can't be read at all."""

    exit_code = 3


class LinkError(ClewError):
    """Training or scoring can't go on with this data."""

    exit_code = 4


class StateError(ClewError):
    """The record of runs and decisions can't be read or written."""

    exit_code = 5


class HeldError(StateError):
    """A run that would change too much at once, or that somebody else has to approve, waits as a plan."""

    exit_code = 7


class ConflictError(StateError):
    """What was asked for contradicts what stands."""


class NamedError(ConflictError):
    """A request was sent under the name of another one."""


class UnderWayError(StateError):
    """A request was sent again before the first of its name was answered."""


class RemainsError(StateError):
    """Somebody was erased, and something of theirs is left where Clew can't take it away."""


class DiskError(StateError):
    """The disk is full, read-only or failing; what was there before stands."""


class TableError(ClewError):
    """A table that crosses a stage doesn't have its declared columns: a fault of the program."""

    exit_code = 70


class NotFoundError(ClewError):
    """What was asked for isn't there."""

    exit_code = 1


class EarlyError(NotFoundError):
    """Nothing had been run yet at the time asked about."""


class UnclearError(NotFoundError):
    """What was asked leads to no one customer. `why` holds no value, and `type` is what the text was understood as."""

    def __init__(
        self, message: str, why: Literal["unknown", "shared", "unlinkable", "several"], type: str | None = None
    ) -> None:
        super().__init__(message)
        self.why = why
        self.type = type


class RetiredError(NotFoundError):
    """A customer id that has ended: `now` are the living customers that it has become."""

    def __init__(self, message: str, now: tuple[str, ...]) -> None:
        super().__init__(message)
        self.now = now
