"""What people should look at, and asking them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.app import CHANGE, Json, app, notes, opened, show, write
from engine.errors import StateError

if TYPE_CHECKING:
    from api.project import Project
    from api.review import ReviewQueue

#: Keys, and what they say of two records.
SAME, DIFFERENT, LATER, QUIT = "s", "d", "l", "q"
_QUESTION = "[s]ame person, [d]ifferent people, [l]ater, [q]uit"


@app.command(rich_help_panel=CHANGE)
def review(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="So many pairs at the most.")] = 20,
    ask: Annotated[bool, typer.Option("--ask", help="Ask about each, and decide by the answers.")] = False,
    blind: Annotated[
        bool, typer.Option("--blind", help="Show the records alone; answers are labels, which decide nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the matches that people should look at: refused or light ones, those with most at stake first."""
    from api.render.review import listed

    if ask and as_json:
        raise typer.BadParameter("--ask asks people and --json is for programs: give one of them.")
    with opened(ctx) as project:
        found = project.review(limit, blind=blind)
        if ask and found.pairs:
            _ask(project, found)
            return
    show(found, as_json, listed(found))


def _ask(project: Project, found: ReviewQueue) -> None:
    """Ask about pair after pair; each answer is kept at once."""
    from api.render.review import asked, ended

    judged = later = 0
    for number, pair in enumerate(found.pairs, 1):
        write(asked(number, found))
        key = _key()
        if key == QUIT:
            break
        if key == LATER:
            later += 1
            continue
        try:
            if found.blind:
                project.label(pair.record_a, pair.record_b, key == SAME)
            else:
                project.decide("same" if key == SAME else "different", pair.record_a, pair.record_b)
        except StateError as error:
            # It contradicts what was decided before, maybe a moment ago: the others can still be asked about.
            notes().print(str(error))
            later += 1
        else:
            judged += 1
    write(ended(judged, later, found.blind))


def _key() -> str:
    while True:
        key = str(typer.prompt(_QUESTION)).strip().lower()[:1]
        if key in (SAME, DIFFERENT, LATER, QUIT):
            return key
