from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from rich.console import Console

from api.render.profile import profile
from api.results import Profile
from engine.profile.record import Golden, Value
from graph.store import Permission

AT = datetime(2026, 5, 1)


def shown(fields: tuple[Golden, ...] = (), permissions: tuple[Permission, ...] = ()) -> list[str]:
    console = Console(width=110, color_system=None)
    with console.capture() as captured:
        console.print(profile(Profile("C1", fields, permissions)))
    return [" ".join(line.split()) for line in captured.get().splitlines()]


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
            "no crm says no; shop says yes",
        ),
        (
            {"said_in": ("shop",), "conflict": True, "why_not": "conflict"},
            "no shop says yes; another address of the customer opted out",
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
