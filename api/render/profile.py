"""A customer's golden record, permissions and state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.text import Text

from api.render.layout import columns, heading, indented, lines
from api.render.state import state_rows
from api.render.words import day, minute, percent, safe
from api.results import Card, Profile
from engine.profile.record import Golden, Value
from graph.store import DeviceWindow, KnownBy, Permission

#: Other values of a field that are shown; more are counted.
OTHERS = 3
#: Characters that a value and the name of a source have beside one another in 80.
ROOM = 46

_CHANNELS = {"email": "e-mail", "sms": "SMS"}


def profile(found: Profile | Card) -> Group:
    """The golden record field by field, what else was said, what each address may be used for, and the state."""
    name = next((f.value.value for f in found.fields if f.field == "name"), "")
    permissions = [_permission(p) for p in found.permissions]
    return lines(
        Text(f"{found.customer_id}  {safe(name)}".rstrip(), style="bold"),
        heading("Golden record"),
        columns(("field", "value", "from"), [row for field in found.fields for row in _field(field)], whole=(0,)),
        heading("Consent"),
        columns(("channel", "address", "", "because"), permissions, whole=(0, 2))
        if permissions
        else indented(Text("nobody has said anything about consent")),
        heading(f"State, as of {minute(found.state.as_of)}"),
        columns((), state_rows(found.state), whole=(0,)),
    )


def card(found: Card) -> Group:
    """The profile, and what the customer is known by."""
    return lines(profile(found), heading("Known by"), known_by(found.identifiers))


def known_by(identifiers: Sequence[KnownBy], devices: Sequence[DeviceWindow] = ()) -> RenderableType:
    """What a customer is known by, a row each: one too for a device that was the customer's for many visits."""
    visits = [_device(device, list(windows)) for device, windows in groupby(devices, key=lambda w: w.device)]
    # A value is to be copied, so it is broken only where it would leave no room for a source's name.
    values = [k.display for k in identifiers] + [row[1] for row in visits]
    names = [name for k in identifiers for name in k.sources] + [row[3] for row in visits]
    whole = sum(max((len(safe(text)) for text in texts), default=0) for texts in (values, names)) < ROOM
    between = ", " if whole else ",\n"
    rows: list[tuple[object, ...]] = [
        (k.type, k.display, percent(k.confidence), Text(between.join(map(safe, k.sources))), day(k.last_seen))
        for k in identifiers
    ]
    titles = ("type", "value", "sure", "sources", "last seen")
    return columns(titles, [*rows, *visits], right=(2,), whole=(0, 1, 4) if whole else (0, 4))


def _device(device: str, windows: list[DeviceWindow]) -> tuple[str, str, str, str, str]:
    because = ", ".join(sorted({w.because for w in windows}))
    last = max((at for w in windows if (at := w.until or w.since)), default=None)
    return "device", device, percent(max(w.confidence for w in windows)), f"by {because}", day(last)


def _field(field: Golden) -> Iterator[tuple[object, ...]]:
    yield field.field.replace("_", " "), safe(field.value.value), _from(field.value)
    said = "they disagree" if field.conflict else ""
    for other in field.others[:OTHERS]:
        yield Text(said, style="yellow"), Text(safe(other.value), style="dim"), Text(_from(other), style="dim")
        said = ""
    if len(field.others) > OTHERS:
        yield "", Text(f"and {len(field.others) - OTHERS} more", style="dim"), ""


def _from(value: Value) -> str:
    return f"{safe(value.source)} {day(value.at)}".rstrip()


def _permission(found: Permission) -> tuple[object, ...]:
    answer = Text("no", style="red") if found.why_not else Text("yes", style="green")
    return _CHANNELS.get(found.channel, found.channel), safe(found.value), answer, _because(found)


def _because(found: Permission) -> str:
    if found.why_not == "not sure enough":
        return f"the customer is only {percent(found.confidence)} sure to have this address"
    said = [
        f"{', '.join(map(safe, sources))} {'say' if len(sources) > 1 else 'says'} {word}"
        + (f" ({day(found.at)})" if found.at and found.state == state else "")
        for sources, state, word in ((found.said_out, "out", "no"), (found.said_in, "in", "yes"))
        if sources
    ]
    if found.why_not == "conflict" and not found.said_out:
        said.append("another address of the customer opted out")
    return "; ".join(said)
