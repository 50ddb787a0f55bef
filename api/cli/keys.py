"""Who may ask over HTTP."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.app import LOOK_AFTER, Json, app, opened, show

keys = typer.Typer(no_args_is_help=True, help="Make, list and revoke the keys that programs ask `clew serve` with.")
app.add_typer(keys, name="keys", rich_help_panel=LOOK_AFTER)

#: As in `engine.state.keys.SCOPES`, which a test compares.
_SCOPES = "read (masked), read-personal, write, decide, erase or admin; may be given several times."


@keys.command("create")
def keys_create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Who or what will use it.")],
    scope: Annotated[list[str], typer.Option(help=f"What it may do: {_SCOPES}")],
    days: Annotated[float | None, typer.Option(help="For so many days; else until it is revoked.")] = None,
    rate: Annotated[float | None, typer.Option(help="Requests a second; else as many as the server gives.")] = None,
    as_json: Json = False,
) -> None:
    """Make a key. Its text is printed alone on the last line, this once: only its hash is kept."""
    from api.render.keys import made

    with opened(ctx) as project:
        found = project.create_key(name, scope, days=days, rate=rate)
    show(found, as_json, made(found))
    if not as_json:
        # Whole on one line, however narrow the terminal is.
        typer.echo(found.text)


@keys.command("list")
def keys_list(ctx: typer.Context, as_json: Json = False) -> None:
    """List the keys, oldest first, and what each may do."""
    from api.render.keys import listed

    with opened(ctx) as project:
        found = project.keys()
    show(found, as_json, listed(found))


@keys.command("revoke")
def keys_revoke(
    ctx: typer.Context, key: Annotated[str, typer.Argument(help="The key's id, as listed.")], as_json: Json = False
) -> None:
    """End a key for good; servers that run go by it within a second."""
    from api.render.keys import revoked

    with opened(ctx) as project:
        found = project.revoke_key(key)
    show(found, as_json, revoked(found))
