from __future__ import annotations

import pytest

from engine.rules import Change
from tests.engine.quality.kept import Kept, Value

RATE = Change(("rates", "EUR"), "1.08", "1.1")
TOTAL = Change(("sources", "shop", "map", "order", "total"), "Total", "Gross")


def test_what_was_defined_otherwise_is_not_compared(kept: Kept) -> None:
    for _ in range(6):
        kept.run(("mismatch", "shop", None, 10, 1000), ("rejected", "shop", None, 2, 1000))
    kept.run(("mismatch", "shop", None, 90, 1000), ("rejected", "shop", None, 2, 1000), changes=[RATE])
    found = kept.judge()
    assert found.grade == "ok"
    mismatch, rejected = (next(s for s in found.series if s.metric == metric) for metric in ("mismatch", "rejected"))
    assert (mismatch.redefined, mismatch.earlier, len(mismatch.points)) == ("run07", (), 7)
    assert (rejected.redefined, len(rejected.earlier)) == (None, 6)
    assert found.notes[-1] == (
        "defined otherwise since run run07 (`clew changes` tells why), compared with none before it: mismatch"
    )
    kept.log[-1] = kept.log[0].__class__("run07", kept.log[-1].at, "ann", None, (), (), True)
    assert kept.grades() == [("warn", "spike")]


def test_a_change_of_one_source_redefines_its_own_series_and_those_of_the_shop(kept: Kept) -> None:
    values: list[Value] = [("unrated", source, "GBP", 0, 10) for source in ("shop", "web")]
    values += [("refunds", None, "2026-05-01", 1, 100)]
    kept.run(*values, ("customers", None, None, 5, None))
    kept.run(*values, ("customers", None, None, 5, None), changes=[TOTAL, Change(("linkage", "threshold"), "0", "1")])
    marked = {(s.metric, s.source) for s in kept.judge().series if s.redefined}
    assert marked == {("unrated", "shop"), ("customers", None)}


@pytest.mark.parametrize(
    ("subject", "field", "marked"),
    [("email", "identifiers.email 2", True), ("first", "first_name", True), ("city", "street", False)],
)
def test_a_map_redefines_the_fill_of_its_own_field(kept: Kept, subject: str, field: str, marked: bool) -> None:
    change = Change(("sources", "shop", "map", "record", *field.split(".")), "a", "b")
    for changes in ((), (change,)):
        kept.run(("filled", "shop", subject, 50, 100), changes=changes)
    (series,) = kept.judge().series
    assert bool(series.redefined) is marked


def test_what_is_usual_has_a_spread_that_chance_explains(kept: Kept) -> None:
    for _ in range(6):
        kept.run(
            ("rejected", "shop", None, 50, 1000), ("records", "shop", None, 400, None), ("largest", None, None, 4, None)
        )
    usual = {s.metric: s.usual for s in kept.judge().series}
    rejected, records, largest = usual["rejected"], usual["records"], usual["largest"]
    assert rejected is not None
    assert records is not None
    assert largest is not None
    assert (rejected.number, round(rejected.spread, 4), rejected.of) == (0.05, 0.0069, 5)
    assert (records.number, records.spread) == (400, 20)
    assert (largest.number, largest.spread) == (4, 2)


def test_runs_before_the_history_are_not_looked_at(kept: Kept) -> None:
    for _ in range(4):
        kept.run(("records", "shop", None, 1, None))
    kept.runs = kept.runs[-2:]
    (series,) = kept.judge().series
    assert [point.label for point in series.points] == ["run03", "run04"]
