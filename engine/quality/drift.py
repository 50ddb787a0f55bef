"""Columns that came, went, or hold something else than before, from run to run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from engine.compute import Compute
from engine.quality.findings import Finding, Grade, Seen, graded, percent
from engine.rules import RunChanges
from engine.runs import RunTables
from engine.sources.shape import KINDS

#: Kinds of text by their column in SOURCE_COLUMNS, in words.
_WORDS = {"emails": "e-mails", "dates": "dates", "numbers": "numbers", "phones": "phone numbers", "texts": "other text"}
#: A column without punctuation in its phone numbers looks like one of numbers.
_KIN = {"numbers": ("numbers", "phones"), "phones": ("numbers", "phones")}
#: Fewer texts tell nothing.
FEW = 20


@dataclass
class Columns:
    """What a source's files had in one run: all columns, and by place of its map the columns and kinds of texts."""

    names: set[str] = field(default_factory=set)
    places: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    filled: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, dict[str, int]] = field(default_factory=dict)


def read_columns(compute: Compute, runs: Sequence[RunTables]) -> dict[str, dict[str, Columns]]:
    """By run, oldest first, and by source."""
    found: dict[str, dict[str, Columns]] = {run.run_id: defaultdict(Columns) for run in runs}
    kinds = [*KINDS, "texts"]
    files = [str(run.path("source_columns")) for run in runs if run.path("source_columns").exists()]
    if not files:
        return found
    for file, source, name, place, filled, *counts in compute.rows(
        f"""SELECT parse_path(filename)[-2], source, "column", place, filled, {", ".join(kinds)}
            FROM read_parquet($files, filename = true) ORDER BY ALL""",
        {"files": files},
    ):
        columns = found[file][source]
        columns.names.add(name)
        if place is not None:
            columns.places[place].add(name)
            columns.filled[place] = filled
            columns.kinds[place] = dict(zip(kinds, counts, strict=True))
    return found


def drifted(seen: Seen, columns: dict[str, dict[str, Columns]], log: Sequence[RunChanges]) -> Iterator[Finding]:
    """Findings on the columns of the last run, against those before; `log` tells since when a place is mapped so."""
    *earlier, current = columns
    for source, now in columns[current].items():
        before = [run for run in earlier if columns[run].get(source)]
        if before:
            last = columns[before[-1]][source]
            yield from _missing(seen, source, now, {run: columns[run][source] for run in before}, log)
            yield from _news(seen, source, "new_columns", now.names - last.names, before[-1], now)
            for place in now.kinds:
                since = _since_mapped(before, log, source, place)
                yield from _repurposed(seen, source, place, now, [columns[run][source] for run in since])


def _since_mapped(runs: Sequence[str], log: Sequence[RunChanges], source: str, place: str) -> Sequence[str]:
    """Those of these runs, oldest first, in which a place of a source's map read what it reads now."""
    path = tuple(place.split("."))
    for entry in reversed(log):
        for change in entry.changes:
            at = change.path[3:]
            if change.path[:3] == ("sources", source, "map") and (at[: len(path)] == path or path[: len(at)] == at):
                later = [e.run_id for e in log[log.index(entry) :]]
                return [run for run in runs if run in later]
    return runs


def _missing(
    seen: Seen, source: str, now: Columns, before: dict[str, Columns], log: Sequence[RunChanges]
) -> Iterator[Finding]:
    """Places of the map that nothing is read into any more, and columns that are gone though nothing read them."""
    gone: dict[tuple[str, str], list[str]] = defaultdict(list)
    for place in sorted({place for columns in before.values() for place in columns.places} - now.places.keys()):
        runs = [run for run in _since_mapped(list(before), log, source, place) if place in before[run].places]
        if runs:
            gone[", ".join(sorted(before[runs[-1]].places[place])), runs[-1]].append(place)
    for (names, run), places in sorted(gone.items()):
        used = any(before[run].filled.get(place) for place in places)
        said = (
            f"{source}: its files no longer have the column {names}, which was read as {_list(places)} in run {run}. "
            "If it has another name now, say so in the source's map"
        )
        yield from _said(seen, "missing_columns", source, names, "fail" if used else "warn", said)
    last = list(before)[-1]
    unread = before[last].names - now.names - {n for names, _ in gone for n in names.split(", ")}
    yield from _news(seen, source, "missing_columns", unread, last, before[last])


def _news(seen: Seen, source: str, check: str, names: set[str], run: str, columns: Columns) -> Iterator[Finding]:
    """One sentence on columns that came or went without harm."""
    if not names:
        return
    read = {name: places for name in names if (places := [p for p, of in columns.places.items() if name in of])}
    told = _list([f"{name} (read as {_list(read[name])})" if name in read else name for name in sorted(names)])
    rest = "" if len(read) == len(names) else "; the map reads nothing from them" if not read else ""
    if check == "new_columns":
        said = f"{source}: its files have new columns since run {run}: {told}{rest}"
    else:
        said = f"{source}: columns of its files are gone since run {run}: {told}{rest}"
    yield from _said(seen, check, source, None, "warn", said)


def _repurposed(seen: Seen, source: str, place: str, now: Columns, before: list[Columns]) -> Iterator[Finding]:
    """A place whose texts look otherwise than those of the runs before."""
    kept = [c.kinds[place] for c in before if place in c.kinds and sum(c.kinds[place].values()) >= FEW]
    looked = sum(now.kinds[place].values())
    if not kept or looked < FEW:
        return
    groups = {_KIN.get(kind, (kind,)) for kind in (*KINDS, "texts")}
    kin = max(sorted(groups), key=lambda group: sum(kinds[kind] for kinds in kept for kind in group))
    usual = median(sum(kinds[k] for k in kin) / sum(kinds.values()) for kinds in kept)
    share = sum(now.kinds[place][k] for k in kin) / looked
    other = max((kind for kind in now.kinds[place] if kind not in kin), key=lambda kind: now.kinds[place][kind])
    columns = ", ".join(sorted(now.places[place]))
    said = (
        f"{source}: of what is read as {place} ({columns}), {percent(usual)} looked like {_WORDS[kin[-1]]} and "
        f"{percent(share)} do now; {percent(now.kinds[place][other] / looked)} look like {_WORDS[other]}. See whether "
        "the column holds something else now, and map the right one"
    )
    limit = seen.limits.of("repurposed", source)
    if limit and (grade := graded(limit, usual - share)) != "ok":
        yield Finding(grade, "repurposed", source, place, said)


def _said(seen: Seen, check: str, source: str, subject: str | None, grade: Grade, said: str) -> Iterator[Finding]:
    if seen.limits.of(check, source):
        yield Finding(grade, check, source, subject, said)


def _list(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
