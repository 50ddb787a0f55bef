from __future__ import annotations

import io

from rich.console import Console

from api.progress import Moving, progress


def _draw(moving: Moving) -> str:
    console = Console(file=io.StringIO(), width=80)
    console.print(moving)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_it_shows_what_is_done_and_what_is_at_work() -> None:
    moving = Moving({"sources": 1.0, "link": 60.0})
    moving.stage("sources")
    moving.done("sources", 2.0, {"rows": 1234, "rejected": 0})
    moving.stage("link")
    moving.step("train")
    drawn = _draw(moving)
    assert "1,234 rows" in drawn
    assert "train" in drawn
    assert "left" in drawn


def test_without_an_earlier_run_it_promises_nothing() -> None:
    moving = Moving({})
    moving.stage("sources")
    assert moving.left() is None
    assert "left" not in _draw(moving)


def test_time_left_shrinks_stage_by_stage() -> None:
    moving = Moving({"sources": 10.0, "link": 60.0, "publish": 30.0})
    moving.stage("sources")
    first = moving.left()
    moving.done("sources", 10.0, {})
    moving.stage("link")
    moving.done("link", 60.0, {})
    second = moving.left()
    assert first is not None
    assert second is not None
    assert first > second


def test_nothing_is_drawn_where_nobody_looks() -> None:
    file = io.StringIO()
    with progress(Console(file=file), {}, verbose=False) as reporter:
        assert reporter is None
    assert file.getvalue() == ""


def test_beside_the_statements_there_are_lines() -> None:
    file = io.StringIO()
    with progress(Console(file=file, width=80), {}, verbose=True) as reporter:
        assert reporter is not None
        reporter.stage("sources")
        reporter.done("sources", 1.5, {"rows": 1})
    assert "sources" in file.getvalue()
    assert "1 row" in file.getvalue()
