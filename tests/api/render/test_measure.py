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
