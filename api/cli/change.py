"""What changes the answer, or looks after where it is kept."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from api.cli.app import CHANGE, LOOK_AFTER, Html, Json, Reason, Top, app, notes, opened, show
from api.progress import progress
from engine.runs import TOP


@app.command(rich_help_panel=CHANGE)
def train(ctx: typer.Context, reason: Reason = None, as_json: Json = False) -> None:
    """Learn the weights of all comparisons anew from today's data, and run with them."""
    from api.render.run import summary

    with opened(ctx) as project:
        with progress(notes(), project.expected_seconds(), ctx.obj.verbose) as reporter:
            found = project.train(reporter=reporter, reason=reason)
        show(found, as_json, summary(found))


@app.command(rich_help_panel=CHANGE)
def plan(
    ctx: typer.Context,
    source: Annotated[
        str | None, typer.Option(help="Read only this source afresh; the others stay as they were.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Plan with this match weight, in bits, in place of the project file's.")
    ] = None,
    retrain: Annotated[bool, typer.Option("--retrain", help="Learn the weights anew, as `clew train` does.")] = False,
    reason: Reason = None,
    top: Top = TOP,
    html: Html = None,
    as_json: Json = False,
) -> None:
    """Show what a run would change, in customers, money and audiences, and change nothing."""
    from api.render.comparison import planned
    from api.render.run import reported
    from api.report import check_page

    with opened(ctx) as project:
        if html:
            check_page(html)
        with progress(notes(), project.expected_seconds(), ctx.obj.verbose) as reporter:
            found = project.plan(
                source, threshold=threshold, retrain=retrain, reporter=reporter, reason=reason, top=top
            )
        show(found, as_json, planned(found))
        if html:
            notes().print(reported(project.write_comparison(found, html)))


@app.command(rich_help_panel=CHANGE)
def apply(
    ctx: typer.Context,
    plan: Annotated[str, typer.Argument(help="The plan's id; `clew runs` lists those that wait.")],
    as_json: Json = False,
) -> None:
    """Publish a plan, exactly as it was shown; refused where the answer, settings or inputs have moved since."""
    from api.render.run import summary

    with opened(ctx) as project:
        with progress(notes(), {}, ctx.obj.verbose) as reporter:
            found = project.apply(plan, reporter=reporter)
        show(found, as_json, summary(found))


@app.command(rich_help_panel=CHANGE)
def rollback(
    ctx: typer.Context,
    run: Annotated[str, typer.Argument(help="A run's id, or its beginning; `clew runs` lists those that are kept.")],
    reason: Reason = None,
    as_json: Json = False,
) -> None:
    """Go back to the answer of an earlier run: ids, model, decisions; `clew diff NOW RUN` shows first that."""
    from api.render.run import rolled_back

    with opened(ctx) as project:
        with progress(notes(), {}, ctx.obj.verbose) as reporter:
            found = project.rollback(run, reporter=reporter, reason=reason)
        show(found, as_json, rolled_back(found))


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
    take_over: Annotated[
        bool, typer.Option("--take-over", help="Put this graph in the place of another project's, in Neo4j.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring the graph up to the current run without running again; a deleted one is rebuilt."""
    from api.render.run import published

    with opened(ctx) as project:
        found = project.publish(store.value if store else None, rebuild=rebuild, verify=verify, take_over=take_over)
    show(found, as_json, published(found))
