"""The frame of a page: what a browser may use, how it is built, and whether its colours can be read."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re

import pytest
from justhtml import Element, JustHTML

from api.render.charts import columns, table
from api.render.page import STYLE, Fact, Page, Section
from api.render.words import amount
from engine.measure import views

HOSTILE = '</title></style><script>alert(1)</script><img src="https://x.example/y.png" onerror=alert(1)>'


def page(words: str = "Words", **values: tuple[object, ...]) -> JustHTML:
    section = Section(
        "one", words, (words, "Call `clew run` for 5 % more."), (Fact(words, words, words),),
        (columns(words, "month", [words], {words: [1.0]}, amount),), (table(words, (words,), [(words,)]),), ("buyers",),
    )  # fmt: skip
    buyers = tuple(view for view in views() if view.name == "buyers")
    html = Page(words, (words,), words, (section,), buyers, words).html()
    found = JustHTML(html, sanitize=False, collect_errors=True)
    assert not found.errors
    return found


def elements(found: JustHTML, selector: str) -> list[Element]:
    return [node for node in found.query(selector) if isinstance(node, Element)]


def test_the_policy_lets_a_browser_use_the_style_sheet_and_nothing_else() -> None:
    found = page()
    (policy,) = (n.attrs["content"] for n in elements(found, "meta[http-equiv=Content-Security-Policy]"))
    (style,) = elements(found, "style")
    digest = base64.b64encode(hashlib.sha256(style.to_text(strip=False).encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert not elements(found, "[style]")


@pytest.mark.parametrize("words", ["Words", HOSTILE])
def test_nothing_is_fetched_and_nothing_runs(words: str) -> None:
    found = page(words)
    assert not elements(found, "script, img, iframe, object, embed, link, form, video, audio, base, foreignObject")
    for node in elements(found, "*"):
        assert not [
            key for key in node.attrs if key.startswith("on") or key in ("src", "srcset", "action", "xlink:href")
        ]
        assert node.attrs.get("href", "#").startswith("#")  # type: ignore[union-attr]
    assert not re.search(r"@import|url\((?!#)", str(STYLE))
    assert elements(found, "h1")[0].to_text() == words


def test_headings_follow_each_other_and_all_that_is_linked_is_there() -> None:
    found = page()
    levels = [int(node.name[1]) for node in elements(found, "h1, h2, h3, h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    ids = [node.attrs["id"] for node in elements(found, "[id]")]
    assert len(ids) == len(set(ids))
    targets = {(node.attrs["href"] or "")[1:] for node in elements(found, "a")}
    targets |= {node.attrs["aria-labelledby"] or "" for node in elements(found, "[aria-labelledby]")}
    assert targets <= set(ids)
    assert {"one", "measure-buyers"} <= targets


def test_tables_and_figures_say_what_they_are() -> None:
    found = page()
    assert {node.attrs["scope"] for node in elements(found, "th")} == {"col", "row"}
    assert all(elements_in(figure, "h3") for figure in elements(found, "figure"))
    for node in elements(found, "[role=region], [role=img]"):
        assert node.attrs["aria-label"]
    assert elements(found, "html")[0].attrs["lang"] == "en"


def elements_in(node: Element, selector: str) -> list[Element]:
    return [found for found in node.query(selector) if isinstance(found, Element)]


def test_code_in_a_sentence_is_code() -> None:
    found = page()
    assert "clew run" in [node.to_text() for node in elements(found, ".says code")]
    assert "5\N{NO-BREAK SPACE}%" in elements(found, ".says")[1].to_text()


def colours(dark: bool) -> dict[str, str]:
    blocks = re.findall(r"\.clew \{([^}]*--ground[^}]*)\}", str(STYLE))
    assert len(blocks) == 2
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", blocks[0]))
    return {**found, **dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", blocks[1]))} if dark else found


def contrast(a: str, b: str) -> float:
    """The ratio of WCAG 2.2."""
    bright = []
    for colour in (a, b):
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        bright.append(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    return (max(bright) + 0.05) / (min(bright) + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_colours_can_be_read(dark: bool) -> None:
    found = colours(dark)
    for ink, ground in itertools.product(("ink", "quiet", "link"), ("ground", "panel")):
        assert contrast(found[ink], found[ground]) >= 4.5, (ink, ground)
    for series in ("s0", "s1", "s2", "s3"):
        assert contrast(found[series], found["ground"]) >= 3, series
    shades = re.findall(r"\.clew \.(h\d) \{ background: var\(--\w+\); color: var\(--([\w-]+)\)", str(STYLE))
    assert len(shades) == 7
    for shade, ink in shades:
        assert contrast(found[shade], found[ink]) >= 4.5, shade
