"""The first look at a shop's data, page by page."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from api.render.layout import columns, heading, indented, left_out, lines
from api.render.words import count, day, percent, safe
from engine.quality import CAUSES, Audit, Source

#: More rows of a kind than this are left to `--json`.
SHOWN = 8

_STEPS = {"view": "browse", "add_to_cart": "cart", "begin_checkout": "checkout", "purchase": "purchase"}


def audit(found: Audit) -> Group:
    """The whole audit."""
    return lines(
        Text("What is in the exports", style="bold"),
        _sources(found),
        *_identifiers(found),
        *_duplicates(found),
        *_values(found),
        *_overlaps(found),
        *_steps(found),
        *_consents(found),
        *_gain(found),
    )


def _sources(found: Audit) -> RenderableType:
    rows = [
        (s.source, f"{s.rows:,}", f"{s.records:,}", f"{s.events:,}", _aside(s), day(s.first_seen), day(s.last_seen))
        for s in found.sources
    ]
    return columns(
        ("source", "rows", "records", "events", "set aside", "from", "to"), rows, right=(1, 2, 3, 4), whole=(5, 6)
    )


def _aside(source: Source) -> str:
    aside = source.rejected + (source.repeated_keys or 0)
    return f"{aside:,}" if aside else ""


def _identifiers(found: Audit) -> list[RenderableType]:
    rows = [
        (
            s.source if n == 0 else "",
            i.type,
            percent(i.fill_rate),
            percent(i.validity),
            f"{i.distinct or 0:,}",
            _bad(i.statuses),
        )
        for s in found.sources
        for n, i in enumerate(s.identifiers)
    ]
    return [
        heading("Identifiers: how many records hold one, and how many of those may link"),
        columns(("source", "type", "filled", "usable", "distinct", "not usable"), rows, right=(2, 3, 4), whole=(1,)),
    ]


def _bad(statuses: dict[str, int]) -> str:
    return ", ".join(
        f"{number:,} {status}" for status, number in sorted(statuses.items()) if status not in ("ok", "weak")
    )


def _duplicates(found: Audit) -> list[RenderableType]:
    rows = [
        (
            s.source,
            f"{s.duplicates.duplicates:,}",
            percent(s.duplicates.rate),
            ", ".join(f"{CAUSES.get(c, c)} ({n:,})" for c, n in _most(s.duplicates.causes)),
        )
        for s in found.sources
        if s.duplicates.duplicates
    ]
    if not rows:
        return []
    return [
        heading("Contacts that are probably in the same source already"),
        columns(("source", "contacts", "share", "likely because"), rows, right=(1, 2)),
    ]


def _most(causes: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(((c, n) for c, n in causes.items() if n), key=lambda cause: (-cause[1], cause[0]))[:3]


def _values(found: Audit) -> list[RenderableType]:
    parts: list[RenderableType] = []
    if found.frequent:
        rows = [
            (f.type, f.value, f"{f.records:,}", f.status if not f.linkable else "look at it") for f in found.frequent
        ]
        parts += [
            heading("Values in very many records"),
            lines(
                columns(("type", "value", "records", "is"), rows[:SHOWN], right=(2,)),
                left_out(len(rows) - SHOWN, "value"),
            ),
        ]
    if found.shared:
        shared = [(v.type, v.value, f"{v.records:,}", f"{v.names:,}") for v in found.shared]
        parts += [
            heading("Values that several people share, and that therefore never link"),
            lines(
                columns(("type", "value", "records", "first names"), shared[:SHOWN], right=(2, 3)),
                left_out(len(shared) - SHOWN, "value"),
            ),
        ]
    return parts


def _overlaps(found: Audit) -> list[RenderableType]:
    rows = [
        (o.type, o.source, o.other, f"{o.both:,} of {o.values:,}", percent(o.share))
        for o in sorted(found.overlaps, key=lambda o: (-o.both, o.type, o.source, o.other))
        if o.both
    ]
    if not rows:
        return []
    return [
        heading("How much the sources have in common"),
        lines(
            columns(("type", "values of", "that are also in", "how many", "share"), rows[: 2 * SHOWN], right=(3, 4)),
            left_out(len(rows) - 2 * SHOWN, "pair"),
        ),
    ]


def _steps(found: Audit) -> list[RenderableType]:
    rows = [
        (_STEPS.get(s.step, s.step), f"{s.visitors:,}", f"{s.known:,}", percent(s.share))
        for s in found.steps
        if s.visitors
    ]
    if not rows:
        return []
    return [
        heading("Where identity gets lost: visitors who are known at each step"),
        columns(("step", "visitors", "known", "share"), rows, right=(1, 2, 3)),
    ]


def _consents(found: Audit) -> list[RenderableType]:
    rows = [
        (c.channel, *(f"{c.states.get(state, 0):,}" for state in ("in", "out", "unknown")), f"{c.conflicts:,}")
        for c in found.consents
    ]
    if not rows:
        return []
    titles = ("channel", "in", "out", "unknown", "in here, out there")
    return [heading("Consent"), columns(titles, rows, right=(1, 2, 3, 4))]


def _gain(found: Audit) -> list[RenderableType]:
    gain = found.gain
    return [
        heading("What linking would gain"),
        indented(
            Text(
                f"{count(gain.records, 'record')} look like {gain.by_exact_email:,} people by exact e-mail, and like "
                f"{gain.by_identifier:,} by every e-mail and phone. "
                f"{count(gain.unreachable, 'record has', 'records have')} neither."
            )
        ),
        indented(Text(f"This is {safe(gain.note)}.", style="dim")),
    ]
