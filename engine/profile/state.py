"""The facts that a trigger needs of one customer: what the measure `customer_state` says of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from engine.compute import Compute
from engine.measure import open_views
from engine.runs import RunTables


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


def customer_state(run: RunTables, customer_id: str, at: datetime | None = None) -> State:
    """The state of a customer of `run`, as of `at` (UTC, naive) or of the newest order or event."""
    columns = ", ".join(field.name for field in fields(State))
    with Compute() as compute:
        open_views(compute, run, at, of=customer_id, only=["customer_state"])
        return State(*compute.rows(f"SELECT {columns} FROM customer_state")[0])
