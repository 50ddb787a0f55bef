"""Who asks, and what they may: by a key, or on this machine alone the local user as long as there are no keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from api.http.problems import Problem
from api.http.settings import LOOPBACK
from api.http.tokens import Tokens, refused
from api.project.actor import actor_at_work
from engine.state.keys import PREFIX, SCOPES, Ring


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the id of the key or subject, None for the local user; its name, what it may, and its own rate."""

    key_id: str | None
    name: str
    scopes: frozenset[str]
    rate: float | None = None

    @property
    def personal(self) -> bool:
        """Whether personal values are shown."""
        return "read-personal" in self.scopes


def local_user() -> Caller:
    """Whoever is at this machine, and may do anything there already."""
    return Caller(None, actor_at_work(), frozenset(SCOPES))


class Door:
    """Lets callers in."""

    def __init__(self, local: bool, tokens: Tokens | None = None) -> None:
        self.ring = Ring(())
        self._tokens = tokens
        self._local = local_user() if local and tokens is None else None

    async def enter(self, request: Request) -> Caller:
        """Who sends a request. Raises a Problem where that is nobody who may."""
        keys, tokens = request.headers.getlist("x-api-key"), _bearers(request)
        sent = {*keys, *tokens}
        if len(sent) > 1:
            raise refused("Two keys are sent: send one.")
        text = next(iter(sent), "")
        if not text and self._local is not None and not len(self.ring):
            _check_local(request)
            return self._local
        if not text:
            raise refused("This needs a key: send it as X-API-Key, or as a bearer token.")
        if not keys and self._tokens is not None and not text.startswith(PREFIX):
            subject, scopes = await self._tokens.read(text)
            # Named such that it is no key's name.
            return Caller(f"oidc:{subject}", f"oidc:{subject}", scopes)
        key = self.ring.find(text)
        if key is None:
            raise refused("This key isn't known.")
        ended = key.ended(datetime.now(UTC).replace(tzinfo=None))
        if ended is not None:
            raise refused(f"This key is {ended}.")
        return Caller(key.key_id, key.name, key.may, key.rate)


def _bearers(request: Request) -> list[str]:
    given = (header.partition(" ") for header in request.headers.getlist("authorization"))
    return [token for kind, _, rest in given if kind.lower() == "bearer" and (token := rest.strip())]


def _check_local(request: Request) -> None:
    """A page of another place, in a browser of this machine, is not the local user.

    Neither under a name that was made to point here, nor by a request that the browser sends for it.
    """
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname
    if host not in LOOPBACK:
        raise Problem(421, "misdirected", "Without keys only this machine is answered, by the name localhost.")
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Problem(403, "not-allowed", "Without keys pages of other places aren't answered.")


def may(scope: str, tokens: float = 1) -> Callable[[Request], Awaitable[Caller]]:
    """A dependency: who asks, who must have a scope. Tokens are what the request costs of the key's rate."""

    async def dependency(request: Request) -> Caller:
        found: Caller = await request.app.state.door.enter(request)
        request.scope["clew.caller"] = found.name
        if scope not in found.scopes:
            raise Problem(403, "not-allowed", f"This key lacks the scope {scope}.", scope=scope)
        if found.key_id is not None:
            request.app.state.buckets.take(found.key_id, found.rate, tokens)
        return found

    return dependency


reader = may("read")
Reader = Annotated[Caller, Depends(reader)]
#: Reads what takes the database engine.
SlowReader = Annotated[Caller, Depends(may("read", 10))]

__all__ = ["Caller", "Door", "Reader", "SlowReader", "may", "reader"]
