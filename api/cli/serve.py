"""The answer over HTTP."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.app import ASK, app, notes, opened

if TYPE_CHECKING:
    from api.http.settings import Issuer


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
    oidc_issuer: Annotated[str | None, typer.Option(help="An identity provider whose tokens count, too.")] = None,
    oidc_audience: Annotated[str | None, typer.Option(help="How its tokens name this API.")] = None,
    oidc_jwks: Annotated[str | None, typer.Option(help="Where its keys are; else as it says itself.")] = None,
    oidc_claim: Annotated[str, typer.Option(help="The claim of its tokens that holds scopes or roles.")] = "scope",
    oidc_scope: Annotated[
        list[str] | None, typer.Option(help="THEIRS=OURS: what stands there gives a scope; else clew:read and so on.")
    ] = None,
    log: Annotated[Level, typer.Option(help="What the log on stderr tells; info: every request.")] = Level.info,
) -> None:
    """Answer over HTTP until it is stopped: see docs/api.md. Without keys, this machine alone."""
    from api.http.serving import is_loopback, listen, run
    from api.http.settings import Settings
    from api.http.tracing import wanted
    from engine.errors import ConfigError

    traced = wanted(os.environ)
    oidc = _issuer(oidc_issuer, oidc_audience, oidc_jwks, oidc_claim, oidc_scope)
    with opened(ctx) as project:
        path = project.path
        keys = [key for key in project.keys().keys if key.ended is None]
    if not keys and oidc is None and not is_loopback(host):
        raise ConfigError(
            f"without keys nobody beyond this machine is answered, so {host} isn't listened on: "
            "`clew keys create NAME --scope read` makes a key"
        )
    settings = Settings(
        project=path, local=is_loopback(host), oidc=oidc, workers=workers, rate=rate, seconds=seconds
    )  # fmt: skip
    listening = listen(host, port)
    where = f"[{host}]" if ":" in host else host
    address = f"http://{where}:{listening.getsockname()[1]}"
    notes().print(f"clew: answering on {address}; pages at /explore; Ctrl-C ends it")
    run(settings, listening, log.value, traced)


def _issuer(
    issuer: str | None, audience: str | None, jwks: str | None, claim: str, scopes: list[str] | None
) -> Issuer | None:
    """The identity provider that the options name. Errors: ConfigError where they don't fit together."""
    from pydantic import ValidationError

    from api.http.settings import Issuer
    from api.http.tokens import check_installed
    from engine.errors import ConfigError

    if issuer is None or audience is None:
        if issuer or audience or jwks or scopes:
            raise ConfigError("an identity provider needs both --oidc-issuer and --oidc-audience")
        return None
    pairs = [pair.rpartition("=") for pair in scopes or ()]
    if not all(theirs and ours for theirs, _, ours in pairs):
        raise ConfigError("--oidc-scope is written THEIRS=OURS, as in crm.reader=read")
    given = {"scopes": {theirs: ours for theirs, _, ours in pairs}} if pairs else {}
    check_installed()
    try:
        return Issuer.model_validate({"issuer": issuer, "audience": audience, "jwks": jwks, "claim": claim, **given})
    except ValidationError as error:
        wrong = error.errors()[0]
        raise ConfigError(f"--oidc-{wrong['loc'][0]}: {wrong['msg'].removeprefix('Value error, ')}") from None
