"""Which sources a run reads anew, and taking the others as an earlier run has them.

A source stays as it was read where all that reading goes by is as it was: its files, the settings that tell how to read
them, who is erased, and the code. What stays is then what would be read again, and the run is spared the work.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.metadata import version
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from engine.compute import Compute, quote
from engine.config import Config, Source
from engine.erasure.stop import erasures
from engine.errors import SourceError
from engine.runs import RunTables, read_manifest
from engine.sources import ReadSummary
from engine.sources.files import file_hash, find_files
from engine.standardise.consents import keep_earlier
from engine.state import State

#: The tables that hold what was read, and whose a row is.
OF_SOURCES = {
    "records": "source", "orders": "source", "events": "source", "rejects": "source", "source_files": "source",
    "source_columns": "source", "identifiers": "split_part(record_id, ':', 1)", "consents": "source",
    "claims": "source", "order_lines": "split_part(record_id, ':', 1)",
}  # fmt: skip
#: Of those, the ones about files, which are not added to when a source appends.
_OF_FILES = ("rejects", "source_files", "source_columns")
#: Of those, the ones whose rows have the source and its key in place of a record's id.
_BY_KEY = ("events", "consents", "claims")

#: Settings that decide only what is made of what was read; of identifiers, but for the values that never link.
_LATER = {
    "name", "identifiers", "linkage", "limits", "survivorship", "consent", "breakers", "approval", "channels", "health",
    "graph", "store", "sources",
}  # fmt: skip
#: The code that reads, and whatever else may read otherwise in a newer version.
_CODE = ("sources", "standardise", "tables.py")
_PACKAGES = ("duckdb", "phonenumbers", "pyarrow")


@dataclass(frozen=True)
class Reading:
    """What a run reads of its sources: those in `now` anew; `stay` are as run `last` has them.

    `were` are the sources of that run; `by` has, for each source, a hash of what reading it goes by besides its files.
    Of those that stay, `warned` is what reading them had to say, and there were `rows`, some `rejected`.
    """

    config: Config
    now: tuple[str, ...]
    stay: tuple[str, ...]
    last: RunTables | None
    were: frozenset[str]
    by: dict[str, str]
    warned: dict[str, list[str]]
    rows: int
    rejected: int

    @property
    def as_it_was(self) -> RunTables | None:
        """The run that has all that this one would read, and nothing else; None where anything differs."""
        return self.last if not self.now and set(self.stay) == self.were else None

    def keep(self, compute: Compute) -> None:
        """Add to what was read the sources that stay, and the earlier rows of those that only append."""
        if self.last is None:
            return
        appending = [s.title for s in self.config.sources if s.mode == "append" and s.title in self.now]
        if appending:
            # What was read again stands for what was read before.
            compute.table("_seen", "SELECT record_id FROM records UNION SELECT source || ':' || key FROM events")
        for table, source in OF_SOURCES.items():
            path = self.last.path(table)
            if not path.exists():  # a run of an earlier version lacks the tables that are newer
                continue
            _add(compute, table, path, f"{source} IN (SELECT unnest($titles))", list(self.stay))
            if appending and table not in _OF_FILES:
                record = "old.source || ':' || old.key" if table in _BY_KEY else "old.record_id"
                unseen = f"NOT EXISTS (FROM _seen WHERE _seen.record_id = {record})"
                _add(compute, table, path, f"{source} IN (SELECT unnest($titles)) AND {unseen}", appending)
        compute.drop("_seen")
        keep_earlier(compute, self.last.path("consents"))

    def warnings(self, summary: ReadSummary) -> dict[str, list[str]]:
        """What is to be said of each source, whether it was read now or stays."""
        now = {s.source: list(s.warnings) for s in summary.sources}
        return {s.title: now.get(s.title) or self.warned.get(s.title, []) for s in self.config.sources}

    def manifest(self, summary: ReadSummary) -> dict[str, Any]:
        """What the next run must know, by source."""
        warnings = self.warnings(summary)
        return {title: {"by": by, "warnings": warnings[title]} for title, by in self.by.items()}


def what_to_read(
    config: Config, root: Path, state: State, last: RunTables | None, only: str | None, frames: Mapping[str, Any]
) -> Reading:
    """Decide what a run reads: the one source that is asked for, else those that aren't as run `last` has them.

    A source without files (a database, a frame) can't be told to be the same, and is read.
    """
    manifest = read_manifest(last) if last else {}
    before = manifest.get("reading", {})
    of_files = [s for s in config.sources if s.path is not None and s.title not in frames]
    by = {s.title: "" for s in config.sources}
    by |= zip((s.title for s in of_files), _by(config, of_files, state), strict=True)
    if only is not None:
        stay = [s.title for s in config.sources if s.title != only]
        by |= {title: before[title]["by"] if title in before else "" for title in stay}
    else:
        same = [s for s in of_files if before.get(s.title, {}).get("by") == by[s.title]]
        stay = _unchanged(same, root, manifest.get("inputs", ()))
    now = tuple(s.title for s in config.sources if s.title not in stay)
    warned = {title: list(before[title]["warnings"]) for title in stay if title in before}
    files = [row for row in manifest.get("inputs", ()) if row["source"] in stay]
    rows, rejected = (sum(row[column] for row in files) for column in ("rows", "rejected"))
    return Reading(
        config,
        now,
        tuple(stay),
        last,
        frozenset(before),
        by,
        warned,
        rows + rejected,
        rejected,
    )


def _by(config: Config, sources: list[Source], state: State) -> Iterator[str]:
    """A hash of what reading each of these sources goes by, besides its files."""
    never = {n: (p.block, p.block_patterns) for n, p in config.identifiers.items() if p.block or p.block_patterns}
    settings = [config.model_dump(mode="json", exclude=_LATER), config.all_regions, sorted(never.items())]
    # Also of an erasure that was undone, the kept rows are gone.
    common = json.dumps([settings, erasures(state), _code()], sort_keys=True)
    for source in sources:
        yield hashlib.sha256((common + source.model_dump_json()).encode()).hexdigest()


@cache
def _code() -> str:
    package = resources.files("engine")
    digest = hashlib.sha256(" ".join((unicodedata.unidata_version, *map(version, _PACKAGES))).encode())
    for part in _CODE:
        for file in _files(package / part):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _files(place: Traversable) -> Iterator[Traversable]:
    if place.is_file():
        yield place
    elif place.name != "__pycache__":
        for inner in sorted(place.iterdir(), key=lambda p: p.name):
            yield from _files(inner)


def _unchanged(sources: list[Source], root: Path, inputs: list[dict[str, Any]]) -> list[str]:
    """Those sources whose files are the ones that were read; a hash is made where the sizes are the same."""
    known = {(row["source"], row["file"]): row for row in inputs}
    found: dict[str, list[tuple[Path, str]]] = {}
    for source in sources:
        try:
            files = find_files(root, str(source.path), source.title)
        except SourceError:  # reading it will say so
            continue
        rows = [known.get((source.title, label)) for _, label in files]
        sizes = [path.stat().st_size for path, _ in files]
        were = sum(row["source"] == source.title for row in inputs)
        if len(files) == were and sizes == [row and row["bytes"] for row in rows]:
            found[source.title] = [(path, row["sha256"]) for (path, _), row in zip(files, rows, strict=True) if row]
    with ThreadPoolExecutor() as threads:
        same = {title: threads.map(_holds, files) for title, files in found.items()}
        return [title for title, held in same.items() if all(held)]


def _holds(file: tuple[Path, str]) -> bool:
    path, sha256 = file
    return file_hash(path) == sha256


def _add(compute: Compute, table: str, path: Path, which: str, titles: list[str]) -> None:
    if not titles:
        return
    stored = compute.rows("DESCRIBE SELECT * FROM read_parquet($path)", {"path": str(path)})
    # An extra column that the project no longer maps is left behind.
    columns = compute.columns(table)
    kept = ", ".join(quote(c) for c, *_ in stored if c in columns)
    compute.run(
        f"INSERT INTO {quote(table)} BY NAME SELECT {kept} FROM read_parquet($path) AS old WHERE {which}",
        {"path": str(path), "titles": titles},
    )
