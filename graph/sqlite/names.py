"""What stands behind the numbers inside `graph.db`, looked up when it is first asked for and then remembered.

Each is a dict that fills itself: nothing costs less where what is asked for is there already.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from graph.answers import moment
from graph.store import Reason

#: Times that are remembered at one time.
_TIMES = 4096


class Words(dict[int | None, str]):
    """Texts that repeat. None is no text. A word never changes in its file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__({None: ""})
        self.connection = connection

    def __missing__(self, number: int) -> str:
        (text,) = self.connection.execute("SELECT text FROM word WHERE id = ?", (number,)).fetchone()
        return self.setdefault(number, text)


class Lists(dict[int | None, tuple[str, ...]]):
    """Words that are JSON lists of texts."""

    def __init__(self, words: Words) -> None:
        super().__init__({None: ()})
        self.words = words

    def __missing__(self, number: int) -> tuple[str, ...]:
        return self.setdefault(number, tuple(json.loads(self.words[number])))


class Times(dict[int | None, datetime | None]):
    """Times by their microseconds since 1970: a customer has many, of which few differ."""

    def __init__(self) -> None:
        super().__init__({None: None})

    def __missing__(self, microseconds: int) -> datetime:
        if len(self) > _TIMES:
            self.clear()
            self[None] = None
        self[microseconds] = time = moment(microseconds)
        return time


#: The number of a value's type, its text, and its own number again if it is nobody's.
Value = tuple[int, str, int | None]


class Values(dict[int, Value]):
    """Values, for one answer: another run may number them otherwise."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__()
        self.connection = connection

    def __missing__(self, number: int) -> Value:
        ask = "SELECT v.type, v.value, s.value FROM value v LEFT JOIN shared s ON s.value = v.id WHERE v.id = ?"
        return self.setdefault(number, self.connection.execute(ask, (number,)).fetchone())


class RecordIds(dict[int, str]):
    """The ids of records, for one answer."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self.words = words

    def __missing__(self, number: int) -> str:
        ask = "SELECT source, key FROM record WHERE id = ?"
        source, key = self.words.connection.execute(ask, (number,)).fetchone()
        return self.setdefault(number, f"{self.words[source]}:{key}")


def splits(record_id: str) -> Iterator[tuple[str, str]]:
    """The source and the key that a record's id may stand for: either may hold colons."""
    at = record_id.find(":")
    while at >= 0:
        yield record_id[:at], record_id[at + 1 :]
        at = record_id.find(":", at + 1)


@lru_cache(maxsize=1 << 16)
def reasons(pattern: str, weights: str) -> tuple[Reason, ...]:
    """The reasons of a match, of what is kept of them: matches differ, but few have reasons of their own."""
    named = zip(_levels(pattern), weights.split(), strict=True)
    return tuple(_reason(comparison, level, weight) for (comparison, level), weight in named)


@lru_cache(maxsize=1 << 16)
def _reason(comparison: str, level: str, weight: str) -> Reason:
    return Reason(comparison, level, None if weight == "null" else float(weight))


@lru_cache(maxsize=1 << 12)
def _levels(pattern: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = json.loads(pattern)
    return found
