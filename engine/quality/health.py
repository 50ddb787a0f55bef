"""How a run's data stand, judged by limits and by the runs before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from engine.compute import Compute
from engine.config import Config
from engine.limits import WITHOUT_LIMIT, Checks, Limit
from engine.quality.checks import emptier, fewer_rows, shares, spikes, unjudged, whole_shop
from engine.quality.drift import drifted, read_columns
from engine.quality.findings import Finding, Grade, Seen
from engine.quality.freshness import DAY, late, reached
from engine.quality.history import Series, read_series
from engine.rules import RunChanges
from engine.runs import RunTables

_WORST: tuple[Grade, ...] = ("fail", "warn", "ok")
#: Checks that compare with the run before.
AGAINST_BEFORE = ("fewer_rows", "emptier", "repurposed")
#: Checks whose limits are no shares.
NO_SHARE = ("late", "largest", "spike")


@dataclass(frozen=True)
class SourceHealth:
    """One source: how bad its worst finding is, what was read and is held of it, and how fresh that is.

    `behind` is in days, behind the time that the others reach; `rhythm` the longest usual gap between days with rows.
    """

    source: str
    grade: Grade
    rows: int
    records: int
    events: int
    rejected: int
    duplicates: float | None
    last_seen: datetime | None
    behind: float | None
    rhythm: float | None


@dataclass(frozen=True)
class Health:
    """A run's health: the worst grade, all findings (worst first), each source, and every series with its history.

    `notes` say what could not be judged. `log` is the change log of the runs that were looked at, oldest first.
    """

    run_id: str
    at: datetime
    grade: Grade
    findings: tuple[Finding, ...]
    sources: tuple[SourceHealth, ...]
    series: tuple[Series, ...]
    notes: tuple[str, ...]
    log: tuple[RunChanges, ...]


def examine(config: Config, runs: Sequence[RunTables], log: Sequence[RunChanges]) -> Health:
    """Judge the last of these runs, oldest first; `log` is the change log, with when each was started."""
    with Compute() as compute:
        series = read_series(compute, runs, log, config.health.least_history)
        columns = read_columns(compute, runs)
    ids = [run.run_id for run in runs]
    started = {entry.run_id: entry.at for entry in log if entry.run_id in ids}
    append = frozenset(source.title for source in config.sources if source.mode == "append")
    seen = Seen(config.health, {(s.metric, s.source, s.subject): s for s in series}, started, append)
    found = [
        *late(seen), *fewer_rows(seen), *drifted(seen, columns, log), *shares(seen), *emptier(seen), *whole_shop(seen),
    ]  # fmt: skip
    found += spikes(seen, tuple(found))
    found.sort(key=lambda f: _WORST.index(f.grade))
    return Health(
        run_id=ids[-1],
        at=started[ids[-1]],
        grade=found[0].grade if found else "ok",
        findings=(*found, *_passed(seen, {f.check for f in found})),
        sources=tuple(_source(source.title, seen, found) for source in config.sources),
        series=series,
        notes=tuple(_notes(seen)),
        log=tuple(entry for entry in log if entry.run_id in ids),
    )


def _passed(seen: Seen, told: set[str]) -> Iterator[Finding]:
    """One line for each check that was made and found nothing."""
    several = len(seen.started) > 1
    usual = any(s.usual for s in seen.series.values())
    for check, described in Checks.model_fields.items():
        limit = seen.limits.of(check)
        made = several if check in AGAINST_BEFORE else usual if check == "spike" else True
        if check not in told and isinstance(limit, Limit) and made:
            least = f"{limit.warn:g}" if check in NO_SHARE else f"{100 * limit.warn:g} %"
            none = f"none of {least} or more" if limit.warn else "none"
            yield Finding("ok", check, None, None, f"{described.description}: {none}")
    for check in WITHOUT_LIMIT:
        if check not in told and several and seen.limits.of(check):
            yield Finding("ok", check, None, None, f"{check.replace('_', ' ')} of sources: none")


def _source(title: str, seen: Seen, found: Sequence[Finding]) -> SourceHealth:
    def count(metric: str) -> int:
        point = seen.now(metric, title)
        return int(point.value) if point else 0

    last_seen, duplicates, rhythm = (seen.now(metric, title) for metric in ("last_seen", "duplicates", "rhythm"))
    newest = reached(s.now.value for s in seen.of("last_seen") if s.now)
    return SourceHealth(
        source=title,
        grade=min((f.grade for f in found if f.source == title), key=_WORST.index, default="ok"),
        rows=count("rows"),
        records=count("records"),
        events=count("events"),
        rejected=count("rejected"),
        duplicates=duplicates.number if duplicates else None,
        last_seen=datetime.fromtimestamp(last_seen.value, UTC).replace(tzinfo=None) if last_seen else None,
        behind=max(0.0, newest - last_seen.value) / DAY if last_seen else None,
        rhythm=rhythm.value if rhythm else None,
    )


def _notes(seen: Seen) -> Iterator[str]:
    """What could not be judged, and why."""
    runs, least = len(seen.started), seen.limits.least_history
    if runs == 1:
        yield "this is the first run that was measured: what changes from run to run can't be judged yet"
    if number := unjudged(seen):
        yield (
            f"of {len(seen.series):,} numbers {number:,} have fewer than {least} earlier values to tell what is usual "
            f"(earlier runs that are kept: {runs - 1}), so spikes of those are not judged"
        )
    unknown = sorted(s.source or "" for s in seen.of("last_seen") if s.now and not seen.now("rhythm", s.source))
    if unknown:
        yield f"too few days to know how often there is something new: {', '.join(unknown)}; whether late is not judged"
    anew = sorted({(s.redefined, s.metric) for s in seen.series.values() if s.redefined})
    for run in dict.fromkeys(run for run, _ in anew):
        metrics = ", ".join(metric for at, metric in anew if at == run)
        yield f"defined otherwise since run {run} (`clew changes` tells why), compared with none before it: {metrics}"
