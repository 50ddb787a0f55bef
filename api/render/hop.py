"""One hop of evidence: its two records, what it is worth, and where that comes from."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Group
from rich.table import Table
from rich.text import Text

from api.render.layout import columns, indented
from api.render.words import bits, percent, reason, safe
from graph.store import Match, Reason

#: Bits that are worth a line.
NOTICEABLE = 0.05
#: Characters of a waterfall from its least to its greatest total.
BARS = 30
BEFORE = "before comparing: few pairs of records are one person"


def listed(title: str, match: Match, ends: tuple[str, str], names: Mapping[str, str], is_weakest: bool) -> Group:
    """A hop with its reasons, under a `title` if there are others; `ends` are its records in the order of the path."""
    reasons = Table.grid(padding=(0, 2, 0, 0))
    reasons.add_column(justify="right", no_wrap=True)
    reasons.add_column(overflow="fold")
    for weight, text in steps(match):
        reasons.add_row(Text(bits(weight)), Text(text))
    return _framed(title, match, ends, names, is_weakest, reasons)


def waterfall(title: str, match: Match, ends: tuple[str, str], names: Mapping[str, str], is_weakest: bool) -> Group:
    """A hop with its reasons as a waterfall: each bar goes on where the one before it ended, the last is the total."""
    bars = Table.grid(padding=(0, 2, 0, 0))
    bars.add_column(justify="right", no_wrap=True)
    bars.add_column(no_wrap=True)
    bars.add_column(overflow="fold")
    found = steps(match)
    found = [s for s in found if s[1] == BEFORE] + [s for s in found if s[1] != BEFORE]
    totals = [0.0]
    for weight, _ in found:
        totals.append(totals[-1] + weight)
    low, high = min(totals), max(totals)

    def at(total: float) -> int:
        return round((total - low) / ((high - low) or 1.0) * BARS)

    for (weight, text), before, after in zip(found, totals, totals[1:], strict=False):
        start, end = sorted((at(before), at(after)))
        bar = ("\N{FULL BLOCK}" if weight > 0 else "\N{MEDIUM SHADE}") * max(end - start, 1)
        row = Text((" " * min(start, BARS - 1) + bar).ljust(BARS), style="green" if weight > 0 else "red")
        bars.add_row(Text(bits(weight)), row, Text(text))
    total = Text("\N{BOX DRAWINGS HEAVY VERTICAL}".rjust(at(match.weight) or 1).ljust(BARS))
    bars.add_row(Text(bits(match.weight), style="bold"), total, Text("in all", style="bold"))
    return _framed(title, match, ends, names, is_weakest, bars)


def steps(match: Match) -> list[tuple[float, str]]:
    """(bits, words) of each piece of evidence, strongest first, and last what two records at random begin with."""
    told = [
        (piece.weight or 0.0, safe(reason(piece)) + _where(piece))
        for piece in sorted(match.reasons, key=lambda r: -(r.weight or 0.0))
    ]
    before = match.weight - sum(weight for weight, _ in told)
    return [*told, (before, BEFORE)] if told and abs(before) >= NOTICEABLE else told


def _where(piece: Reason) -> str:
    return f" ({safe(piece.record_a)} and {safe(piece.record_b)})" if piece.record_a else ""


def _framed(
    title: str,
    match: Match,
    ends: tuple[str, str],
    names: Mapping[str, str],
    is_weakest: bool,
    reasons: Table,
) -> Group:
    heading = Text(f"\n{title}" if title else "", style="bold")
    if is_weakest:
        heading.append("   <- the weakest hop", style="bold yellow")
    records = columns((), ((end, names.get(end, "")) for end in ends))
    told = f"{bits(match.weight)} bits, {percent(match.probability)} sure"
    if match.rule:
        told += f"; {safe(match.stage)}: {safe(match.rule)}"
    return Group(
        *([indented(heading)] if title else []),
        indented(records, 2 if title else 0),
        indented(Text(told), 4),
        indented(reasons, 4),
    )
