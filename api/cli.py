"""The command line: one command is one call of a Project, and printing. Answers go to stdout, all else to stderr.

What a command needs is imported when it is called: `--help` must not wait for the engine.
"""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.logging import RichHandler
from typer.core import TyperGroup

from api.failure import told
from api.progress import progress

if TYPE_CHECKING:
    from api.project import Project

START, ASK, CHANGE, LOOK_AFTER = "Start", "Ask", "Change", "Look after"

#: Options that may stand anywhere on the line, and whether they take a value.
_GLOBAL = {"-p": True, "--project": True, "-v": False, "--verbose": False, "--debug": False}


@dataclass
class Settings:
    """What holds for every command."""

    project: Path
    verbose: bool
    debug: bool


class Commands(TyperGroup):
    """The commands, with one place for errors, and with global options allowed after the command as well."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Move the global options to the front, where the parser wants them."""
        front: list[str] = []
        rest: list[str] = []
        waiting = iter(args)
        for word in waiting:
            if word == "--":
                rest += [word, *waiting]
            elif word in _GLOBAL:
                front += [word, *([next(waiting, "")] if _GLOBAL[word] else [])]
            elif word.startswith("--project="):
                front.append(word)
            else:
                rest.append(word)
        return super().parse_args(ctx, front + rest)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; its errors become messages and exit codes."""
        with told(bool(ctx.params.get("debug"))):
            return super().invoke(ctx)


app = typer.Typer(
    cls=Commands,
    name="clew",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
export = typer.Typer(no_args_is_help=True, help="Write the answer to a file for other tools.")
app.add_typer(export, name="export", rich_help_panel=ASK)
audience = typer.Typer(no_args_is_help=True, help="Say whom to write to for a purpose, and whom not, with the reason.")
app.add_typer(audience, name="audience", rich_help_panel=ASK)

End = Annotated[str, typer.Argument(help="An identifier, a record or a customer id.")]
Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON, for programs.")]


def _version(wanted: bool) -> None:
    if wanted:
        from engine.state.schema import program

        typer.echo(program())
        raise typer.Exit


@app.callback()
def everywhere(
    ctx: typer.Context,
    project: Annotated[
        Path, typer.Option("--project", "-p", help="The project file, or the folder that holds its clew.yaml.")
    ] = Path("clew.yaml"),
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show each SQL statement, on stderr.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error comes from.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Find out which records of a shop's many systems are the same customer, and why.

    In a folder of exports: `clew init`, then `clew run`, then `clew whois EMAIL`.
    """
    ctx.obj = Settings(project, verbose, debug)
    logger = logging.getLogger("clew.sql")
    logger.handlers = (
        [RichHandler(console=_notes(), show_path=False, markup=False, highlighter=None)] if verbose else []
    )
    logger.setLevel(logging.DEBUG if verbose else logging.WARNING)
    logger.propagate = not verbose


@app.command(rich_help_panel=START)
def init(
    folder: Annotated[Path, typer.Argument(help="The folder that holds the exports.")] = Path(),
) -> None:
    """Look at a folder of exports, recognise them, and write a project file that runs as it is."""
    from api import project as projects
    from api.render.run import initialised

    path = projects.init(folder)
    with projects.open_project(path) as project:
        found = [(s.title, s.preset or "by its own map", s.path or "a database") for s in project.config.sources]
    _print(initialised(path, found))


@app.command(rich_help_panel=START)
def demo(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="A new or empty folder, or an earlier demo.")] = Path("clew-demo"),
    records: Annotated[int, typer.Option(help="About how many records the made-up shop has.")] = 6000,
    seed: Annotated[int, typer.Option(help="Another number makes another shop; the same makes the same.")] = 1,
    as_json: Json = False,
) -> None:
    """Make up a shop whose persons are known, run on it, judge the answer, and ask who john@email.com is."""
    from api import project as projects
    from api.render import customer, judgement
    from api.render import run as page

    with progress(_notes(), {}, ctx.obj.verbose) as reporter:
        found = projects.demo(folder, records, seed, reporter=reporter)
    judged, asked = judgement.evaluation(found.evaluation), customer.asked(found.answer)
    _show(found, as_json, page.demo(found), judged, asked, page.after_demo(found))


@app.command(rich_help_panel=START)
def run(
    ctx: typer.Context,
    source: Annotated[
        str | None, typer.Option(help="Read only this source afresh; the others stay as they were.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read the sources, work out who is who, and publish the answer."""
    from api.render.run import summary

    with _open(ctx) as project:
        with progress(_notes(), project.expected_seconds(), ctx.obj.verbose) as reporter:
            found = project.run(source, reporter=reporter)
        _show(found, as_json, summary(found))


@app.command(rich_help_panel=ASK)
def whois(
    ctx: typer.Context,
    who: Annotated[str, typer.Argument(help="An e-mail, a phone number in any format, an id, or a record.")],
    as_json: Json = False,
) -> None:
    """Say who this is: the customer, every identifier and record, and the thread that ties them together."""
    from api.render.customer import card

    with _open(ctx) as project:
        found = project.whois(who)
    _show(found, as_json, card(found))


@app.command(rich_help_panel=ASK)
def path(ctx: typer.Context, a: End, b: End, as_json: Json = False) -> None:
    """Show the strongest thread of evidence between two of a customer's identifiers or records, hop by hop."""
    from api.render.evidence import path as page

    with _open(ctx) as project:
        found = project.path_between(a, b)
    _show(found, as_json, page(found))


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

    with _open(ctx) as project:
        found = project.why(a, b)
    if picture:
        from api.render.picture import write_picture

        write_picture(page(found), picture)
        _notes().print(f"{picture} written")
    _show(found, as_json, page(found))


@app.command(rich_help_panel=ASK)
def how(
    ctx: typer.Context,
    who: Annotated[str, typer.Argument(help="A customer id, or anything that leads to a customer.")],
    as_json: Json = False,
) -> None:
    """Tell how a customer came together: in which order its records joined, and why."""
    from api.render.evidence import how as page

    with _open(ctx) as project:
        found = project.how(who)
    _show(found, as_json, page(found))


@app.command(rich_help_panel=ASK)
def profile(
    ctx: typer.Context,
    who: Annotated[str, typer.Argument(help="A customer id, or anything that leads to a customer.")],
    as_json: Json = False,
) -> None:
    """Show a customer's golden record, where each value comes from, and what each address may be used for."""
    from api.render.profile import profile as page

    with _open(ctx) as project:
        found = project.profile(who)
    _show(found, as_json, page(found))


@app.command(rich_help_panel=ASK)
def timeline(
    ctx: typer.Context,
    who: Annotated[str, typer.Argument(help="A customer id, or anything that leads to a customer.")],
    everything: Annotated[bool, typer.Option("--all", help="Show all of it, not the latest part.")] = False,
    as_json: Json = False,
) -> None:
    """Tell what happened with a customer: orders, visits, messages, conversations, and how sure each is theirs."""
    from api.render.timeline import timeline as page

    with _open(ctx) as project:
        found = project.timeline(who)
    _show(found, as_json, page(found, everything))


@app.command(rich_help_panel=ASK)
def status(ctx: typer.Context, as_json: Json = False) -> None:
    """Say which run answers now, and whether anything has changed since."""
    from api.render.run import status as page

    with _open(ctx) as project:
        found = project.status()
    _show(found, as_json, page(found))


@app.command(rich_help_panel=ASK)
def audit(ctx: typer.Context, as_json: Json = False) -> None:
    """Take a first look at the exports: what is filled, valid, double, shared, and where identity gets lost."""
    from api.render.audit import audit as page

    with _open(ctx) as project, progress(_notes(), {}, ctx.obj.verbose) as reporter:
        found = project.audit(reporter=reporter)
    _show(found, as_json, page(found))


@app.command(rich_help_panel=ASK)
def evaluate(
    ctx: typer.Context,
    truth: Annotated[Path, typer.Option(help="A CSV or Parquet file of source, key, person.")],
    as_json: Json = False,
) -> None:
    """Compare the answer with records whose persons are known."""
    from api.render.judgement import calibration, evaluation
    from api.results import Judged

    with _open(ctx) as project:
        found = Judged(project.evaluate(truth), project.calibrate(truth))
    _show(found, as_json, evaluation(found.evaluation), calibration(found.calibration))


@export.command("members")
def export_members(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write: its name ends in .csv or .parquet.")],
) -> None:
    """Write source, key and customer_id of every record."""
    from api.render.run import exported

    with _open(ctx) as project:
        found = project.export_members(file)
    _notes().print(exported(found, "record"))


@export.command("events")
def export_events(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write: its name ends in .csv or .parquet.")],
) -> None:
    """Write source, key, customer_id and confidence of every event."""
    from api.render.run import exported

    with _open(ctx) as project:
        found = project.export_events(file)
    _notes().print(exported(found, "event"))


@export.command("neo4j")
def export_neo4j(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="A new folder for the files.")],
    as_json: Json = False,
) -> None:
    """Write the graph as files for neo4j-admin, for the first load of a large one, and say how to load them."""
    from api.render.run import exported_graph

    with _open(ctx) as project:
        found = project.export_neo4j(folder)
    _show(found, as_json, exported_graph(found))


class Purpose(StrEnum):
    """What an audience is for."""

    cart_recovery = "cart-recovery"
    win_back = "win-back"
    newsletter = "newsletter"


class Channel(StrEnum):
    """How an audience is reached."""

    email = "email"
    sms = "sms"
    ads = "ads"


class FileLayout(StrEnum):
    """The columns of a file: Clew's own, or those that a tool accepts."""

    plain = "plain"
    klaviyo = "klaviyo"
    meta = "meta"


For = Annotated[Purpose, typer.Option("--for", help="What the messages are for.")]
By = Annotated[Channel, typer.Option("--channel", help="How the messages go out.")]
To = Annotated[Path | None, typer.Argument(help="The file to write, ending in .csv or .parquet; none: only count.")]
In = Annotated[FileLayout, typer.Option("--layout", help="The columns of the file; Meta's are hashed, as it asks.")]
At = Annotated[datetime | None, typer.Option(help="As of this time (UTC); now, if not given.")]


@audience.command("reach")
def reach(
    ctx: typer.Context,
    purpose: For,
    file: To = None,
    channel: By = Channel.email,
    layout: In = FileLayout.plain,
    at: At = None,
    as_json: Json = False,
) -> None:
    """Whom to write to: the customers that a purpose is about and that may be written to."""
    _audience(ctx, purpose, file, channel, layout, at, as_json, True)


@audience.command("suppress")
def suppress(
    ctx: typer.Context,
    purpose: For,
    file: To = None,
    channel: By = Channel.email,
    layout: In = FileLayout.plain,
    at: At = None,
    as_json: Json = False,
) -> None:
    """Whom not to write to, and why: bought since, opted out, sources disagree, no or no working address."""
    _audience(ctx, purpose, file, channel, layout, at, as_json, False)


def _audience(
    ctx: typer.Context, purpose: Purpose, file: Path | None, channel: Channel, layout: FileLayout,
    at: datetime | None, as_json: bool, wanted: bool,
) -> None:  # fmt: skip
    from api.render.audience import audience as page

    with _open(ctx) as project:
        found = project.audience(purpose.value, channel.value, file, reach=wanted, layout=layout.value, at=at)
    _show(found, as_json, page(found))


@app.command(rich_help_panel=CHANGE)
def train(ctx: typer.Context, as_json: Json = False) -> None:
    """Learn the weights of all comparisons anew from today's data, and run with them."""
    from api.render.run import summary

    with _open(ctx) as project:
        with progress(_notes(), project.expected_seconds(), ctx.obj.verbose) as reporter:
            found = project.train(reporter=reporter)
        _show(found, as_json, summary(found))


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

    with _open(ctx) as project:
        found = project.publish(store.value if store else None, rebuild=rebuild, verify=verify)
    _show(found, as_json, published(found))


def _open(ctx: typer.Context) -> Project:
    from api.project import open_project

    return open_project(ctx.obj.project)


def _notes() -> Console:
    """Where progress and messages go."""
    return Console(stderr=True, highlight=False, markup=False)


def _print(*pages: RenderableType) -> None:
    console = Console(highlight=False, markup=False)
    for page in pages:
        console.print(page)


def _show(found: Any, as_json: bool, *pages: RenderableType) -> None:
    if as_json:
        typer.echo(json.dumps(found.to_dict(), indent=2, ensure_ascii=False))
    else:
        _print(*pages)


def main() -> None:
    """The `clew` command."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that can't show a character shows a question mark in its place.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app()
