"""All that happened with a customer, in order of time: orders, visits, messages, conversations, consents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.profile.one import open_customer
from engine.runs import RunTables
from engine.standardise.events import MESSAGE

#: What of a customer it is made of: see `open_customer`.
_TABLES = ("event_owners", "records", "orders", "order_lines", "events", "consents")
#: The address that a message went to, as SQL over events.
_WENT_TO = f"list_filter([CASE {MESSAGE} WHEN 'sms' THEN phone ELSE email END], lambda value: value IS NOT NULL)"


@dataclass(frozen=True)
class Moment:
    """Something that happened.

    `kind` is contact (a record of the person was made), order, consent, or the kind of an event; `name` the order's
    number, the channel of a consent, or the tool's own word; `item` what it was about (articles, a subject, a campaign,
    the state of a consent), `status` the tool's word for how that stands (a conversation is open or solved, an order
    voided). `value` and `refunded` are in `currency`. `because` says what ties it to the customer (`record`, or as for
    EVENT_OWNERS), `confidence` how sure that is. Times are UTC, None where the source has none. `addresses` are those
    that a consent was said of, as in CONSENTS, or that a message went to.
    """

    at: datetime | None
    kind: str
    source: str
    key: str
    name: str | None
    item: str | None
    status: str | None
    session: str | None
    value: float | None
    refunded: float | None
    currency: str | None
    because: str
    confidence: float
    addresses: tuple[str, ...]


def timeline(run: RunTables, customer_id: str) -> list[Moment]:
    """What happened with a customer of `run`, oldest first; what has no time comes first of all.

    A purchase that web analytics saw is left out where the order itself is there.
    """
    with open_customer(run, customer_id, *_TABLES) as compute:
        rows = compute.rows(
            f"""
            WITH mine AS (
                SELECT record_id, r.source, r.key, r.kind, r.created_at, r.seen_at, m.confidence
                FROM members m JOIN records r USING (record_id)
            ), bought AS (
                SELECT o.*, m.confidence, l.items FROM orders o JOIN mine m USING (record_id) LEFT JOIN (
                    SELECT record_id, string_agg(item, ', ' ORDER BY line) AS items
                    FROM order_lines GROUP BY record_id) l USING (record_id)
            ), met AS (
                SELECT e.*, o.because, o.confidence
                FROM event_owners o JOIN events e USING (source, key)
            ), said_of AS (
                SELECT source, key, channel, state, "at",
                    list(DISTINCT value ORDER BY value) FILTER (value IS NOT NULL) AS addresses
                FROM consents WHERE state <> 'unknown' GROUP BY ALL
            ), unsubscribed AS (
                SELECT source, key, flatten(list(addresses ORDER BY channel)) AS addresses
                FROM said_of GROUP BY source, key
            )
            SELECT coalesce(created_at, seen_at) AS "at", 'contact' AS kind, source, key, NULL AS name, NULL AS item,
                NULL AS status, NULL AS session, NULL::DOUBLE AS value, NULL::DOUBLE AS refunded, NULL AS currency,
                'record' AS because, confidence, NULL::VARCHAR[] AS addresses FROM mine WHERE kind = 'contact'
            UNION ALL
            SELECT "at", 'order', source, key, number, items, status, NULL, total, nullif(refunded, 0), currency,
                'record', confidence, NULL FROM bought
            UNION ALL
            SELECT "at", 'consent', source, key, channel, state, NULL, NULL, NULL, NULL, NULL, 'record',
                confidence, addresses
            FROM said_of JOIN (SELECT source, key, confidence FROM mine) USING (source, key)
            UNION ALL
            SELECT "at", kind, source, key, name,
                coalesce(item, subject, CASE WHEN session IS NULL THEN campaign END), status, session, value,
                NULL, currency, because, confidence,
                CASE WHEN kind = 'unsubscribe' THEN addresses
                    WHEN kind IN ('sent', 'open', 'click', 'bounce') THEN {_WENT_TO} END
            FROM met LEFT JOIN unsubscribed USING (source, key)
            WHERE kind <> 'purchase' OR order_key IS NULL OR NOT EXISTS (
                FROM bought b WHERE met.order_key IN (b.key, b.number, ltrim(b.number, '#')))
            ORDER BY "at" NULLS FIRST, source, key, kind, name, item
            """
        )
    return [Moment(*(*row[:-1], tuple(row[-1] or ()))) for row in rows]
