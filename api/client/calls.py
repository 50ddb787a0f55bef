"""Everything that a server may be asked, once for both faces: each function says what is sent, and what is answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote
from uuid import uuid4

from pydantic import BaseModel

from api.client.sending import Call, in_header
from api.http.models.acts import Access, Decided, Decisions, Erased, Labelled, ReviewQueue
from api.http.models.customers import Answer, Batch, Brief, Card, History, Moment, Records, TimelinePage, Was
from api.http.models.evidence import Between, Drawing, Growth
from api.http.models.project import Addressee, AudiencePage, Happened, HappenedSince, Health, Runs
from api.http.models.search import Searched
from engine.profile.audiences import Channel, Purpose

P = TypeVar("P", bound=BaseModel)
T = TypeVar("T")

Texts = str | Sequence[str]


@dataclass(frozen=True)
class Pages(Generic[P, T]):
    """A long answer: the call of its first page, what a page holds, and where to go on, if there is more."""

    first: Call[P]
    items: Callable[[P], Sequence[T]]
    following: Callable[[P], dict[str, Any] | None]

    def after(self, page: P) -> Call[P] | None:
        """The call of the page after one."""
        further = self.following(page)
        return None if further is None else replace(self.first, query=self.first.query | further)


def whois(
    *anything: str, email: Texts = (), phone: Texts = (), account: Texts = (), loyalty: Texts = (),
    device: Texts = (), record: Texts = (),
) -> Call[Answer]:  # fmt: skip
    """The customer behind what is given, or behind all of it at once, with the reasons."""
    return Call("POST", "/v1/whois", Answer, body=_asked(anything, email, phone, account, loyalty, device, record))


def whois_brief(
    *anything: str, email: Texts = (), phone: Texts = (), account: Texts = (), loyalty: Texts = (),
    device: Texts = (), record: Texts = (),
) -> Call[Brief]:  # fmt: skip
    """The same in short, in a fraction of the time: who it is, and not why."""
    return Call("POST", "/v1/whois/brief", Brief, body=_asked(anything, email, phone, account, loyalty, device, record))


def whois_each(texts: Texts) -> Call[Batch]:
    """Who is behind each of many texts, in short."""
    return Call("POST", "/v1/whois/batch", Batch, body={"asked": _several(texts)})


def search(text: str, limit: int = 10) -> Call[Searched]:
    """The customers who answer best to half a name and a place."""
    return Call("POST", "/v1/search", Searched, body={"q": text, "limit": limit})


def customer(customer_id: str) -> Call[Card]:
    """The golden record with where each value comes from, identifiers, permissions and state."""
    return _get(Card, customer_id)


def customer_as_of(customer_id: str, at: date | datetime | str) -> Call[Was]:
    """Who a customer was on a day (its end) or at a time."""
    return _get(Was, customer_id, as_of=_time(at))


def records(customer_id: str) -> Call[Records]:
    """A customer's records, with their fields and identifiers."""
    return _get(Records, customer_id, "/records")


def graph(customer_id: str, *, limit: int = 500) -> Call[Drawing]:
    """A customer as nodes and edges."""
    return _get(Drawing, customer_id, "/graph", limit=limit)


def timeline(
    customer_id: str, *, limit: int = 100, cursor: str | None = None, order: Literal["oldest", "newest"] = "newest"
) -> Call[TimelinePage]:
    """A page of what happened with a customer."""
    return _get(TimelinePage, customer_id, "/timeline", limit=limit, cursor=cursor, order=order)


def each_moment(
    customer_id: str, *, order: Literal["oldest", "newest"] = "newest", page: int = 500
) -> Pages[TimelinePage, Moment]:
    """All that happened with a customer, page by page. ClashError where a run is published between two pages."""
    first = timeline(customer_id, limit=page, order=order)
    return Pages(first, lambda found: found.moments, lambda found: _cursor(found.next))


def history(customer_id: str, *, as_of: date | datetime | str | None = None) -> Call[History]:
    """What became of a customer, of a retired id too."""
    return _get(History, customer_id, "/history", as_of=None if as_of is None else _time(as_of))


def how(customer_id: str) -> Call[Growth]:
    """How a customer came together."""
    return _get(Growth, customer_id, "/how")


def path(a: str, b: str) -> Call[Between]:
    """The strongest path of evidence between two."""
    return Call("GET", "/v1/path", Between, {"a": a, "b": b})


def why(a: str, b: str) -> Call[Between]:
    """Why two are one person, or aren't, comparison by comparison."""
    return Call("GET", "/v1/why", Between, {"a": a, "b": b})


def runs() -> Call[Runs]:
    """The runs, newest first, and the plans that wait."""
    return Call("GET", "/v1/runs", Runs)


def health() -> Call[Health]:
    """How the data stand."""
    return Call("GET", "/v1/health/data", Health)


def changes(after: str | None = None, *, limit: int = 100) -> Call[HappenedSince]:
    """A page of what happened to customers, in order; `latest` is what is yet to come."""
    return Call("GET", "/v1/changes", HappenedSince, {"after": after, "limit": limit})


def each_change(after: str | None = None, *, page: int = 500) -> Pages[HappenedSince, Happened]:
    """All that happened to customers after a cursor, in order; go on later after the `cursor` of the last."""
    return Pages(
        changes(after, limit=page),
        lambda found: found.changes,
        lambda found: {"after": found.next} if found.more else None,
    )


def audience(
    purpose: Purpose, channel: Channel, *, reach: bool = True, limit: int = 100, cursor: str | None = None
) -> Call[AudiencePage]:
    """A page of those whom to write to, or whom not."""
    asked = {"reach": reach, "limit": limit, "cursor": cursor}
    return Call("GET", f"/v1/audiences/{_part(purpose)}/{_part(channel)}", AudiencePage, asked)


def each_addressee(
    purpose: Purpose, channel: Channel, *, reach: bool = True, page: int = 10_000
) -> Pages[AudiencePage, Addressee]:
    """All whom to write to, or whom not, page by page. ClashError where a run is published between two pages."""
    first = audience(purpose, channel, reach=reach, limit=page)
    return Pages(first, lambda found: found.addressees, lambda found: _cursor(found.next))


def review(*, limit: int = 20, blind: bool = False) -> Call[ReviewQueue]:
    """The pairs that most need a look."""
    return Call("GET", "/v1/review", ReviewQueue, {"limit": limit, "blind": blind})


def decisions(*, everything: bool = False) -> Call[Decisions]:
    """The decisions that stand; with `everything` those that were undone, too."""
    return Call("GET", "/v1/decisions", Decisions, {"everything": everything})


def decide(
    kind: Literal["same", "different"], a: str, b: str, *, reason: str | None = None, actor: str | None = None,
    name: str | None = None,
) -> Call[Decided]:  # fmt: skip
    """Decide that two are one person, or two. Under one `name` it is done once, however often it is sent."""
    return _decision("", {"kind": kind, "a": a, "b": b}, reason, actor, name)


def block(
    value: str, *, reason: str | None = None, actor: str | None = None, name: str | None = None
) -> Call[Decided]:  # fmt: skip
    """Decide that a value never links."""
    return _decision("", {"kind": "block", "a": value}, reason, actor, name)


def undo(
    entry: int, *, reason: str | None = None, actor: str | None = None, name: str | None = None
) -> Call[Decided]:  # fmt: skip
    """Take a decision back."""
    return _decision(f"/{entry:d}/undo", {}, reason, actor, name)


def label(
    record_a: str, record_b: str, same: bool, *, reason: str | None = None, actor: str | None = None
) -> Call[Labelled]:
    """Say whether two records are one person's, to judge answers by."""
    body = {"record_a": record_a, "record_b": record_b, "same": same, "reason": reason, "actor": actor}
    return Call("POST", "/v1/labels", Labelled, body=body, twice=False)


def access(who: str) -> Call[Access]:
    """Everything that is held about a person."""
    return Call("POST", "/v1/access", Access, body={"who": who})


def erase(who: str, *, really: bool = False, reason: str | None = None, actor: str | None = None) -> Call[Erased]:
    """What would go with a person; `really`: it is gone, for good."""
    body = {"who": who, "really": really, "reason": reason, "actor": actor}
    return Call("POST", "/v1/erase", Erased, body=body, twice=not really)


def _asked(*texts: Texts) -> dict[str, list[str]]:
    """What is asked for, by its type."""
    types = ("q", "email", "phone", "account", "loyalty", "device", "record")
    return {type_: _several(each) for type_, each in zip(types, texts, strict=True) if each}


def _get(model: type[P], customer_id: str, part: str = "", **query: Any) -> Call[P]:
    return Call("GET", f"/v1/customers/{_part(customer_id)}{part}", model, query)


def _decision(
    part: str, said: dict[str, Any], reason: str | None, actor: str | None, name: str | None
) -> Call[Decided]:
    headers = {"Idempotency-Key": uuid4().hex if name is None else in_header("name of a request", name)}
    return Call(
        "POST", f"/v1/decisions{part}", Decided, body={**said, "reason": reason, "actor": actor}, headers=headers
    )


def _several(texts: Texts) -> list[str]:
    return [texts] if isinstance(texts, str) else list(texts)


def _part(text: str) -> str:
    # Half a character leads to nobody, which the server says.
    return quote(text, safe="", errors="surrogatepass")


def _time(at: date | datetime | str) -> str:
    return at if isinstance(at, str) else at.isoformat()


def _cursor(following: str | None) -> dict[str, Any] | None:
    return None if following is None else {"cursor": following}
