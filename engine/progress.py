"""How a long computation tells how far it is: a protocol that faces implement, and one that tells nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Reporter(Protocol):
    """Who wants to know how far a run is."""

    def stage(self, name: str) -> None:
        """A stage begins."""

    def step(self, text: str) -> None:
        """Within the stage, something begins."""

    def done(self, name: str, seconds: float, counts: Mapping[str, int]) -> None:
        """The stage is done."""


class Silent:
    """Wants to know nothing."""

    def stage(self, name: str) -> None:
        """Ignored."""

    def step(self, text: str) -> None:
        """Ignored."""

    def done(self, name: str, seconds: float, counts: Mapping[str, int]) -> None:
        """Ignored."""
