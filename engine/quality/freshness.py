"""Whether sources are late: behind the others, or all of them behind the time of the run, by their own usual gaps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median

from engine.quality.findings import Finding, Seen, amount, day, graded

#: Seconds.
DAY = 86_400


def reached(newest: Iterable[float]) -> float:
    """The time that sources reach, of the newest row of each, or 0 without any.

    Of three or more, two have to: a source that alone is ahead may have a clock or a column that is, and makes no other
    one late.
    """
    first, *others = sorted(newest, reverse=True) or [0.0]
    return others[0] if len(others) > 1 else first


def late(seen: Seen) -> Iterator[Finding]:
    """Each source against the time that the others reach, and that against the time of the run."""
    rows: dict[str, list[float]] = {}
    for s in seen.of("last_seen"):
        for point in s.points:
            rows.setdefault(point.label, []).append(point.value)
    newest = {run: reached(times) for run, times in rows.items()}
    rhythms = {s.source: s.now.value for s in seen.of("rhythm") if s.now}
    for s in seen.of("last_seen"):
        if s.now and s.source in rhythms:
            own = {p.label: p.value for p in (*s.earlier, s.now)}
            behind = {run: (newest[run] - at) / DAY for run, at in own.items()}
            days = f"{amount(behind[s.now.label])} days behind the other sources"
            said = (
                f"{s.source}: its newest row is of {day(s.now.value)}, {days}; it usually has something new every "
                f"{_every(rhythms[s.source])}. See whether its export still runs"
            )
            yield from _stale(seen, s.source, own, behind, rhythms[s.source], said)
    current = list(seen.started)[-1]
    if rhythms and current in newest:
        dated = {run: newest[run] for run in seen.started if run in newest}
        ages = {run: (_seconds(seen.started[run]) - at) / DAY for run, at in dated.items()}
        usual = min(rhythms.values())
        ahead = " but one" if max(rows[current]) > newest[current] else ""
        days = f"{amount(ages[current])} days before the run"
        said = (
            f"the newest row of all sources{ahead} is of {day(newest[current])}, {days}; there usually is something "
            f"new every {_every(usual)}. See whether these are the latest exports"
        )
        yield from _stale(seen, None, dated, ages, usual, said)


def _stale(
    seen: Seen, source: str | None, newest: Mapping[str, float], delays: Mapping[str, float], rhythm: float, said: str
) -> Iterator[Finding]:
    """Judge the last delay, in usual gaps of at least a day; `newest` is the newest row, both by run, oldest first.

    Some tools deliver late, or once a week: how late, and how often, is what was usual when there was something new.
    What was late from the first may be meant (an old list, a shop of last year): a warning. To have become so fails.
    """
    least = seen.limits.least_history
    came = [run for before, run in pairwise(newest) if newest[run] > newest[before]]
    waits = [(seen.started[b] - seen.started[a]).total_seconds() / DAY for a, b in pairwise(came)]
    gap = max(1.0, rhythm, median(waits) if len(waits) >= least else 0.0)
    usual = median(delays[run] for run in came) if len(came) >= least else 0.0
    *earlier, now = delays.values()
    limit = seen.limits.of("late", source)
    became = limit is not None and bool(earlier) and graded(limit, (now - min(earlier)) / gap) == "fail"
    grade = graded(limit, (now - usual) / gap) if limit else "ok"
    if grade != "ok":
        yield Finding(grade if became else "warn", "late", source, None, said, "last_seen")


def _every(days: float) -> str:
    return "day" if days <= 1 else f"{days:.0f} days"


def _seconds(at: datetime) -> float:
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
