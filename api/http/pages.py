"""Pages of a long answer, by a cursor that holds a place in one run's answer and nothing personal."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

from api.http.problems import Problem

T = TypeVar("T")

#: What a cursor looks like.
CURSOR = r"^[0-9a-f]{12}\.[0-9]{1,12}$"


def page(found: Sequence[T], run: str | None, cursor: str | None, limit: int) -> tuple[Sequence[T], str | None]:
    """The part of an answer that a cursor points at, and the cursor of the next part.

    Raises a Problem for a cursor of another run: the pages of two runs don't fit together.
    """
    start = place(run, cursor)
    end = start + limit
    return found[start:end], following(run, end) if end < len(found) else None


def place(run: str | None, cursor: str | None) -> int:
    """How much of a run's answer comes before the part that a cursor points at. Raises a Problem as `page` does."""
    if cursor is None:
        return 0
    of, _, number = cursor.partition(".")
    if of != _mark(run):
        raise Problem(409, "other-run", "A run was published since the page before: begin again without a cursor.")
    return int(number)


def following(run: str | None, end: int) -> str:
    """The cursor of the part that begins there."""
    return f"{_mark(run)}.{end}"


def _mark(run: str | None) -> str:
    return blake2b((run or "").encode(), digest_size=6).hexdigest()
