"""The few forms that all pages are made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from api.render.words import safe


def heading(text: str) -> Text:
    """A heading, with an empty line before it."""
    return Text(f"\n{text}", style="bold")


def indented(part: RenderableType, by: int = 2) -> Padding:
    """A part moved to the right."""
    return Padding(part, (0, 0, 0, by), expand=False)


def columns(
    titles: Sequence[str], rows: Iterable[Sequence[object]], right: Collection[int] = (), whole: Collection[int] = ()
) -> Padding:
    """A table without lines, and without a head where there are no titles.

    Columns `right` hold numbers, columns `whole` are never broken.
    """
    rows = list(rows)
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", show_header=bool(titles))
    for number in range(len(rows[0]) if rows else len(titles)):
        unbroken = number in right or number in whole
        table.add_column(
            titles[number] if titles else "",
            justify="right" if number in right else "left",
            no_wrap=unbroken,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(safe(cell)) for cell in row))
    return indented(table)


def lines(*parts: RenderableType | None) -> Group:
    """Parts one below the other; None is left out."""
    return Group(*(part for part in parts if part is not None))
