"""What linking would gain, at a glance."""

from __future__ import annotations

from engine.compute import Compute
from engine.quality.prepare import WORK_HELD, WORK_RECORDS, WORK_SHARED
from engine.quality.result import Gain

_PERSONS = "audit_persons"


def gain(compute: Compute) -> Gain:
    """Count the records, the distinct exact e-mails, and the records joined by e-mail or phone (see `Gain`)."""
    records, emails, without_email, unreachable = compute.rows(
        f"""WITH reach AS (
                SELECT rid, bool_or(type = 'email') AS email FROM {WORK_HELD}
                WHERE linkable AND type IN ('email', 'phone') GROUP BY rid),
            exact AS (SELECT count(DISTINCT display) AS n FROM {WORK_HELD} WHERE linkable AND type = 'email')
            SELECT count(*), (SELECT n FROM exact),
                   count(*) FILTER (NOT coalesce(email, false)), count(*) FILTER (h.rid IS NULL)
            FROM {WORK_RECORDS} r LEFT JOIN reach h USING (rid)"""
    )[0]
    # Each record hangs on the oldest one with the same value: as many edges as values held, never a clique.
    persons = compute.components(
        _PERSONS,
        f"SELECT rid FROM {WORK_RECORDS}",
        f"""WITH held AS (
                SELECT rid, type, value FROM {WORK_HELD} ANTI JOIN {WORK_SHARED} USING (type, value)
                WHERE linkable AND type IN ('email', 'phone')),
            oldest AS (SELECT type, value, min(rid) AS rid FROM held GROUP BY ALL HAVING count(*) > 1)
            SELECT o.rid, h.rid FROM held h JOIN oldest o USING (type, value) WHERE h.rid <> o.rid""",
    )
    compute.drop(_PERSONS)
    return Gain(records, unreachable, emails + without_email, persons)
