"""Consents that sources disagree about."""

from __future__ import annotations

from engine.compute import Compute, quote
from engine.quality.prepare import WORK_HELD, WORK_RECORDS
from engine.quality.result import Consent
from engine.tables import CONSENTS


def consents(compute: Compute) -> tuple[Consent, ...]:
    """Per channel, consents by state, and the addresses with an opt-in in one record and an opt-out in another.

    The address is the phone for SMS and phone, the e-mail for every other channel.
    """
    states: dict[str, dict[str, int]] = {}
    for channel, state, count in compute.rows(
        f"SELECT channel, state, count(*) FROM {quote(CONSENTS.name)} GROUP BY ALL ORDER BY ALL"
    ):
        states.setdefault(channel, {})[state] = count
    conflicts = dict[str, int](
        compute.rows(
            f"""WITH said AS (
                    SELECT DISTINCT c.channel, c.state, r.rid
                    FROM {quote(CONSENTS.name)} c JOIN {WORK_RECORDS} r USING (record_id)
                    WHERE c.state IN ('in', 'out')),
                torn AS (
                    SELECT s.channel, h.value
                    FROM said s JOIN {WORK_HELD} h
                         ON h.rid = s.rid AND h.linkable
                         AND h.type = CASE WHEN s.channel IN ('sms', 'phone') THEN 'phone' ELSE 'email' END
                    GROUP BY ALL HAVING count(DISTINCT s.state) > 1)
                SELECT channel, count(*) FROM torn GROUP BY channel"""
        )
    )
    return tuple(Consent(channel, found, conflicts.get(channel, 0)) for channel, found in states.items())
