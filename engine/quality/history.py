"""The measured values of the kept runs, as series, and what is usual for each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from statistics import median

from engine.compute import Compute
from engine.quality.metrics import BY_PERIOD, FIELDS, METRICS, MONEY
from engine.rules import Reach, RunChanges, reach
from engine.runs import RunTables

#: By run, oldest first, what it was told otherwise decides about.
_Told = list[tuple[str, list[Reach]]]


@dataclass(frozen=True)
class Point:
    """A value, and what it is a part of or an average over. `label` is its run, or the last day of its period."""

    label: str
    value: float
    whole: float | None

    @property
    def number(self) -> float:
        """The share or average where there is a whole, else the value."""
        return self.value if self.whole is None else self.value / self.whole if self.whole else 0.0


@dataclass(frozen=True)
class Usual:
    """The median of earlier values, and how far they usually are from it: 1.4826 times the median distance, or more.

    The spread is never less than chance explains, nor than a quarter of a point or a fortieth of the value.
    """

    number: float
    spread: float
    of: int


@dataclass(frozen=True)
class Series:
    """A metric of a source (None: of the whole shop) and a subject: its values, oldest first.

    `now` is that of the current run or latest period, None where it has none any more. Values before the run
    `redefined` meant something else; only those since are `earlier`. `usual` is None where these are too few to tell.
    """

    metric: str
    source: str | None
    subject: str | None
    points: tuple[Point, ...]
    now: Point | None
    earlier: tuple[Point, ...]
    redefined: str | None = None
    usual: Usual | None = None

    def judged_by(self, least: int) -> Series:
        """The same with what is usual, by at least so many earlier values."""
        if len(self.earlier) < least:
            return self
        numbers = [point.number for point in self.earlier]
        middle = median(numbers)
        if self.now is None or self.now.whole is None:
            floor = max(0.025 * middle, sqrt(middle))
        elif self.metric == "identifiers":
            floor = 0.025 * middle
        else:
            share = min(max(middle, 0.0), 1.0)
            chance = (
                0.01 if self.metric in MONEY else sqrt(share * (1 - share) / self.now.whole) if self.now.whole else 0
            )
            floor = max(0.0025, chance)
        spread = 1.4826 * median(abs(number - middle) for number in numbers)
        return replace(self, usual=Usual(middle, max(spread, floor), len(numbers)))


def read_series(
    compute: Compute, runs: Sequence[RunTables], log: Sequence[RunChanges], least: int
) -> tuple[Series, ...]:
    """The series of these runs, oldest first, the last of which is the current one; `log` is their change log.

    What is usual is told from at least so many earlier values.
    """
    found: dict[tuple[str, str | None, str | None], list[Point]] = defaultdict(list)
    for metric, source, subject, value, whole, run in compute.rows(
        """SELECT metric, source, subject, value, whole, list_position($files::VARCHAR[], filename)
            FROM read_parquet($files, filename = true) ORDER BY ALL""",
        {"files": [str(run.path("health")) for run in runs]},
    ):
        if metric in METRICS:  # a later version may have others
            found[metric, source, subject].append(Point(runs[run - 1].run_id, value, whole))
    order = list(METRICS)
    told = [(run.run_id, [part for change in run.changes for part in reach(change)]) for run in log if run.changes]
    names = sorted(found, key=lambda key: (order.index(key[0]), key[1] or "", key[2] or ""))
    series = [_by_run(name, found[name], runs, told) for name in names if name[0] not in BY_PERIOD]
    return tuple(s.judged_by(least) for s in (*series, *_by_period(found, runs[-1].run_id)))


def _by_run(
    name: tuple[str, str | None, str | None], points: list[Point], runs: Sequence[RunTables], told: _Told
) -> Series:
    ids = [run.run_id for run in runs]
    points.sort(key=lambda point: ids.index(point.label))
    redefined = _redefined(*name, told)
    since = ids.index(redefined) if redefined in ids else 0
    now = points[-1] if points[-1].label == ids[-1] else None
    earlier = tuple(p for p in points if p is not now and ids.index(p.label) >= since)
    return Series(*name, tuple(points), now, earlier, redefined if since else None)


def _redefined(metric: str, source: str | None, subject: str | None, told: _Told) -> str | None:
    """The last run that was told otherwise what the metric is."""
    words = METRICS[metric].uses
    if subject is not None:
        words |= {FIELDS.get(subject, subject), subject.split()[0]}
    return next((run for run, parts in reversed(told) if any(p.touches(words, source) for p in parts)), None)


def _by_period(found: dict[tuple[str, str | None, str | None], list[Point]], current: str) -> list[Series]:
    series = []
    for metric in BY_PERIOD:
        of_now = sorted(
            (str(subject), point)
            for (name, _, subject), points in found.items()
            for point in points
            if name == metric and point.label == current
        )
        if of_now:
            points = tuple(Point(day, point.value, point.whole) for day, point in of_now)
            series.append(Series(metric, None, None, points, points[-1], points[:-1]))
    return series
