"""The answer over HTTP."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from api.cli.app import ASK, app, notes, opened


class Level(StrEnum):
    """From where on the log tells."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


@app.command(rich_help_panel=ASK)
def serve(
    ctx: typer.Context,
    host: Annotated[str, typer.Option(help="Where to listen. Beyond this machine keys are needed.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0: any that is free.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 1,
    rate: Annotated[float, typer.Option(help="Requests a second of a key that has no rate of its own.")] = 200,
    seconds: Annotated[float, typer.Option(help="Time that an answer may take.")] = 30,
    log: Annotated[Level, typer.Option(help="What the log on stderr tells; info: every request.")] = Level.info,
) -> None:
    """Answer over HTTP until it is stopped: see docs/api.md. Without keys, this machine alone."""
    from api.http.serving import is_loopback, listen, run
    from api.http.settings import Settings
    from engine.errors import ConfigError

    with opened(ctx) as project:
        path = project.path
        keys = [key for key in project.keys().keys if key.ended is None]
    if not keys and not is_loopback(host):
        raise ConfigError(
            f"without keys nobody beyond this machine is answered, so {host} isn't listened on: "
            "`clew keys create NAME --scope read` makes a key"
        )
    settings = Settings(project=path, local=is_loopback(host), workers=workers, rate=rate, seconds=seconds)
    listening = listen(host, port)
    where = f"[{host}]" if ":" in host else host
    notes().print(f"clew: answering on http://{where}:{listening.getsockname()[1]}; Ctrl-C ends it")
    run(settings, listening, log.value)
