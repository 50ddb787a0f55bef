"""What happened with a customer, a visit on one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from api.render.layout import columns, lines
from api.render.words import count, percent, safe
from api.results import Timeline
from engine.profile.timeline import Moment

#: Lines that are shown unless all are wanted: the latest.
SHOWN = 40

#: The events of a visit -> words for so many of them.
_VISIT = {
    "session": ("", ""), "view": ("view", "views"), "add_to_cart": ("put in the cart", "put in the cart"),
    "begin_checkout": ("checkout begun", "checkouts begun"), "purchase": ("purchase", "purchases"),
    "login": ("login", "logins"), "signup": ("sign-up", "sign-ups"),
}  # fmt: skip
_SAID = {"in": "opted in to", "out": "opted out of"}
_CHANNELS = {"email": "e-mail", "sms": "SMS"}
_KINDS = {
    "contact": "new contact", "sent": "message sent", "open": "message opened", "click": "message clicked",
    "ticket": "conversation", "begin_checkout": "checkout", "unsubscribe": "unsubscribed", "bounce": "bounced",
}  # fmt: skip
#: What says something of the address, rather than of the message.
_OF_ADDRESS = ("unsubscribe", "bounce")


def timeline(found: Timeline, everything: bool = False) -> Group:
    """A customer's timeline, oldest first: the latest lines, or all of them."""
    rows = list(_rows(found.moments, found.service))
    left_out = 0 if everything else max(0, len(rows) - SHOWN)
    title = f"{found.customer_id}  {safe(found.name or '')}".rstrip()
    counted = _counted(found.moments) or "no order, visit, message or conversation yet"
    parts: list[RenderableType] = [Text(title, style="bold"), Text(counted)]
    if left_out:
        parts.append(Text(f"{count(left_out, 'earlier line')} not shown; --all shows them", style="dim"))
    shown = rows[left_out:]
    doubted = any(sure.startswith("?") for *_, sure in shown)
    return lines(
        *parts,
        Text(""),
        columns(("when (UTC)", "what happened", "sure"), shown, right=(2,), whole=(0,)),
        Text(f"\n? less sure than service needs ({percent(found.service)}): not to be spoken of") if doubted else None,
    )


def _counted(moments: Sequence[Moment]) -> str:
    kinds = Counter(m.kind for m in moments)
    visits = len({(m.source, m.session) for m in moments if m.session})
    told = [
        (kinds["order"], "order", "orders"), (visits, "visit", "visits"), (kinds["sent"], "message", "messages"),
        (kinds["ticket"], "conversation", "conversations"),
    ]  # fmt: skip
    return ", ".join(count(*entry) for entry in told if entry[0])


def _rows(moments: Sequence[Moment], service: float) -> Iterator[tuple[str, Text, str]]:
    visits: dict[tuple[str, str], list[Moment]] = {}
    for moment in moments:
        if moment.session:
            visits.setdefault((moment.source, moment.session), []).append(moment)
    for moment in moments:
        if not moment.session:
            yield _at(moment), _told(moment), _sure([moment], service)
        elif visit := visits.pop((moment.source, moment.session), None):
            yield _at(moment), _visit(visit), _sure(visit, service)


def _told(moment: Moment) -> Text:
    what, about = _KINDS.get(moment.kind, moment.kind.replace("_", " ")), moment.item
    amount = "" if moment.value is None else f", {moment.value:,.2f} {moment.currency or ''}".rstrip()
    if moment.kind == "order":
        stands = "" if moment.status in (None, "paid") else f", {safe(moment.status)}"
        if moment.refunded:
            stands = f", {moment.refunded:,.2f} refunded"
        what = f"order {safe(moment.name)}{amount}{stands}"
    elif moment.kind == "deal":
        what = f"sale booked by {safe(moment.source)}{amount}"
    elif moment.kind == "consent":
        what = f"{_SAID[moment.item or '']} {_CHANNELS.get(moment.name or '', moment.name)}{_for(moment)}"
        about = moment.source
    elif moment.kind == "contact":
        about = moment.source
    elif moment.kind in _OF_ADDRESS:
        what = f"{what}{_for(moment)}"
    elif moment.status:
        what = f"{what}, {safe(moment.status)}"
    return _line(what, about)


def _for(moment: Moment) -> str:
    return f" for {', '.join(map(safe, moment.addresses))}" if moment.addresses else ""


def _visit(moments: list[Moment]) -> Text:
    kinds = Counter(m.kind for m in moments)
    told = [f"{n} {_VISIT.get(kind, (kind, kind))[n > 1]}" for kind, n in kinds.items() if _VISIT.get(kind, " ")[0]]
    items = list(dict.fromkeys(m.item for m in moments if m.item))
    what = f"visit, {', '.join(told)}" if told else "visit"
    return _line(what, f"{', '.join(items[:3])}{', …' if len(items) > 3 else ''}")


def _line(what: str, about: str | None) -> Text:
    line = Text(what)
    return line.append(f"  {safe(about)}", style="dim") if about else line


def _at(moment: Moment) -> str:
    return f"{moment.at:%Y-%m-%d %H:%M}" if moment.at else "at no known time"


def _sure(moments: list[Moment], service: float) -> str:
    """How sure the least sure of them is, and what ties it; a question mark where that is too little for service."""
    least = min(moments, key=lambda m: m.confidence)
    return f"{'? ' if least.confidence < service else ''}{percent(least.confidence)} {least.because}"
