from __future__ import annotations

from datetime import datetime

import pytest

from api.plain import plain
from api.render.words import amount, bits, change, compact, count, impersonal, number, percent, safe, seconds


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
    assert (bits(12.34), bits(-0.5), bits(-0.04), bits(None)) == ("+12.3", "−0.5", "+0.0", "")
    assert (count(1, "customer"), count(1204, "customer"), count(2, "match", "matches")) == (
        "1 customer",
        "1,204 customers",
        "2 matches",
    )
    assert (seconds(4.25), seconds(192)) == ("4.2 s", "3 min 12 s")


def test_a_number_below_nothing_has_a_true_minus_and_nothing_no_sign() -> None:
    assert [number(v) for v in (1234.5, -1234.5, -0.001)] == ["1,234.50", "−1,234.50", "0.00"]
    assert [number(v, ",d", signed=True) for v in (1204, -3, 0)] == ["+1,204", "−3", "0"]


def test_money_and_changes_read_well() -> None:
    assert [amount(v) for v in (None, 0.0, 278.674, -5.0, 999.99, 12345.67)] == [
        "–", "0.00", "278.67", "−5.00", "999.99", "12,346",
    ]  # fmt: skip
    assert [compact(v) for v in (0, 0.5, 950, 20_000, 1_500_000, -3e9)] == ["0", "0.5", "950", "20k", "1.5M", "−3G"]
    assert [change(*v) for v in ((4, 5), (5, 4), (0, 1), (None, 1), (1, None))] == ["+25.0 %", "−20.0 %", "", "", ""]


@pytest.mark.parametrize("name", ["ann@mail.com", "utm=ann%40mail.com"])
def test_an_address_in_a_name_is_not_shown_where_nobody_is_named(name: str) -> None:
    assert impersonal(name) == "(an address, not shown)"
    assert impersonal("ann-mail-com", "ANN-mail-com", name) == "(an address, not shown)"
    assert impersonal("spring_26 launch", "Spring 26 Launch") == "spring_26 launch"


def test_plain_values_are_ready_for_json() -> None:
    assert plain({"at": datetime(2026, 1, 2, 3, 4), "of": (1, 2)}) == {"at": "2026-01-02T03:04:00Z", "of": [1, 2]}
