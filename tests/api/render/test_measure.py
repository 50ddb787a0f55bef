from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from api.render.measure import shown
from api.results import Measured
from engine.rules import Change, RunChanges
from tests.api.conftest import drawn


def test_a_note_names_the_run_from_which_on_a_measure_means_something_else() -> None:
    many = tuple(Change(("rates", f"C{n}"), "1", None) for n in range(5))
    run = RunChanges("run2", datetime(2026, 5, 1), "ann", "the euro has moved", many, ("channels",), True)
    told = " ".join(drawn(shown(Measured("channels", pa.table({"customers": [1]}), (run,)))).split())
    assert told.endswith(
        "Defined otherwise since run run2, by ann (the euro has moved): rates.C0: 1 \N{RIGHTWARDS ARROW} \N{EN DASH}; "
        "rates.C1: 1 \N{RIGHTWARDS ARROW} \N{EN DASH}; rates.C2: 1 \N{RIGHTWARDS ARROW} \N{EN DASH} and 2 more"
    )
    assert "Defined otherwise" not in drawn(shown(Measured("channels", pa.table({"customers": [1]}))))


def test_a_share_is_shown_in_percent_as_on_other_pages() -> None:
    rows = pa.table({"repeat_rate": [0.5435, None], "revenue": [12.5, 0.5]})
    told = drawn(shown(Measured("channels", rows)))
    assert [line.split() for line in told.splitlines()[1:4]] == [
        ["repeat_rate", "revenue"],
        ["54.4", "%", "12.50"],
        ["0.50"],
    ]
