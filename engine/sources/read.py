"""Read every source of a project into the raw tables."""

from __future__ import annotations

import difflib
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine import tables
from engine.compute import quote
from engine.errors import NotFoundError, SourceError
from engine.sources.arrange import Filled
from engine.sources.files import find_files, look, prepare
from engine.sources.fill import fill
from engine.sources.presets import resolve
from engine.sources.rows import SHOWN, Row, lines_of, scan
from engine.sources.shape import shape
from engine.sources.stage import STAGE, Input, Stage
from engine.tables import EXTRA

if TYPE_CHECKING:
    from engine.compute import Compute
    from engine.config import Config, Source

_TABLES = (
    tables.RAW_RECORDS, tables.RAW_IDENTIFIERS, tables.RAW_CONSENTS, tables.RAW_ORDERS, tables.RAW_ORDER_LINES,
    tables.RAW_EVENTS, tables.RAW_CLAIMS, tables.REJECTS, tables.SOURCE_FILES,
    tables.SOURCE_COLUMNS,
)  # fmt: skip

#: So many reasons why rows could not be read are told; the table of rejects has them all.
REASONS = 3


@dataclass(frozen=True)
class SourceSummary:
    """What became of one source. `duplicates`: rows left out for a later row with the same key."""

    source: str
    files: int
    rows: int
    records: int
    orders: int
    events: int
    rejected: int
    duplicates: int
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class ReadSummary:
    """What became of every source that was read."""

    sources: tuple[SourceSummary, ...]


def read_sources(
    compute: Compute,
    config: Config,
    root: Path,
    wanted: Sequence[str] | None = None,
    frames: Mapping[str, Any] | None = None,
    advance: Callable[[str], None] = lambda _: None,
) -> ReadSummary:
    """Fill all raw tables from the project's sources, or from those called `wanted`.

    `root` is the project file's folder. `frames` (source -> pandas, Polars or Arrow frame) stand in for sources' files.
    `advance` is told the name of each source before it is read. Raises SourceError for a source that can't be read at
    all, ConfigError for a map that isn't whole; rows that can't be read go to `rejects`.
    """
    frames = frames or {}
    check_names(config, [*(wanted or ()), *frames])
    maps = {s.title: resolve(s) for s in config.sources}
    extras = dict.fromkeys(EXTRA + name for m, _, _ in maps.values() if m.record for name in m.record.extras)
    for table in _TABLES:
        compute.run(tables.create_sql(table, quote(table.name), tuple(extras) if table.extras else ()))
    summaries = []
    for source in config.sources:
        if wanted is None or source.title in wanted:
            advance(source.title)
            stage = Stage(compute, source.title, *maps[source.title])
            _stage(stage, source, root, frames.get(source.title))
            _append(compute, tables.SOURCE_COLUMNS, shape(stage))
            summaries.append(_finish(stage, fill(stage)))
            compute.drop(STAGE)
    for table in _TABLES:
        tables.check(compute, table)
    return ReadSummary(tuple(summaries))


def check_names(config: Config, names: Sequence[str]) -> None:
    """Raise NotFoundError for the name of a source that the project doesn't have."""
    titles = [s.title for s in config.sources]
    for name in names:
        if name not in titles:
            close = difflib.get_close_matches(name, titles, n=1)
            raise NotFoundError(
                f"There is no source {name!r}. "
                + (f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(titles)}.")
            )


def _stage(stage: Stage, source: Source, root: Path, frame: Any) -> None:
    if frame is not None:
        read = stage.add_arrow("frame", _arrow(frame, source.title))
        _hash(stage, read)
    elif source.database is not None:
        # SQLAlchemy takes half a second to import, and most shops have files alone.
        from engine.sources.database import read_database, shown

        label, read_part = shown(source.database), None
        with closing(read_database(source.database, root, source.title)) as parts:
            for part in parts:
                if read_part is None:
                    read_part = stage.add_arrow(label, part)
                else:
                    stage.append_arrow(read_part, part)
        if read_part is not None:
            _hash(stage, read_part)
            if not read_part.rows:
                stage.warnings.append(f"{label} has no rows")
    elif source.path is not None:
        for path, label in find_files(root, source.path, source.title):
            export = look(path, label, source.encoding, source.delimiter, source.format)
            stage.add_file(prepare(export, stage.compute.folder))
    else:
        raise SourceError(f"source {source.title} has no path and no database: give it a frame.")


def _arrow(frame: Any, source: str) -> pa.Table:
    if isinstance(frame, pa.Table):
        return frame
    if hasattr(frame, "to_arrow"):
        return frame.to_arrow()
    if not hasattr(frame, "columns") or not hasattr(frame, "dtypes"):
        raise SourceError(f"source {source}: a {type(frame).__name__} is not a pandas, Polars or Arrow frame.")
    arrays = []
    for name in frame.columns:
        column = frame[name]
        try:
            arrays.append(pa.array(column, from_pandas=True))
        except (pa.ArrowInvalid, pa.ArrowTypeError):  # a pandas column of mixed types
            arrays.append(pa.array(column.astype("string"), from_pandas=True))
    return pa.Table.from_arrays(arrays, names=[str(c) for c in frame.columns])


def _hash(stage: Stage, read: Input) -> None:
    """Size and hash of rows that have no file. A database may answer in any order, so the hash doesn't depend on it."""
    number = stage.inputs.index(read)
    size, low, high = stage.compute.rows(
        f"SELECT coalesce(sum(strlen(row)), 0), sum(CAST(md5_number_lower(row) AS HUGEINT)), "
        f"sum(CAST(md5_number_upper(row) AS HUGEINT)) "
        f"FROM (SELECT CAST(s AS VARCHAR) AS row FROM {STAGE} s WHERE file = ?)",
        [number],
    )[0]
    read.size = int(size)
    read.sha256 = hashlib.sha256(f"{read.rows} {low} {high}".encode()).hexdigest()


def _finish(stage: Stage, filled: Filled) -> SourceSummary:
    """Write a source's rejects and files, and sum it up."""
    rejects = [(read.shown, row) for read in stage.inputs for row in read.rejected]
    rejects += _without(stage, filled.without)
    per_file = {read.shown: sum(1 for label, _ in rejects if label == read.shown) for read in stage.inputs}
    _append(stage.compute, tables.REJECTS, [(stage.source, f, r.line, r.reason, r.text) for f, r in rejects])
    _append(
        stage.compute,
        tables.SOURCE_FILES,
        [
            (stage.source, i.shown, i.sha256, i.size, i.rows + len(i.rejected) - per_file[i.shown], per_file[i.shown])
            for i in stage.inputs
        ],
    )
    rows = sum(i.rows + len(i.rejected) for i in stage.inputs)
    return SourceSummary(
        source=stage.source,
        files=len(stage.inputs),
        rows=rows,
        records=filled.records,
        orders=filled.orders,
        events=filled.events,
        rejected=len(rejects),
        duplicates=filled.duplicates,
        warnings=(*stage.warnings, *_unread(rejects, rows), *filled.warnings),
    )


def _unread(rejects: list[tuple[str, Row]], rows: int) -> list[str]:
    """Tell of the rows that could not be read: for the commonest reasons, how many there are and where the first is."""
    if not rejects:
        return []
    firsts: dict[tuple[str, str], int] = {}
    for file, row in rejects:
        firsts.setdefault((file, row.reason or ""), row.line)
    reasons = Counter((file, row.reason or "") for file, row in rejects).most_common()
    told = [
        f"{file}, line {firsts[file, reason]}{f' and {number - 1:,} more' if number > 1 else ''}: {reason}"
        for (file, reason), number in reasons[:REASONS]
    ]
    rest = ["..."] if len(reasons) > REASONS else []
    return [f"{len(rejects):,} of {rows:,} rows could not be read; {'; '.join(told + rest)}"]


def _without(stage: Stage, without: list[tuple[int, str]]) -> list[tuple[str, Row]]:
    """Rows that were read and lack what they need, with the lines they stand at."""
    if not without:
        return []
    reasons = dict(without)
    stage.compute.load("stage_without", pa.table({"row": pa.array(list(reasons), pa.int64())}))
    cells = ", ".join(f"c{i}" for i in range(len(stage.columns)))
    found = stage.compute.rows(
        f"SELECT s.rowid, s.file, left(concat_ws(' | ', {cells}), {SHOWN}) FROM {STAGE} s "
        "WHERE s.rowid IN (SELECT row FROM stage_without) ORDER BY s.rowid"
    )
    stage.compute.drop("stage_without")
    rejects = []
    lines: dict[int, dict[int, int]] = {}
    for row, number, text in found:
        read = stage.inputs[number]
        if number not in lines:
            lines[number] = _lines(read, {r - read.first for r, n, _ in found if n == number})
        place = row - read.first
        rejects.append((read.shown, Row(lines[number].get(place, place + 1), text, reasons[row])))
    return rejects


def _lines(read: Input, places: set[int]) -> dict[int, int]:
    """The lines of a text file at which its rows stand; other inputs count rows."""
    export = read.export
    if export is None or export.format == "parquet" or export.array:
        return {}
    with export.open() as file:
        return lines_of(scan(file, export.format, export.delimiter, len(export.names)), places)


def _append(compute: Compute, table: tables.Table, rows: list[tuple[Any, ...]]) -> None:
    if not rows:
        return
    columns = {name: [row[i] for row in rows] for i, name in enumerate(table.columns)}
    compute.load("stage_rows", pa.table(columns))
    compute.run(f"INSERT INTO {quote(table.name)} SELECT * FROM stage_rows")
    compute.drop("stage_rows")
