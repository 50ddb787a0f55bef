"""What a trigger needs to know of a customer, in words."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from api.render.words import count, day, percent, safe
from engine.profile.state import State

#: Articles of a cart that are shown; more are counted.
ITEMS = 4

_CHANNELS = {"email": "e-mail", "sms": "SMS", "phone": "phone", "ads": "ads"}
_CARTS = {"add_to_cart": "last put in", "begin_checkout": "checkout begun"}


def state_rows(state: State) -> Iterator[tuple[str, object]]:
    """The facts that are known, each with its name."""
    bought = f", {count(state.purchases, 'purchase')}" if state.purchases else ""
    yield "buyer", f"{state.buyer}{bought}{f'; {state.stage}' if state.stage != state.buyer else ''}"
    if state.last_order_at:
        told = [safe(state.last_order), _amount(state.last_order_value, state.last_order_currency)]
        when = f"{day(state.last_order_at)} ({_ago(state.days_since_order)})"
        yield "last order", ", ".join(part for part in (*told, when) if part)
    if state.last_active_at:
        yield "last active", f"{day(state.last_active_at)} ({_ago(state.days_since_active)})"
    yield "open cart", _cart(state)
    if state.interest:
        yield "interest", f"{safe(state.interest)} ({percent(state.interest_share)})"
    if state.language:
        yield "language", safe(state.language)
    if state.place:
        yield "place", safe(state.place)
    if state.conversation_at:
        told = [safe(state.conversation_subject), safe(state.conversation_status)]
        yield "support", ", ".join(part for part in (day(state.conversation_at), *told) if part)
    for channel, words in _CHANNELS.items():
        answer = getattr(state, channel)
        yield f"by {words}", Text("yes", style="green") if answer == "yes" else Text(f"no: {safe(answer)}", style="red")


def _cart(state: State) -> str:
    if not state.cart_at:
        return "none"
    items = [safe(item) for item in state.cart_items or []]
    more = [f"{len(items) - ITEMS} more"] if len(items) > ITEMS else []
    when = f"{_CARTS[state.cart_kind or '']} {day(state.cart_at)} ({_ago(state.days_since_cart)})"
    value = _amount(state.cart_value, state.cart_currency)
    sure = f"{percent(state.cart_confidence)} sure"
    return "; ".join(part for part in (", ".join(items[:ITEMS] + more), value, when, sure) if part)


def _amount(value: float | None, currency: str | None) -> str:
    return "" if value is None else f"{value:,.2f} {safe(currency)}".rstrip()


def _ago(days: int | None) -> str:
    return "that day" if not days else f"{count(days, 'day')} before"
