"""Decisions, in sentences."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from api.render.layout import indented, lines
from api.render.words import count, minute, safe
from api.results import Decided, Decisions

#: So many records of a side are named.
NAMED = 3


def decided(found: Decided) -> Group:
    """A decision that was just made or ended, and when it comes into force."""
    told: list[RenderableType] = [*_decision(found)]
    if not found.new:
        told.append(Text("That was decided before: nothing is new."))
    elif found.undone is not None:
        told.append(Text("The next `clew run` goes by the scores again; `clew plan` shows first what that would do."))
    else:
        told.append(
            Text(
                "The next `clew run` goes by it; `clew plan` shows first what that would do, and"
                f" `clew undo {found.entry}` takes it back."
            )
        )
    return lines(*told)


def listed(found: Decisions) -> Group:
    """All decisions."""
    if not found.decisions:
        return lines(Text("Nobody has decided anything: `clew decide same|different A B` and `clew block ID` do."))
    return lines(*(part for decision in found.decisions for part in _decision(decision)))


def _decision(found: Decided) -> list[RenderableType]:
    if found.undone is not None:
        stands = f", undone by entry {found.undone}"
    else:
        stands = (
            ", from the next run on" if found.waits else ", idle: no source holds one of the two" if found.idle else ""
        )
    parts: list[RenderableType] = [
        Text(f"entry {found.entry}  {minute(found.at)}, by {safe(found.actor)}{stands}", style="bold"),
        indented(Text(said(found))),
    ]
    if found.reason:
        parts.append(indented(Text(f"“{safe(found.reason)}”")))
    return parts


def said(found: Decided) -> str:
    """What was decided, of which records or which value."""
    if found.kind == "block":
        value = safe(found.value) if found.value else "a value that the current run doesn't hold"
        return f"{found.type} {value} never links"
    if found.kind == "erase":
        gone = f"{count(len(found.left), 'record')} of {' and '.join(found.customers)}"
        return f"{gone} were erased, and what comes in again of that person is stopped"
    verdict = "are one person" if found.kind == "same" else "are two people"
    of = f" (of {' and '.join(found.customers)} then)" if found.customers else ""
    return f"{_side(found.left)} and {_side(found.right)} {verdict}{of}"


def _side(records: tuple[str, ...]) -> str:
    named = ", ".join(safe(record) for record in records[:NAMED])
    more = len(records) - NAMED
    return named + (f" and {count(more, 'more record')}" if more > 0 else "")
