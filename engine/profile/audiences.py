"""Whom to write to for a purpose, and whom not, each with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from engine.compute import Compute
from engine.runs import RunTables

Purpose = Literal["cart-recovery", "win-back", "newsletter"]
Channel = Literal["email", "sms", "ads"]
PURPOSES: tuple[Purpose, ...] = ("cart-recovery", "win-back", "newsletter")

#: A cart is left behind when nothing was bought so long after; a reminder makes sense for so long.
LEFT_AFTER, REMINDED_FOR = timedelta(hours=1), timedelta(days=30)
#: A customer is to be won back who has not bought for so long.
LAPSED = timedelta(days=180)

_TABLES = (
    "members", "orders", "events", "event_owners", "permissions", "known_by", "customers", "identifiers", "records",
)  # fmt: skip

#: Orders that were paid, whose buyer is known: what counts as having bought.
_BOUGHT = """
    SELECT m.customer_id, o."at" FROM orders o JOIN members m USING (record_id)
    WHERE o."at" IS NOT NULL AND o."at" <= $now
        AND coalesce(o.status, 'paid') NOT IN ('voided', 'cancelled', 'canceled', 'failed', 'expired')
"""
#: Purpose -> SQL of the customers that it is about: customer_id, since (what the message would be about), left_out (why
#: it has become needless).
_ABOUT: dict[Purpose, str] = {
    "cart-recovery": """
        SELECT customer_id, "at" AS since,
            CASE WHEN last > "at" THEN 'bought since'
                 WHEN "at" > $now - $left THEN 'may still be shopping' END AS left_out
        FROM (SELECT o.customer_id, max(e."at") AS "at" FROM events e JOIN event_owners o USING (source, key)
              WHERE e.kind IN ('add_to_cart', 'begin_checkout') AND e."at" <= $now GROUP BY o.customer_id)
            LEFT JOIN (SELECT customer_id, max("at") AS last FROM bought GROUP BY customer_id) USING (customer_id)
        WHERE "at" > $now - $reminded
    """,
    "win-back": """
        SELECT customer_id, max("at") AS since,
            CASE WHEN max("at") > $now - $lapsed THEN 'bought lately' END AS left_out
        FROM bought GROUP BY customer_id
    """,
    "newsletter": "SELECT customer_id, last_seen AS since, NULL::VARCHAR AS left_out FROM customers",
}


@dataclass(frozen=True)
class Audience:
    """How many customers a purpose is about, how many may be written to, and how many may not, by reason."""

    purpose: Purpose
    channel: Channel
    at: datetime
    about: int
    reached: int
    suppressed: dict[str, int]


def make_audience(compute: Compute, run: RunTables, purpose: Purpose, channel: Channel, now: datetime) -> Audience:
    """Make table `audience` of a run, as of `now` (UTC, naive).

    Its columns: customer_id, address (the one to use, or the one that may not be), since, and `why_not`, all reasons in
    the order of their weight, joined by "; ", NULL where the customer may be written to: bought since | may still be
    shopping | bought lately | opted out | conflict | not sure enough | bounced | no consent | invalid number | invalid
    address | no address. Of several addresses that may be used it is the one known best.
    """
    for table in _TABLES:
        compute.read_parquet(table, run.path(table))
    kind = "phone" if channel == "sms" else "email"
    given = {
        "now": now, "left": LEFT_AFTER, "reminded": REMINDED_FOR, "lapsed": LAPSED,
    }  # fmt: skip
    compute.table("bought", _BOUGHT, {"now": now})
    used = {name: value for name, value in given.items() if f"${name}" in _ABOUT[purpose]}
    compute.table("about", _ABOUT[purpose], used)
    compute.table(
        "audience",
        f"""
        WITH bounced AS (
            SELECT DISTINCT {kind} AS value FROM events e WHERE e.kind = 'bounce' AND {kind} IS NOT NULL
        ), address AS (
            SELECT k.customer_id, k.value,
                CASE WHEN b.value IS NOT NULL THEN 'bounced' WHEN p.value IS NULL THEN 'no consent' ELSE p.why_not END
                    AS why_not,
                k.confidence, k.last_seen
            FROM known_by k LEFT JOIN bounced b USING (value)
                LEFT JOIN (FROM permissions WHERE channel = $channel) p
                    ON p.customer_id = k.customer_id AND p.type = k.type AND p.value = k.value
            WHERE k.type = $kind
        ), best AS (
            SELECT * FROM address QUALIFY row_number() OVER (PARTITION BY customer_id
                ORDER BY why_not IS NOT NULL, confidence DESC, last_seen DESC NULLS LAST, value) = 1
        ), unusable AS (
            SELECT DISTINCT m.customer_id FROM identifiers i JOIN members m USING (record_id)
            WHERE i.type = $kind AND i.status IN ('invalid', 'placeholder')
        )
        SELECT a.customer_id, best.value AS address, a.since,
            nullif(concat_ws('; ', a.left_out, CASE WHEN best.value IS NOT NULL THEN best.why_not
                WHEN u.customer_id IS NOT NULL THEN 'invalid {"number" if kind == "phone" else "address"}'
                ELSE 'no address' END), '') AS why_not
        FROM about a LEFT JOIN best USING (customer_id) LEFT JOIN unusable u USING (customer_id)
        """,
        {"channel": channel, "kind": kind},
    )
    compute.drop("bought", "about")
    reasons = dict(
        compute.rows(
            """SELECT reason, count(*) FROM (
                   SELECT unnest(string_split(why_not, '; ')) AS reason FROM audience WHERE why_not IS NOT NULL)
               GROUP BY reason ORDER BY count(*) DESC, reason"""
        )
    )
    reached = int(compute.value("SELECT count(*) FROM audience WHERE why_not IS NULL"))
    return Audience(purpose, channel, now, compute.count("audience"), reached, reasons)
