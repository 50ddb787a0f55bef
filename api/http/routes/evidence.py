"""Why two are one person, or aren't."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.http.callers import Reader, SlowReader
from api.http.models.evidence import Between
from api.http.reply import reply

router = APIRouter(prefix="/v1", tags=["evidence"])

A = Annotated[
    str,
    Query(min_length=1, max_length=500, description="An identifier, a record or a customer."),
]
B = Annotated[str, Query(min_length=1, max_length=500, description="Another one.")]


@router.get("/path", response_model=Between)
async def path(request: Request, caller: Reader, a: A, b: B) -> Response:
    """The strongest path of evidence between two of a customer's identifiers or records, and what it depends on."""
    run, found = await request.app.state.desk.ask(lambda project: project.path_between(a, b))
    return reply(request, caller, run, found, {found.a.customer_id, found.b.customer_id})


@router.get("/why", response_model=Between)
async def why(request: Request, caller: SlowReader, a: A, b: B) -> Response:
    """Why two are one person, or why they aren't, comparison by comparison."""
    run, found = await request.app.state.desk.ask(lambda project: project.why(a, b), slow=True)
    return reply(request, caller, run, found, {found.a.customer_id, found.b.customer_id})
