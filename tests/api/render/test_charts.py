"""Charts, parsed as a browser would."""

from __future__ import annotations

import pytest
from justhtml import Element, JustHTML

from api.render.charts import Chart, bars, columns, grouped, heat, lines, pairs, signed, table
from api.render.words import amount, percent

HOSTILE = "<script>alert(1)</script> & \"'`{{7*7}}"


def parsed(chart: Chart) -> JustHTML:
    found = JustHTML(f"<!doctype html><body>{chart.__html__()}", sanitize=False, collect_errors=True)
    assert not found.errors
    return found


def texts(found: JustHTML, selector: str) -> list[str]:
    return [" ".join(node.to_text().split()) for node in elements(found, selector)]


def elements(found: JustHTML, selector: str) -> list[Element]:
    return [node for node in found.query(selector) if isinstance(node, Element)]


def widths(found: JustHTML) -> list[str | None]:
    return [node.attrs["width"] for node in elements(found, ".bar rect")]


def test_a_bar_is_as_long_as_its_number() -> None:
    rows = [("email", 200.0, "12"), ("sms", 50.0, "3"), ("none", None, "0"), ("back", -20.0, "1")]
    found = parsed(bars("Revenue", ("channel", "USD", "buyers"), rows, amount))
    assert widths(found) == ["100.0%", "25.0%", "0.0%", "0.0%"]
    assert texts(found, "tbody th") == ["email", "sms", "none", "back"]
    assert texts(found, ".bar span") == ["200.00", "50.00", "–", "−20.00"]
    assert texts(found, "tbody .number") == ["12", "3", "0", "1"]


def test_pairs_share_a_scale_and_say_how_they_changed() -> None:
    rows = [("email", 100.0, 50.0, amount), ("sms", 20.0, 25.0, amount), ("new", None, 5.0, amount)]
    found = parsed(pairs("Worth", ("channel", "USD", "change"), ("before", "after"), rows))
    assert widths(found) == ["100.0%", "50.0%", "20.0%", "25.0%", "0.0%", "5.0%"]
    assert texts(found, "tbody td.number") == ["−50.0 %", "+25.0 %", ""]
    assert texts(found, ".legend li") == ["before", "after"]
    assert texts(found, "tr:nth-child(1) .unseen") == ["before:", "after:"]


def test_rows_of_different_units_have_scales_of_their_own() -> None:
    rows = [("buyers", 100.0, 50.0, amount), ("rate", 0.2, 0.4, percent)]
    found = parsed(pairs("All", ("measure", "value", "change"), ("before", "after"), rows, own_scale=True))
    assert widths(found) == ["100.0%", "50.0%", "50.0%", "100.0%"]


def test_a_bar_below_zero_is_as_long_as_one_above_and_of_another_series() -> None:
    chart = signed("Parts", ("by", "part"), ("more", "less"), [("joining", -8, "−8"), ("new", 4, "+4")])
    assert [(bar.share, bar.text, bar.series) for _, (bar,), _ in chart.rows] == [(100, "−8", 1), (50, "+4", 0)]
    assert chart.legend == ((0, "more"), (1, "less"))
    assert signed("Parts", ("by", "part"), ("more", "less"), [("new", 4, "+4")]).legend == ((0, "more"),)


def test_bars_of_several_series_differ_in_more_than_colour() -> None:
    found = parsed(grouped("Credit", ("channel", "USD"), ("first", "last"), [("email", (4.0, 2.0))], amount))
    assert [node.attrs["class"] for node in elements(found, ".bar rect")] == ["s0", "s1"]
    assert texts(found, ".unseen") == ["first:", "last:"]


def test_a_heat_map_says_its_numbers() -> None:
    rows = [(("2026-01", 9), [(0.07, False), (0.0, False), None]), (("2026-02", 5), [(0.035, True), None, None])]
    found = parsed(heat("Cohorts", ("month", "buyers", "1", "2", "3"), rows, percent))
    cells = elements(found, "tbody tr:nth-child(1) td")
    assert [cell.attrs.get("class") for cell in cells] == ["number", "h6", "h0", None]
    assert texts(found, "tbody td") == ["9", "7.0 %", "0.0 %", "", "5", "3.5 %", "", ""]
    assert elements(found, ".so-far")[0].to_text() == "3.5 %"
    assert texts(found, ".scale")[0].startswith("0.0 %")


def test_columns_stand_one_on_the_other() -> None:
    found = parsed(columns("Months", "month", ["2026-01", "2026-02"], {"kept": [60, 100], "back": [40, None]}, amount))
    places = [(node.attrs["class"], node.attrs["y"], node.attrs["height"]) for node in elements(found, ".plot rect")]
    assert places == [("s0", "40.0%", "60.0%"), ("s1", "0.0%", "40.0%"), ("s0", "0.0%", "100.0%")]
    assert texts(found, ".plot title") == ["2026-01, kept: 60.00", "2026-01, back: 40.00", "2026-02, kept: 100.00"]
    assert texts(found, "details td") == ["60.00", "40.00", "100.00", "–"]
    assert texts(found, ".words text") == ["2026-01", "2026-02"]


def test_a_part_that_is_never_there_is_in_no_legend() -> None:
    found = parsed(columns("Months", "month", ["a"], {"kept": [60], "given": [0]}, amount))
    assert texts(found, ".legend li") == ["kept"]
    assert texts(found, "details thead th") == ["month", "kept", "given"]


def test_a_line_has_a_gap_where_a_number_is_missing() -> None:
    found = parsed(lines("Rates", "month", list("abcd"), {"refunds": [0.1, 0.2, None, 0.1]}, percent))
    assert len(elements(found, "line.line.s0")) == 2  # one step, and the legend's
    assert len(elements(found, ".plot circle")) == 3
    step = elements(found, ".plot line.line")[0]
    assert [step.attrs[c] for c in ("x1", "y1", "x2", "y2")] == ["12.5%", "50.0%", "37.5%", "0.0%"]


@pytest.mark.parametrize("top", [0, 1, 7, 0.034, 65, 1234567, 3e-9])
def test_the_scale_has_few_round_steps_and_holds_the_largest(top: float) -> None:
    chart = columns("x", "x", ["a"], {"p": [top]}, lambda value: f"{value:.12g}")
    places, said = zip(*chart.ticks, strict=True)
    assert 2 <= len(said) <= 6
    assert float(said[-1]) >= top
    assert (places[0], places[-1], said[0]) == (100, 0, "0")
    assert len(said[1]) <= 6


def test_words_along_the_axis_are_few() -> None:
    assert len(columns("x", "x", [str(n) for n in range(60)], {"p": [1.0] * 60}, amount).words) <= 7


def test_without_rows_a_chart_is_empty_and_whole() -> None:
    for chart in (
        bars("x", ("a", "b"), [], amount),
        pairs("x", ("a", "b", "c"), ("b", "a"), [], own_scale=True),
        pairs("x", ("a", "b", "c"), ("b", "a"), []),
        heat("x", ("a",), [], percent),
        columns("x", "a", [], {"p": []}, amount),
        lines("x", "a", [], {}, percent),
        table("x", ("a",), []),
    ):
        assert not elements(parsed(chart), "tbody tr")


def test_what_users_wrote_is_text_everywhere() -> None:
    name = HOSTILE
    for chart in (
        bars(name, (name, name, name), [(name, 1.0, name)], lambda _: name, name),
        grouped(name, (name, name), (name, name), [(name, (1.0, 2.0))], lambda _: name, name),
        pairs(name, (name, name, name), (name, name), [(name, 1.0, 2.0, lambda _: name)], note=name),
        heat(name, (name, name), [((name,), [(1.0, True)])], lambda _: name, name),
        columns(name, name, [name], {name: [1.0]}, lambda _: name, lambda _: name, name),
        lines(name, name, [name, name], {name: [1.0, 2.0]}, lambda _: name, lambda _: name, name),
        table(name, (name, name), [(name, name)], name),
    ):
        found = parsed(chart)
        assert not elements(found, "script")
        assert "alert(1)" in (elements(found, "figcaption h3")[0].to_text())
        assert "49" not in elements(found, "figure")[0].to_text()
        assert not [key for node in elements(found, "*") for key in node.attrs if key.startswith("on")]


def test_control_characters_are_shown_as_such() -> None:
    assert "\u202e" not in table("x", ("a",), [("evil\u202ename",)]).__html__()


def test_a_notebook_shows_a_chart_with_its_style() -> None:
    shown = bars("x", ("a", "b"), [("c", 1.0, "")], amount)._repr_html_()
    assert shown.startswith("<style>")
    assert "clew-hatch" in shown
