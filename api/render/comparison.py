"""What two runs have different, as a shop owner would tell it."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from api.render.layout import columns, heading, indented, lines
from api.render.words import count, percent, safe
from api.results import Planned
from engine.compare import Comparison, Figure, Shift

#: What became of customers -> words.
_KINDS = {
    "merged": "were joined with others", "split": "were parted", "regrouped": "were put together otherwise",
    "created": "are new", "retired": "have ended", "changed": "have other records", "unchanged": "are as they were",
}  # fmt: skip
#: Kinds whose parts of a difference are told, in the words of a cause.
_CAUSES = {
    "merged": "joining", "split": "parting", "regrouped": "regrouping", "created": "new customers",
    "retired": "ended ones", "changed": "other records", "unchanged": "other orders or consents",
}  # fmt: skip
_RATES = ("repeat rate",)
_COUNTS = ("customers", "buyers", "buyers who came back", "consent conflicts")
#: Named of each list that may be long.
_NAMED = 4


def planned(found: Planned) -> Group:
    """What a plan would do, and how to have it done."""
    parts: list[RenderableType | None] = [comparison(found.comparison)]
    if found.held:
        parts += [heading("`clew run` would hold this"), *(indented(Text(f"- {safe(why)}")) for why in found.held)]
    rows = [(f"clew apply {found.plan_id}", "publishes exactly this"), ("", "or leave it: nothing has changed")]
    return lines(*parts, heading("Next"), columns((), rows, whole=(0,)))


def comparison(found: Comparison) -> Group:
    """All of it."""
    parts: list[RenderableType | None] = [Text(_title(found), style="bold"), *_changed(found)]
    if found.before is not None and found.kinds["unchanged"] == sum(found.kinds.values()) and _same(found):
        return lines(*parts, Text("Every customer, number and audience is the same."))
    parts += [
        heading("Customers"),
        columns((), [(f"{found.kinds[k]:,}", words) for k, words in _KINDS.items() if found.kinds[k]], right=(0,)),
        heading("What that does"),
        _figures(found),
        heading("Lifetime value by what acquired the customer"),
        _channels(found),
        heading("Audiences"),
        _audiences(found),
    ]
    if found.shifts:
        parts += [heading("Changes with most at stake"), *(_shift(shift) for shift in found.shifts)]
    parts += [heading("Largest customers"), _largest(found)]
    if found.before is not None:
        parts += [heading("Agreement"), indented(Text(_agreement(found)))]
    return lines(*parts)


def _title(found: Comparison) -> str:
    if found.before is None:
        return f"{safe(found.after)}, and nothing before it"
    return f"From {safe(found.before)} to {safe(found.after)}"


def _same(found: Comparison) -> bool:
    return all(f.before == f.after and not f.parts for f in found.figures) and not any(
        a.enter or a.leave for a in found.audiences
    )


def _changed(found: Comparison) -> list[RenderableType]:
    """What went in otherwise than before."""
    if found.before is None:
        return []
    said = [f"{safe(c.key)}: {safe(c.before or 'nothing')}, now {safe(c.after or 'nothing')}" for c in found.rules]
    said = said[:_NAMED] + ([f"and {len(said) - _NAMED} more settings"] if len(said) > _NAMED else [])
    said += ["another model"] if found.model else []
    said += [f"what was decided in {_entries(found.decided)}"] if found.decided else []
    said += [f"what was decided in {_entries(found.undecided)} is undone"] if found.undecided else []
    inputs = [_input(i.file, i.rows_before, i.rows_after) for i in found.inputs[:_NAMED]]
    rest = len(found.inputs) - _NAMED
    said += inputs + ([f"and {rest} more files"] if rest > 0 else [])
    return [Text("; ".join(said) if said else "The same inputs, rules, decisions and model.")]


def _entries(entries: tuple[int, ...]) -> str:
    named = ", ".join(map(str, entries[:_NAMED])) + (" and others" if len(entries) > _NAMED else "")
    return f"{'entry' if len(entries) == 1 else 'entries'} {named}"


def _input(file: str, before: int | None, after: int | None) -> str:
    if before is None:
        return f"{safe(file)} is new ({after:,} rows)"
    if after is None:
        return f"{safe(file)} is gone ({before:,} rows)"
    return f"{safe(file)}: {before:,} rows, now {after:,}"


def _figures(found: Comparison) -> RenderableType:
    rows = [
        (f.name, _amount(f, f.before), _amount(f, f.after), _amount(f, _difference(f), signed=True), _parts(f))
        for f in found.figures
    ]
    rows.append(("revenue under another customer", "", "", f"{found.revenue_moved:,.2f}", ""))
    return columns(("", "before", "after", "difference", "made by"), rows, right=(1, 2, 3))


def _difference(figure: Figure) -> float | None:
    return None if figure.before is None or figure.after is None else figure.after - figure.before


def _amount(figure: Figure, value: float | None, signed: bool = False) -> str:
    if value is None:
        return ""
    sign = "+" if signed and value > 0 else ""
    if figure.name in _RATES:
        return sign + (f"{value * 100:.1f} points" if signed else percent(value))
    return sign + (f"{value:,.0f}" if figure.name in _COUNTS else f"{value:,.2f}")


def _parts(figure: Figure) -> str:
    parts = sorted((figure.parts or {}).items(), key=lambda part: -abs(part[1]))
    return ", ".join(f"{_CAUSES[kind]} {_amount(figure, value, signed=True)}" for kind, value in parts)


def _channels(found: Comparison) -> RenderableType:
    rows = [
        (
            safe(c.channel),
            f"{c.buyers_before:,}",
            f"{c.buyers_after:,}",
            *("" if v is None else f"{v:,.2f}" for v in (c.ltv_before, c.ltv_after)),
        )
        for c in found.channels
    ]
    return columns(("channel", "buyers before", "after", "value before", "after"), rows, right=(1, 2, 3, 4))


def _audiences(found: Comparison) -> RenderableType:
    rows = [
        (f"{a.purpose} by {a.channel}", f"{a.before:,}", f"{a.after:,}", *(_crossed(x) for x in (a.enter, a.leave)))
        for a in found.audiences
    ]
    return columns(("", "reached before", "after", "enter", "leave"), rows, right=(1, 2))


def _crossed(counts: dict[str, int]) -> str:
    if not counts:
        return ""
    named = ", ".join(f"{_CAUSES[kind]} {n:,}" for kind, n in counts.items())
    return f"{sum(counts.values()):,} ({named})"


def _shift(shift: Shift) -> RenderableType:
    worth = f"revenue {max(shift.revenue_before, shift.revenue_after):,.2f}"
    became = f"{customers(shift.before)} -> {customers(shift.after)}"
    title = f"{became}: {shift.kind}, {count(shift.records, 'record')}, {worth}"
    between = f" ({safe(shift.between[0])} and {safe(shift.between[1])})" if shift.between else ""
    return lines(indented(Text(title)), indented(Text(f"{safe(shift.reason)}{between}", style="dim"), 4))


def customers(ids: tuple[str, ...]) -> str:
    """Some customers, by their ids."""
    if not ids:
        return "nobody"
    rest = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    return ", ".join(map(safe, ids[:_NAMED])) + rest


def _largest(found: Comparison) -> RenderableType:
    rows = [
        (when, ", ".join(f"{safe(customer)} ({size:,})" for customer, size in largest))
        for when, largest in (("before", found.largest_before), ("after", found.largest_after))
        if largest
    ]
    return columns((), rows, whole=(0,))


def _agreement(found: Comparison) -> str:
    a = found.agreement
    return (
        f"of {count(a.records, 'record')} in both: {a.pairs_gained:,} pairs gained, {a.pairs_lost:,} lost; "
        f"adjusted Rand {a.adjusted_rand:.4f}, V-measure {a.v_measure:.4f}"
    )
