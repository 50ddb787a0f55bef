"""What two runs have different, as a page for whoever decides: it names customers and records, and no address."""

from __future__ import annotations

from api.render.charts import Bars, Chart, Table, bars, grouped, pairs, signed, table
from api.render.comparison.words import (
    ALIKE,
    CAUSES,
    COUNTS,
    KINDS,
    MERGES,
    RATES,
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
from api.render.page import Fact, Page, Section
from api.render.words import amount, count, impersonal, number, safe
from api.results import Planned
from engine.compare import Comparison, Elsewhere, Figure, Shift

_BOTH = "before", "after"
#: Figures that stand first on the page.
_FIRST = ("customers", "buyers", "revenue", "repeat rate", "lifetime value")


def page(found: Planned | Comparison) -> Page:
    """The page of a plan, or of two runs."""
    plan = found if isinstance(found, Planned) else None
    compared = found.comparison if isinstance(found, Planned) else found
    currency = compared.currency or "the shop's currency"
    made = [_short(compared), *([] if same(compared) else _told(compared, currency))]
    if plan:
        made.append(_next(plan))
    return Page(
        title=f"Plan {plan.plan_id}: what it would change" if plan else title(compared),
        intro=(
            *([title(compared) + "."] if plan else []),
            *_asked(plan),
            f"Money is net revenue in {currency}. Customers and records are named by their ids; no name, e-mail, phone "
            "number or address stands here. The page is one file that asks nothing of the network.",
        ),
        stamp=title(compared),
        sections=tuple(section for section in made if section),
        definitions=(),
        closing=f"The same as text: `clew diff --plan {plan.plan_id}`." if plan else "The same as text: `clew diff`.",
    )


def _asked(plan: Planned | None) -> list[str]:
    """By whom and why a plan was made."""
    if plan is None or not (plan.author or plan.reason):
        return []
    by = f" by {impersonal(plan.author)}" if plan.author else ""
    return [f"Made{by}{f': {impersonal(plan.reason)}' if plan.reason else ''}."]


def _short(found: Comparison) -> Section:
    said = [impersonal(one) for one in changed(found)]
    says = [f"What went in otherwise: {'; '.join(said)}."] if said else ["There is no earlier run, so all is new."]
    says = said if said == [ALIKE] else says
    if same(found):
        return Section("short", "In short", (*says, "Every customer, number and audience is the same."))
    known = {figure.name: figure for figure in found.figures}
    facts = [
        Fact(
            name[:1].upper() + name[1:],
            figure_amount(f, f.after) or "none",
            f"{figure_amount(f, f.before) or 'none'} before",
        )
        for name in _FIRST
        for f in (known[name],)
    ]
    moved = Fact("Revenue under another customer", amount(found.revenue_moved), "of orders that both runs hold")
    return Section("short", "In short", tuple(says), (*facts, moved))


def _told(found: Comparison, currency: str) -> list[Section | None]:
    return [
        _customers(found),
        _figures(found, currency),
        _channels(found, currency),
        _audiences(found),
        _shifts(found),
        _elsewhere(found),
        _largest(found),
    ]


def _customers(found: Comparison) -> Section:
    rows = [(words, float(found.kinds[kind]), "") for kind, words in KINDS.items() if found.kinds[kind]]
    chart = bars("What became of customers", ("they", "customers"), rows, lambda n: f"{n:,.0f}")
    says = (
        "Customers that hand records to one another count once together.",
        f"{count(found.records_before, 'record')} before, {found.records_after:,} after.",
    )
    return Section("customers", "Customers", says, charts=(chart,))


def _figures(found: Comparison, currency: str) -> Section:
    rows = [(_unit(f, currency), f.before, f.after, lambda value, f=f: figure_amount(f, value)) for f in found.figures]
    both = pairs("The figures", ("figure", "value", "change"), _BOTH, rows, own_scale=True)
    parts = tuple(_parts(f, currency, made) for f in found.figures if (made := _made(f)))
    exact = table(
        "Before and after, exactly",
        ("figure", *_BOTH, "difference"),
        (
            (
                _unit(f, currency),
                *(figure_amount(f, v) for v in (f.before, f.after)),
                figure_amount(f, difference(f), True),
            )
            for f in found.figures
        ),
    )
    says = (
        "What made a difference is told apart: joining, parting, new data, ended customers. The parts sum to it; of a "
        "rate each is what that makes after those before it: who is who first, and then what is new.",
        f"Orders worth {found.revenue_moved:,.2f} {currency} belong to another customer than before.",
        f"Consents in conflict: {_counted(found.conflicts.made)} made, {_counted(found.conflicts.resolved)} resolved.",
    )
    return Section("figures", "What that does", says, charts=(both, *parts), more=(exact,))


def _counted(kinds: dict[str, int]) -> str:
    by = ", ".join(f"{CAUSES[kind]} {n:,}" for kind, n in kinds.items())
    return f"{sum(kinds.values()):,}" + (f" ({by})" if by else "")


def _unit(figure: Figure, currency: str) -> str:
    return figure.name if figure.name in (*COUNTS, *RATES) else f"{figure.name}, {currency}"


def _made(figure: Figure) -> list[tuple[str, float, str]]:
    return made_by(figure.parts, lambda value: figure_amount(figure, value, signed=True))


def _parts(figure: Figure, currency: str, made: list[tuple[str, float, str]]) -> Bars:
    note = f"{figure_amount(figure, difference(figure), signed=True)} together"
    return signed(f"What made {_unit(figure, currency)}", ("by", "part"), ("more", "less"), made, note)


def _channels(found: Comparison, currency: str) -> Section | None:
    if not found.channels:
        return None
    worth = [(safe(c.channel), c.ltv_before, c.ltv_after, amount) for c in found.channels]
    buyers = [(safe(c.channel), c.buyers_before, c.buyers_after, lambda n: f"{n:,.0f}") for c in found.channels]
    charts: tuple[Chart, ...] = (
        pairs("Lifetime value", ("channel", currency, "change"), _BOTH, worth),
        pairs("Buyers", ("channel", "buyers", "change"), _BOTH, buyers),
    )
    told = [
        (
            safe(c.channel),
            {cause: said for cause, _, said in made_by(c.parts, lambda value: number(value, signed=True))},
        )
        for c in found.channels
    ]
    made = [(channel, *(parts.get(cause, "") for cause in CAUSES.values())) for channel, parts in told if parts]
    if made:
        charts += (table("What made the difference in lifetime value", ("channel", *CAUSES.values()), made),)
    return Section("channels", "Lifetime value by what acquired the customer", (), charts=charts)


def _audiences(found: Comparison) -> Section:
    reached = [(f"{a.purpose} by {a.channel}", a.before, a.after, lambda n: f"{n:,.0f}") for a in found.audiences]
    crossed = [
        (f"{a.purpose} by {a.channel}: {words}", (a.enter.get(kind, 0), a.leave.get(kind, 0)))
        for a in found.audiences
        for kind, words in CAUSES.items()
        if kind in a.enter or kind in a.leave
    ]
    charts = [pairs("Addresses reached", ("audience", "addresses", "change"), _BOTH, reached)]
    if crossed:
        heads = "audience and cause", "addresses"
        charts.append(grouped("Entering and leaving", heads, ("enter", "leave"), crossed, lambda n: f"{n:,.0f}"))
    says = (
        "Addresses that may be written to, by what for, and those that enter and leave by what became of the customer."
    )
    return Section("audiences", "Audiences", (says,), charts=tuple(charts))


def _shifts(found: Comparison) -> Section | None:
    if not found.shifts:
        return None
    heads = ("before", "after", "what", "why", "records", "revenue before", "after")
    says = "Customers that hand records to one another, those with most revenue first."
    return Section(
        "shifts", "Changes with most at stake", (says,),
        charts=(table("Shifts", heads, map(_shift, found.shifts), words=4),),
    )  # fmt: skip


def _shift(shift: Shift) -> tuple[str, ...]:
    between = f" ({' and '.join(map(impersonal, shift.between))})" if shift.between else ""
    worth = (f"{value:,.2f}" for value in (shift.revenue_before, shift.revenue_after))
    why = safe(shift.reason) + (" (records keyed by an address, not shown)" if shift.addressed else between)
    return customers(shift.before), customers(shift.after), shift.kind, why, f"{shift.records:,}", *worth


def _elsewhere(found: Comparison) -> Section | None:
    if not found.elsewhere:
        return None
    says = [
        "Clew changes no other system. These customers have several accounts in one, to be merged there by hand or by "
        "its API, best in this order."
    ]
    notes = []
    for system in found.elsewhere:
        says += [f"{system.system}: {several(system)}. {'. '.join(map(_sentence, weighed(system)))}."]
        notes += [f"{UNSEEN}, {system.system}: {', '.join(system.unseen)}."] if system.unseen else []
    notes += ["Sources: " + ", ".join(f"`{source}`" for system in found.elsewhere for source in sources(system)) + "."]
    return Section("elsewhere", MERGES, tuple(says), charts=tuple(map(_merges, found.elsewhere)), notes=tuple(notes))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _merges(found: Elsewhere) -> Table:
    rows = (
        (m.customer, impersonal(m.keep), ", ".join(map(impersonal, m.merge)), VERDICTS[m.verdict], f"{m.revenue:,.2f}")
        for m in found.named
    )
    rest = found.customers - len(found.named)
    note = f"And {rest:,} more: `clew export merges` writes all of a published run." if rest else ""
    return table(found.system, ("customer", "keep", "merge into it", "there", "revenue"), rows, note, words=4)


def _largest(found: Comparison) -> Section:
    charts = tuple(
        bars(when, ("customer", "records"), ((who, float(size), "") for who, size in largest), lambda n: f"{n:,.0f}")
        for when, largest in (("Before", found.largest_before), ("After", found.largest_after))
        if largest
    )
    says = (f"How alike the two are: {agreement(found)}.",) if found.before is not None else ()
    return Section("largest", "Largest customers", says, charts=charts)


def _next(plan: Planned) -> Section:
    held = [f"`clew run` would hold this: {impersonal(why)}" for why in plan.held]
    settings = [f"The project file: {SETTINGS}."] if plan.other_settings else []
    says = f"`clew apply {plan.plan_id}` publishes exactly this. Or leave it: nothing has changed."
    return Section("next", "Next", (*settings, says), notes=tuple(held))
