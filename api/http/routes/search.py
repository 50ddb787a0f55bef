"""Customers by half a name.

Only for those who may see names: whoever may not could find one out by trial, letter by letter.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from api.http.callers import Caller, may
from api.http.models.search import LONGEST, MOST, Search, Searched
from api.http.reply import reply

router = APIRouter(prefix="/v1/search", tags=["who"])

Searcher = Annotated[Caller, Depends(may("read-personal", 5))]


@router.get("", response_model=Searched)
async def search(
    request: Request, caller: Searcher,
    q: Annotated[str, Query(min_length=1, max_length=LONGEST, description="Words, in any order.")],
    limit: Annotated[int, Query(ge=1, le=MOST)] = 10,
) -> Response:  # fmt: skip
    """The customers who answer best to a name, partial or misspelt, and a place."""
    return await _search(request, caller, q, limit)


@router.post("", response_model=Searched)
async def search_post(request: Request, caller: Searcher, asked: Search) -> Response:
    """The same, with nothing personal in the address."""
    return await _search(request, caller, asked.q, asked.limit)


async def _search(request: Request, caller: Caller, text: str, limit: int) -> Response:
    run, found = await request.app.state.desk.ask(lambda project: project.search(text, limit))
    return reply(request, caller, run, found, [hit.customer_id for hit in found.customers])
