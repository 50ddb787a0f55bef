"""Doing a thing once, however often it is asked for: by a name that the caller gives to the request.

What is kept is which entry of the ledger came of it, and keyed hashes of its name and of what was asked: either may
hold somebody's e-mail, which an erasure wouldn't find there.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from engine.errors import NamedError, UnderWayError
from engine.state.store import State, to_micros

#: How long a name is remembered, and how long after its beginning an act that left no entry was broken off.
REMEMBERED, BROKEN_OFF = timedelta(days=7), timedelta(minutes=1)


def once(state: State, caller: str, name: str, asked: bytes, act: Callable[[], int]) -> int:
    """The entry that an act noted, now or when it was asked for first under this name.

    An act that was broken off may have noted it or not: it is done again then. Errors: NamedError where the name
    was used for something else, UnderWayError where what was asked is under way.
    """
    now = to_micros(datetime.now(UTC))
    digest = _hash(state, asked)
    name = _hash(state, name.encode("utf-8", "surrogatepass")).hex()
    state.change("DELETE FROM once WHERE at < ?", [now - REMEMBERED // timedelta(microseconds=1)])
    mine = [caller, name, digest, now]
    if not state.change("INSERT OR IGNORE INTO once (caller, name, digest, at) VALUES (?, ?, ?, ?)", mine):
        ((before, at, entry),) = state.rows(
            "SELECT digest, at, entry FROM once WHERE caller = ? AND name = ?", [caller, name]
        )
        if not hmac.compare_digest(before, digest):
            raise NamedError("a request of this name asked for something else")
        if entry is not None:
            return int(entry)
        if at > now - BROKEN_OFF // timedelta(microseconds=1):
            raise UnderWayError("a request of this name is under way")
        state.change("UPDATE once SET at = ? WHERE caller = ? AND name = ?", [now, caller, name])
    try:
        entry = act()
    except BaseException:
        state.change("DELETE FROM once WHERE caller = ? AND name = ?", [caller, name])
        raise
    state.change("UPDATE once SET entry = ? WHERE caller = ? AND name = ?", [entry, caller, name])
    return entry


def _hash(state: State, text: bytes) -> bytes:
    return hmac.new(state.key.encode(), text, hashlib.sha256).digest()
