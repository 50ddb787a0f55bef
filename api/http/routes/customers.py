"""One customer, by its id."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AfterValidator

from api import results
from api.http.callers import Reader, SlowReader
from api.http.desk import Standing
from api.http.models.customers import Card, History, Records, TimelinePage, Was
from api.http.models.evidence import Drawing, Growth
from api.http.pages import CURSOR, page
from api.http.reply import reply, unchanged
from api.project import Project
from api.project.times import end_of
from engine.errors import NO_CUSTOMER, ConfigError, NotFoundError
from engine.ledger import customer_id, customer_number

router = APIRouter(prefix="/v1/customers/{customer}", tags=["customers"])


def _dated(asked: str) -> str:
    """What is said to be a date or time, checked. What is wanted is told, and not what was given."""
    try:
        end_of(asked)
    except ConfigError as error:
        raise ValueError("write a day as 2026-01-31, or a time as 2026-01-31T17:30 (UTC)") from error
    return asked


Id = Annotated[str, Path(max_length=40, description="A customer id.")]
_DAY = {"type": "string", "format": "date"}
AsOf = Annotated[
    Annotated[str, AfterValidator(_dated)] | None,
    Query(
        max_length=40, description="Answer as Clew did then: a day (its end) or a time, UTC.",
        json_schema_extra={"anyOf": [_DAY, _DAY | {"format": "date-time"}, {"type": "null"}]},
    ),
]  # fmt: skip


def _id(text: str) -> str:
    """The id that is meant, however it is written; nothing else is looked up by this address."""
    number = customer_number(text)
    if number is None:
        raise NotFoundError(f"{text} is no customer id", told=NO_CUSTOMER)
    return customer_id(number)


@router.get("", response_model=Card | Was)
async def card(request: Request, caller: SlowReader, customer: Id, as_of: AsOf = None) -> Response:
    """The golden record with where each value comes from, identifiers, consent and contactability, and the state.

    With `as_of` who the id was then. A retired id is answered with 410 and `now`, where it went.
    """
    if as_of is not None:
        run, was = await request.app.state.desk.ask(lambda p: p.whois_as_of(_id(customer), as_of), slow=True)
        return reply(request, caller, run, was, [was.customer_id] if was.customer_id else was.several)
    if same := await unchanged(request, caller, _id(customer)):
        return same

    def living(project: Project) -> results.Card:
        # An id that has ended is told where it went, not followed.
        return project.customer(project.graph.customer(_id(customer)).customer_id)

    run, found = await request.app.state.desk.ask(living, slow=True)
    return reply(request, caller, run, found, [_id(customer)])


@router.get("/records", response_model=Records)
async def records(request: Request, caller: Reader, customer: Id) -> Response:
    """Every record of the customer, with its fields and identifiers."""
    if same := await unchanged(request, caller, _id(customer)):
        return same
    run, found = await request.app.state.desk.ask(lambda project: project.graph.customer(_id(customer)))
    return reply(request, caller, run, {"customer_id": found.customer_id, "records": found.records}, [_id(customer)])


@router.get("/graph", response_model=Drawing)
async def graph(
    request: Request, caller: Reader, customer: Id, limit: Annotated[int, Query(ge=1, le=2_000)] = 500
) -> Response:
    """Nodes and edges for drawing: records, identifiers, and the matches between them."""
    if same := await unchanged(request, caller, _id(customer)):
        return same
    most = min(limit, request.app.state.settings.nodes)
    run, found = await request.app.state.desk.ask(lambda project: project.drawing(_id(customer), most))
    return reply(request, caller, run, found, [_id(customer)])


@router.get("/timeline", response_model=TimelinePage)
async def timeline(
    request: Request,
    caller: SlowReader,
    customer: Id,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[str | None, Query(pattern=CURSOR, description="`next` of the page before.")] = None,
    order: Literal["oldest", "newest"] = "newest",
) -> Response:
    """What happened with the customer: orders, visits, messages, conversations, consents."""
    if same := await unchanged(request, caller, _id(customer)):
        return same

    def ask(project: Standing) -> dict[str, object]:
        project.graph.customer(_id(customer))
        found = project.timeline(_id(customer))
        moments = found.moments if order == "oldest" else found.moments[::-1]
        shown, following = page(moments, project.graph.current_run(), cursor, limit)
        told = {"customer_id": found.customer_id, "name": found.name, "moments": shown, "service": found.service}
        return {**told, "total": len(moments), "next": following}

    run, found = await request.app.state.desk.ask(ask, slow=True)
    return reply(request, caller, run, found, [_id(customer)])


@router.get("/history", response_model=History)
async def history(request: Request, caller: Reader, customer: Id, as_of: AsOf = None) -> Response:
    """What became of the customer: created, merged, split, decided on. A retired id has a history, too."""
    run, found = await request.app.state.desk.ask(lambda project: project.history(_id(customer), as_of), slow=True)
    return reply(request, caller, run, found, [_id(customer)])


@router.get("/how", response_model=Growth)
async def how(request: Request, caller: Reader, customer: Id) -> Response:
    """How the customer came together, join by join."""
    if same := await unchanged(request, caller, _id(customer)):
        return same

    def ask(project: Standing) -> object:
        project.graph.customer(_id(customer))
        return project.how(_id(customer))

    run, found = await request.app.state.desk.ask(ask)
    return reply(request, caller, run, found, [_id(customer)])
