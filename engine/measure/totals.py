"""The measures that depend most on knowing who is who, of whatever customers the views were opened with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from engine.compute import Compute

#: The views that are read, and those that all of it comes from: worth keeping.
READ = ("buyers", "channels", "cohorts")
SHARED = ("purchases", "first_touches", "buyers")


@dataclass(frozen=True)
class Totals:
    """What customers are worth. Money is in the project's currency, None where nobody has bought anything.

    `valued`: buyers of whom it is known what they are worth, not those all of whose orders lack a rate; `ltv`: their
    average lifetime value; `revenue`: net; `channels`: acquisition channel -> (buyers, average lifetime value);
    `cohorts`: (month of the first purchase, months since) -> (buyers of the cohort, active in that month).
    """

    customers: int
    buyers: int
    valued: int
    revenue: float | None
    ltv: float | None
    repeat_rate: float | None
    channels: dict[str, tuple[int, float]]
    cohorts: dict[tuple[date, int], tuple[int, int]]

    @property
    def per_customer(self) -> float | None:
        """Net revenue by customer, buyer or not."""
        return None if self.revenue is None or not self.customers else self.revenue / self.customers


def totals(compute: Compute) -> Totals:
    """Read them from the views."""
    (customers, buyers, valued, revenue, ltv, repeat_rate) = compute.rows(
        """SELECT count(*), count(*) FILTER (purchases > 0), count(ltv) FILTER (purchases > 0),
               sum(ltv) FILTER (purchases > 0), avg(ltv) FILTER (purchases > 0),
               count(*) FILTER (purchases > 1) / nullif(count(*) FILTER (purchases > 0), 0)
           FROM buyers"""
    )[0]
    channels = compute.rows("SELECT acquired_by, buyers, ltv FROM channels WHERE buyers > 0 ORDER BY acquired_by")
    # Of all segments together: in month 0 all buyers of a cohort are active.
    cohorts = compute.rows(
        """SELECT cohort, months, any_value(size), sum(active)::BIGINT FROM cohorts
               JOIN (SELECT cohort, sum(active)::BIGINT AS size FROM cohorts WHERE months = 0 GROUP BY cohort)
               USING (cohort)
           GROUP BY cohort, months ORDER BY cohort, months"""
    )
    return Totals(
        customers,
        buyers,
        valued,
        revenue,
        ltv,
        repeat_rate,
        {channel: (count, value) for channel, count, value in channels},
        {(cohort, months): (size, active) for cohort, months, size, active in cohorts},
    )
