"""Times and amounts, which are read in SQL."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from engine.compute import Compute
from engine.standardise.money import amount
from engine.standardise.times import utc


@pytest.fixture(scope="module")
def compute() -> Iterator[Compute]:
    with Compute(memory_limit="500MB", threads=1) as opened:
        yield opened


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-04-24 18:50:44 -0500", "2025-04-24 23:50:44"),
        ("2025-04-24T18:50:44+02:00", "2025-04-24 16:50:44"),
        ("2025-04-24 18:50:44 +05", "2025-04-24 13:50:44"),
        ("2025-04-24T18:50:44Z", "2025-04-24 18:50:44"),
        ("2025-04-24 18:50:44 UTC", "2025-04-24 18:50:44"),
        (" 2025-04-24T18:50:44Z ", "2025-04-24 18:50:44"),
        # No offset: Berlin, in summer and in winter, and an hour that the change of clocks leaves out.
        ("2025-05-23 06:13", "2025-05-23 04:13:00"),
        ("2025-01-23 06:13:10", "2025-01-23 05:13:10"),
        ("2025-03-30 02:30", "2025-03-30 01:30:00"),
        ("2025-05-23", "2025-05-22 22:00:00"),
        ("24.12.2025 18:30", "2025-12-24 17:30:00"),
        ("2025-05-23 06:50 PM", "2025-05-23 16:50:00"),
        ("Apr 5, 2025", "2025-04-04 22:00:00"),
        ("24.12.25 18:30", "2025-12-24 17:30:00"),
        ("24.12.2025, 18:30", "2025-12-24 17:30:00"),
        ("24/12/2025, 6:30 PM", "2025-12-24 17:30:00"),
        ("24-12-2025 18:30", "2025-12-24 17:30:00"),
        ("24-Dec-2025 18:30:00", "2025-12-24 17:30:00"),
        ("Dec 24, 2025, 6:30:00\u202fPM", "2025-12-24 17:30:00"),
        ("December 24, 2025 @ 6:30 PM", "2025-12-24 17:30:00"),
        ("0000-00-00 00:00:00", None),
        ("1970-01-01T00:00:00Z", None),
        ("9999-12-31", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_time(compute: Compute, text: str | None, expected: str | None) -> None:
    found = compute.value(f"SELECT {utc('t', 'z', 'r')} FROM (SELECT ?::VARCHAR t, 'Europe/Berlin' z, 'DE' r)", [text])
    assert found == (datetime.fromisoformat(expected) if expected else None)


@pytest.mark.parametrize("text", ["4/5/2025 16:11", "4/5/25 16:11", "4-5-25 4:11 PM"])
def test_day_and_month_by_region(compute: Compute, text: str) -> None:
    query = f"SELECT {utc('t', 'z', 'r')} FROM (SELECT ?::VARCHAR t, 'UTC' z, ?::VARCHAR r)"
    assert compute.value(query, [text, "US"]) == datetime(2025, 4, 5, 16, 11)
    assert compute.value(query, [text, "GB"]) == datetime(2025, 5, 4, 16, 11)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12.5", 12.5),
        ("-3", -3.0),
        ("1,234.50", 1234.5),
        ("1.234,50", 1234.5),
        ("1.234.567,89", 1234567.89),
        ("1,234", 1234.0),
        ("12,5", 12.5),
        ("1.234.567", 1234567.0),
        ("$12", 12.0),
        ("€ 12,00", 12.0),
        ("USD 12.50", 12.5),
        ("(12.00)", -12.0),
        ("12.00-", -12.0),
        ("1'234.50", 1234.5),
        ("1\u00a0234,50", 1234.5),
        ("Rs. 1,250.00", 1250.0),
        ("12,50 kr.", 12.5),
        ("5.5e-17", 5.5e-17),
        ("nan", None),
        ("inf", None),
        ("1e400", None),
        ("1E400 USD", None),
        ("1e3", None),
        ("1.23E+05", None),
        ("1" * 400, None),
        ("$" + "1" * 400, None),
        ("2 x 5", None),
        ("2026-04-01", None),
        ("free", None),
        ("", None),
        (None, None),
    ],
)
def test_amount(compute: Compute, text: str | None, expected: float | None) -> None:
    assert compute.value(f"SELECT {amount('t')} FROM (SELECT ?::VARCHAR t)", [text]) == expected
