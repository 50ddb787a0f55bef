"""Answers as plain values and as JSON: the same form in `--json`, in notebooks and over HTTP."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import orjson

# What Clew has many of are named tuples and dataclasses with a shape of their own, which the encoder asks us for.
_OPTIONS = orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS


def encode(value: Any) -> bytes:
    """JSON of dataclasses, named tuples (as objects), times (ISO 8601; without a zone they are in UTC) and paths."""
    return orjson.dumps(value, default=_shape, option=_OPTIONS)


def plain(value: Any) -> Any:
    """The same in plain values: dicts, lists, texts and numbers."""
    return orjson.loads(encode(value))


def _shape(value: Any) -> Any:
    """One level of what the encoder doesn't know."""
    if isinstance(value, tuple):
        named = getattr(value, "_asdict", None)
        return named() if named else list(value)
    if isinstance(value, Plain):
        return value.shape()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no plain value")


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
