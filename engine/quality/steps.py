"""Where identity gets lost between the first page and the purchase."""

from __future__ import annotations

from engine.compute import Compute, quote
from engine.quality.prepare import WORK_HELD, WORK_RECORDS
from engine.quality.result import Step
from engine.tables import EVENTS, ORDERS

#: The steps, as kinds of events.
STEPS = ("view", "add_to_cart", "begin_checkout", "purchase")
#: What ties a visitor to somebody: three are found in events, three in records that name the device.
EVIDENCE = ("login", "address", "order_key", "contact", "checkout", "order")
#: Shop and analytics write down one purchase seconds or minutes apart.
TOLERANCE = "INTERVAL 1 HOUR"


def steps(compute: Compute) -> tuple[Step, ...]:
    """Visitors at each step, and how many of them are tied to somebody by then, and by what.

    Evidence: an account on an event (login), an e-mail or phone on one (address), an event with the key or number of a
    known order (order_key), or a contact, checkout or order record that names the device.
    """
    lasts = ", ".join(f"max(\"at\") FILTER (kind = '{step}') AS last_{step}" for step in STEPS)
    records = ", ".join(
        f"min(coalesce(r.created_at, r.seen_at)) FILTER (r.kind = '{kind}') AS \"{kind}\"" for kind in EVIDENCE[3:]
    )
    known = "least(" + ", ".join(f'"{name}"' for name in EVIDENCE) + ")"
    counts = ", ".join(
        f"count({last}), count(*) FILTER ({known} <= {last} + {TOLERANCE}), "
        f"count(*) FILTER ({last} IS NOT NULL AND {known} IS NOT NULL), "
        + ", ".join(f'count(*) FILTER ("{name}" <= {last} + {TOLERANCE})' for name in EVIDENCE)
        for last in (f"last_{step}" for step in STEPS)
    )
    row = compute.rows(
        f"""WITH order_names AS (
                SELECT key AS name FROM {quote(ORDERS.name)} WHERE key IS NOT NULL
                UNION SELECT number FROM {quote(ORDERS.name)} WHERE number IS NOT NULL),
            visits AS (
                SELECT device, CASE WHEN device IS NULL THEN session END AS session, kind, "at", account,
                       coalesce(email, phone) AS address, o.name AS order_name
                FROM {quote(EVENTS.name)} e LEFT JOIN order_names o ON o.name = e.order_key
                WHERE coalesce(device, session) IS NOT NULL AND "at" IS NOT NULL),
            visitors AS (
                SELECT device, session, {lasts},
                       min("at") FILTER (account IS NOT NULL) AS login,
                       min("at") FILTER (address IS NOT NULL) AS address,
                       min("at") FILTER (order_name IS NOT NULL) AS order_key
                FROM visits GROUP BY device, session),
            devices AS (
                SELECT h.value AS device, {records}
                FROM {WORK_HELD} h JOIN {WORK_RECORDS} r USING (rid)
                WHERE h.type = 'device' AND h.linkable GROUP BY h.value)
            SELECT {counts} FROM visitors LEFT JOIN devices USING (device)"""
    )[0]
    width = 3 + len(EVIDENCE)
    found = []
    for i, step in enumerate(STEPS):
        visitors, tied, ever, *by = row[i * width : (i + 1) * width]
        found.append(Step(step, visitors, tied, ever, dict(zip(EVIDENCE, by, strict=True))))
    return tuple(found)
