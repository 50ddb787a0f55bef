"""Whom to write to for a purpose, and whom not, each with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from engine.compute import Compute, literal
from engine.measure import tables_read

Purpose = Literal["cart-recovery", "win-back", "newsletter"]
Channel = Literal["email", "sms", "ads"]
PURPOSES: tuple[Purpose, ...] = ("cart-recovery", "win-back", "newsletter")
CHANNELS: tuple[Channel, ...] = ("email", "sms", "ads")

#: A cart is left behind when nothing was bought so long after; a reminder makes sense for so long.
LEFT_AFTER, REMINDED_FOR = timedelta(hours=1), timedelta(days=30)
#: A customer is to be won back who has not bought for so long.
LAPSED = timedelta(days=180)

#: The measures that each audience is made of, and those that all together are made of.
_ADDRESSED = ("contact_addresses", "contacts")
VIEWS = ("bought", "carts", *_ADDRESSED)
#: Purpose -> SQL of the customers that it may be about: customer_id, since (what the message would be about), wanted
#: (whether there is such a thing), left_out (why it has become needless).
_ABOUT: dict[Purpose, str] = {
    # Whoever may not be written to is named too where no cart is known: the tool that sends may know of one.
    "cart-recovery": """
        SELECT c.customer_id, k."at" AS since, k."at" IS NOT NULL AS wanted,
            CASE WHEN b."at" >= k."at" THEN 'bought since'
                 WHEN k."at" IS NULL AND b."at" > $now - $reminded THEN 'bought lately'
                 WHEN k."at" > $now - $left THEN 'may still be shopping'
                 WHEN k.confidence < $sure THEN 'not sure enough' END AS left_out
        FROM customers c LEFT JOIN (FROM carts WHERE "at" > $now - $reminded) k USING (customer_id)
            LEFT JOIN bought b USING (customer_id)
    """,
    "win-back": """
        SELECT customer_id, "at" AS since, true AS wanted,
            CASE WHEN "at" > $now - $lapsed THEN 'bought lately' END AS left_out
        FROM bought
    """,
    "newsletter": """
        SELECT customer_id, last_seen AS since, true AS wanted, NULL::VARCHAR AS left_out FROM customers
    """,
}


@dataclass(frozen=True)
class Audience:
    """How many customers a purpose is about, how many may be written to, and how many may not, by reason.

    Of cart recovery these are the customers with a cart and those who must not be reminded of any.
    """

    purpose: Purpose
    channel: Channel
    at: datetime
    about: int
    reached: int
    suppressed: dict[str, int]


def views_of(purpose: Purpose) -> tuple[str, ...]:
    """Those of VIEWS that the audiences of a purpose are made of."""
    return tuple(view for view in VIEWS if view in {*tables_read(_ABOUT[purpose]), *_ADDRESSED})


def make_audience(compute: Compute, purpose: Purpose, channel: Channel, now: datetime, sure: float = 0.0) -> Audience:
    """Make `audiences` of one purpose and channel, of its `views_of`: see `make_audiences` and `pick_audience`."""
    make_audiences(compute, (purpose,), (channel,), now, sure)
    return pick_audience(compute, purpose, channel, now)


def pick_audience(compute: Compute, purpose: Purpose, channel: Channel, now: datetime) -> Audience:
    """Make view `audience`, the rows of `audiences` of a purpose and channel without these, and count whom it reaches.

    `audiences` were made as of `now`.
    """
    compute.view(
        "audience",
        f"""SELECT * EXCLUDE (purpose, channel) FROM audiences
            WHERE purpose = {literal(purpose)} AND channel = {literal(channel)}""",
    )
    reasons = dict(
        compute.rows(
            """SELECT reason, count(DISTINCT customer_id) FROM (
                   SELECT customer_id, unnest(string_split(why_not, '; ')) AS reason FROM audience
                   ANTI JOIN (FROM audience WHERE chosen) USING (customer_id))
               GROUP BY reason ORDER BY 2 DESC, reason"""
        )
    )
    about, reached = compute.rows(
        "SELECT count(DISTINCT customer_id), count(DISTINCT customer_id) FILTER (chosen) FROM audience"
    )[0]
    return Audience(purpose, channel, now, about, reached, reasons)


def make_audiences(
    compute: Compute, purposes: Sequence[Purpose], channels: Sequence[Channel], now: datetime, sure: float = 0.0
) -> None:
    """Make table `audiences` of VIEWS (`open_views`) as of `now` (UTC, naive).

    `sure` is the least confidence with which a cart must be the customer's. One row per purpose, channel, customer and
    address, however it was spelled, or per customer without any: purpose, channel, customer_id, type, address, since,
    `why_not` (all reasons, joined by "; ", NULL where the address may be used) and `chosen` (whether it is the one to
    use: of several the one known best). Reasons are bought since | bought lately | may still be shopping | not sure
    enough | those of `contacts`; "(another customer)" follows one for which somebody else who holds the address is left
    out. An address that is hardly somebody's is not named for it where another one may be written to there.
    """
    given = {
        "now": now, "left": LEFT_AFTER, "reminded": REMINDED_FOR, "lapsed": LAPSED, "sure": sure,
    }  # fmt: skip
    about = " UNION ALL BY NAME ".join(f"SELECT {literal(p)} AS purpose, * FROM ({_ABOUT[p]})" for p in purposes)
    compute.table("about", about, {name: value for name, value in given.items() if f"${name}" in about})
    compute.table(
        "audiences",
        """
        WITH addressed AS (
            SELECT channel, customer_id, type, address, why_not, confidence, last_seen FROM contact_addresses
            WHERE list_contains($channels, channel)
            UNION ALL BY NAME
            SELECT channel, customer_id, why_not FROM contacts
            WHERE list_contains($channels, channel) AND address IS NULL
        ), ranked AS (
            -- What a purpose is about holds for all addresses of a customer: which is best is the same for every one.
            SELECT *, why_not IS NULL AND row_number() OVER (
                PARTITION BY channel, customer_id, type
                ORDER BY why_not IS NOT NULL, confidence DESC, last_seen DESC NULLS LAST, address) = 1 AS best
            FROM addressed
        ), spelled AS (
            -- Tools know an inbox by what was typed: ann+shop@gmail.com is another profile than ann@gmail.com.
            SELECT m.customer_id, i.type, i.value AS address, lower(i.display) AS spelling
            FROM identifiers i JOIN members m USING (record_id)
            WHERE i.type = 'email' AND list_has_any($channels, ['email', 'ads']) GROUP BY ALL
        ), written AS (
            SELECT r.channel, r.customer_id, r.type, r.address AS inbox, coalesce(s.spelling, r.address) AS address,
                r.why_not, r.best AND coalesce(s.spelling = lower(k.display), true) AS best
            FROM ranked r LEFT JOIN spelled s USING (customer_id, type, address)
                LEFT JOIN (FROM known_by WHERE type = 'email') k
                    ON k.customer_id = r.customer_id AND k.type = r.type AND k.value = r.address
        ), listed AS (
            SELECT purpose, channel, customer_id, type, inbox, address, since, best,
                nullif(concat_ws('; ', left_out, why_not), '') AS why_not
            FROM about JOIN written USING (customer_id)
            WHERE wanted OR left_out IS NOT NULL OR why_not IS NOT NULL
        ), several AS (
            -- What must not go to one of its holders goes to no inbox, unless it is hardly theirs.
            SELECT purpose, channel, type, inbox, bool_or(why_not IS NULL) AS free,
                min(reason) FILTER (reason <> 'not sure enough') || ' (another customer)' AS why_nobody
            FROM (SELECT *, unnest(coalesce(string_split(why_not, '; '), [NULL])) AS reason FROM listed SEMI JOIN (
                SELECT type, value AS inbox FROM known_by GROUP BY type, value HAVING count(*) > 1) USING (type, inbox))
            GROUP BY ALL
        )
        SELECT purpose, channel, customer_id, type,
            CASE WHEN s.free AND s.why_nobody IS NULL AND l.why_not IS NOT NULL THEN NULL ELSE address END AS address,
            since, coalesce(l.why_not, s.why_nobody) AS why_not,
            best AND l.why_not IS NULL AND s.why_nobody IS NULL AS chosen
        FROM listed l LEFT JOIN several s USING (purpose, channel, type, inbox)
        """,
        {"channels": list(channels)},
    )
    compute.drop("about")
