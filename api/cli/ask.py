"""Questions about customers, and about the answer itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.app import ASK, AsOf, End, Json, Past, app, notes, opened, show, write
from api.progress import progress


@app.command(rich_help_panel=ASK)
def whois(
    ctx: typer.Context,
    who: Annotated[
        str, typer.Argument(help="An e-mail, a phone number in any format, an id, an order's number, or a record.")
    ],
    as_of: Past = None,
    as_json: Json = False,
) -> None:
    """Say who this is: the customer, every identifier and record, and the thread that ties them together."""
    from api.render.customer import card
    from api.render.past import was

    with opened(ctx) as project:
        if as_of is not None:
            then = project.whois_as_of(who, as_of)
            return show(then, as_json, was(then))
        found = project.whois(who)
    return show(found, as_json, card(found))


@app.command(rich_help_panel=ASK)
def search(
    ctx: typer.Context,
    words: Annotated[list[str], typer.Argument(help="A name or half of it, a place, the beginning of an e-mail.")],
    limit: Annotated[int, typer.Option(min=1, max=50, help="Show at most so many customers.")] = 10,
    as_json: Json = False,
) -> None:
    """Find customers by half a name, misspelt too, with a place: best first."""
    from api.render.search import found as page

    with opened(ctx) as project:
        found = project.search(" ".join(words), limit)
    show(found, as_json, page(found))


@app.command(rich_help_panel=ASK)
def history(
    ctx: typer.Context,
    who: Annotated[str, typer.Argument(help="A customer id, even one that ended, or anything that leads to one.")],
    as_of: Past = None,
    as_json: Json = False,
) -> None:
    """Tell what happened to a customer: created, joined, parted, decided on; when, by whom and why."""
    from api.render.past import history as page

    with opened(ctx) as project:
        found = project.history(who, as_of)
    show(found, as_json, page(found))


@app.command(rich_help_panel=ASK)
def path(ctx: typer.Context, a: End, b: End, as_json: Json = False) -> None:
    """Show the strongest thread of evidence between two of a customer's identifiers or records, hop by hop."""
    from api.render.evidence import path as page

    with opened(ctx) as project:
        found = project.path_between(a, b)
    show(found, as_json, page(found))


@app.command(rich_help_panel=ASK)
def why(
    ctx: typer.Context,
    a: End,
    b: End,
    picture: Annotated[
        Path | None, typer.Option(help="Write the page as a picture too: a file ending in .svg.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say why two are one person, or why they aren't: each comparison's weight, as a waterfall."""
    from api.render.evidence import why as page

    with opened(ctx) as project:
        found = project.why(a, b)
    if picture:
        from api.render.picture import write_picture

        write_picture(page(found), picture)
        notes().print(f"{picture} written")
    show(found, as_json, page(found))


@app.command(rich_help_panel=ASK)
def how(
    ctx: typer.Context,
    who: Annotated[str, typer.Argument(help="A customer id, or anything that leads to a customer.")],
    as_json: Json = False,
) -> None:
    """Tell how a customer came together: in which order its records joined, and why."""
    from api.render.evidence import how as page

    with opened(ctx) as project:
        found = project.how(who)
    show(found, as_json, page(found))


@app.command(rich_help_panel=ASK)
def profile(
    ctx: typer.Context,
    who: Annotated[str, typer.Argument(help="A customer id, or anything that leads to a customer.")],
    at: AsOf = None,
    as_json: Json = False,
) -> None:
    """Show a customer's golden record, what each address may be used for, and the state: orders, cart, interest."""
    from api.render.profile import profile as page

    with opened(ctx) as project:
        found = project.profile(who, at)
    show(found, as_json, page(found))


@app.command(rich_help_panel=ASK)
def timeline(
    ctx: typer.Context,
    who: Annotated[str, typer.Argument(help="A customer id, or anything that leads to a customer.")],
    everything: Annotated[bool, typer.Option("--all", help="Show all of it, not the latest part.")] = False,
    as_json: Json = False,
) -> None:
    """Tell what happened with a customer: orders, visits, messages, conversations, and how sure each is theirs."""
    from api.render.timeline import timeline as page

    with opened(ctx) as project:
        found = project.timeline(who)
    show(found, as_json, page(found, everything))


@app.command(rich_help_panel=ASK)
def measure(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Which measure; none: say which there are.")] = None,
    file: Annotated[Path | None, typer.Argument(help="The file to write, ending in .csv or .parquet.")] = None,
    at: AsOf = None,
    as_json: Json = False,
) -> None:
    """Show a measure: revenue, repeat rate and lifetime value by channel, cohorts, attribution and others."""
    from api.render.measure import listed, shown
    from api.render.run import exported

    if name is None:
        write(listed())
        return
    with opened(ctx) as project:
        if file is not None:
            notes().print(exported(project.export_measure(name, file, at), "row"))
            return
        found = project.measure(name, at)
    show(found, as_json, shown(found))


@app.command(rich_help_panel=ASK)
def status(ctx: typer.Context, as_json: Json = False) -> None:
    """Say which run answers now, and whether anything has changed since."""
    from api.render.run import status as page

    with opened(ctx) as project:
        found = project.status()
    show(found, as_json, page(found))


@app.command(rich_help_panel=ASK)
def audit(ctx: typer.Context, as_json: Json = False) -> None:
    """Take a first look at the exports: what is filled, valid, double, shared, and where identity gets lost."""
    from api.render.audit import audit as page

    with opened(ctx) as project, progress(notes(), {}, ctx.obj.verbose) as reporter:
        found = project.audit(reporter=reporter)
    show(found, as_json, page(found))


@app.command(rich_help_panel=ASK)
def evaluate(
    ctx: typer.Context,
    truth: Annotated[Path | None, typer.Option(help="A CSV or Parquet file of source, key, person.")] = None,
    labels: Annotated[bool, typer.Option("--labels", help="By the pairs that people labelled or decided on.")] = False,
    as_json: Json = False,
) -> None:
    """Compare the answer with records whose persons are known, or with labels of `clew review`."""
    from api.render.judgement import by_labels, calibration, evaluation
    from api.results import Judged

    if (truth is None) != labels:
        raise typer.BadParameter("give either --truth FILE or --labels.")
    with opened(ctx) as project:
        if truth is None:
            scores = project.evaluate()
            return show(scores, as_json, by_labels(scores))
        found = Judged(project.evaluate(truth), project.calibrate(truth))
    return show(found, as_json, evaluation(found.evaluation), calibration(found.calibration))
