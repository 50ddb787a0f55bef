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
    times = ", ".join(
        f"{function}(\"at\") FILTER (kind = '{step}') AS {name}_{step}"
        for step in STEPS
        for name, function in (("first", "min"), ("last", "max"))
    )
    records = ", ".join(
        f"min(coalesce(r.created_at, r.seen_at)) FILTER (r.kind = '{kind}') AS \"{kind}\"" for kind in EVIDENCE[3:]
    )
    known = "least(" + ", ".join(f'"{name}"' for name in EVIDENCE) + ")"
    counts = ", ".join(_counts(step, known) for step in STEPS)
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
                SELECT device, session, {times},
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
    width = 4 + len(EVIDENCE)
    found = []
    for i, step in enumerate(STEPS):
        visitors, at_first, known_by_last, ever, *by = row[i * width : (i + 1) * width]
        found.append(Step(step, visitors, at_first, known_by_last, ever, dict(zip(EVIDENCE, by, strict=True))))
    return tuple(found)


def _counts(step: str, known: str) -> str:
    """Return SQL: the visitors at a step, those known by its first and by its last event and ever, and by what."""
    first, last = f"first_{step} + {TOLERANCE}", f"last_{step} + {TOLERANCE}"
    conditions = (f"{known} <= {first}", f"{known} <= {last}", f"last_{step} IS NOT NULL AND {known} IS NOT NULL")
    by = (f'"{name}" <= {last}' for name in EVIDENCE)
    return f"count(last_{step}), " + ", ".join(f"count(*) FILTER ({condition})" for condition in (*conditions, *by))
