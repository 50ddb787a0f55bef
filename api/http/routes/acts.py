"""What people decide and do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from api.http.callers import Caller, SlowReader, may
from api.http.desk import Desk, Standing
from api.http.models.acts import (
    Access,
    Act,
    Decide,
    Decided,
    Decisions,
    Erase,
    Erased,
    Label,
    Labelled,
    Person,
    ReviewQueue,
)
from api.http.reply import reply
from api.project import Project
from api.results import Decided as Made
from engine.state import State
from engine.state.once import once
from graph.store import GraphStore

router = APIRouter(prefix="/v1", tags=["acts"])

T = TypeVar("T")

Decider = Annotated[Caller, Depends(may("decide", 10))]
Labeller = Annotated[Caller, Depends(may("write", 10))]
Eraser = Annotated[Caller, Depends(may("erase", 10))]
Once = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key", min_length=1, max_length=100,
        description="A name for this request: sent again under it within a week, it is done once.",
    ),
]  # fmt: skip
Entry = Annotated[int, Path(ge=1, le=2**63 - 1, description="A decision's entry in the ledger.")]


def _actor(caller: Caller, said: Act) -> str:
    """Who decides, as the ledger has it: where one key serves several people, both are named."""
    return f"{said.actor} via {caller.name}" if said.actor else caller.name


async def _act(request: Request, act: Callable[[Project], T]) -> T:
    """Have something done, unless whom the answer shows can't be written down: then it isn't."""
    request.app.state.accesses.check()
    desk: Desk = request.app.state.desk
    return await desk.act(act)


@router.get("/decisions", response_model=Decisions)
async def decisions(request: Request, caller: SlowReader, everything: Annotated[bool, Query()] = False) -> Response:
    """The decisions that stand, oldest first; with `everything` those that were undone, too."""

    def ask(project: Standing) -> tuple[object, set[str]]:
        found = project.decisions(everything)
        return found, _about(project.graph, *found.decisions)

    run, (found, about) = await request.app.state.desk.ask(ask, slow=True)
    return reply(request, caller, run, found, about)


@router.post("/decisions", response_model=Decided, status_code=201, responses={200: {"model": Decided}})
async def decide(request: Request, caller: Decider, said: Decide, name: Once = None) -> Response:
    """Decide; the next run goes by it. What was decided before is given back with 200, and `new` is false."""
    actor = _actor(caller, said)

    def act(project: Project) -> Made:
        if said.b is None or said.kind == "block":
            return project.block(said.a, reason=said.reason, actor=actor)
        return project.decide(said.kind, said.a, said.b, reason=said.reason, actor=actor)

    return await _decide(request, caller, f"decide {said.model_dump_json()}", act, name)


@router.post("/decisions/{entry}/undo", response_model=Decided)
async def undo(request: Request, caller: Decider, entry: Entry, said: Act | None = None, name: Once = None) -> Response:
    """Take a decision back: from the next run on, the scores speak again."""
    said = said or Act()
    act = partial(_undo, entry, said.reason, _actor(caller, said))
    return await _decide(request, caller, f"undo {entry} {said.model_dump_json()}", act, name, 200)


def _undo(entry: int, reason: str | None, actor: str, project: Project) -> Made:
    return project.undo(entry, reason=reason, actor=actor)


async def _decide(
    request: Request, caller: Caller, asked: str, act: Callable[[Project], Made], name: str | None, new: int = 201
) -> Response:
    def work(project: Project) -> tuple[Made, set[str]]:
        found = act(project) if name is None else _once(project, caller, name, asked, act)
        return found, _about(project.graph, found)

    found, about = await _act(request, work)
    response = reply(request, caller, request.app.state.desk.shown(), found, about)
    if found.new:
        response.status_code = new
    return response


def _once(project: Project, caller: Caller, name: str, asked: str, act: Callable[[Project], Made]) -> Made:
    """What the caller's act of that name has made, now or before."""
    made: list[Made] = []

    def note() -> int:
        made.append(act(project))
        return made[0].entry

    with State.open(project.layout.store) as state:
        entry = once(state, caller.key_id or "", name, asked.encode("utf-8", "surrogatepass"), note)
    if made:
        return made[0]
    return next(one for one in project.decisions(everything=True).decisions if one.entry == entry)


def _about(graph: GraphStore, *told: Made) -> set[str]:
    """Whom decisions tell of: their customers then, and whose the records and blocked values are now."""
    about = _whose(graph, {record for one in told for record in (*one.left, *one.right)})
    about |= {customer for one in told for customer in one.customers}
    for found in graph.find_any((one.type, one.value) for one in told if one.type and one.value):
        about |= {owner.customer_id for owner in found.customers}
        about |= {holder.customer_id for holder in found.holders if holder.customer_id}
    return about


def _whose(graph: GraphStore, records: Iterable[str]) -> set[str]:
    """The customers of records."""
    return set(graph.owners(records).values())


@router.get("/review", response_model=ReviewQueue)
async def review(
    request: Request, caller: SlowReader, limit: Annotated[int, Query(ge=1, le=100)] = 20,
    blind: Annotated[bool, Query(description="Tell nothing of what the answer is.")] = False,
) -> Response:  # fmt: skip
    """The pairs of records that most need a look, most consequential first."""

    def ask(project: Standing) -> tuple[object, set[str]]:
        found = project.review(limit, blind=blind)
        return found, _whose(project.graph, {end for pair in found.pairs for end in (pair.record_a, pair.record_b)})

    run, (found, about) = await request.app.state.desk.ask(ask, slow=True)
    return reply(request, caller, run, found, about)


@router.post("/labels", response_model=Labelled, status_code=201)
async def label(request: Request, caller: Labeller, said: Label) -> Response:
    """Say whether two records are one person's, to judge answers by; no run goes by it."""
    actor = _actor(caller, said)

    def act(project: Project) -> tuple[object, set[str]]:
        found = project.label(said.record_a, said.record_b, said.same, actor=actor)
        return found, _whose(project.graph, (said.record_a, said.record_b))

    found, about = await _act(request, act)
    response = reply(request, caller, request.app.state.desk.shown(), found, about)
    response.status_code = 201
    return response


@router.post("/erase", response_model=Erased)
async def erase(request: Request, caller: Eraser, said: Erase) -> Response:
    """Say what is held of a person and where; with `really`, erase it everywhere, for good."""
    actor = _actor(caller, said)
    found = await _act(
        request, lambda project: project.erase(said.who, really=said.really, reason=said.reason, actor=actor)
    )
    return reply(request, caller, request.app.state.desk.shown(), found, [found.person.customer_id])


@router.post("/access", response_model=Access)
async def access(request: Request, caller: Eraser, person: Person) -> Response:
    """Everything that is held about a person, with the reasons, and who was shown it."""
    run, found = await request.app.state.desk.ask(lambda project: project.access(person.who), slow=True)
    return reply(request, caller, run, found, [found.customer_id])
