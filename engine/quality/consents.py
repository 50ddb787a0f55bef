"""Consents that sources disagree about."""

from __future__ import annotations

from engine.compute import Compute
from engine.quality.result import Consent


def consents(compute: Compute) -> tuple[Consent, ...]:
    """Per channel, consents by state, and the addresses with an opt-in in one place and an opt-out in another."""
    states: dict[str, dict[str, int]] = {}
    for channel, state, count in compute.rows(
        "SELECT channel, state, count(DISTINCT (source, key)) FROM consents WHERE current GROUP BY ALL ORDER BY ALL"
    ):
        states.setdefault(channel, {})[state] = count
    conflicts = dict[str, int](
        compute.rows(
            """SELECT channel, count(*) FROM (
                   SELECT channel, type, value FROM consents WHERE current AND state <> 'unknown' AND value IS NOT NULL
                   GROUP BY ALL HAVING count(DISTINCT state) > 1)
               GROUP BY channel"""
        )
    )
    return tuple(Consent(channel, found, conflicts.get(channel, 0)) for channel, found in states.items())
