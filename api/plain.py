"""Answers as plain values and as JSON: the same form in `--json`, in notebooks and over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from graph.store import Match, Reason

# What Clew has many of are named tuples and dataclasses with a shape of their own, which the encoder asks us for.
_OPTIONS = orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS


def encode(value: Any) -> bytes:
    """JSON of dataclasses, named tuples (as objects), times (ISO 8601; without a zone they are in UTC) and paths."""
    return orjson.dumps(value, default=shape, option=_OPTIONS)


def plain(value: Any) -> Any:
    """The same in plain values: dicts, lists, texts and numbers."""
    return orjson.loads(encode(value))


def shape(value: Any) -> Any:
    """One level of what the encoder doesn't know. Errors: TypeError for what is no plain value."""
    return _SHAPES[type(value)](value)


class _Shapes(dict[type, Callable[[Any], Any]]):
    """What makes the shape of all values of a kind, found once."""

    def __missing__(self, kind: type) -> Callable[[Any], Any]:
        return self.setdefault(kind, _shaping(kind))


_SHAPES = _Shapes()


def _shaping(kind: type) -> Callable[[Any], Any]:
    if issubclass(kind, Match):
        return _match
    if issubclass(kind, tuple):
        return getattr(kind, "_asdict", list)
    if issubclass(kind, Plain):
        return kind.shape
    if is_dataclass(kind):
        names = [field.name for field in fields(kind)]
        return lambda value: {name: getattr(value, name) for name in names}
    if issubclass(kind, Path):
        return str
    raise TypeError(f"{kind.__name__} is no plain value")


def _match(match: Match) -> dict[str, Any]:
    """A match, whose reasons are written down already, unless they name records of their own."""
    found = match._asdict()
    if not any(reason.record_a or reason.record_b for reason in match.reasons):
        found["reasons"] = _reasons(match.reasons)
    return found


@lru_cache(maxsize=1 << 14)
def _reasons(reasons: tuple[Reason, ...]) -> orjson.Fragment:
    """Reasons as JSON: matches differ, but few have reasons of their own, and these are half of an answer."""
    return orjson.Fragment(encode(reasons))


class Plain:
    """A result that can say itself in plain values."""

    __slots__ = ()

    def shape(self) -> dict[str, Any]:
        """What it says, one level deep: its values may have shapes of their own."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}  # type: ignore[attr-defined]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        found: dict[str, Any] = plain(self)
        return found
