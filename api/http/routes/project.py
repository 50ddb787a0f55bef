"""The project itself."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.http.callers import Reader, SlowReader
from api.http.models.project import Health, Runs
from api.http.reply import reply

router = APIRouter(prefix="/v1", tags=["project"])


@router.get("/runs", response_model=Runs)
async def runs(request: Request, caller: Reader) -> Response:
    """All runs, newest first, and the plans that wait."""
    run, found = await request.app.state.desk.ask(lambda project: project.runs(), slow=True)
    return reply(request, caller, run, found)


@router.get("/health/data", response_model=Health)
async def health(request: Request, caller: SlowReader) -> Response:
    """How the current run's data stand: by limits, and by the runs before."""
    run, found = await request.app.state.desk.ask(lambda project: project.health(), slow=True)
    # The log of settings may quote values that somebody blocked.
    told = {name: value for name, value in vars(found).items() if name != "log"}
    return reply(request, caller, run, told)
