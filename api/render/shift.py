"""Why a metric has moved, in words."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from api.render.comparison.words import customers
from api.render.layout import columns, heading, indented, lines
from api.render.words import number, percent, safe
from engine.compare import Explained, Mover

_NAMES = {
    "ltv": "Lifetime value", "repeat-rate": "Repeat rate", "revenue": "Revenue", "buyers": "Buyers",
    "customers": "Customers", "revenue-per-customer": "Revenue per customer",
}  # fmt: skip
#: What each cause stands for.
_MEANS = {
    "new rules": "customers joined or parted by other settings or another model, out of the same records",
    "decisions": "customers that people joined or parted",
    "identity changes": "customers that new or lost records joined or parted",
    "new data": "orders and customers that came, changed or went",
}


def explained(found: Explained) -> Group:
    """The difference, what made it, and the joins and partings that moved it most."""
    was, is_now = (_amount(found.metric, value) for value in (found.was, found.is_now))
    difference = ""
    if found.was is not None and found.is_now is not None:
        difference = f": {_amount(found.metric, found.is_now - found.was, signed=True)}"
    parts: list[RenderableType] = [
        Text(f"{_NAMES[found.metric]}: {was} in {safe(found.before)}, {is_now} in {safe(found.after)}{difference}"),
        heading("Made by"),
        columns(
            (),
            [(cause, _amount(found.metric, part, signed=True), _MEANS[cause]) for cause, part in found.parts.items()],
            right=(1,),
        ),
    ]
    if found.movers:
        parts += [heading("What moved it most"), *(_mover(found.metric, mover) for mover in found.movers)]
    return lines(*parts)


def _mover(metric: str, mover: Mover) -> RenderableType:
    effect = _amount(metric, mover.effect, signed=True, fine=True)
    title = f"{customers(mover.before)} -> {customers(mover.after)}: {mover.kind}, by itself {effect} ({mover.cause})"
    between = f" ({safe(mover.between[0])} and {safe(mover.between[1])})" if mover.between else ""
    return lines(indented(Text(title)), indented(Text(f"{safe(mover.reason)}{between}", style="dim"), 4))


def _amount(metric: str, value: float | None, signed: bool = False, fine: bool = False) -> str:
    if value is None:
        return "nothing"
    if metric == "repeat-rate":
        return f"{number(value * 100, '.3f' if fine else '.1f', signed=True)} points" if signed else percent(value)
    if metric in ("buyers", "customers"):
        return number(value, ",.0f", signed=signed)
    return number(value, ",.4f" if fine else ",.2f", signed=signed)
