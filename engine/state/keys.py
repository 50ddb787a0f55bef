"""Keys by which programs ask over HTTP: made at random, shown once, kept as hashes, with scopes and an end.

A key is 256 random bits, so that SHA-256 is the right hash for it: there is nothing to guess that a slow hash would
protect, as there is in a password that people choose, and every request pays for the hash.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from engine.errors import ConfigError, NotFoundError
from engine.state.store import State, from_micros, to_micros

#: Scope -> the others that it holds; docs/api.md says what each may do.
SCOPES: dict[str, tuple[str, ...]] = {
    "read": (),
    "read-personal": ("read",),
    "write": ("read",),
    "decide": ("read",),
    "erase": ("read", "read-personal"),
    "admin": ("read", "read-personal", "write", "decide", "erase"),
}
#: What the text of every key begins with.
PREFIX = "clew_"
_ID, _SECRET = 4, 32


@dataclass(frozen=True)
class Key:
    """A key, without what it is. Times are UTC; `rate` is in requests a second, None for the server's own."""

    key_id: str
    name: str
    scopes: tuple[str, ...]
    rate: float | None
    created: datetime
    actor: str
    expires: datetime | None
    revoked: datetime | None
    digest: bytes

    @property
    def may(self) -> frozenset[str]:
        """All that the key may do."""
        return all_scopes(self.scopes)

    def ended(self, now: datetime) -> str | None:
        """How the key has ended: `revoked`, `expired`, or None."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and self.expires <= now else None


def all_scopes(scopes: Iterable[str]) -> frozenset[str]:
    """Scopes and those that they hold."""
    return frozenset(held for scope in scopes for held in (scope, *SCOPES.get(scope, ())))


def check_scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    """The scopes, each once. Errors: ConfigError for none, and for one that there isn't."""
    found = tuple(dict.fromkeys(scopes))
    for scope in found:
        if scope not in SCOPES:
            raise ConfigError(f"{scope!r} is no scope: there are {', '.join(SCOPES)}")
    if not found:
        raise ConfigError(f"a key needs a scope: {', '.join(SCOPES)}")
    return found


def create_key(
    state: State, name: str, scopes: Iterable[str], *, actor: str, rate: float | None = None,
    expires: datetime | None = None,
) -> tuple[Key, str]:  # fmt: skip
    """Make a key; returns it and its text, which is kept nowhere. Errors: ConfigError for a wrong scope."""
    now = datetime.now(UTC).replace(tzinfo=None)
    text = f"{PREFIX}{secrets.token_hex(_ID)}_{secrets.token_urlsafe(_SECRET)}"
    key_id, digest = _parts(text) or ("", b"")
    key = Key(key_id, name, check_scopes(scopes), rate, now, actor, expires, None, digest)
    end = None if expires is None else to_micros(expires)
    state.change(
        "INSERT INTO api_key (id, name, hash, scopes, rate, created, actor, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [key_id, name, digest, " ".join(key.scopes), rate, to_micros(now), actor, end],
    )
    return key, text


def revoke_key(state: State, key_id: str) -> Key:
    """End a key for good; one that had ended stays as it was. Errors: NotFoundError."""
    state.change(
        "UPDATE api_key SET revoked = ? WHERE id = ? AND revoked IS NULL", [to_micros(datetime.now(UTC)), key_id]
    )
    for key in read_keys(state):
        if key.key_id == key_id:
            return key
    raise NotFoundError(f"there is no key {key_id}: `clew keys list` has them")


def read_keys(state: State) -> list[Key]:
    """All keys, oldest first, those that have ended too."""
    rows = state.rows(
        "SELECT id, name, scopes, rate, created, actor, expires, revoked, hash FROM api_key ORDER BY created, id"
    )
    return [
        Key(key_id, name, tuple(scopes.split()), rate, from_micros(created), actor, _at(expires), _at(revoked), digest)
        for key_id, name, scopes, rate, created, actor, expires, revoked, digest in rows
    ]


def _at(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


class Ring:
    """Keys to find one in by its text."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = {key.key_id: key for key in keys}

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, text: str) -> Key | None:
        """The key of a text, even if it has ended; the time that it takes tells nothing about any key's secret."""
        parts = _parts(text)
        key = self._keys.get(parts[0]) if parts else None
        if parts is None or key is None or not hmac.compare_digest(parts[1], key.digest):
            return None
        return key


def _parts(text: str) -> tuple[str, bytes] | None:
    """The id and the hash of a text that could be a key."""
    key_id, _, secret = text.removeprefix(PREFIX).partition("_")
    if not text.startswith(PREFIX) or len(key_id) != 2 * _ID or not secret:
        return None
    return key_id, hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
