from __future__ import annotations

import pytest

from tests.engine.quality.kept import Kept


def test_sources_with_something_new_every_day_are_fresh(kept: Kept) -> None:
    kept.run(*kept.seen(shop=0, web=1))
    assert kept.grades() == []


def test_a_source_that_arrives_three_days_late(kept: Kept) -> None:
    kept.run(*kept.seen(shop=0, web=0))
    for ago in (1, 2, 3):
        kept.run(*kept.seen(shop=0, web=ago))
    (found,) = kept.bad()
    assert (found.grade, found.check, found.source) == ("warn", "late", "web")
    assert found.said == (
        "web: its newest row is of 2026-05-01, 3 days behind the other sources; it usually has something new "
        "every day. See whether its export still runs"
    )
    for ago in (4, 5):
        kept.run(*kept.seen(shop=0, web=ago))
    assert kept.grades() == [("fail", "late")]
    kept.run(*kept.seen(shop=0, web=0))
    assert kept.grades() == []


def test_a_source_that_alone_is_ahead_makes_no_other_late(kept: Kept) -> None:
    kept.run(*kept.seen(shop=3, web=3, crm=0))
    (found,) = kept.bad()
    assert found.source is None
    assert found.said.startswith("the newest row of all sources but one is of 2026-04-28, 3 days before the run")
    assert {s.behind for s in kept.judge().sources} == {0}


def test_what_was_late_from_the_first_may_be_meant(kept: Kept) -> None:
    kept.run(*kept.seen(shop=0, web=300))
    assert kept.grades() == [("warn", "late")]
    assert kept.grades(sources={"web": {"ignore": ["late"]}}) == []
    assert kept.grades(ignore=["late"]) == []


def test_a_tool_that_always_delivers_days_late_is_not_late(kept: Kept) -> None:
    for ago in (6, 6, 6, 6, 6, 6):
        kept.run(*kept.seen(shop=0, web=ago))
    assert kept.grades() == []
    for ago in (7, 8, 9):
        kept.run(*kept.seen(shop=0, web=ago))
    assert kept.grades() == [("warn", "late")]
    for ago in range(10, 40):
        kept.run(*kept.seen(shop=0, web=ago))
    assert kept.grades() == [("fail", "late")]


def test_what_comes_once_a_week_is_late_after_two(kept: Kept) -> None:
    for week in range(8):
        for ago in range(7):
            kept.run(*kept.seen(shop=0, web=ago))
            assert week < 6 or kept.grades() == []
    for ago in (7, 10, 13):
        kept.run(*kept.seen(shop=0, web=ago))
        assert kept.grades() == []
    kept.run(*kept.seen(shop=0, web=14))
    assert kept.grades() == [("warn", "late")]


def test_a_slow_source_is_judged_by_its_own_rhythm(kept: Kept) -> None:
    values = [v for v in kept.seen(shop=0, web=10) if v[:2] != ("rhythm", "web")]
    kept.run(*values, ("rhythm", "web", None, 7, None))
    assert kept.grades() == []


def test_without_a_rhythm_nothing_is_guessed(kept: Kept) -> None:
    kept.run(*(v for v in kept.seen(shop=0, web=50) if v[:2] != ("rhythm", "web")))
    found = kept.judge()
    assert found.grade == "ok"
    assert "too few days to know how often there is something new: web; whether late is not judged" in found.notes


@pytest.mark.parametrize(("fresh", "grade"), [(True, "fail"), (False, "warn")])
def test_exports_that_no_longer_come_at_all(kept: Kept, fresh: bool, grade: str) -> None:
    if fresh:
        kept.run(*kept.seen(shop=0, web=0))
    kept.run(*kept.seen(shop=30, web=30))
    (found,) = kept.bad()
    assert (found.grade, found.source) == (grade, None)
    assert "30 days before the run; there usually is something new every day" in found.said
