"""The few forms that all pages are made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from api.render.words import count, safe

#: Pages are made for this many columns; in fewer, whatever must be is broken.
WIDTH = 76


def heading(text: str) -> Text:
    """A heading, with an empty line before it."""
    return Text(f"\n{text}", style="bold")


def indented(part: RenderableType, by: int = 2) -> Padding:
    """A part moved to the right."""
    return Padding(part, (0, 0, 0, by), expand=False)


@dataclass(frozen=True)
class Columns:
    """A table without lines, and without a head where there are no titles.

    Columns `right` hold numbers; columns `whole` are broken only where the terminal is too narrow for anything else.
    """

    titles: Sequence[str]
    rows: Sequence[Sequence[object]]
    right: Collection[int] = ()
    whole: Collection[int] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Lay the table out for the width that there is."""
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", show_header=bool(self.titles))
        for number in range(len(self.rows[0]) if self.rows else len(self.titles)):
            unbroken = number in self.right or (number in self.whole and options.max_width >= WIDTH)
            table.add_column(
                self.titles[number] if self.titles else "",
                justify="right" if number in self.right else "left",
                no_wrap=unbroken,
                overflow="fold",
            )
        for row in self.rows:
            table.add_row(*(cell if isinstance(cell, Text) else Text(safe(cell)) for cell in row))
        yield table


def columns(
    titles: Sequence[str], rows: Iterable[Sequence[object]], right: Collection[int] = (), whole: Collection[int] = ()
) -> Padding:
    """An indented table: see `Columns`."""
    return indented(Columns(titles, list(rows), right, whole))


def lines(*parts: RenderableType | None) -> Group:
    """Parts one below the other; None is left out."""
    return Group(*(part for part in parts if part is not None))


def left_out(number: int, one: str, many: str | None = None) -> RenderableType | None:
    """How many more there are than a page shows, and where; None where there are none."""
    if number <= 0:
        return None
    more = count(number, f"more {one}", f"more {many}" if many else None)
    return indented(Text(f"and {more}; --json, or to_dict(), has them all", style="dim"))
