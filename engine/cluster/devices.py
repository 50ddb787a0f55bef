"""Anonymous devices, after the known customers stand: whose a device was, and when.

A device joins a customer by what ties the two at a moment: an order or checkout made on it, a login, a click in an
e-mail that was sent to the customer. It may pass from one person to another, and it never joins two customers.
"""

from __future__ import annotations

from datetime import timedelta

from engine.compute import Compute
from engine.tables import DEVICE_WINDOWS, check

#: On a device that several people use, a tie speaks for the visit around it, no further.
VISIT = timedelta(minutes=30)
#: On a device with one known user, what came this long before the first tie is taken for his as well.
BEFORE = timedelta(days=90)


def build_device_windows(compute: Compute) -> int:
    """Make `device_windows` from `members`, `identifiers`, `records` and `events`; returns the number of windows.

    The ties of a device in order of time fall into runs of one customer. A device with a single customer is theirs from
    BEFORE the first tie on; a shared one is each customer's from VISIT before the first tie of a run to VISIT after its
    last, and nobody's in between.
    """
    _resolve_known(compute)
    compute.table(
        "_ties",
        """
        SELECT i.value AS device, m.customer_id, coalesce(r.created_at, r.seen_at) AS "at", 'order' AS because,
            i.record_id, m.confidence
        FROM identifiers i JOIN members m USING (record_id) JOIN records r USING (record_id)
        WHERE i.type = 'device' AND i.status IN ('ok', 'weak') AND coalesce(r.created_at, r.seen_at) IS NOT NULL
        UNION ALL
        SELECT e.device, k.customer_id, e."at",
            CASE WHEN e.kind = 'click' OR (k.type = 'account' AND e.url IS NOT NULL AND contains(e.url, '=' || k.bare))
                 THEN 'click' ELSE 'login' END,
            NULL, k.confidence
        FROM events e JOIN _known k ON k.value = coalesce(e.account, e.email, e.phone)
            AND k.type = CASE WHEN e.account IS NOT NULL THEN 'account'
                              WHEN e.email IS NOT NULL THEN 'email' ELSE 'phone' END
        WHERE e.device IS NOT NULL AND e."at" IS NOT NULL
        """,
    )
    count = compute.table(
        "device_windows",
        f"""
        WITH turns AS (
            SELECT *, sum(passed::INT) OVER (
                PARTITION BY device ORDER BY "at", customer_id ROWS UNBOUNDED PRECEDING) AS turn
            FROM (SELECT *, customer_id IS DISTINCT FROM
                    lag(customer_id) OVER (PARTITION BY device ORDER BY "at", customer_id) AS passed FROM _ties)
        ), runs AS (
            SELECT device, customer_id, turn, min("at") AS first, max("at") AS last, max(confidence) AS confidence,
                arg_min(because, ("at", because)) AS because, min(record_id) AS record_id,
                count(*) OVER (PARTITION BY device) = 1 AS alone
            FROM turns GROUP BY device, customer_id, turn
        )
        SELECT device, customer_id,
            CASE WHEN alone THEN first - INTERVAL {int(BEFORE.total_seconds())} SECOND
                 ELSE first - INTERVAL {int(VISIT.total_seconds())} SECOND END AS since,
            CASE WHEN NOT alone THEN last + INTERVAL {int(VISIT.total_seconds())} SECOND END AS until,
            because, record_id, confidence
        FROM runs ORDER BY device, since, customer_id
        """,
    )
    check(compute, DEVICE_WINDOWS)
    compute.drop("_known", "_ties")
    return count


def _resolve_known(compute: Compute) -> None:
    """Make `_known`: identifiers that lead to one customer only, with the confidence of their best record."""
    compute.table(
        "_known",
        """
        SELECT i.type, i.value, regexp_replace(i.value, '^[^:]*:', '') AS bare,
            any_value(m.customer_id) AS customer_id, max(m.confidence) AS confidence
        FROM identifiers i JOIN members m USING (record_id) ANTI JOIN shared_values s USING (type, value)
        WHERE i.type IN ('account', 'email', 'phone') AND i.status IN ('ok', 'weak')
        GROUP BY i.type, i.value HAVING count(DISTINCT m.customer_id) = 1
        """,
    )
