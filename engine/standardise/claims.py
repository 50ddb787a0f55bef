"""What other tools than the shop say was bought: totals of their contacts, and the sales that a CRM books."""

from __future__ import annotations

from engine.compute import Compute
from engine.config import Config
from engine.standardise.money import RATES, amount, currency, load_rates, rates_at
from engine.standardise.sources import TABLE as SOURCES


def make_claims(compute: Compute, config: Config) -> None:
    """Make CLAIMS of `raw_claims` and `events`; a total, which has no day, is at the latest rate."""
    load_rates(compute, config)
    compute.table(
        "std_claims",
        f"""
        SELECT r.source || ':' || r.key AS record_id, r.source, r.key, NULL::TIMESTAMP AS at,
            {currency("r.currency", "coalesce(s.currency, $currency)")} AS currency,
            {amount("r.revenue")} AS revenue, TRY_CAST({amount("r.orders")} AS BIGINT) AS orders
        FROM raw_claims r LEFT JOIN {SOURCES} s ON s.source = r.source
        UNION ALL
        SELECT NULL, source, key, "at", currency, value, 1 FROM events WHERE kind = 'deal' AND value IS NOT NULL
        """,
        {"currency": config.currency},
    )
    compute.table(
        "claims",
        f"""
        SELECT record_id, source, key, c.at, c.currency, revenue, revenue * rate AS base_revenue, orders
        FROM std_claims c LEFT JOIN {rates_at("std_claims", undated=True)} day
            ON day.currency = c.currency AND day.at IS NOT DISTINCT FROM c.at::DATE
        WHERE revenue IS NOT NULL OR orders IS NOT NULL
        """,
    )
    compute.drop("std_claims", RATES)
