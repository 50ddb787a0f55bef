"""Values across sources: the most frequent, those that too many people hold, and what two sources have in common."""

from __future__ import annotations

from engine.compute import Compute, quote
from engine.quality.prepare import WORK_SHARED, WORK_VALUES
from engine.quality.result import FrequentValue, Overlap, SharedValue
from engine.tables import EVENTS, RECORDS

#: How many frequent values are listed per type, of those that may link and of those that may not.
FREQUENT = 10
#: How many shared values are listed.
SHARED = 20


def frequent(compute: Compute) -> tuple[FrequentValue, ...]:
    """List the values that most records hold, per type; names and birth dates too, as placeholders hide there.

    Values that may link are ranked by the contacts of one source that hold them: a good customer stands in many systems
    and many orders, but a placeholder stands many times in one system.
    """
    records = quote(RECORDS.name)
    contacts = "count(*) FILTER (kind = 'contact')"
    rows = compute.rows(
        f"""WITH held AS (
                SELECT type, value, source, status, linkable, records, contacts FROM {WORK_VALUES}
                WHERE type <> 'device'
                UNION ALL
                SELECT 'birth_date', birth_date::VARCHAR, source, 'ok', true, count(*), {contacts}
                FROM {records} WHERE birth_date IS NOT NULL GROUP BY birth_date, source
                UNION ALL
                SELECT 'name', name, source, 'ok', true, count(*), {contacts}
                FROM {records} WHERE name <> '' GROUP BY name, source),
            counted AS (
                SELECT type, value, min(status) AS status, linkable, sum(records)::BIGINT AS records,
                       count(*) AS sources, CASE WHEN linkable THEN max(contacts) ELSE sum(records) END AS rank
                FROM held GROUP BY type, value, linkable)
            SELECT type, value, status, linkable, records, sources FROM counted WHERE rank > 1
            QUALIFY {FREQUENT} >= row_number() OVER (
                PARTITION BY type, linkable ORDER BY rank DESC, records DESC, value)
            ORDER BY linkable, type, rank DESC, records DESC, value"""
    )
    return tuple(FrequentValue(*row) for row in rows)


def shared(compute: Compute) -> tuple[SharedValue, ...]:
    """List the shared values under the most first names."""
    rows = compute.rows(
        f"""WITH listed AS (
                SELECT * FROM {WORK_SHARED} ORDER BY names DESC, records DESC, type, value LIMIT {SHARED}),
            sources AS (
                SELECT type, value, count(*) AS sources FROM {WORK_VALUES} SEMI JOIN listed USING (type, value)
                WHERE linkable GROUP BY ALL)
            SELECT type, value, records, names, sources FROM listed JOIN sources USING (type, value)
            ORDER BY names DESC, records DESC, type, value"""
    )
    return tuple(SharedValue(*row) for row in rows)


def shared_counts(compute: Compute) -> dict[str, int]:
    """How many values of each type are shared."""
    return dict(compute.rows(f"SELECT type, count(*) FROM {WORK_SHARED} GROUP BY type ORDER BY type"))


def overlaps(compute: Compute) -> tuple[Overlap, ...]:
    """For e-mail and phone, of the distinct linkable values of each source, how many each other source has as well."""
    events = quote(EVENTS.name)
    # A value's set of sources first: there are few different sets, so that the pairs cost nothing.
    rows = compute.rows(
        f"""WITH held AS (
                SELECT type, value, source FROM {WORK_VALUES} WHERE linkable AND type IN ('email', 'phone')
                UNION SELECT DISTINCT 'email', email, source FROM {events} WHERE email IS NOT NULL
                UNION SELECT DISTINCT 'phone', phone, source FROM {events} WHERE phone IS NOT NULL),
            sets AS (
                SELECT type, sources, count(*) AS n
                FROM (SELECT type, value, list(source ORDER BY source) AS sources FROM held GROUP BY ALL)
                GROUP BY ALL),
            one AS (SELECT type, sources, n, unnest(sources) AS source FROM sets),
            two AS (SELECT type, source, n, unnest(sources) AS other FROM one),
            cells AS (SELECT type, source, other, sum(n)::BIGINT AS n FROM two GROUP BY ALL),
            sizes AS (SELECT type, source, n FROM cells WHERE source = other)
            SELECT a.type, a.source, b.source, a.n, coalesce(c.n, 0)
            FROM sizes a JOIN sizes b ON a.type = b.type AND a.source <> b.source
                 LEFT JOIN cells c ON c.type = a.type AND c.source = a.source AND c.other = b.source
            ORDER BY ALL"""
    )
    return tuple(Overlap(*row) for row in rows)
