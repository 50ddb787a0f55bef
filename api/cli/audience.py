"""Whom to write to for a purpose, and whom not."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.cli.app import ASK, Json, app, opened, show

audience = typer.Typer(no_args_is_help=True, help="Say whom to write to for a purpose, and whom not, with the reason.")
app.add_typer(audience, name="audience", rich_help_panel=ASK)


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


@audience.command("lists")
def lists(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="The folder for the files; a new one is made.")],
    layout: In = FileLayout.plain,
    at: At = None,
    as_json: Json = False,
) -> None:
    """Write all lists at once: whom to write to and whom not, for every purpose by every channel, as CSV."""
    from api.render.audience import lists as page

    with opened(ctx) as project:
        found = project.audiences(folder, layout.value, at)
    show(found, as_json, page(found))


def _audience(
    ctx: typer.Context, purpose: Purpose, file: Path | None, channel: Channel, layout: FileLayout,
    at: datetime | None, as_json: bool, wanted: bool,
) -> None:  # fmt: skip
    from api.render.audience import audience as page

    with opened(ctx) as project:
        found = project.audience(purpose.value, channel.value, file, reach=wanted, layout=layout.value, at=at)
    show(found, as_json, page(found))
