"""Who may ask over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

from api.project.actor import actor_at_work
from api.project.opened import Opened
from api.results import KnownKey, KnownKeys, NewKey
from engine.errors import ConfigError
from engine.state import State
from engine.state.keys import Key, create_key, read_keys, revoke_key


class Keys(Opened):
    """Keys: made, listed and revoked. A server that runs goes by it within a second."""

    def create_key(
        self, name: str, scopes: Sequence[str], *, days: float | None = None, rate: float | None = None,
        actor: str | None = None,
    ) -> NewKey:  # fmt: skip
        """Make a key that lasts for some days (None: until it is revoked), for so many requests a second.

        Its text is in the answer and nowhere else. Errors: ConfigError for a wrong scope, name, time or rate.
        """
        if not name.strip() or len(name) > 100:
            raise ConfigError("a key needs a name of 1 to 100 characters, such as the program's that will use it")
        if (days is not None and not 0 < days <= 36_500) or (rate is not None and not 0 < rate <= 1e6):
            raise ConfigError("days and rate have to be more than 0, and no more than 36500 and 1000000")
        expires = None if days is None else datetime.now(UTC).replace(tzinfo=None) + timedelta(days=days)
        with State.open(self.layout.store) as state:
            made = create_key(state, name.strip(), scopes, actor=actor or actor_at_work(), rate=rate, expires=expires)
        return NewKey(_known(made[0]), made[1])

    def keys(self) -> KnownKeys:
        """All keys, oldest first, those that have ended too."""
        with State.find(self.layout.store) or nullcontext() as state:
            return KnownKeys(tuple(_known(key) for key in read_keys(state)) if state else ())

    def revoke_key(self, key_id: str) -> KnownKey:
        """End a key for good. Errors: NotFoundError."""
        with State.open(self.layout.store) as state:
            return _known(revoke_key(state, key_id))


def _known(key: Key) -> KnownKey:
    told = {name: value for name, value in vars(key).items() if name != "digest"}
    return KnownKey(**told, ended=key.ended(datetime.now(UTC).replace(tzinfo=None)))
