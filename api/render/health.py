"""How a run's data stand: what is wrong, each source, and the numbers beside those of the runs before."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from api.render.layout import columns, heading, indented, lines
from api.render.words import count, day, minute, percent, safe
from api.results import Health
from engine.quality.findings import Grade, shown
from engine.quality.health import SourceHealth
from engine.quality.history import Series

#: How many earlier values stand beside the current one.
BEFORE = 3
_STYLES: dict[Grade, str] = {"fail": "bold red", "warn": "yellow", "ok": "green"}
#: Metrics that aren't numbers to look at.
_TIMES = ("last_seen", "rhythm")


def health(found: Health, everything: bool = False) -> Group:
    """The whole page; `everything`: all numbers and all checks that found nothing."""
    bad = [f for f in found.findings if f.grade != "ok"]
    passed = [f for f in found.findings if f.grade == "ok"]
    grades = [
        count(sum(f.grade == grade for f in bad), *words)
        for grade, *words in _COUNTED
        if any(f.grade == grade for f in bad)
    ]
    title = Text(f"Run {found.run_id}, {minute(found.at)}: ", style="bold")
    parts: list[RenderableType] = [title.append(", ".join(grades) or "all is well", style=_STYLES[found.grade])]
    if bad:
        parts.append(columns((), [(_grade(f.grade), f.said) for f in bad], whole=(0,)))
    if everything:
        parts += [heading("Checks that found nothing"), columns((), [(f.check, f.said) for f in passed], whole=(0,))]
    elif passed:
        parts.append(indented(Text(f"nothing found by: {', '.join(f.check for f in passed)}", style="dim")))
    parts += [heading("Sources"), _sources(found.sources)]
    parts += [heading("Numbers, and what they were before"), _numbers(found, everything)]
    if any(s.redefined for s in found.series):
        parts.append(indented(Text("* defined otherwise since a run that is named below", style="dim")))
    parts += [heading("To know")] if found.notes else []
    parts += [indented(Text(f"- {safe(note)}")) for note in found.notes]
    if not everything:
        parts.append(
            Text("\nclew health --all shows every number and check; clew changes, what was told otherwise", style="dim")
        )
    return lines(*parts)


_COUNTED: tuple[tuple[Grade, str, str], ...] = (("fail", "failure", "failures"), ("warn", "warning", "warnings"))


def _grade(grade: Grade) -> Text:
    return Text(grade, style=_STYLES[grade])


def _sources(found: tuple[SourceHealth, ...]) -> RenderableType:
    rejected = any(s.rejected for s in found)
    rows = [
        (
            s.source, _grade(s.grade), f"{s.rows:,}", *((f"{s.rejected:,}" if s.rejected else "",) if rejected else ()),
            "" if s.duplicates is None else percent(s.duplicates), day(s.last_seen), _days(s.behind), _days(s.rhythm),
        )
        for s in found
    ]  # fmt: skip
    titles = ("source", "", "rows", *(("bad",) if rejected else ()), "double", "newest", "behind", "every")
    at = len(titles)
    return columns(titles, rows, right=(2, *range(3, at - 3), at - 2, at - 1), whole=(1, at - 3))


def _days(days: float | None) -> str:
    return "" if days is None else f"{days:.0f} d"


def _numbers(found: Health, everything: bool) -> RenderableType:
    told = {(f.source, f.subject) for f in found.findings if f.grade != "ok"}
    rows = []
    for s in found.series:
        mine = s.source is None or (s.source, s.subject) in told or ((s.source, None) in told and s.subject is None)
        telling = any(point.value for point in s.points)
        if s.metric not in _TIMES and telling and (everything or mine):
            rows.append(_number(s))
    return columns(("what", "now", "usual", "before, newest last"), rows, right=(1,), whole=(2,))


def _number(s: Series) -> tuple[str, str, str, str]:
    name = " ".join(filter(None, (s.metric.replace("_", " "), s.source, s.subject))) + (" *" if s.redefined else "")
    usual = s.usual
    before = [p for p in s.points if p is not s.now][-BEFORE:]
    return (
        name,
        shown(s, s.now.number) if s.now else "none",
        f"{shown(s, usual.number)} \N{PLUS-MINUS SIGN} {shown(s, usual.spread)}" if usual else "",
        "  ".join(shown(s, p.number) for p in before),
    )
