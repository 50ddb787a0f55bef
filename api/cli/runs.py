"""The runs that were, and what one has otherwise than another."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from api.cli.app import LOOK_AFTER, Html, Json, Top, app, notes, opened, show
from engine.errors import StateError
from engine.runs import TOP


@app.command(rich_help_panel=LOOK_AFTER)
def runs(ctx: typer.Context, as_json: Json = False) -> None:
    """List the runs, newest first: how each ended, and whether its tables are kept."""
    from api.render.run import runs as page

    with opened(ctx) as project:
        found = project.runs()
    show(found, as_json, page(found))


@app.command(rich_help_panel=LOOK_AFTER)
def diff(
    ctx: typer.Context,
    before: Annotated[str | None, typer.Argument(help="A run's id, or its beginning. Default: the one before.")] = None,
    after: Annotated[str | None, typer.Argument(help="The later run. Default: the current one.")] = None,
    plan: Annotated[str | None, typer.Option(help="Show what this plan would do in place of a run.")] = None,
    top: Top = TOP,
    html: Html = None,
    as_json: Json = False,
) -> None:
    """Show what one run has otherwise than another: customers joined and parted, and what that does to the numbers."""
    from api.render.comparison import comparison, planned
    from api.render.run import reported
    from api.results import Planned

    with opened(ctx) as project:
        found = project.planned(plan, top=top) if plan else project.compare(before, after, top=top)
        written = project.write_comparison(found, html) if html else None
    show(found, as_json, planned(found) if isinstance(found, Planned) else comparison(found))
    if written:
        notes().print(reported(written))


class Metric(StrEnum):
    """What can be explained: see `engine.compare.METRICS`."""

    ltv = "ltv"
    repeat_rate = "repeat-rate"
    revenue = "revenue"
    buyers = "buyers"
    customers = "customers"
    revenue_per_customer = "revenue-per-customer"


@app.command("explain-shift", rich_help_panel=LOOK_AFTER)
def explain_shift(
    ctx: typer.Context,
    metric: Annotated[Metric, typer.Option(help="Which number.")] = Metric.ltv,
    since: Annotated[
        str | None, typer.Option("--from", help="A run, or a date at whose end it answered. Default: the one before.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="The later run. Default: the current one.")] = None,
    top: Top = TOP,
    as_json: Json = False,
) -> None:
    """Say why a number has moved from one run to another: new data, new rules, decisions, or who is who."""
    from api.render.shift import explained

    with opened(ctx) as project:
        found = project.explain_shift(metric.value, since, until, top=top)
    show(found, as_json, explained(found))


@app.command(rich_help_panel=LOOK_AFTER)
def prune(
    ctx: typer.Context,
    keep: Annotated[int, typer.Option(min=1, help="How many of the newest runs keep their tables.")],
    access_days: Annotated[
        int | None,
        typer.Option(min=1, max=36_500, help="Also remove from the access log what is older than so many days."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    as_json: Json = False,
) -> None:
    """Remove the tables of older runs, void plans, and models that no run needs; the ledger and the answer stay."""
    from api.render.run import pruned

    with opened(ctx) as project:
        found = project.prune(keep, access_days=access_days, dry_run=dry_run)
    show(found, as_json, pruned(found))


@app.command(rich_help_panel=LOOK_AFTER)
def verify(ctx: typer.Context, as_json: Json = False) -> None:
    """Prove that the ledger is whole and that the answer and the graph follow from it. Exits with 5 where not."""
    from api.render.past import verified

    with opened(ctx) as project:
        found = project.verify()
    show(found, as_json, verified(found))
    if not found.well:
        raise typer.Exit(StateError.exit_code)
