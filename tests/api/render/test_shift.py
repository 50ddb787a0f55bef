from __future__ import annotations

from api.render.shift import explained
from engine.compare import Explained, Mover
from tests.api.conftest import drawn

PARTS = {"new rules": -0.00221, "decisions": 0.0, "identity changes": 0.0, "new data": -0.0000001}


def told(was: float | None, is_now: float | None, *movers: Mover) -> list[str]:
    found = Explained("repeat-rate", "run1", "run2", was, is_now, PARTS, movers)
    return drawn(explained(found), 120).splitlines()


def test_a_rate_has_one_decimal_as_on_other_pages_and_what_moved_it_two_more() -> None:
    mover = Mover("split", "new rules", ("C1",), ("C1", "C2"), -0.00161, "parted", None)
    lines = told(0.508, 0.50579, mover)
    assert lines[0] == "Repeat rate: 50.8 % in run1, 50.6 % in run2: −0.2 points"
    assert lines[2] == "Made by"
    assert lines[3].split()[:4] == ["new", "rules", "−0.2", "points"]
    assert lines[6].split()[:4] == ["new", "data", "0.0", "points"]
    assert "by itself −0.161 points" in lines[9]


def test_where_there_is_no_rate_there_is_no_difference() -> None:
    assert told(None, None)[0] == "Repeat rate: nothing in run1, nothing in run2"
