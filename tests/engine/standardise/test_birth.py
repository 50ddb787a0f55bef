from datetime import date

import pytest

from engine.standardise.birth import birth_date


@pytest.mark.parametrize(
    ("typed", "region", "born"),
    [
        ("1962-04-19", "US", date(1962, 4, 19)),
        ("19620419", "US", date(1962, 4, 19)),
        ("1962/4/19", "US", date(1962, 4, 19)),
        ("1962-04-19T00:00:00Z", "US", date(1962, 4, 19)),
        ("4/5/1962", "US", date(1962, 4, 5)),
        ("4/5/1962", "GB", date(1962, 5, 4)),
        ("04.05.1962", "US", date(1962, 5, 4)),
        ("19/4/1962", "US", date(1962, 4, 19)),
        ("4/19/1962", "GB", date(1962, 4, 19)),
        ("12/31/62", "US", date(1962, 12, 31)),
        ("2/8/06", "US", date(2006, 2, 8)),
        ("19 April 1962", "US", date(1962, 4, 19)),
        ("Apr 19th, 1962", "US", date(1962, 4, 19)),
        ("3. März 1970", "DE", date(1970, 3, 3)),
        ("1860-11-20", "GB", date(1860, 11, 20)),
    ],
)
def test_day(typed: str, region: str, born: date) -> None:
    assert birth_date(typed, region) == born


@pytest.mark.parametrize(
    "typed",
    ["1854-81-01", "1962-02-30", "1900-01-01", "1970-01-01", "0001-01-01", "2999-01-01", "1962", "n/a", "", "99999999"],
)
def test_no_day(typed: str) -> None:
    assert birth_date(typed, "US") is None
