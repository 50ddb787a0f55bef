"""Whose an event was, and how sure that is: by what it says itself, by its session, by its device."""

from __future__ import annotations

from dataclasses import dataclass

from engine.cluster.devices import build_device_windows
from engine.compute import Compute
from engine.tables import EVENT_OWNERS, check

#: Whether an event may say itself whose it is. Most say a device and session alone, and are spared all that follows.
_NAMING = """(coalesce(e.order_key, e.account, e.email, e.phone) IS NOT NULL
    OR e.source IN (SELECT source FROM records))"""
_NAMELESS = f"""SELECT e.source, e.key, e."at", e.device, e.session FROM events e
    WHERE NOT {_NAMING} AND coalesce(e.device, e.session) IS NOT NULL"""


@dataclass(frozen=True)
class Stitched:
    """How many events name no customer themselves but have a device or session, and how many of those found one."""

    anonymous: int
    stitched: int


def own_events(compute: Compute) -> Stitched:
    """Make `event_owners` (EVENT_OWNERS) and `device_windows`.

    Reads `events`, `orders`, `records`, `identifiers`, `members` and `shared_values`. An event is the customer's whose
    order it is about or whose account or address it carries. Else it is the one's who is known in the same session, if
    all that is known there is one customer; else the one's whose the device was at the time.
    """
    _tie(compute)
    build_device_windows(compute)
    compute.table(
        "event_owners",
        f"""
        WITH sessions AS (
            SELECT source, device, session, min(customer_id) AS customer_id, max(confidence) AS confidence
            FROM event_ties WHERE session IS NOT NULL AND customer_id IS NOT NULL
            GROUP BY ALL HAVING min(customer_id) = max(customer_id)
        ), anonymous AS (
            SELECT source, key, "at", device, session FROM event_ties WHERE customer_id IS NULL
            UNION ALL {_NAMELESS}
        )
        SELECT source, key, customer_id, confidence, because FROM event_ties WHERE customer_id IS NOT NULL
        UNION ALL
        SELECT a.source, a.key, coalesce(s.customer_id, w.customer_id) AS owner,
            CASE WHEN s.customer_id IS NULL THEN w.confidence ELSE s.confidence END,
            CASE WHEN s.customer_id IS NULL THEN 'device' ELSE 'session' END
        FROM anonymous a
            LEFT JOIN sessions s
                ON s.source = a.source AND s.session = a.session AND s.device IS NOT DISTINCT FROM a.device
            LEFT JOIN device_windows w
                ON w.device = a.device AND a."at" >= w.since AND a."at" < coalesce(w.until, TIMESTAMP 'infinity')
        WHERE owner IS NOT NULL
        """,
    )
    named, nobody = compute.rows("SELECT count(customer_id), count(*) - count(customer_id) FROM event_ties")[0]
    anonymous = nobody + int(compute.value(f"SELECT count(*) FROM ({_NAMELESS})"))
    compute.drop("event_ties")
    check(compute, EVENT_OWNERS)
    return Stitched(anonymous, compute.count("event_owners") - named)


def count_stitched(compute: Compute) -> Stitched:
    """The same of `events` and `event_owners` that are there already."""
    return Stitched(
        *compute.rows(
            """SELECT count(*), count(because)
            FROM (SELECT * FROM events LEFT JOIN event_owners USING (source, key))
            WHERE because IN ('session', 'device') OR because IS NULL AND coalesce(device, session) IS NOT NULL"""
        )[0]
    )


def _tie(compute: Compute) -> None:
    """Make `event_ties`: events that name a customer, with what ties the two.

    Those whose account, address or order leads to none are there, too, if they have a device or session.
    """
    # Identifiers that lead to one customer only, with the confidence of their best record.
    compute.table(
        "_known",
        """
        SELECT i.type, i.value, min(m.customer_id) AS customer_id, max(m.confidence) AS confidence,
            '=' || substr(i.value, strpos(i.value, ':') + 1) AS parameter
        FROM identifiers i JOIN members m USING (record_id) ANTI JOIN shared_values s USING (type, value)
        WHERE i.type IN ('account', 'email', 'phone') AND i.status IN ('ok', 'weak')
        GROUP BY i.type, i.value HAVING min(m.customer_id) = max(m.customer_id)
        """,
    )
    # Web analytics calls an order by its number ("#1001"), as the shop's customers do, or by its id.
    compute.table(
        "_called",
        """
        SELECT called, any_value(customer_id) AS customer_id, any_value(record_id) AS record_id,
            any_value(confidence) AS confidence
        FROM (SELECT unnest(list_distinct([key, number, ltrim(number, '#')])) AS called, m.*
              FROM orders o JOIN members m USING (record_id))
        WHERE called IS NOT NULL GROUP BY called HAVING count(*) = 1
        """,
    )
    compute.table(
        "event_ties",
        f"""
        SELECT e.source, e.key, e."at", e.device, e.session,
            coalesce(r.customer_id, o.customer_id, a.customer_id, m.customer_id, p.customer_id) AS customer_id,
            coalesce(r.confidence, o.confidence, a.confidence, m.confidence, p.confidence) AS confidence,
            coalesce(r.record_id, o.record_id) AS record_id,
            CASE WHEN r.record_id IS NOT NULL OR o.record_id IS NOT NULL THEN 'order'
                 WHEN e.kind = 'click' OR contains(e.url, a.parameter) THEN 'click'
                 WHEN e.device IS NULL THEN 'address' ELSE 'login' END AS because
        FROM (FROM events e WHERE {_NAMING}) e
            LEFT JOIN (SELECT m.*, source, key FROM records JOIN members m USING (record_id)
                       SEMI JOIN (SELECT DISTINCT source FROM events) s USING (source)) r
                ON r.source = e.source AND r.key = e.key
            LEFT JOIN _called o ON o.called = e.order_key
            LEFT JOIN _known a ON a.type = 'account' AND a.value = e.account
            LEFT JOIN _known m ON m.type = 'email' AND m.value = e.email
            LEFT JOIN _known p ON p.type = 'phone' AND p.value = e.phone
        WHERE coalesce(r.customer_id, o.customer_id, a.customer_id, m.customer_id, p.customer_id, e.device, e.session)
            IS NOT NULL
        """,
    )
    compute.drop("_known", "_called")
