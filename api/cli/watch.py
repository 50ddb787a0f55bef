"""How the data and the rules fare from run to run."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.app import LOOK_AFTER, Json, app, opened, show


@app.command(rich_help_panel=LOOK_AFTER)
def changes(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Show all runs, not the latest only.")] = False,
    as_json: Json = False,
) -> None:
    """Tell what changed in settings and maps from run to run: when, by whom, why, and which measures that redefines."""
    from api.render.changes import changes as page

    with opened(ctx) as project:
        found = project.changes()
    show(found, as_json, page(found, everything))
