"""What people decide, and what they take back."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.cli.app import CHANGE, LOOK_AFTER, End, Json, app, opened, show

Why = Annotated[str | None, typer.Option("--reason", help="Why, in your own words; kept with the decision.")]


class Verdict(StrEnum):
    """What two can be."""

    same = "same"
    different = "different"


@app.command(rich_help_panel=CHANGE)
def decide(
    ctx: typer.Context,
    verdict: Annotated[Verdict, typer.Argument(help="Whether they are one person.")],
    a: End,
    b: End,
    reason: Why = None,
    as_json: Json = False,
) -> None:
    """Decide that two are the same person, or different ones, whatever the scores say. Holds until it is undone."""
    from api.render.decisions import decided

    with opened(ctx) as project:
        found = project.decide(verdict.value, a, b, reason=reason)
    show(found, as_json, decided(found))


@app.command(rich_help_panel=CHANGE)
def block(
    ctx: typer.Context,
    identifier: Annotated[str, typer.Argument(help="An e-mail, a phone number, a device or another id.")],
    reason: Why = None,
    as_json: Json = False,
) -> None:
    """Decide that an identifier says nothing about who somebody is: it never links, and answers for nobody."""
    from api.render.decisions import decided

    with opened(ctx) as project:
        found = project.block(identifier, reason=reason)
    show(found, as_json, decided(found))


@app.command(rich_help_panel=CHANGE)
def undo(
    ctx: typer.Context,
    entry: Annotated[int, typer.Argument(help="The decision's entry in the ledger; `clew decisions` lists them.")],
    reason: Why = None,
    as_json: Json = False,
) -> None:
    """Take a decision back: from the next run on, the scores speak again."""
    from api.render.decisions import decided

    with opened(ctx) as project:
        found = project.undo(entry, reason=reason)
    show(found, as_json, decided(found))


@app.command(rich_help_panel=LOOK_AFTER)
def access(
    ctx: typer.Context,
    person: Annotated[str, typer.Argument(help="An identifier, a record or a customer id.", metavar="X")],
    file: Annotated[Path | None, typer.Argument(help="Write it: a page (.html), or data (.json).")] = None,
    as_json: Json = False,
) -> None:
    """Show everything that is held about a person, with the reasons, as one document."""
    from api.render.erasure import accessed, written

    with opened(ctx) as project:
        found = project.access(person, file)
    show(found, as_json, accessed(found), written(file))


@app.command(rich_help_panel=LOOK_AFTER)
def erase(
    ctx: typer.Context,
    person: Annotated[str, typer.Argument(help="An identifier, a record or a customer id.", metavar="X")],
    really: Annotated[bool, typer.Option("--really", help="Do it. Without this, only show what would go.")] = False,
    reason: Why = None,
    as_json: Json = False,
) -> None:
    """Show what is held of a person and where; with --really, erase it everywhere, for good."""
    from api.render.erasure import erased

    with opened(ctx) as project:
        found = project.erase(person, really=really, reason=reason)
    show(found, as_json, erased(found))


@app.command(rich_help_panel=CHANGE)
def decisions(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Show those that were undone, too.")] = False,
    as_json: Json = False,
) -> None:
    """List what people have decided, oldest first."""
    from api.render.decisions import listed

    with opened(ctx) as project:
        found = project.decisions(everything)
    show(found, as_json, listed(found))
