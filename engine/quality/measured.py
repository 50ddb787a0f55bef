"""The measuring of a run: the audit's profiler, and what is known only once customers are, as one small table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pyarrow as pa

from engine.compute import Compute
from engine.config import Config
from engine.measure import WENT_BY, make_views, read_times
from engine.quality.activity import periods
from engine.quality.consents import consents
from engine.quality.duplicates import CAUSES, duplicates
from engine.quality.prepare import drop, prepare
from engine.quality.result import Source
from engine.quality.sources import LONGER, sources
from engine.tables import HEALTH, arrow_schema, check

#: Words of no known channel that are kept of a source: so many, each of so many events that it is no person's.
MOST, SHARED = 3, 20
#: metric, source, subject, value, whole
Row = tuple[str, str | None, str | None, float, float | None]


def measure_health(compute: Compute, config: Config, now: datetime, anonymous: int, stitched: int) -> None:
    """Make `health` (HEALTH) of a run's tables, as of `now` (naive, UTC).

    `stitched` of so many `anonymous` events were led home.
    """
    make_views(
        compute, read_times(compute, now), config.consent.confidence.analytics, config.channels,
        only=("purchases", "reconciliation", "spellings"),
    )  # fmt: skip
    try:
        prepare(compute, config, linked=True)
        found = sources(compute, config, now, duplicates(compute))
    finally:
        drop(compute)
    rows = [row for source in found for row in _of_source(source)]
    rows += _of_channels(compute)
    rows += _of_consents(compute)
    rows += _of_customers(compute)
    rows += [("stitched", None, None, stitched, anonymous)] if anonymous else []
    rows += _of_periods(compute, now)
    rows += _of_claims(compute)
    names = list(HEALTH.columns)
    # Sums of money are to be the same whichever thread was faster.
    plain = [dict(zip(names, (*row[:3], round(row[3], 4), row[4] and round(row[4], 4)), strict=True)) for row in rows]
    compute.load("health", pa.Table.from_pylist(plain, arrow_schema(HEALTH)))
    check(compute, HEALTH)


def _of_source(s: Source) -> Iterator[Row]:
    yield "rows", s.source, None, s.rows, None
    yield "rejected", s.source, None, s.rejected, s.rows + s.rejected
    if s.last_seen is not None:
        yield "last_seen", s.source, None, s.last_seen.replace(tzinfo=UTC).timestamp(), None
    if s.rhythm is not None:
        yield "rhythm", s.source, None, s.rhythm, None
    for subject, dates, whole in (("events", s.event_dates, s.events), ("orders", s.orders.dates, s.orders.orders)):
        if whole:
            yield "early", s.source, subject, dates.early, whole
            yield "future", s.source, subject, dates.future, whole
            yield "undated", s.source, subject, dates.missing, whole
    if s.records:
        yield from _of_records(s)
    if s.events:
        yield "events", s.source, None, s.events, None
        yield from (("carried", s.source, name, count, s.events) for name, count in s.carried.items())
    if s.orders.orders:
        yield "anonymous_orders", s.source, None, s.orders.anonymous, s.orders.orders
        yield "unpriced", s.source, None, s.orders.without_total, s.orders.orders
        yield from (("unrated", s.source, c, count, s.orders.orders) for c, count in s.orders.without_rate.items())
        yield from (("no_currency", s.source, c, n, s.orders.orders) for c, n in s.orders.without_currency.items())


def _of_records(s: Source) -> Iterator[Row]:
    yield "records", s.source, None, s.records, None
    yield from (("filled", s.source, field, count, s.records) for field, count in s.fields.items())
    for i in s.identifiers:
        yield "filled", s.source, i.type, i.filled, s.records
        yield "usable", s.source, i.type, i.usable, i.filled
        values = sum(i.statuses.values())
        bad = {status: count for status, count in i.statuses.items() if status not in ("ok", "weak")}
        yield "unusable", s.source, i.type, sum(bad.values()), values
        yield from (("unusable", s.source, f"{i.type} {status}", count, values) for status, count in bad.items())
    if s.duplicates.contacts:
        yield "duplicates", s.source, None, s.duplicates.duplicates, s.duplicates.contacts
        causes = s.duplicates.causes
        yield from (("duplicate_causes", s.source, c, causes[c], s.duplicates.contacts) for c in CAUSES if c in causes)


def _of_channels(compute: Compute) -> Iterator[Row]:
    for source, touches, unplaced, words in compute.rows(
        # `touches`, counted before their words are looked up: there are few, of many millions of events.
        f"""WITH counted AS (
               SELECT source, utm_source, utm_medium, campaign, {WENT_BY} AS message, count(*) AS n FROM events
               WHERE coalesce(utm_source, utm_medium, campaign) IS NOT NULL AND kind NOT IN ('bounce', 'unsubscribe')
               GROUP BY ALL
           ), said AS (
               SELECT source, channel, concat_ws(' / ', said_source, said_medium) AS words, sum(n) AS n
               FROM counted c JOIN spellings s ON s.said_source IS NOT DISTINCT FROM c.utm_source
                   AND s.said_medium IS NOT DISTINCT FROM c.utm_medium
                   AND s.said_campaign IS NOT DISTINCT FROM c.campaign AND s.message IS NOT DISTINCT FROM c.message
               GROUP BY ALL)
           SELECT source, sum(n), coalesce(sum(n) FILTER (channel = 'other'), 0),
                  list((words, n) ORDER BY n DESC, words) FILTER (channel = 'other' AND n >= $shared AND words <> '')
           FROM said GROUP BY source ORDER BY source""",
        {"shared": SHARED},
    ):
        yield "unplaced", source, None, unplaced, touches
        yield from (("unplaced_words", source, said, count, touches) for said, count in (words or ())[:MOST])


def _of_consents(compute: Compute) -> Iterator[Row]:
    for found in consents(compute):
        said = sum(found.states.values())
        for state, count in found.states.items():
            yield "consents", None, f"{found.channel} {state}", count, said
    for channel, conflicts, customers in compute.rows(
        """SELECT channel, count(DISTINCT customer_id) FILTER (conflict), count(DISTINCT customer_id)
           FROM permissions GROUP BY channel ORDER BY channel"""
    ):
        yield "conflicts", None, channel, conflicts, customers


def _of_customers(compute: Compute) -> Iterator[Row]:
    customers, largest = compute.rows("SELECT count(*), max(records) FROM customers")[0]
    if customers:
        yield "customers", None, None, customers, None
        yield "largest", None, None, largest, None
        for kind, count in compute.rows("SELECT type, count(*) FROM known_by GROUP BY type ORDER BY type"):
            yield "identifiers", None, kind, count, customers
    for kind, count in compute.rows("SELECT type, count(*) FROM shared_values GROUP BY type ORDER BY type"):
        yield "shared", None, kind, count, None
    events = compute.count("events")
    if events:
        yield "owned", None, None, compute.count("event_owners"), events


def _of_periods(compute: Compute, now: datetime) -> Iterator[Row]:
    for period in periods(compute, now):
        day = period.until.isoformat()
        if period.gross:
            yield "refunded", None, day, period.refunded, period.gross
            yield "refunds", None, day, period.refunds, period.orders
        if period.active:
            yield "churn", None, day, period.lapsed, period.active


def _of_claims(compute: Compute) -> Iterator[Row]:
    for source, currency, unrated, claims in compute.rows(
        """SELECT source, CASE WHEN len(currency) <= 3 THEN currency ELSE $longer END AS named,
                  count(*) FILTER (base_revenue IS NULL) AS unrated, sum(count(*)) OVER (PARTITION BY source)
           FROM claims WHERE revenue IS NOT NULL GROUP BY source, named QUALIFY unrated > 0 ORDER BY source, named""",
        {"longer": LONGER},
    ):
        yield "unrated_claims", source, currency, unrated, claims
    if not (compute.count("claims") and compute.count("purchases")):
        return  # without orders there is nothing to compare a claim with
    last = None
    for source, outcome, customers, claimed, differs, revenue, all_customers, all_claimed in compute.rows(
        """WITH outcomes AS (
               SELECT source, outcome, count(*) AS customers, coalesce(sum(claimed), 0) AS claimed,
                      coalesce(sum(abs(difference)) FILTER (outcome <> 'agrees'), 0) AS differs,
                      coalesce(sum(greatest(claimed, bought)) FILTER (difference IS NOT NULL), 0) AS revenue
               FROM reconciliation GROUP BY source, outcome)
           SELECT source, outcome, customers, claimed, sum(differs) OVER own, sum(revenue) OVER own,
                  sum(customers) OVER own, sum(claimed) OVER own
           FROM outcomes WINDOW own AS (PARTITION BY source) ORDER BY source, outcome"""
    ):
        yield "claimants", source, outcome, customers, all_customers
        yield "claimed", source, outcome, claimed, all_claimed
        if source != last:
            last = source
            yield "mismatch", source, None, differs, revenue
