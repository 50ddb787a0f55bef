"""The result that every identifier function gives, and the words for how far it may be trusted."""

from __future__ import annotations

from typing import NamedTuple

#: Statuses from best to worst; only the first two may link.
STATUSES = ("ok", "weak", "role", "disposable", "placeholder", "blocked", "invalid")
LINKING = ("ok", "weak")


class Identifier(NamedTuple):
    """A canonical identifier: `value` links, `display` is for people, `detail` says more (a phone's line type)."""

    type: str
    value: str
    display: str
    status: str
    detail: str | None = None
