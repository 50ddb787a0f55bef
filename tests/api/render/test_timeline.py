from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from rich.console import Console

from api.render.timeline import SHOWN, timeline
from api.results import Timeline
from engine.profile.timeline import Moment

START = datetime(2026, 5, 1, 9, 30)


def moment(kind: str, hour: int = 0, **fields: Any) -> Moment:
    given: dict[str, Any] = {
        "at": START + timedelta(hours=hour), "kind": kind, "source": "web", "key": str(hour), "name": None,
        "item": None, "status": None, "session": None, "value": None, "refunded": None, "currency": None,
        "because": "record", "confidence": 1.0, "addresses": (),
    }  # fmt: skip
    return Moment(**{**given, **fields})


def shown(*moments: Moment, everything: bool = False) -> list[str]:
    console = Console(width=100, color_system=None)
    with console.capture() as captured:
        console.print(timeline(Timeline("C1", "John Doe", moments, 0.8), everything))
    return [line.rstrip() for line in captured.get().splitlines()]


def test_a_visit_is_one_line_where_it_began_and_as_sure_as_its_least_sure_event() -> None:
    lines = shown(
        moment("session", 0, session="s1"),
        moment("view", 1, session="s1", item="Hat", confidence=0.8, because="device"),
        moment("order", 2, name="#7", value=1234.5, currency="EUR", refunded=4.0, item="Hat, Sock"),
        moment("view", 3, session="s1", item="Sock"),
    )
    assert lines[:2] == ["C1  John Doe", "1 order, 1 visit"]
    assert [" ".join(line.split()) for line in lines[4:]] == [
        "2026-05-01 09:30 visit, 2 views Hat, Sock 80.0 % device",
        "2026-05-01 11:30 order #7, 1,234.50 EUR, 4.00 refunded Hat, Sock 100 % record",
    ]


def test_other_moments_in_words() -> None:
    lines = shown(
        moment("consent", name="sms", item="out", source="klaviyo"),
        moment("contact", 1, source="crm"),
        moment("sent", 2, name="Received Email", item="Spring"),
        moment("ticket", 3, item="Where\x1b[2J is it?", status="pending"),
        moment("deal", 3, source="crm", name="Won", item="Lamps", value=99.0, currency="EUR"),
        moment("add_to_cart", 4, item="Hat", at=None),
    )
    told = [" ".join(line.split()[2:-3]) for line in lines[4:9]]
    assert told == [
        "opted out of SMS klaviyo", "new contact crm", "message sent Spring",
        "conversation, pending Where\N{REPLACEMENT CHARACTER}[2J is it?", "sale booked by crm, 99.00 EUR Lamps",
    ]  # fmt: skip
    assert "at no known time  add to cart  Hat" in lines[9]


def test_what_is_said_of_an_address_names_it() -> None:
    two = ("a@x.com", "b@x.com")
    lines = shown(
        moment("consent", name="email", item="in", source="crm", addresses=two),
        moment("unsubscribe", 1, item="Spring", addresses=two[:1]),
        moment("bounce", 2, addresses=two[1:]),
        moment("sent", 3, item="Spring", addresses=two[:1]),
    )
    assert [" ".join(line.split()[2:-3]) for line in lines[4:]] == [
        "opted in to e-mail for a@x.com, b@x.com crm", "unsubscribed for a@x.com Spring", "bounced for b@x.com",
        "message sent Spring",
    ]  # fmt: skip


def test_an_order_says_how_it_stands_where_it_is_not_simply_paid() -> None:
    lines = shown(
        moment("order", name="#1", value=5.0, currency="EUR", status="paid"),
        moment("order", 1, name="#2", value=5.0, currency="EUR", status="voided"),
        moment("order", 2, name="#3", value=5.0, currency="EUR", status="partially_refunded", refunded=2.0),
    )
    told = [line.split("order ")[1].split("  ")[0] for line in lines[4:]]
    assert told == ["#1, 5.00 EUR", "#2, 5.00 EUR, voided", "#3, 5.00 EUR, 2.00 refunded"]


def test_only_the_latest_lines_unless_all_are_wanted() -> None:
    moments = [moment("contact", hour) for hour in range(SHOWN + 3)]
    assert "3 earlier lines not shown" in shown(*moments)[2]
    assert len(shown(*moments)) == SHOWN + 5
    assert len(shown(*moments, everything=True)) == SHOWN + 3 + 4


def test_what_service_can_not_be_sure_of_is_marked() -> None:
    lines = shown(
        moment("view", confidence=0.79, because="device"), moment("view", 1, confidence=0.8, because="device")
    )
    assert lines[4].endswith("? 79.0 % device")
    assert "?" not in lines[5]
    assert lines[-1] == "? less sure than service needs (80.0 %): not to be spoken of"


def test_a_customer_with_nothing() -> None:
    assert shown()[1] == "no order, visit, message or conversation yet"
