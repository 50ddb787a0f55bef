from __future__ import annotations

from datetime import datetime

import pytest

from api.plain import plain
from api.render.words import bits, count, percent, safe, seconds


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Zoë [red]Doe[/red]", "Zoë [red]Doe[/red]"),
        ("a\x1b[31mb", "a\ufffd[31mb"),
        ("two\nlines\t", "two lines "),
        ("abc\u202edef", "abc\ufffddef"),
        (None, ""),
        (7, "7"),
    ],
)
def test_values_can_not_steer_a_terminal(value: object, shown: str) -> None:
    assert safe(value) == shown


def test_a_share_never_claims_more_than_it_is() -> None:
    assert [percent(s) for s in (1.0, 0.99999, 0.5, 0.0, None)] == ["100 %", ">99.9 %", "50.0 %", "0.0 %", ""]


def test_numbers_read_well() -> None:
    assert (bits(12.34), bits(-0.5), bits(None)) == ("+12.3", "−0.5", "")
    assert (count(1, "customer"), count(1204, "customer"), count(2, "match", "matches")) == (
        "1 customer",
        "1,204 customers",
        "2 matches",
    )
    assert (seconds(4.25), seconds(192)) == ("4.2 s", "3 min 12 s")


def test_plain_values_are_ready_for_json() -> None:
    assert plain({"at": datetime(2026, 1, 2, 3, 4), "of": (1, 2)}) == {"at": "2026-01-02T03:04:00Z", "of": [1, 2]}
