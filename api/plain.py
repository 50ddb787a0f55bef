"""Answers as plain values, ready for JSON: the same form in `--json`, in notebooks and over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any


def plain(value: Any) -> Any:
    """Turn dataclasses and named tuples into dicts, other tuples into lists, times into ISO 8601 UTC, paths into text.

    Times without a zone are in UTC.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: plain(item) for name, item in zip(value._fields, value, strict=True)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        moment = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return moment.isoformat() + "Z"
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Path) else value


class Plain:
    """A result that can say itself in plain values."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {name: plain(getattr(self, name)) for name in self.__dataclass_fields__}  # type: ignore[attr-defined]
