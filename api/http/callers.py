"""Who asks, and what they may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.project.actor import actor_at_work


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    name: str
    scopes: frozenset[str]


async def caller(request: Request) -> Caller:
    """Who sent a request."""
    found: Caller = request.app.state.local
    return found


def local_user() -> Caller:
    """Whoever is at this machine."""
    return Caller(actor_at_work(), frozenset())


Reader = Annotated[Caller, Depends(caller)]
