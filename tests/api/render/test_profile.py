from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

import pytest
from rich.console import Console

from api.render.profile import known_by, profile
from api.results import Profile
from engine.profile.record import Golden, Value
from engine.profile.state import State
from graph.store import KnownBy, Permission

AT = datetime(2026, 5, 1)


def state(**given: Any) -> State:
    nothing: dict[str, Any] = dict.fromkeys(field.name for field in dataclasses.fields(State))
    known = {"as_of": AT, "buyer": "none", "stage": "prospect", "purchases": 0}
    contact = dict.fromkeys(("email", "sms", "phone", "ads"), "no address")
    return State(**{**nothing, **known, **contact, **given})


def shown(
    fields: tuple[Golden, ...] = (), permissions: tuple[Permission, ...] = (), known: State | None = None
) -> list[str]:
    console = Console(width=110, color_system=None)
    with console.capture() as captured:
        console.print(profile(Profile("C1", fields, permissions, known or state())))
    lines = [" ".join(line.split()) for line in captured.get().splitlines()]
    place = lines.index("State, as of 2026-05-01 00:00 UTC")
    return lines[place + 1 :] if known else lines[: place - 1]


def value(text: str, source: str = "shop", at: datetime | None = AT) -> Value:
    return Value(text, source, f"{source}:1", at)


def permission(**given: Any) -> Permission:
    fields: dict[str, Any] = {
        "channel": "email", "type": "email", "value": "john@x.com", "state": "in", "conflict": False, "at": AT,
        "source": "shop", "said_in": (), "said_out": (), "confidence": 1.0, "why_not": None,
    }  # fmt: skip
    return Permission(**{**fields, **given})


def test_fields_with_their_sources_and_what_else_was_said() -> None:
    lines = shown(
        (
            Golden("name", value("John Doe"), (value("Mary Doe", "crm", None),), True),
            Golden("email", value("a@x.com"), tuple(value(f"{n}@x.com") for n in range(5)), False),
        )
    )
    assert lines[0] == "C1 John Doe"
    assert "name John Doe shop 2026-05-01" in lines
    assert "they disagree Mary Doe crm" in lines
    assert "and 2 more" in lines
    assert lines[-1] == "nobody has said anything about consent"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"said_in": ("crm", "shop")}, "yes crm, shop say yes (2026-05-01)"),
        ({"said_out": ("crm",), "state": "out", "why_not": "opted out"}, "no crm says no (2026-05-01)"),
        (
            {"said_out": ("crm",), "said_in": ("shop",), "state": "out", "conflict": True, "why_not": "conflict"},
            "no crm says no (2026-05-01); shop says yes",
        ),
        (
            {"said_in": ("shop",), "conflict": True, "why_not": "conflict"},
            "no shop says yes (2026-05-01); another address of the customer opted out",
        ),
        (
            {"said_in": ("shop",), "confidence": 0.8, "why_not": "not sure enough"},
            "no the customer is only 80.0 % sure to have this address",
        ),
    ],
    ids=str,
)
def test_why_an_address_may_or_may_not_be_used(given: dict[str, Any], told: str) -> None:
    assert shown(permissions=(permission(**given),))[-1] == f"e-mail john@x.com {told}"


def test_the_state_of_somebody_of_whom_little_is_known() -> None:
    assert shown(known=state()) == [
        "buyer none; prospect", "open cart none", "by e-mail no: no address", "by SMS no: no address",
        "by phone no: no address", "by ads no: no address",
    ]  # fmt: skip


def test_a_stage_that_is_called_as_the_buyer_is_told_once() -> None:
    assert shown(known=state(buyer="repeat", stage="repeat", purchases=2))[0] == "buyer repeat, 2 purchases"


def test_the_state_in_words() -> None:
    lines = shown(
        known=state(
            buyer="repeat",
            stage="lapsed",
            purchases=2,
            last_order="#7",
            last_order_at=AT,
            last_order_value=1234.5,
            last_order_currency="EUR",
            days_since_order=0,
            last_active_at=AT,
            days_since_active=1,
            cart_at=AT,
            days_since_cart=2,
            cart_kind="begin_checkout",
            cart_items=["Hat", "Lamp", "Mat", "Pack", "Rope", "Stove"],
            cart_value=20.0,
            cart_currency="EUR",
            cart_confidence=0.95,
            interest="Bags",
            interest_share=0.5,
            language="de",
            place="Bonn, DE",
            conversation_at=AT,
            conversation_subject="Size?",
            conversation_status="open",
            email="yes",
            sms="bounced; opted out",
        )
    )
    assert lines == [
        "buyer repeat, 2 purchases; lapsed",
        "last order #7, 1,234.50 EUR, 2026-05-01 (that day)",
        "last active 2026-05-01 (1 day before)",
        "open cart Hat, Lamp, Mat, Pack, 2 more; 20.00 EUR; checkout begun 2026-05-01 (2 days before); 95.0 % sure",
        "interest Bags (50.0 %)",
        "language de",
        "place Bonn, DE",
        "support 2026-05-01, Size?, open",
        "by e-mail yes",
        "by SMS no: bounced; opted out",
        "by phone no: no address",
        "by ads no: no address",
    ]


@pytest.mark.parametrize("value", ["ana@example.com", "klaviyo:013VVQ6GEW5D9ZT2TA9D9Z2QYP"])
def test_the_name_of_a_source_is_never_broken(value: str) -> None:
    sources = ("hubspot_contacts", "shopify_customers", "klaviyo_profiles")
    console = Console(width=80, color_system=None)
    with console.capture() as captured:
        console.print(known_by([KnownBy("account", value, value, 1.0, sources, AT, AT, "ok")]))
    assert all(name in captured.get() for name in sources)
