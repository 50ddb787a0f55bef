"""When things happen: how often a source has something new, and refunds and churn by recent period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from engine.compute import Compute, quote
from engine.quality.prepare import WORK_RECORDS
from engine.standardise.times import AHEAD, OLDEST
from engine.tables import EVENTS

#: A rhythm is told from so many of the latest days that have rows, and from no fewer than this.
DAYS, LEAST_DAYS = 90, 10
#: Periods are of so many days, and as many of them are looked at.
PERIOD, PERIODS = 30, 12
#: A customer who hasn't bought for so many days has lapsed, as in the measure `stages`.
LAPSED = 180


@dataclass(frozen=True)
class Period:
    """Thirty days up to a day: what was sold and refunded, orders and those with a refund, customers and who lapsed."""

    until: date
    gross: float
    refunded: float
    orders: int
    refunds: int
    active: int
    lapsed: int


def rhythms(compute: Compute, now: datetime) -> dict[str, float]:
    """By source, the longest usual gap (19 of 20 are no longer) between its latest days with rows, in days."""
    return dict(
        compute.rows(
            f"""WITH days AS (
                    SELECT source, coalesce(seen_at, created_at)::DATE AS day FROM {WORK_RECORDS}
                    UNION SELECT source, "at"::DATE FROM {quote(EVENTS.name)}),
                gaps AS (
                    SELECT source, day - lag(day) OVER (PARTITION BY source ORDER BY day) AS gap
                    FROM days WHERE day BETWEEN $oldest AND $now
                    QUALIFY row_number() OVER (PARTITION BY source ORDER BY day DESC) <= {DAYS})
                SELECT source, quantile_disc(gap, 0.95)::DOUBLE FROM gaps
                GROUP BY source HAVING count(gap) >= {LEAST_DAYS}""",
            {"oldest": OLDEST, "now": now},
        )
    )


def periods(compute: Compute, now: datetime) -> tuple[Period, ...]:
    """Recent periods, the latest first, up to the newest order; reads the measure `purchases`.

    Active are those whose last purchase before the period was not longer ago than it takes to lapse; a period has none
    where the shop is too young for anybody to have lapsed.
    """
    newest = compute.value('SELECT max("at") FROM purchases WHERE "at" <= $1::TIMESTAMP', [now + AHEAD])
    if newest is None:
        return ()
    rows = compute.rows(
        f"""WITH dated AS (
                SELECT customer_id, record_id, "at", gross, refunded,
                       date_diff('microseconds', "at", $newest::TIMESTAMP) / 86_400e6 AS age
                FROM purchases WHERE "at" BETWEEN $oldest AND $newest),
            bought AS (
                SELECT age, gross, refunded, lead(age) OVER (PARTITION BY customer_id ORDER BY "at", record_id) AS next
                FROM dated),
            sold AS (
                SELECT floor(age / {PERIOD})::BIGINT AS n, sum(gross) AS gross, sum(refunded) AS refunded,
                       count(*) AS orders, count(*) FILTER (refunded > 0) AS refunds
                FROM bought WHERE gross IS NOT NULL AND age < {PERIOD * PERIODS} GROUP BY n),
            kept AS (
                SELECT n, count(*) AS active, count(*) FILTER (
                    age - {LAPSED} >= n * {PERIOD} AND coalesce(next, -1) < age - {LAPSED}) AS lapsed
                FROM (
                    -- The periods at whose beginning this was the last purchase, and not too long ago.
                    SELECT age, next, unnest(range(
                        greatest(0, floor(greatest(coalesce(next, 0), age - {LAPSED}) / {PERIOD})::BIGINT),
                        least({PERIODS}, floor(age / {PERIOD})::BIGINT))) AS n
                    FROM bought)
                WHERE (n + 1) * {PERIOD} + {LAPSED} <= (SELECT max(age) FROM dated) GROUP BY n)
            SELECT n, coalesce(gross, 0), coalesce(refunded, 0), coalesce(orders, 0), coalesce(refunds, 0),
                   coalesce(active, 0), coalesce(lapsed, 0)
            FROM sold FULL JOIN kept USING (n) ORDER BY n""",
        {"oldest": OLDEST, "newest": newest},
    )
    return tuple(Period((newest - n * timedelta(days=PERIOD)).date(), *counts) for n, *counts in rows)
