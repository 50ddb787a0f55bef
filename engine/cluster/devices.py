"""Whose a device was, and when: anonymous visits join customers after the known customers stand.

A device joins a customer by what ties the two at a moment: an order or checkout made on it, a login, a click in a
message that was sent to the customer. It may pass from one person to another, and it never joins two customers.
"""

from __future__ import annotations

from datetime import timedelta

from engine.compute import Compute
from engine.tables import DEVICE_WINDOWS, check

#: On a device that several people use, a tie speaks for the visit around it, no further.
VISIT = timedelta(minutes=30)
#: On a device with one known user, what came this long before the first tie is taken for his as well.
BEFORE = timedelta(days=90)
#: A device has passed from one to the next if each was tied to it on so many days, and none between two of another's.
DAYS = 3
#: What is believed of devices before any was seen twice: so often, of so many, the next to be known is the one before.
_USUAL, _SEEN = 0.95, 20


def build_device_windows(compute: Compute) -> None:
    """Make `device_windows` from `event_ties`, `identifiers`, `records`, `members` and `shared_values`.

    The ties of a device in order of time fall into turns of one customer. A device with a single customer is theirs
    from BEFORE the first tie on. One that has passed on (DAYS) is each customer's from the first tie of their turn to
    the last, and the last one's from then on. Any other is each customer's for the visits around ties, nobody's in
    between. `confidence` is that of the tie, times how often the next tie of a device is again the same customer's
    where a window reaches beyond a visit.
    """
    compute.table(
        "_ties",
        # One row a moment: rows that nothing sets apart have an order of their own in every window.
        """
        SELECT device, customer_id, "at", min(because) AS because, min(record_id) AS record_id,
            max(confidence) AS confidence
        FROM (
            SELECT i.value AS device, m.customer_id, coalesce(r.created_at, r.seen_at) AS "at", 'order' AS because,
                i.record_id, m.confidence
            FROM identifiers i JOIN members m USING (record_id) JOIN records r USING (record_id)
            WHERE i.type = 'device' AND i.status IN ('ok', 'weak')
            UNION ALL
            SELECT device, customer_id, "at", because, record_id, confidence FROM event_ties
        )
        WHERE device IS NOT NULL AND customer_id IS NOT NULL AND "at" IS NOT NULL
        GROUP BY device, customer_id, "at"
        """,
    )
    # A device that somebody blocked is nobody's.
    compute.run("DELETE FROM _ties WHERE device IN (SELECT value FROM shared_values WHERE type = 'device')")
    visit, before = (f"INTERVAL {int(span.total_seconds())} SECOND" for span in (VISIT, BEFORE))
    in_order = """PARTITION BY device ORDER BY "at", customer_id"""
    compute.table(
        "_visits",
        f"""
        WITH parted AS (
            SELECT *, sum(other::INT) OVER ({in_order} ROWS UNBOUNDED PRECEDING) AS turn,
                sum((other OR later)::INT) OVER ({in_order} ROWS UNBOUNDED PRECEDING) AS visit
            FROM (SELECT *, customer_id IS DISTINCT FROM lag(customer_id) OVER ({in_order}) AS other,
                    "at" - lag("at") OVER ({in_order}) > {visit} AS later FROM _ties)
        )
        SELECT device, customer_id, turn, visit, min("at") AS first, max("at") AS last, max(confidence) AS confidence,
            arg_min(because, "at") AS because, min(record_id) AS record_id
        FROM parted GROUP BY device, customer_id, turn, visit
        """,
    )
    compute.table(
        "device_windows",
        f"""
        WITH turns AS (
            SELECT device, customer_id, turn, min(first) AS first, max(last) AS last, max(confidence) AS confidence,
                arg_min(because, (first, because)) AS because, min(record_id) AS record_id,
                count(DISTINCT first::DATE) AS days
            FROM _visits GROUP BY device, customer_id, turn
        ), devices AS (
            SELECT device, count(DISTINCT customer_id) = 1 AS alone,
                count(DISTINCT customer_id) = count(*) AND min(days) >= {DAYS} AS passed
            FROM turns GROUP BY device
        ), loyal AS (
            -- An estimate for all devices: in hundredths, so that a few new ties don't change every window.
            SELECT round((count(*) FILTER (customer_id = before) + {_USUAL * _SEEN}) / (count(*) + {_SEEN}), 2) AS share
            FROM (SELECT customer_id, lag(customer_id) OVER (PARTITION BY device ORDER BY first, visit) AS before
                  FROM _visits) WHERE before IS NOT NULL
        ), span AS (
            SELECT t.*, alone, true AS wide FROM turns t JOIN devices USING (device) WHERE alone OR passed
            UNION ALL BY NAME
            SELECT v.* EXCLUDE (visit), false AS alone, false AS wide
            FROM _visits v JOIN devices USING (device) WHERE NOT (alone OR passed)
        ), ended AS (
            SELECT *, lead(first) OVER of_device AS next FROM span WINDOW of_device AS (
                PARTITION BY device ORDER BY first, turn)
        ), cut AS (
            SELECT * EXCLUDE (next), CASE WHEN wide AND next IS NULL THEN NULL
                ELSE least(last + {visit}, coalesce(next, last + {visit})) END AS until
            FROM ended
        )
        SELECT device, customer_id,
            CASE WHEN alone THEN first - {before}
                 ELSE greatest(first - {visit}, lag(until) OVER (PARTITION BY device ORDER BY first, turn))
            END AS since,
            until, because, record_id, round(confidence * CASE WHEN wide THEN share ELSE 1 END, 6) AS confidence
        FROM cut, loyal ORDER BY device, since, customer_id
        """,
    )
    check(compute, DEVICE_WINDOWS)
    compute.drop("_ties", "_visits")
