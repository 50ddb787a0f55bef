"""Charts: functions from numbers to small figures of HTML, for pages and notebooks alike.

Each is a table, or has one behind it. Lengths and places are per cent in SVG without a view box, so that a figure fills
whatever width there is while its text keeps its size. Colours are the style sheet's; none is needed to read a chart, as
the four series that there are differ in pattern, dash and marker.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from api.render.page import SPRITE, STYLE, template
from api.render.words import NOTHING, change, safe

#: Shades of a heat map, faintest first.
SHADES = 7
#: At most so many words stand along an axis.
_WORDS = 7

Text = Callable[[float], str]


class Chart:
    """A chart as HTML; in a notebook with its style."""

    __slots__ = ()

    def __html__(self) -> Markup:
        """What templates show."""
        return template(f"{type(self).__name__.lower()}.html", chart=self)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return f'<style>{STYLE}</style><div class="clew">{SPRITE}{self.__html__()}</div>'


@dataclass(frozen=True)
class Table(Chart):
    """Rows under heads; the first cell of a row names it. `right` are the columns of numbers."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...]
    note: str = ""


@dataclass(frozen=True)
class Bar:
    """A length in per cent of the longest, and what it says."""

    share: float
    text: str
    series: int = 0
    name: str = ""


@dataclass(frozen=True)
class Bars(Chart):
    """Rows, each with a name, one bar or several, and closing words."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Bar, ...], str], ...]
    legend: tuple[tuple[int, str], ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Shade:
    """A cell of a heat map: how strong, and what it says; `so_far` marks what is not over yet."""

    level: int
    text: str
    so_far: bool = False


@dataclass(frozen=True)
class Heat(Chart):
    """A table whose cells are shaded by their numbers; None is a cell for which there is no number."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], tuple[Shade | None, ...]], ...]
    scale: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class Mark:
    """A column (x, y, width, height) or a step of a line (from x, y to x2, y2) in per cent, and what it says."""

    series: int
    x: float
    y: float
    width: float
    height: float
    text: str


@dataclass(frozen=True)
class Plot(Chart):
    """Columns or lines over time, with the lines of the scale, words along the axis, and the table behind."""

    title: str
    kind: str
    marks: tuple[Mark, ...]
    dots: tuple[Mark, ...]
    ticks: tuple[tuple[float, str], ...]
    words: tuple[tuple[float, str], ...]
    legend: tuple[tuple[int, str], ...]
    table: Table
    note: str = ""


def table(title: str, heads: Sequence[str], rows: Iterable[Sequence[object]], note: str = "", words: int = 1) -> Table:
    """A plain table: its first `words` columns are words, the others numbers."""
    cells = tuple(tuple(safe(cell) for cell in row) for row in rows)
    return Table(title, tuple(heads), cells, tuple(range(words, len(heads))), note)


def bars(
    title: str, heads: Sequence[str], rows: Iterable[tuple[str, float | None, str]], text: Text, note: str = ""
) -> Bars:
    """One bar a row: (name, number, closing words). A row without a number has no bar."""
    found = list(rows)
    top = max((value for _, value, _ in found if value), default=0)
    shown = tuple((safe(name), (_bar(value, top, text),), safe(closing)) for name, value, closing in found)
    return Bars(title, tuple(heads), shown, (), note)


def pairs(
    title: str, heads: Sequence[str], names: tuple[str, str],
    rows: Iterable[tuple[str, float | None, float | None, Text]], own_scale: bool = False, note: str = "",
) -> Bars:  # fmt: skip
    """Two bars a row, of numbers before and after, closing with the change; `own_scale` for rows of different units."""
    found = list(rows)
    tops = [max(before or 0, after or 0) for _, before, after, _ in found]
    shown = []
    for (name, before, after, text), own in zip(found, tops, strict=True):
        top = own if own_scale else max(tops)
        both = _bar(before, top, text, 1, names[0]), _bar(after, top, text, 0, names[1])
        shown.append((safe(name), both, "same" if before and before == after else change(before, after)))
    return Bars(title, tuple(heads), tuple(shown), ((1, names[0]), (0, names[1])), note)


def signed(
    title: str, heads: Sequence[str], names: tuple[str, str], rows: Iterable[tuple[str, float, str]], note: str = ""
) -> Bars:
    """One bar a row, of a number that may be below zero: (name, number, its words). `names` tell above from below."""
    found = list(rows)
    top = max((abs(value) for _, value, _ in found), default=0)
    shown = tuple(
        (safe(name), (_bar(abs(value), top, lambda _, words=words: words, int(value < 0)),), "")  # type: ignore[misc]
        for name, value, words in found
    )
    below = {int(value < 0) for _, value, _ in found}
    return Bars(title, tuple(heads), shown, tuple((n, name) for n, name in enumerate(names) if n in below), note)


def grouped(
    title: str, heads: Sequence[str], names: Sequence[str], rows: Iterable[tuple[str, Sequence[float | None]]],
    text: Text, note: str = "",
) -> Bars:  # fmt: skip
    """Several bars a row, one for each of `names`, all on one scale."""
    found = list(rows)
    top = max((value for _, values in found for value in values if value), default=0)
    shown = tuple(
        (safe(row), tuple(_bar(v, top, text, n, names[n]) for n, v in enumerate(values)), "") for row, values in found
    )
    return Bars(title, tuple(heads), shown, tuple(enumerate(names)), note)


def _bar(value: float | None, top: float, text: Text, series: int = 0, name: str = "") -> Bar:
    share = max(0.0, value or 0) / top * 100 if top else 0
    return Bar(round(share, 2), NOTHING if value is None else text(value), series, name)


def heat(
    title: str, heads: Sequence[str], rows: Iterable[tuple[Sequence[object], Sequence[tuple[float, bool] | None]]],
    text: Text, note: str = "",
) -> Heat:  # fmt: skip
    """A heat map. A row is its names, and its cells: (number from 0 up, whether it is only so far), or None."""
    found = [(tuple(safe(n) for n in names), tuple(cells)) for names, cells in rows]
    top = max((cell[0] for _, cells in found for cell in cells if cell), default=0.0)

    def shade(cell: tuple[float, bool] | None) -> Shade | None:
        if cell is None:
            return None
        value, so_far = cell
        return Shade(min(SHADES - 1, int(value / top * SHADES)) if top else 0, text(value), so_far)

    scale = tuple(text(top * level / SHADES) for level in range(SHADES + 1)) if top else ()
    return Heat(title, tuple(heads), tuple((n, tuple(map(shade, cells))) for n, cells in found), scale, note)


def columns(
    title: str, head: str, labels: Sequence[str], parts: Mapping[str, Sequence[float | None]], text: Text,
    short: Text | None = None, note: str = "",
) -> Plot:  # fmt: skip
    """Columns one beside the other, each of `parts` one on the other; what is below zero is shown in the table only."""
    heights = [sum(max(0.0, values[n] or 0) for values in parts.values()) for n in range(len(labels))]
    ticks = _ticks(max(heights, default=0))
    top = ticks[-1]
    marks = []
    wide = 100 / max(1, len(labels))
    for n, label in enumerate(labels):
        floor = 100.0
        for series, (name, values) in enumerate(parts.items()):
            high = max(0.0, values[n] or 0) / top * 100
            floor -= high
            if high:
                said = f"{safe(label)}, {name}: {_said(values[n], text)}"
                marks.append(Mark(series, *_rounded(wide * (n + 0.12), floor, wide * 0.76, high), said))
    axis = _axis(ticks, labels, short or text)
    legend = tuple((series, name) for series, name in enumerate(parts) if any(mark.series == series for mark in marks))
    return Plot(title, "columns", tuple(marks), (), *axis, legend, _behind(title, head, labels, parts, text), note)


def lines(
    title: str, head: str, labels: Sequence[str], series: Mapping[str, Sequence[float | None]], text: Text,
    short: Text | None = None, note: str = "",
) -> Plot:  # fmt: skip
    """Lines over time, from zero up; where a number is missing the line has a gap."""
    ticks = _ticks(max((v for values in series.values() for v in values if v), default=0))
    wide, top = 100 / max(1, len(labels)), ticks[-1]
    marks, dots = [], []
    for number, (name, values) in enumerate(series.items()):
        last: tuple[float, float] | None = None
        for n, value in enumerate(values):
            if value is None:
                last = None
                continue
            x, y = wide * (n + 0.5), 100 - max(0.0, value) / top * 100
            dots.append(Mark(number, *_rounded(x, y, 0, 0), f"{safe(labels[n])}, {name}: {text(value)}"))
            if last:
                marks.append(Mark(number, *_rounded(*last, x, y), ""))
            last = x, y
    axis = _axis(ticks, labels, short or text)
    behind = _behind(title, head, labels, series, text)
    return Plot(title, "lines", tuple(marks), tuple(dots), *axis, tuple(enumerate(series)), behind, note)


def _behind(
    title: str, head: str, labels: Sequence[str], parts: Mapping[str, Sequence[float | None]], text: Text
) -> Table:
    rows = ((label, *(_said(values[n], text) for values in parts.values())) for n, label in enumerate(labels))
    return table(title, (head, *parts), rows)


def _said(value: float | None, text: Text) -> str:
    return NOTHING if value is None else text(value)


def _rounded(*numbers: float) -> tuple[float, float, float, float]:
    a, b, c, d = (round(number, 2) for number in numbers)
    return a, b, c, d


def _axis(
    ticks: Sequence[float], labels: Sequence[str], text: Text
) -> tuple[tuple[tuple[float, str], ...], tuple[tuple[float, str], ...]]:
    """The lines of the scale, and the words along the axis, as (place in per cent, words)."""
    lines = tuple((round(100 - tick / ticks[-1] * 100, 2), text(tick)) for tick in ticks)
    every = math.ceil(len(labels) / _WORDS) or 1
    wide = 100 / max(1, len(labels))
    return lines, tuple((round(wide * (n + 0.5), 2), safe(labels[n])) for n in range(0, len(labels), every))


def _ticks(top: float) -> list[float]:
    """Round numbers from zero to at least `top`, five at most beside the zero."""
    if top <= 0:
        return [0, 1]
    power = 10.0 ** math.floor(math.log10(top / 5))
    step = next(power * nice for nice in (1, 2, 2.5, 5, 10) if top <= power * nice * 5 * (1 + 1e-9))
    return [step * n for n in range(math.ceil(top / step - 1e-9) + 1)]
