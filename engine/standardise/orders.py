"""Orders and their lines: amounts, currencies and times."""

from __future__ import annotations

from engine.compute import Compute
from engine.config import Config
from engine.standardise.money import RATES, amount, currency, load_rates, rates_at
from engine.standardise.sources import TABLE as SOURCES
from engine.standardise.times import utc

_AMOUNTS = ("total", "subtotal", "shipping", "tax", "discount", "refunded", "cost")
#: Some tools write as a negative number what they take off.
_TAKEN_OFF = ("discount", "refunded")


def make_orders(compute: Compute, config: Config) -> None:
    """Make ORDERS; of two orders with one key the later stays. The rate is the latest one of the order's day."""
    load_rates(compute, config)
    amounts = ", ".join(f"{'abs' if name in _TAKEN_OFF else ''}({amount(f'r.{name}')}) AS {name}" for name in _AMOUNTS)
    compute.table(
        "std_orders",
        f"""
        SELECT r.source || ':' || r.key AS record_id, r.source, r.key, nullif(trim(r.number), '') AS number,
            {utc("r.at", "s.zone", "s.region")} AS at,
            {currency("r.currency", "coalesce(s.currency, $currency)")} AS currency,
            {amounts},
            nullif(trim(r.discount_code), '') AS discount_code,
            CASE WHEN trim(r.cancelled_at) <> '' THEN 'cancelled' ELSE nullif(lower(trim(r.status)), '') END AS status,
            nullif(lower(trim(r.channel)), '') AS channel
        FROM raw_orders r LEFT JOIN {SOURCES} s ON s.source = r.source
        """,
        {"currency": config.currency},
    )
    compute.table(
        "orders",
        f"""
        SELECT record_id, source, key, number, o.at, o.currency, {", ".join(_AMOUNTS)},
            total * rate AS base_total, refunded * rate AS base_refunded, discount_code, status, channel
        FROM std_orders o
        LEFT JOIN {rates_at("std_orders")} day ON day.currency = o.currency AND day.at IS NOT DISTINCT FROM o.at::DATE
        QUALIFY row_number() OVER (PARTITION BY record_id ORDER BY o.at DESC NULLS LAST, total DESC NULLS LAST) = 1
        """,
    )
    compute.drop("std_orders", RATES)


def make_order_lines(compute: Compute) -> None:
    """Make ORDER_LINES, one row per order and line."""
    compute.table(
        "order_lines",
        f"""
        SELECT DISTINCT ON (record_id, line) r.source || ':' || r.key AS record_id, r.line,
            nullif(trim(r.sku), '') AS sku, nullif(trim(r.item), '') AS item, nullif(trim(r.category), '') AS category,
            {amount("r.quantity")} AS quantity, {amount("r.price")} AS price
        FROM raw_order_lines r
        ORDER BY record_id, line, sku, item, category, quantity, price
        """,
    )
