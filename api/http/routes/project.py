"""The project itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.http.callers import Reader, SlowReader
from api.http.desk import Standing
from api.http.models.project import AudiencePage, HappenedSince, Health, Runs
from api.http.pages import CURSOR, following, place
from api.http.reply import reply
from engine.profile.audiences import Channel, Purpose

router = APIRouter(prefix="/v1", tags=["project"])

#: What `next` of an audience looks like: a cursor, and the second as of which the audience is.
SINCE = CURSOR.replace("$", r"\.[0-9]{10}$")
#: What `next` of a page of changes looks like.
AFTER = r"^(latest|[0-9]{1,9}\.([0-9]{1,18}|C[0-9A-Z]{8}))$"


@router.get("/runs", response_model=Runs)
async def runs(request: Request, caller: Reader) -> Response:
    """All runs, newest first, and the plans that wait."""
    run, found = await request.app.state.desk.ask(lambda project: project.runs(), slow=True)
    return reply(request, caller, run, found, public=True)


@router.get("/health/data", response_model=Health)
async def health(request: Request, caller: SlowReader) -> Response:
    """How the current run's data stand: by limits, and by the runs before."""
    run, found = await request.app.state.desk.ask(lambda project: project.health(), slow=True)
    # The log of settings may quote values that somebody blocked.
    told = {name: value for name, value in vars(found).items() if name != "log"}
    return reply(request, caller, run, told, public=True)


@router.get("/changes", response_model=HappenedSince)
async def changes(
    request: Request,
    caller: SlowReader,
    after: Annotated[str | None, Query(pattern=AFTER, description="`next` of the page before, or `latest`.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """What happened to customers, in order: created, merged, split, erased, profile changed.

    Begin without `after` for all of it, or with `latest` for what is yet to come, and go on with `next`.
    """
    run, found = await request.app.state.desk.ask(lambda project: project.happened(after, limit), slow=True)
    return reply(request, caller, run, found, public=True)


@router.get("/audiences/{purpose}/{channel}", response_model=AudiencePage)
async def audience(
    request: Request,
    caller: SlowReader,
    purpose: Purpose,
    channel: Channel,
    reach: Annotated[bool, Query(description="Whom to write to; false: whom not, and why.")] = True,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
    cursor: Annotated[str | None, Query(pattern=SINCE, description="`next` of the page before.")] = None,
) -> Response:
    """Whom a purpose is about: those who may be written to, or those who may not, as of the first page.

    All of it is worked out for each page: ask for large ones.
    """

    def ask(project: Standing) -> tuple[dict[str, object], list[str]]:
        run = project.graph.current_run()
        where, _, seconds = (cursor or "").rpartition(".")
        at = datetime.fromtimestamp(int(seconds), UTC) if cursor else datetime.now(UTC).replace(microsecond=0)
        start = place(run, where or None)
        found, rows = project.addressees(purpose, channel, reach=reach, at=at, start=start, limit=limit + 1)
        shown = rows[:limit]
        after = f"{following(run, start + limit)}.{at.timestamp():.0f}" if len(rows) > limit else None
        told = {"audience": found, "reach": reach, "addressees": shown, "next": after}
        return told, [str(row["customer_id"]) for row in shown]

    run, (told, about) = await request.app.state.desk.ask(ask, slow=True)
    return reply(request, caller, run, told, about)
