"""What is found wrong in a run: how bad, and a sentence that says what, where, the numbers, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from engine.limits import Health as Limits
from engine.limits import Limit
from engine.quality.history import Point, Series
from engine.quality.metrics import METRICS

Grade = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """What a check found of a source (None: of the whole shop) and a subject; `said` is for people.

    `metric` is the one that it is about, None where it is about columns. A check that has nothing to say is one finding
    of grade ok.
    """

    grade: Grade
    check: str
    source: str | None
    subject: str | None
    said: str
    metric: str | None = None


@dataclass(frozen=True)
class Seen:
    """All that the checks look at: limits, series, when each kept run was started (oldest first, the last is judged).

    `append` are the sources whose files hold only what is new.
    """

    limits: Limits
    series: Mapping[tuple[str, str | None, str | None], Series]
    started: Mapping[str, datetime]
    append: frozenset[str]

    def of(self, metric: str) -> Iterator[Series]:
        """The series of a metric."""
        return (s for s in self.series.values() if s.metric == metric)

    def now(self, metric: str, source: str | None, subject: str | None = None) -> Point | None:
        """The current value of a metric."""
        found = self.series.get((metric, source, subject))
        return found.now if found else None

    def find(self, check: str, series: Series, number: float, said: str) -> Iterator[Finding]:
        """A finding about a series if the number is beyond the check's limit."""
        limit = self.limits.of(check, series.source)
        grade = graded(limit, number) if limit else "ok"
        if grade != "ok":
            yield Finding(grade, check, series.source, series.subject, said, series.metric)


def graded(limit: Limit, number: float) -> Grade:
    """How bad a number is; 0 is never bad."""
    if number <= 0:
        return "ok"
    return "fail" if number >= limit.fail else "warn" if number >= limit.warn else "ok"


def told(series: Series, point: Point) -> str:
    """A value in words: `crm: 3 of 40 rows can't be read (7.5 %)`."""
    what = with_subject(METRICS[series.metric].what, point.label if series.subject is None else series.subject)
    where = f"{series.source}: " if series.source else ""
    if series.metric == "identifiers":
        return f"a customer has {point.number:.2f} {what}"
    if point.whole is None:
        return f"{where}{amount(point.value)} {what}"
    return f"{where}{amount(point.value)} of {amount(point.whole)} {what} ({percent(point.number)})"


def to_do(series: Series) -> str:
    """What to do where a series is bad."""
    return with_subject(METRICS[series.metric].do, series.subject or "")


def with_subject(text: str, subject: str) -> str:
    """A metric's text with the subject that a value has."""
    return text.replace("{subject}", subject)


def shown(series: Series, number: float) -> str:
    """A number of a series as people read it."""
    if series.metric == "identifiers":
        return f"{number:.2f}"
    return amount(number) if series.now is None or series.now.whole is None else percent(number)


def amount(value: float) -> str:
    """A count, or an amount of money without cents."""
    return f"{value:,.0f}"


def percent(share: float) -> str:
    """A share; one that is not nothing doesn't look like it."""
    return "under 0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"


def day(seconds: float) -> str:
    """The day of a time since 1970."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
