"""Times as text -> UTC, in SQL: there are as many of them as there are events."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.standardise.birth import MONTH_FIRST

#: Nothing that a shop exports is older.
OLDEST = datetime(1995, 1, 1)
#: Clocks and time zones differ by less.
AHEAD = timedelta(days=1)

#: An offset or a zone after the time: Z, +02:00, -0500, -05, UTC, Europe/Berlin. AM and PM are too short to match.
_WITH_ZONE = r":\d{2}(?:[.,]\d+)?\s*(?:[Zz]|[+-]\d{2}(?::?\d{2})?|[A-Z]{3,5}|[A-Z][A-Za-z_]+/[A-Za-z_/]+)$"

_CLOCKS = ("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p")
#: Commas are gone by then, and dashes are slashes. `%Y` takes a year of two digits for one of the first century.
_DAYS = (
    "%d.%m.%Y", "%Y/%m/%d", "%Y%m%d", "%b %d %Y", "%B %d %Y", "%d %b %Y", "%d %B %Y", "%d/%b/%Y",
)  # fmt: skip
_SHORT_DAYS = ("%d.%m.%y", "%d/%b/%y")
#: Between a day and its clock, and before AM: newer versions of ICU, with which PHP writes, have a narrow space there.
_BETWEEN = r"[\s,@\x{A0}\x{202F}]+"


def right(time: str, oldest: str = "$oldest", latest: str = "$latest") -> str:
    """SQL of a time, NULL where it can't be right; the bounds are SQL as well, and parameters unless given."""
    return f"CASE WHEN {time} BETWEEN {oldest} AND {latest} THEN {time} END"


def utc(text: str, zone: str, region: str) -> str:
    """Make the SQL that reads a time; `text`, `zone` and `region` are SQL expressions.

    A time without an offset is in `zone`, daylight saving included. 4/5/2025 and 4/5/25 are in April where `region`
    writes so.
    NULL for what is no time, and for the ones that stand for none: before 1970-01-02, from 2200 on.
    """
    written = f"trim({text})"
    # DuckDB reads "18:50:44-0500", but of "18:50:44 -0500" only the part before the space.
    joined = f"replace(replace({written}, ' +', '+'), ' -', '-')"
    plain = f"regexp_replace(replace({written}, '-', '/'), '{_BETWEEN}', ' ', 'g')"
    month_first, day_first = (_read(text, plain, first) for first in ("%m/%d", "%d/%m"))
    american = f"{region} IN ({', '.join(repr(country) for country in MONTH_FIRST)})"
    # No subquery, though it would read better: DuckDB makes a join of it, which takes fifty times as long.
    return f"""CASE
        WHEN {text} IS NULL THEN NULL
        WHEN {text} < '1970-01-02' AND {written} LIKE '____-%' AND {written} < '1970-01-02' THEN NULL
        WHEN {text} >= '2200' AND {written} LIKE '____-%' THEN NULL
        WHEN suffix({text}, 'Z') THEN TRY_CAST({text} AS TIMESTAMPTZ)::TIMESTAMP
        WHEN regexp_matches({written}, '{_WITH_ZONE}') THEN TRY_CAST({joined} AS TIMESTAMPTZ)::TIMESTAMP
        ELSE timezone({zone}, coalesce(
            CASE WHEN ({written} LIKE '____-%' OR {written} LIKE '____/%') AND {written} NOT ILIKE '%m'
                 THEN TRY_CAST({written} AS TIMESTAMP) END,
            CASE WHEN {american} THEN {month_first} ELSE {day_first} END
        ))::TIMESTAMP
    END"""


def _read(text: str, plain: str, first: str) -> str:
    """SQL that reads what isn't ISO. Formats that fail cost most, so those of years of two digits are apart."""
    years, short = _formats(f"{first}/%Y", *_DAYS), _formats(f"{first}/%y", *_SHORT_DAYS)
    return f"""CASE WHEN regexp_matches({text}, '\\d{{3}}') THEN try_strptime({plain}, {years})
        ELSE try_strptime({plain}, {short}) END"""


def _formats(*days: str) -> str:
    formats = [day + clock for day in days for clock in _CLOCKS]
    return "[" + ", ".join(f"'{written}'" for written in formats) + "]"
