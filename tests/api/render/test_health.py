from __future__ import annotations

from datetime import datetime

from api.render.health import health
from api.results import Health
from engine.quality.findings import Finding, Grade
from engine.quality.health import SourceHealth
from engine.quality.history import Point, Series, Usual
from tests.api.conftest import drawn

AT = datetime(2026, 5, 1, 9, 30)


def series(
    metric: str,
    source: str | None,
    *points: tuple[float, float | None],
    usual: Usual | None = None,
    redefined: str | None = None,
) -> Series:
    found = tuple(Point(f"run{n}", *point) for n, point in enumerate(points))
    return Series(metric, source, None, found, found[-1], found[:-1], redefined, usual)


def page(grade: Grade, *findings: Finding, everything: bool = False) -> list[str]:
    sources = (
        SourceHealth("shop", "ok", 1200, 1200, 0, 0, 0.031, AT, 0.2, 1.0),
        SourceHealth("web", grade, 40, 0, 40, 3, None, None, None, None),
    )
    numbers = (
        series("rows", "web", (50, None), (40, None)),
        series("rows", "shop", (1200, None), (1200, None)),
        series("customers", None, (900, None), (950, None), usual=Usual(900, 30, 6), redefined="run1"),
        series("refunds", None, (0, 100), (0, 100)),
    )
    notes = ("this is a note",)
    found = Health("run1", AT, grade, findings, sources, numbers, notes, ())
    return [" ".join(line.split()) for line in drawn(health(found, everything)).splitlines()]


FAILED = Finding("fail", "rejected", "web", None, "web: 3 of 43 rows can't be re\x1b[2Jad")
PASSED = Finding("ok", "late", None, None, "delay: none")


def test_what_is_wrong_comes_first_and_what_is_not_is_named() -> None:
    lines = page("fail", FAILED, Finding("warn", "late", None, None, "old"), PASSED)
    assert lines[0] == "Run run1, 2026-05-01 09:30 UTC: 1 failure, 1 warning"
    assert lines[1:4] == [
        "fail web: 3 of 43 rows can't be re\N{REPLACEMENT CHARACTER}[2Jad", "warn old", "nothing found by: late",
    ]  # fmt: skip
    assert "shop ok 1,200 3.1 % 2026-05-01 0 d 1 d" in lines
    assert "web fail 40 3" in lines
    assert "- this is a note" in lines


def test_numbers_of_the_shop_and_of_what_is_wrong_beside_those_before() -> None:
    lines = page("fail", FAILED)
    assert "customers * 950 900 \N{PLUS-MINUS SIGN} 30 900" in lines
    assert "* defined otherwise since a run that is named below" in lines
    assert "rows web 40 50" in lines
    assert not any(line.startswith(("rows shop", "refunds")) for line in lines)


def test_all_of_it() -> None:
    lines = page("fail", FAILED, PASSED, everything=True)
    assert "rows shop 1,200 1,200" in lines
    assert "late delay: none" in lines
    assert not any("--all" in line for line in lines)


def test_all_is_well() -> None:
    assert page("ok", PASSED)[0] == "Run run1, 2026-05-01 09:30 UTC: all is well"
