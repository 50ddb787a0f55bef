"""What all commands share: the global options, how a project is opened, how answers are shown, how errors are told."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.logging import RichHandler
from typer.core import TyperGroup

from api.failure import told

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
                front += [word, *([_value(word, waiting)] if _GLOBAL[word] else [])]
            elif word.startswith("--project="):
                front.append(word)
            else:
                rest.append(word)
        return super().parse_args(ctx, front + rest)

    def list_commands(self, ctx: Any) -> list[str]:
        """The commands by what they are for, in the order of the groups above."""
        groups = (START, ASK, CHANGE, LOOK_AFTER)
        return sorted(super().list_commands(ctx), key=lambda c: groups.index(self.commands[c].rich_help_panel))  # type: ignore[attr-defined]

    def invoke(self, ctx: Any) -> Any:
        """Run a command; its errors become messages and exit codes."""
        with told(bool(ctx.params.get("debug"))):
            return super().invoke(ctx)


def _value(option: str, words: Iterator[str]) -> str:
    """The word that follows an option on the line."""
    for word in words:
        return word
    raise typer.BadParameter(f"{option} needs a value: the project file, or the folder that holds it.")


app = typer.Typer(
    cls=Commands,
    name="clew",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

End = Annotated[str, typer.Argument(help="An identifier, a record or a customer id.")]
Reason = Annotated[str | None, typer.Option(help="Why this run is made, for the change log.")]
AsOf = Annotated[
    datetime | None, typer.Option("--at", help="As of this time (UTC); else of the newest order or event.")
]
Past = Annotated[
    str | None, typer.Option("--as-of", help="Answer as Clew did then: a day (its end is meant) or a time, in UTC.")
]
Top = Annotated[int, typer.Option(min=1, help="Name so many of the customers that changed, those with most at stake.")]
Html = Annotated[
    Path | None, typer.Option("--html", help="Write the answer as a page as well: a file whose name ends in .html.")
]
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
    logger.handlers = [RichHandler(console=notes(), show_path=False, markup=False, highlighter=None)] if verbose else []
    logger.setLevel(logging.DEBUG if verbose else logging.WARNING)
    logger.propagate = not verbose


def opened(ctx: typer.Context) -> Project:
    """The project that the options name."""
    from api.project import open_project

    return open_project(ctx.obj.project)


def notes() -> Console:
    """Where progress and messages go."""
    return Console(stderr=True, highlight=False, markup=False)


def write(*pages: RenderableType) -> None:
    """Print an answer."""
    console = Console(highlight=False, markup=False)
    for page in pages:
        console.print(page)


def show(found: Any, as_json: bool, *pages: RenderableType) -> None:
    """Print an answer: its pages, or as JSON."""
    if as_json:
        typer.echo(json.dumps(found.to_dict(), indent=2, ensure_ascii=False))
    else:
        write(*pages)
