"""The answer as files: for other tools, and for people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.app import ASK, AsOf, Json, app, notes, opened, show

export = typer.Typer(no_args_is_help=True, help="Write the answer to a file for other tools.")
app.add_typer(export, name="export", rich_help_panel=ASK)


@export.command("members")
def export_members(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write: its name ends in .csv or .parquet.")],
) -> None:
    """Write source, key and customer_id of every record."""
    from api.render.run import exported

    with opened(ctx) as project:
        found = project.export_members(file)
    notes().print(exported(found, "record"))


@export.command("events")
def export_events(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write: its name ends in .csv or .parquet.")],
) -> None:
    """Write source, key, customer_id and confidence of every event."""
    from api.render.run import exported

    with opened(ctx) as project:
        found = project.export_events(file)
    notes().print(exported(found, "event"))


@export.command("labels")
def export_labels(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write: its name ends in .csv or .parquet.")],
) -> None:
    """Write the pairs that people labelled or decided on, in the columns that Splink reads labels from."""
    from api.render.run import exported

    with opened(ctx) as project:
        found = project.export_labels(file)
    notes().print(exported(found, "label"))


@export.command("merges")
def export_merges(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write: its name ends in .csv or .parquet.")],
) -> None:
    """Write which accounts to merge in Shopify, HubSpot and Klaviyo, which to keep, and what stands against it."""
    from api.render.run import exported

    with opened(ctx) as project:
        found = project.export_merges(file)
    notes().print(exported(found, "account to merge", "accounts to merge"))


@export.command("measures")
def export_measures(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="The folder for the files; a new one is made.")],
    at: AsOf = None,
    as_json: Json = False,
) -> None:
    """Write every measure, each as a Parquet file, for notebooks and warehouses."""
    from api.render.run import exported_measures

    with opened(ctx) as project:
        found = project.export_measures(folder, at)
    show(found, as_json, exported_measures(found))


@export.command("views")
def export_views(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write: its name ends in .duckdb.")],
) -> None:
    """Write a DuckDB file in which a BI tool or a notebook finds every measure as a view."""
    from api.render.run import exported

    with opened(ctx) as project:
        found = project.export_views(file)
    notes().print(exported(found, "measure"))


@export.command("neo4j")
def export_neo4j(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="A new folder for the files.")],
    as_json: Json = False,
) -> None:
    """Write the graph as files for neo4j-admin, for the first load of a large one, and say how to load them."""
    from api.render.run import exported_graph

    with opened(ctx) as project:
        found = project.export_neo4j(folder)
    show(found, as_json, exported_graph(found))


@app.command("report", rich_help_panel=ASK)
def report(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The page to write: its name ends in .html.")] = Path("clew-report.html"),
    at: AsOf = None,
    as_json: Json = False,
) -> None:
    """Write a page with the shop's dashboards: channels, cohorts, revenue, campaigns, before and after unification."""
    from api.render.run import reported

    with opened(ctx) as project:
        found = project.report(file, at)
    show(found, as_json, reported(found))
