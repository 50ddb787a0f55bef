"""Whether the server lives, whether it can answer, and its numbers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from api.http.callers import Caller, may
from api.http.problems import unavailable
from engine.errors import ClewError

router = APIRouter(tags=["running"])


class Live(BaseModel):
    """The process is there."""

    live: bool = True


class Ready(BaseModel):
    """The store answers, and shows a run."""

    ready: bool = True
    run: str


@router.get("/livez", openapi_extra={"security": []})
async def livez() -> Live:
    """Whether the process is there: needs no key."""
    return Live()


@router.get("/readyz", openapi_extra={"security": []})
async def readyz(request: Request) -> Ready:
    """Whether questions can be answered: the store is reachable, of a version that is known, and shows a run."""
    try:
        run, _ = await request.app.state.desk.ask(lambda project: None)
    except ClewError:
        raise unavailable("The store can't be reached, or shows no run yet.") from None
    request.app.state.accesses.check()
    return Ready(run=run)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(request: Request, caller: Annotated[Caller, Depends(may("read"))]) -> Response:
    """Numbers for Prometheus."""
    state = request.app.state
    state.metrics.unwritten.set(state.accesses.unwritten)
    return Response(state.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
