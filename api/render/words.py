"""Numbers, times and values as they are shown, the same on every page."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph.store import Reason

MINUS = "\N{MINUS SIGN}"
#: What stands where there is no number.
NOTHING = "\N{EN DASH}"


def safe(value: object) -> str:
    """A value of the user's data on one line, without anything that could steer a terminal; empty for None."""
    if value is None:
        return ""
    return "".join(_shown(character) for character in str(value))


def impersonal(value: object, *spellings: str) -> str:
    """A name from the user's data for a page that must name nobody.

    It is left out if it holds an e-mail address, or if one of its `spellings` does, which it was made of.
    """
    held = any(re.search("@|%40", str(text)) for text in (value, *spellings))
    return "(an address, not shown)" if held else safe(value)


def _shown(character: str) -> str:
    if character in "\n\r\t":
        return " "
    # Control characters, and format characters such as those that turn the direction of writing.
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(character) in ("Cc", "Cf", "Cs") else character


def percent(share: float | None) -> str:
    """A probability or share. What rounds to 100 % without being it says so."""
    if share is None:
        return ""
    if share < 1 and round(share, 3) == 1:
        return ">99.9 %"
    return "100 %" if share == 1 else f"{share * 100:.1f} %"


def number(value: float, form: str = ",.2f", *, signed: bool = False) -> str:
    """A number in a form of Python's, with a true minus and, if `signed`, a plus; what reads as nothing has neither."""
    said = f"{value:{form}}"
    if says_nothing(said):
        return said.removeprefix("-")
    return f"+{said}" if signed and value > 0 else said.replace("-", MINUS)


def says_nothing(number: str) -> bool:
    """Whether a number as it is shown reads as none at all: 0.00."""
    return not re.search("[1-9]", number)


def amount(value: float | None) -> str:
    """Money without its currency: whole from a thousand on."""
    return NOTHING if value is None else number(value, ",.0f" if abs(value) >= 1000 else ",.2f")


def compact(value: float) -> str:
    """A number for the scale of a chart: 950, 20k, 1.5M."""
    size, letter = next(((n, c) for n, c in ((1e9, "G"), (1e6, "M"), (1e3, "k")) if abs(value) >= n), (1.0, ""))
    return number(value / size, ",.10g") + letter


def change(before: float | None, after: float | None) -> str:
    """How much more or less something has become: +26.4 %; empty where that can't be said."""
    return f"{after / before - 1:+.1%}".replace("%", " %").replace("-", MINUS) if before and after is not None else ""


def bits(weight: float | None) -> str:
    """A match weight with its sign."""
    return "" if weight is None else f"{weight:+z.1f}".replace("-", MINUS)


def day(at: datetime | None) -> str:
    """The day of a time, in UTC."""
    return "" if at is None else f"{at:%Y-%m-%d}"


def minute(at: datetime | None) -> str:
    """A time to the minute, in UTC."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 customer`, `1,204 customers`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def seconds(value: float) -> str:
    """A duration: 4.2 s, 3 min 12 s."""
    if value < 60:
        return f"{value:.1f} s"
    return f"{int(value) // 60} min {int(value) % 60} s"


def reason(found: Reason) -> str:
    """A comparison and its level in words: `first name: same nickname root`."""
    words = found.comparison.removeprefix("x_").replace("_", " ")
    return f"{words}: {found.level}" if found.level else words
