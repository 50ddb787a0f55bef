"""Who somebody is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from api import answers
from api.answers import Asked
from api.http.callers import Caller, Reader, reader
from api.http.direct import Direct
from api.http.models.customers import Answer, Batch, Brief, Question, Questions
from api.http.problems import Problem
from api.http.reply import reply
from api.project import Project
from engine.profile.numbered import may_be_number

router = APIRouter(prefix="/v1/whois", tags=["who"])


def _parameters() -> list[dict[str, Any]]:
    """The parameters of `whois` for the OpenAPI document."""
    named = Question.model_json_schema()["properties"].items()
    return [{"name": name, "in": "query", "schema": schema} for name, schema in named]


def _question(query: bytes) -> Question:
    """What an address asks for. It is read here, as that takes the framework longer than the answer."""
    try:
        return Question.model_validate(parse_qs(query.decode("latin-1"), True, max_num_fields=100, errors="replace"))
    except ValidationError as error:
        wrong = [{**one, "loc": ("query", *one["loc"])} for one in error.errors(include_url=False)]
        raise RequestValidationError(wrong) from None
    except ValueError:
        raise Problem(422, "not-understood", "query: too many parameters.") from None


@router.get("", response_model=Answer, openapi_extra={"parameters": _parameters()})
async def whois(request: Request, caller: Reader) -> Response:
    """The customer behind an e-mail, phone, account, loyalty id, device, record or order number, with the reasons.

    Asked by several at once, it is the customer behind all of them; where they lead to different ones, `customer` is
    null and `several` lists each.
    """
    return await _whois(request, caller, _question(request.scope["query_string"]).asked, Project.whois_all)


@router.post("", response_model=Answer)
async def whois_post(request: Request, caller: Reader, asked: Question) -> Response:
    """The same, with nothing personal in the address."""
    return await _whois(request, caller, asked.asked, Project.whois_all)


@router.get("/brief", response_model=Brief, openapi_extra={"parameters": _parameters()})
async def brief(request: Request, caller: Reader) -> Response:
    """The same in short, in a fraction of the time: who it is, without records, evidence and permissions."""
    return await _whois(request, caller, _question(request.scope["query_string"]).asked, Project.whois_brief)


@router.post("/brief", response_model=Brief)
async def brief_post(request: Request, caller: Reader, asked: Question) -> Response:
    """The same in short, with nothing personal in the address."""
    return await _whois(request, caller, asked.asked, Project.whois_brief)


def _directly(route: Callable[[Request, Caller], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return await route(request, await reader(request))

    return answer


DIRECT = (Direct(router.prefix, _directly(whois)), Direct(f"{router.prefix}/brief", _directly(brief)))


async def _whois(
    request: Request,
    caller: Caller,
    asked: list[Asked],
    ask: Callable[[Project, list[Asked]], answers.Answer | answers.Brief],
) -> Response:
    # What may be an order's number is looked for in the run's tables, too.
    at_once = not any(may_be_number(one.text) for one in asked)
    run, found = await request.app.state.desk.ask(lambda project: ask(project, asked), at_once=at_once)
    shown = [found.customer] if found.customer else found.several
    return reply(request, caller, run, found, [one.customer_id for one in shown])


@router.post("/batch", response_model=Batch)
async def batch(request: Request, caller: Reader, asked: Questions) -> Response:
    """Who is behind each of many texts, in short."""
    most = request.app.state.settings.batch
    if len(asked.asked) > most:
        raise Problem(413, "too-many", f"At most {most:,} texts may be asked for at once.")
    if caller.key_id is not None:
        request.app.state.buckets.take(caller.key_id, caller.rate, len(asked.asked) / 20)
    run, found = await request.app.state.desk.ask(lambda project: project.whois_each(asked.asked), slow=True)
    about = {one.customer_id for answer in found.answers for one in answer.customers}
    return reply(request, caller, run, found, about)
