"""Birth dates: several ways of writing a day -> a date."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from engine.standardise.text import fold_words

#: Days that forms and databases fill in by themselves.
_UNSET = {date(1, 1, 1), date(1900, 1, 1), date(1970, 1, 1)}
#: Nobody in a file of customers, or of historical persons, is older than this.
_EARLIEST = 1500
#: Two-digit years up to this one are of this century: younger people don't order.
_LAST_SHORT_YEAR = 15

#: Countries that write the month before the day.
MONTH_FIRST = ("US", "PR", "GU", "VI", "PH", "FM", "PW", "BZ", "MH")

_YEAR_FIRST = re.compile(r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})(?:[T ].*)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/. ]+(\d{1,2})[-/. ]+(\d{4}|\d{2})(?: \d{1,2}:.*)?")
_MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "january jan januar janvier enero gennaio jaenner janner", "february feb februar fevrier febrero febbraio",
            "march mar marz maerz mars marzo mrz", "april apr avril abril aprile", "may mai mayo maggio mei",
            "june jun juni juin junio giugno", "july jul juli juillet julio luglio",
            "august aug aout agosto augustus", "september sep sept septembre septiembre settembre",
            "october oct oktober okt octobre octubre ottobre", "november nov novembre noviembre",
            "december dec dezember dez decembre diciembre dicembre",
        ),
        start=1,
    )
    for word in words.split()
}  # fmt: skip


def birth_date(text: str, region: str) -> date | None:
    """Read a birth date; `region` says whether 4/5/1962 is in April or in May.

    None for what is no day, for days to come, and for the ones that programs fill in (1900-01-01, 1970-01-01).
    """
    text = " ".join(text.split()).strip("'\"")
    if match := _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text):
        year, month, day = (int(part) for part in match.groups())
    elif match := _YEAR_LAST.fullmatch(text):
        first, second, year = (int(part) for part in match.groups())
        year = _full_year(year, match[3])
        month_first = second > 12 or (first <= 12 and region in MONTH_FIRST and "." not in text)
        month, day = (first, second) if month_first else (second, first)
    elif (in_words := _in_words(text)) is not None:
        year, month, day = in_words
    else:
        return None
    try:
        born = date(year, month, day)
    except ValueError:
        return None  # no such day: the 31st of April, a month 81
    return born if born.year >= _EARLIEST and born not in _UNSET and born <= datetime.now(UTC).date() else None


def _full_year(year: int, typed: str) -> int:
    if len(typed) == 4:
        return year
    return year + (2000 if year <= _LAST_SHORT_YEAR else 1900)


def _in_words(text: str) -> tuple[int, int, int] | None:
    """19 April 1962, Apr 19th, 1962, 19. April 62."""
    words = fold_words(text).split()
    months = [_MONTHS[word] for word in words if word in _MONTHS]
    numbers = [word.removesuffix("st").removesuffix("nd").removesuffix("rd").removesuffix("th") for word in words]
    numbers = [number for number in numbers if number.isdecimal()]
    if len(months) != 1 or len(numbers) != 2:
        return None
    day, year = numbers if len(numbers[0]) <= len(numbers[1]) else reversed(numbers)
    return _full_year(int(year), year), months[0], int(day)
