"""The facts that a trigger needs of one customer: what the measure `customer_state` says of it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import lru_cache

import pyarrow as pa

from engine.compute import Compute, any_of, literal
from engine.measure import ARTICLES, Times, make_views, needed, read_table, read_times, told
from engine.runs import RunTables, read_manifest, started
from engine.tables import EVENTS, IDENTIFIERS, ORDER_LINES, ORDERS


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
#: What came of messages that the customer's own events don't hold.
_CAME = "ANTI JOIN events USING (source, key) WHERE kind IN ('bounce', 'open', 'click')"
#: What tells of a customer's addresses, too, out of the whole of a table: what came of messages to them, and the same
#: numbers elsewhere. type -> table, column, and which rows there.
_ABOUT_ADDRESSES = (
    ("email", EVENTS, "email", _CAME),
    ("phone", EVENTS, "phone", _CAME),
    ("phone", IDENTIFIERS, "value", "ANTI JOIN members USING (record_id) WHERE type = 'phone'"),
)
#: The articles that the customer has to do with.
_ARTICLES = "FROM all_articles SEMI JOIN (SELECT item FROM events UNION SELECT item FROM order_lines) USING (item)"


def customer_state(compute: Compute, run: RunTables, at: datetime | None = None) -> State:
    """The state of a customer of `run`, as of `at` (UTC, naive) or of the newest order or event.

    `compute` is that of `open_customer` with TABLES, to which it adds.
    """
    for type_, table, column, others in _ABOUT_ADDRESSES:
        asked = [value for (value,) in compute.rows("SELECT value FROM known_by WHERE type = ?", [type_])]
        if asked:
            file = literal(str(run.path(table.name)))
            theirs = f"{others} AND {column} IN {any_of(asked)}"
            compute.run(f"INSERT INTO {table.name} FROM read_parquet({file}) {theirs}", asked)
    times, articles = _of_all(RunTables(run.folder.resolve()))
    with compute.shown("all_articles", articles):
        compute.table("articles", _ARTICLES)
    # One after the other they are a fraction of the work of one question that is made of all of them.
    steps = [view.name for view in needed([_VIEW])]
    make_views(compute, replace(times, as_of=at or times.as_of), *told(run), keep=steps, only=[_VIEW])
    columns = ", ".join(field.name for field in fields(State))
    return State(*compute.rows(f"SELECT {columns} FROM {_VIEW}")[0])


@lru_cache(maxsize=1)
def _of_all(run: RunTables) -> tuple[Times, pa.Table]:
    """What is the same for all customers of a run: its times, and how its articles are named."""
    with Compute() as compute:
        for table in (ORDERS, ORDER_LINES, EVENTS):
            read_table(compute, run, table)
        times = read_times(compute, started(read_manifest(run)).replace(tzinfo=None))
        return times, compute.arrow(ARTICLES)
