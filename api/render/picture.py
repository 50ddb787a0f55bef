"""A page as a picture (an SVG that needs no network, no fonts of its own and no program but a browser), or as HTML."""

from __future__ import annotations

from html import escape
from io import StringIO
from pathlib import Path

from rich.console import Console, RenderableType
from rich.terminal_theme import TerminalTheme

from api.placing import placed
from api.render.layout import WIDTH

#: A browser has room for more columns than a terminal.
WIDE = WIDTH + 20
#: Red, green and yellow that can be read on white and on a notebook's dark page; rich's own serve one of them.
RED, GREEN, YELLOW = (220, 56, 46), (32, 138, 64), (160, 112, 0)
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
THEME = TerminalTheme(WHITE, BLACK, [BLACK, RED, GREEN, YELLOW, *(BLACK,) * 3, WHITE])
#: rich's own frame loads a font from the network; any font of even width does.
FRAME = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: {char_height}px;
  line-height: {line_height}px; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>{lines}</defs>
<rect width="{width}" height="{height}" fill="#ffffff"/>
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""
#: A page within another one, in whose colours it stands.
HTML = """<pre style="font-family: 'DejaVu Sans Mono', Menlo, Consolas, monospace; line-height: 1.25; overflow-x: auto;
white-space: pre">{code}</pre>"""

#: A whole page within another one, whose styles and scripts stay apart.
WITHIN = """<iframe srcdoc="{page}" sandbox style="border: 0; width: 100%; height: 40rem"></iframe>"""


def as_html(page: RenderableType) -> str:
    """A page as a piece of HTML, for a notebook."""
    return _recorded(page, WIDE).export_html(theme=THEME, code_format=HTML, inline_styles=True)


def framed(page: str) -> str:
    """A whole page of HTML, for a notebook."""
    return WITHIN.format(page=escape(str(page)))  # a template's own text escapes what replaces a part of it


def as_text(page: RenderableType) -> str:
    """A page as text."""
    return _recorded(page, WIDTH).export_text()


def _recorded(page: RenderableType, width: int) -> Console:
    console = Console(
        record=True, width=width, file=StringIO(), highlight=False, markup=False, force_terminal=True,
        force_jupyter=False,
    )  # fmt: skip
    console.print(page)
    return console


def write_picture(page: RenderableType, file: Path) -> None:
    """Write a page as SVG. Errors: ConfigError for another ending, or a place that can't be written."""
    text = _recorded(page, WIDE).export_svg(title="", theme=THEME, code_format=FRAME)
    with placed(file, ".svg") as part:
        part.write_text(text, encoding="utf-8")
