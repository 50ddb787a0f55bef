"""What changes the answer, or looks after where it is kept."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from api.cli.app import CHANGE, LOOK_AFTER, Json, Reason, app, notes, opened, show
from api.progress import progress


@app.command(rich_help_panel=CHANGE)
def train(ctx: typer.Context, reason: Reason = None, as_json: Json = False) -> None:
    """Learn the weights of all comparisons anew from today's data, and run with them."""
    from api.render.run import summary

    with opened(ctx) as project:
        with progress(notes(), project.expected_seconds(), ctx.obj.verbose) as reporter:
            found = project.train(reporter=reporter, reason=reason)
        show(found, as_json, summary(found))


class Store(StrEnum):
    """The places where a graph can be kept."""

    sqlite = "sqlite"
    neo4j = "neo4j"


@app.command(rich_help_panel=LOOK_AFTER)
def publish(
    ctx: typer.Context,
    store: Annotated[Store | None, typer.Option(help="Which graph, if not that of the project file.")] = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Remove the graph first, and build it anew.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Compare all of the graph with the run.")] = False,
    as_json: Json = False,
) -> None:
    """Bring the graph up to the current run without running again; a deleted one is rebuilt."""
    from api.render.run import published

    with opened(ctx) as project:
        found = project.publish(store.value if store else None, rebuild=rebuild, verify=verify)
    show(found, as_json, published(found))
