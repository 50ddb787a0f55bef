"""Pages of HTML: one file each, which needs no network, no script and no font of its own.

Templates escape whatever comes from the user's data. All that the page's own policy lets a browser use is the style
sheet.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from engine.measure import View
from engine.state.schema import program

_FOLDER = Path(__file__).parent
STYLE = Markup((_FOLDER / "style.css").read_text(encoding="utf-8"))  # noqa: S704  # nosec B704 # our own file
#: Patterns that charts are filled with; a page has them once.
SPRITE = Markup((_FOLDER / "sprite.svg").read_text(encoding="utf-8"))  # noqa: S704  # nosec B704 # our own file


class Shown(Protocol):
    """What makes HTML of itself, such as a chart."""

    def __html__(self) -> str:
        """The HTML."""
        ...


@dataclass(frozen=True)
class Fact:
    """One number to be seen first, and words about it."""

    name: str
    value: str
    aside: str = ""


@dataclass(frozen=True)
class Section:
    """A part of a page: what it says in sentences, its numbers and charts, and the measures that these come from.

    `more` is folded away until somebody wants it; `notes` stand below.
    """

    id: str
    title: str
    says: tuple[str, ...]
    facts: tuple[Fact, ...] = ()
    charts: tuple[Shown, ...] = ()
    more: tuple[Shown, ...] = ()
    measures: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """A whole page. `stamp` stands under every section and says what it is as of."""

    title: str
    intro: tuple[str, ...]
    stamp: str
    sections: tuple[Section, ...]
    definitions: tuple[View, ...]
    closing: str

    def html(self) -> str:
        """The page as HTML."""
        digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
        return template(
            "page.html", page=self, style=STYLE, style_hash=f"sha256-{digest}", sprite=SPRITE, generator=program()
        )


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters["prose"] = _prose
    return made


def _prose(text: str) -> Markup:
    """A sentence: what stands in backticks is code, and no line ends between a number and its per cent sign."""
    parts = escape(text.replace(" %", "\N{NO-BREAK SPACE}%")).split("`")
    return Markup("").join(Markup("<code>{}</code>").format(part) if n % 2 else part for n, part in enumerate(parts))


def template(name: str, **values: Any) -> Markup:
    """A template of this folder, filled."""
    return Markup(_environment().get_template(name).render(**values))  # noqa: S704  # nosec B704 # the template escapes
