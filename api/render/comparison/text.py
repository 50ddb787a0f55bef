"""What two runs have different, as a shop owner would tell it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rich.console import Group, RenderableType
from rich.text import Text

from api.render.comparison.words import (
    CAUSES,
    KINDS,
    MERGES,
    NAMED,
    SETTINGS,
    UNSEEN,
    VERDICTS,
    agreement,
    changed,
    customers,
    difference,
    figure_amount,
    made_by,
    same,
    several,
    sources,
    title,
    weighed,
)
from api.render.layout import columns, heading, indented, lines
from api.render.words import count, number, safe
from api.results import Planned
from engine.compare import Comparison, Elsewhere, Figure, Shift


def planned(found: Planned) -> Group:
    """What a plan would do, and how to have it done."""
    parts: list[RenderableType | None] = [comparison(found.comparison)]
    if found.held:
        parts += [heading("`clew run` would hold this"), *(indented(Text(f"- {safe(why)}")) for why in found.held)]
    settings = [("the project file", SETTINGS)] if found.other_settings else []
    apply = (f"clew apply {found.plan_id}", "publishes exactly this")
    rows = [*settings, apply, ("", "or leave it: nothing has changed")]
    return lines(*parts, heading("Next"), columns((), rows, whole=(0,)))


def comparison(found: Comparison) -> Group:
    """All of it."""
    parts: list[RenderableType | None] = [Text(title(found), style="bold")]
    if said := changed(found):
        parts.append(Text("; ".join(said)))
    if same(found):
        return lines(*parts, Text("Every customer, number and audience is the same."))
    parts += [
        heading("Customers"),
        columns((), [(f"{found.kinds[k]:,}", words) for k, words in KINDS.items() if found.kinds[k]], right=(0,)),
        heading("What that does"),
        _figures(found),
        heading("Lifetime value by what acquired the customer"),
        _channels(found),
        heading("Audiences"),
        _audiences(found),
    ]
    if found.shifts:
        parts += [heading("Changes with most at stake"), *(_shift(shift) for shift in found.shifts)]
        more = sum(found.kinds.values()) - found.kinds["unchanged"] - len(found.shifts)
        parts += [indented(Text(f"and {more:,} more; `--top N` shows N", style="dim"))] if more else []
    if found.elsewhere:
        parts += [heading(MERGES), *(_elsewhere(system) for system in found.elsewhere)]
    parts += [heading("Largest customers"), _largest(found)]
    if found.before is not None:
        parts += [heading("Agreement"), indented(Text(agreement(found)))]
    return lines(*parts)


def _figures(found: Comparison) -> RenderableType:
    rows = [
        (
            f.name,
            figure_amount(f, f.before),
            figure_amount(f, f.after),
            figure_amount(f, difference(f), signed=True),
            _parts(f),
        )
        for f in found.figures
    ]
    for name, sign, kinds in (("made", 1, found.conflicts.made), ("resolved", -1, found.conflicts.resolved)):
        by = ", ".join(f"{CAUSES[kind]} {number(sign * n, ',d', signed=True)}" for kind, n in kinds.items())
        rows.append((f"conflicts {name}", "", "", number(sign * sum(kinds.values()), ",d", signed=True), by))
    rows.append(("revenue under another customer", "", "", f"{found.revenue_moved:,.2f}", ""))
    return columns(("", "before", "after", "difference", "made by"), rows, right=(1, 2, 3))


def _parts(figure: Figure) -> str:
    return _told(figure.parts, lambda value: figure_amount(figure, value, signed=True))


def _told(parts: Mapping[str, float], amount: Callable[[float], str]) -> str:
    return ", ".join(f"{cause} {said}" for cause, _, said in made_by(parts, amount))


def _channels(found: Comparison) -> RenderableType:
    rows = [
        (
            safe(c.channel),
            f"{c.buyers_before:,}",
            f"{c.buyers_after:,}",
            *("" if v is None else f"{v:,.2f}" for v in (c.ltv_before, c.ltv_after)),
            _told(c.parts, lambda value: number(value, signed=True)),
        )
        for c in found.channels
    ]
    return columns(("channel", "buyers before", "after", "value before", "after", "made by"), rows, right=(1, 2, 3, 4))


def _audiences(found: Comparison) -> RenderableType:
    rows = [
        (f"{a.purpose} by {a.channel}", f"{a.before:,}", f"{a.after:,}", *(_crossed(x) for x in (a.enter, a.leave)))
        for a in found.audiences
    ]
    return columns(("", "reached before", "after", "enter", "leave"), rows, right=(1, 2))


def _crossed(counts: dict[str, int]) -> str:
    if not counts:
        return ""
    named = ", ".join(f"{CAUSES[kind]} {n:,}" for kind, n in counts.items())
    return f"{sum(counts.values()):,} ({named})"


def _shift(shift: Shift) -> RenderableType:
    worth = f"revenue {max(shift.revenue_before, shift.revenue_after):,.2f}"
    became = f"{customers(shift.before)} -> {customers(shift.after)}"
    what = f"{became}: {shift.kind}, {count(shift.records, 'record')}, {worth}"
    between = f" ({safe(shift.between[0])} and {safe(shift.between[1])})" if shift.between else ""
    return lines(indented(Text(what)), indented(Text(f"{safe(shift.reason)}{between}", style="dim"), 4))


def _elsewhere(found: Elsewhere) -> RenderableType:
    named = [
        f"- {safe(m.customer)}: keep {safe(m.keep)}, merge {customers(m.merge)} "
        f"({VERDICTS[m.verdict]}, revenue {m.revenue:,.2f})"
        for m in found.named[:NAMED]
    ]
    rest = found.customers - len(named)
    more = [f"- and {rest:,} more; of a published run, `clew export merges FILE` writes all"] if rest else []
    unseen = [f"{UNSEEN}: {', '.join(found.unseen)}"] if found.unseen else []
    return lines(
        indented(Text(f"{found.system}: {several(found)}")),
        *(indented(Text(said), 4) for said in weighed(found)),
        *(indented(Text(said), 4) for said in (*named, *more)),
        *(indented(Text(said, style="dim"), 4) for said in (*unseen, *sources(found))),
    )


def _largest(found: Comparison) -> RenderableType:
    rows = [
        (when, ", ".join(f"{safe(customer)} ({size:,})" for customer, size in largest))
        for when, largest in (("before", found.largest_before), ("after", found.largest_after))
        if largest
    ]
    return columns((), rows, whole=(0,))
