"""How the data and the rules fare from run to run."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.app import LOOK_AFTER, Json, app, opened, show
from api.failure import UNHEALTHY


@app.command(rich_help_panel=LOOK_AFTER)
def health(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Show every number and every check.")] = False,
    as_json: Json = False,
) -> None:
    """Judge the current run's data by limits and by the runs before. Exits with 6 where something fails, else 0."""
    from api.render.health import health as page

    with opened(ctx) as project:
        found = project.health()
    show(found, as_json, page(found, everything))
    if found.grade == "fail":
        raise typer.Exit(UNHEALTHY)


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
