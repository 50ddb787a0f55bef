"""The facts that a trigger needs of one customer: what the measure `customer_state` says of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from engine.compute import Compute
from engine.measure import ARTICLES, make_views, needed, read_times, told
from engine.runs import RunTables, read_manifest, started


@dataclass(frozen=True)
class State:
    """A customer as of a time (UTC), in the columns of `customer_state`: see docs/measures.md.

    What isn't known, or isn't there, is None. `email`, `sms`, `phone` and `ads` are `yes`, or why not.
    """

    as_of: datetime
    buyer: str
    stage: str
    purchases: int
    last_order_at: datetime | None
    last_order: str | None
    last_order_value: float | None
    last_order_currency: str | None
    days_since_order: int | None
    last_active_at: datetime | None
    days_since_active: int | None
    cart_at: datetime | None
    days_since_cart: int | None
    cart_kind: str | None
    cart_items: list[str] | None
    cart_value: float | None
    cart_currency: str | None
    cart_confidence: float | None
    interest: str | None
    interest_share: float | None
    language: str | None
    place: str | None
    conversation_at: datetime | None
    conversation_subject: str | None
    conversation_status: str | None
    email: str
    sms: str
    phone: str
    ads: str


#: What of a customer `customer_state` is made of: see `open_customer`.
TABLES = (
    "customers", "known_by", "permissions", "event_owners", "records", "identifiers", "orders", "order_lines", "events",
)  # fmt: skip
_VIEW = "customer_state"
#: What tells of a customer's addresses, too: what came of messages to them, and the same numbers elsewhere.
_ABOUT_ADDRESSES = (
    *(
        f"""INSERT INTO events FROM all_events
            SEMI JOIN (SELECT value AS {type_} FROM known_by WHERE type = '{type_}') USING ({type_})
            ANTI JOIN events USING (source, key) WHERE kind IN ('bounce', 'open', 'click')"""
        for type_ in ("email", "phone")
    ),
    """INSERT INTO identifiers FROM all_identifiers
        SEMI JOIN (SELECT value FROM known_by WHERE type = 'phone') USING (value)
        ANTI JOIN members USING (record_id) WHERE type = 'phone'""",
)
#: All articles of the run that the customer has to do with.
_ARTICLES = f"""FROM ({ARTICLES.format(events="all_events", lines="all_order_lines")})
    SEMI JOIN (SELECT item FROM events UNION SELECT item FROM order_lines) USING (item)"""


def customer_state(compute: Compute, run: RunTables, at: datetime | None = None) -> State:
    """The state of a customer of `run`, as of `at` (UTC, naive) or of the newest order or event.

    `compute` is that of `open_customer` with TABLES, to which it adds.
    """
    for sql in _ABOUT_ADDRESSES:
        compute.run(sql)
    compute.table("articles", _ARTICLES)
    began = started(read_manifest(run)).replace(tzinfo=None)
    times = read_times(compute, began, at, ("all_orders", "all_events"))
    # One after the other they are a fraction of the work of one question that is made of all of them.
    steps = [view.name for view in needed([_VIEW])]
    make_views(compute, times, *told(run), keep=steps, only=[_VIEW])
    columns = ", ".join(field.name for field in fields(State))
    return State(*compute.rows(f"SELECT {columns} FROM {_VIEW}")[0])
