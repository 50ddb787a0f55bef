"""Measures as tables."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.text import Text

from api.render.layout import columns, heading, lines
from api.render.words import day, number, percent, safe
from api.results import Measured
from engine.measure import views
from engine.rules import RunChanges

if TYPE_CHECKING:
    import pyarrow as pa

    from api.found import Rows

#: Rows that are shown.
SHOWN = 40
#: Columns of measures that are shares of a whole, and so are shown in percent.
SHARES = frozenset(
    {
        "accuracy", "cart_confidence", "churn_risk", "confidence", "conversion", "discount_rate", "interest_share",
        "margin_rate", "moved", "moves", "rate", "refund_rate", "repeat_rate", "retained", "share",
    }
)  # fmt: skip
#: Redefinitions that are told of, the latest, and changes of each.
NOTES = 3


def listed() -> Group:
    """Which measures there are."""
    return lines(
        Text("Measures of the current run", style="bold"),
        columns((), [(view.name, view.meaning) for view in views()], whole=(0,)),
        heading("Next"),
        columns((), [("clew measure NAME", "shows one"), ("clew measure NAME FILE.csv", "writes it")], whole=(0,)),
    )


def shown(found: Measured) -> Group:
    """The first rows of a measure, with what it means."""
    view = next(v for v in views() if v.name == found.name)
    rest = max(0, found.rows.num_rows - SHOWN)
    more = f"; {rest:,} more rows" if rest else ""
    return lines(
        Text(view.meaning, style="bold"),
        Fitting(found.rows, SHARES),
        Text(f"clew measure {found.name} FILE.csv writes all of it{more}", style="dim"),
        *(Text(_redefined(run)) for run in found.redefined[-NOTES:]),
    )


def rows(found: Rows) -> Group:
    """The first rows of an answer in SQL."""
    rest = found.rows.num_rows - SHOWN
    return lines(Fitting(found.rows), Text(f"{rest:,} more rows", style="dim") if rest > 0 else None)


def _redefined(run: RunChanges) -> str:
    """From when on a measure means something else, and what changed."""
    told = [f"{safe(c.key)}: {_short(c.before)} \N{RIGHTWARDS ARROW} {_short(c.after)}" for c in run.changes[:NOTES]]
    rest = f" and {len(run.changes) - NOTES} more" if len(run.changes) > NOTES else ""
    why = f" ({safe(run.reason)})" if run.reason else ""
    return f"Defined otherwise since run {run.run_id}, by {safe(run.actor)}{why}: {'; '.join(told)}{rest}"


def _short(text: str | None) -> str:
    if text is None:
        return "\N{EN DASH}"
    return safe(text if len(text) <= 40 else f"{text[:39]}\N{HORIZONTAL ELLIPSIS}")


@dataclass(frozen=True)
class Fitting:
    """The first columns of a table, as many as fit, and the names of the others; `shares` are shown in percent."""

    table: pa.Table
    shares: Collection[str] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Lay the table out for the width that there is."""
        names = self.table.column_names
        kinds = [percent if name in self.shares else _cell for name in names]
        shown = self.table.slice(0, SHOWN).to_pylist()
        rows = [tuple(kind(value) for kind, value in zip(kinds, row.values(), strict=True)) for row in shown]
        widths = [max(len(cell) for cell in (name, *(row[n] for row in rows))) for n, name in enumerate(names)]
        room = options.max_width - 2
        fit = next((n for n in range(1, len(names)) if sum(widths[: n + 1]) + 2 * n > room), len(names))
        numbers = [n for n, field in enumerate(self.table.schema) if str(field.type) in ("double", "int64", "int32")]
        yield columns(names[:fit], [row[:fit] for row in rows], right=[n for n in numbers if n < fit])
        if fit < len(names):
            yield Text(f"  also: {', '.join(names[fit:])}", style="dim")


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return number(value)
    if isinstance(value, datetime):
        return day(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return safe("; ".join(map(str, value)))
    return number(value, ",d") if isinstance(value, int) else safe(value)
