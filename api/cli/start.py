"""From a folder of exports to an answer: init, demo, run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.app import START, Json, Reason, app, notes, opened, show, write
from api.progress import progress


@app.command(rich_help_panel=START)
def init(
    folder: Annotated[Path, typer.Argument(help="The folder that holds the exports.")] = Path(),
) -> None:
    """Look at a folder of exports, recognise them, and write a project file that runs as it is."""
    from api import project as projects
    from api.render.run import initialised

    path = projects.init(folder)
    with projects.open_project(path) as project:
        found = [
            (s.title, s.preset or "by its own map", s.path or (s.database and s.database.table) or "a query")
            for s in project.config.sources
        ]
    write(initialised(path, found))


@app.command(rich_help_panel=START)
def demo(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="A new or empty folder, or an earlier demo.")] = Path("clew-demo"),
    records: Annotated[int, typer.Option(help="About how many records the made-up shop has.")] = 6000,
    seed: Annotated[int, typer.Option(help="Another number makes another shop; the same makes the same.")] = 1,
    as_json: Json = False,
) -> None:
    """Make up a shop whose persons are known, run on it, judge the answer, and ask who john@email.com is."""
    from api.demo import demo as make
    from api.render import customer, judgement
    from api.render import run as page

    with progress(notes(), {}, ctx.obj.verbose) as reporter:
        found = make(folder, records, seed, reporter=reporter)
    judged, asked = judgement.evaluation(found.evaluation), customer.asked(found.answer)
    show(found, as_json, page.demo(found), judged, asked, page.after_demo(found))


@app.command(rich_help_panel=START)
def notebooks(
    folder: Annotated[Path, typer.Argument(help="The folder of the project, or another one.")] = Path(),
    as_json: Json = False,
) -> None:
    """Copy the analysts' notebooks into a folder: audit, tune, threshold, clusters, review, impact and others."""
    from api.notebooks import copy_notebooks
    from api.render.run import notebooks as page

    found = copy_notebooks(folder)
    show(found, as_json, page(found))


@app.command(rich_help_panel=START)
def run(
    ctx: typer.Context,
    source: Annotated[
        str | None, typer.Option(help="Read only this source afresh; the others stay as they were.")
    ] = None,
    reason: Reason = None,
    as_json: Json = False,
) -> None:
    """Read the sources, work out who is who, and publish the answer."""
    from api.render.run import summary

    with opened(ctx) as project:
        with progress(notes(), project.expected_seconds(), ctx.obj.verbose) as reporter:
            found = project.run(source, reporter=reporter, reason=reason)
        show(found, as_json, summary(found))
