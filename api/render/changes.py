"""The change log, newest run first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from api.render.layout import columns, indented, lines
from api.render.words import count, minute, safe
from api.results import Changes
from engine.rules import Change, RunChanges

#: Runs that are shown unless all are wanted, and changes of one run.
SHOWN, OF_ONE = 10, 20


def changes(found: Changes, everything: bool = False) -> Group:
    """What changed in each run that was told something new or gives a reason, and what awaits the next."""
    parts: list[RenderableType] = []
    if found.pending:
        parts += [Text("Not yet in force: the next run applies it", style="bold")]
        parts += _told(found.pending, found.redefined, everything)
    told = [run for run in reversed(found.runs) if run.changes or run.reason]
    for run in told if everything else told[:SHOWN]:
        parts += [Text(""), *_run(run, everything)] if parts else _run(run, everything)
    if len(told) > SHOWN and not everything:
        parts.append(Text(f"\nand {len(told) - SHOWN:,} earlier runs; --all shows them", style="dim"))
    if not parts:
        parts.append(Text(_nothing(found)))
    return lines(*parts)


def _nothing(found: Changes) -> str:
    if not found.runs:
        return "Nothing has been run yet."
    first = minute(found.runs[0].at)
    if len(found.runs) == 1:
        return f"There is one run so far, of {first}."
    return f"Nothing has changed: {count(len(found.runs), 'kept run')}, the first of {first}."


def _run(run: RunChanges, everything: bool) -> Iterator[RenderableType]:
    yield Text(f"{run.run_id}  {minute(run.at)}, by {safe(run.actor or 'somebody unknown')}", style="bold")
    if run.reason:
        yield indented(Text(safe(run.reason)))
    if not run.known:
        yield indented(Text("the settings of the run before are not known", style="dim"))
    yield from _told(run.changes, run.redefined, everything)


def _told(found: Iterable[Change], redefined: tuple[str, ...], everything: bool) -> Iterator[RenderableType]:
    rows = [(c.key, c.before or "\N{EN DASH}", c.after or "\N{EN DASH}") for c in found]
    if rows:
        yield columns(("what", "before", "after"), rows if everything else rows[:OF_ONE])
    if len(rows) > OF_ONE and not everything:
        yield indented(Text(f"and {len(rows) - OF_ONE:,} more; --all shows them", style="dim"))
    if redefined:
        yield indented(Text(f"redefines: {', '.join(redefined)}"))
