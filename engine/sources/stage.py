"""The staging table of one source: every column that its map asks for, as text, in reading order.

Its `rowid` is the reading order; the rows of the file numbered n carry n in `file`. What is done with the rows comes
later (engine.sources.fill), so that files, frames and databases differ only in how they get here. It is a temporary
table because those are not compressed: a fifth less time for a quarter of a gigabyte a million rows, which spills.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from engine.compute import quote
from engine.compute.failure import UNREADABLE
from engine.errors import SourceError
from engine.sources.columns import PAIRS, Arguments, nearest, pair_columns, references, text_sql
from engine.sources.files import Export
from engine.sources.mapping import Column, Mapping, columns_of
from engine.sources.rows import Row, scan, set_aside

if TYPE_CHECKING:
    import pyarrow as pa

    from engine.compute import Compute

STAGE = "stage"
_INCOMING = "stage_incoming"


@dataclass
class Input:
    """One file, frame or table that went into the stage: where its rows lie, and the rows that couldn't be read."""

    shown: str
    first: int
    rows: int = 0
    size: int = 0
    sha256: str = ""
    export: Export | None = None
    rejected: list[Row] = field(default_factory=list)


class Stage:
    """Fills the staging table of one source, input by input; `names` are the columns of them all."""

    def __init__(
        self, compute: Compute, source: str, mapping: Mapping, lenient: list[Column], required: list[Column]
    ) -> None:
        """`lenient`: columns of the map that an input may lack; `required`: further ones that it must have."""
        self.compute, self.source, self.mapping = compute, source, mapping
        self.lenient, self.required = lenient, required
        self.columns: list[Column] = []
        self.places: dict[str, int] = {}
        for path, column in columns_of(mapping):
            if column not in self.columns:
                self.columns.append(column)
            self.places[path] = self.columns.index(column)
        self.inputs: list[Input] = []
        self.names: dict[str, None] = {}
        self.warnings: list[str] = []
        listed = ", ".join(f"c{i} VARCHAR" for i in range(len(self.columns)))
        compute.run(f"CREATE OR REPLACE TEMP TABLE {STAGE} (file INTEGER, {listed})")

    def at(self, path: str) -> str | None:
        """The stage's column that holds what the map's `path` (record.first_name) asks for."""
        return f"c{self.places[path]}" if path in self.places else None

    def add_file(self, export: Export, limit: int | None = None) -> None:
        """Read one file, or about its first `limit` rows; rows that can't be read are set aside."""
        read = self._start(export.shown)
        read.export, read.size, read.sha256 = export, export.size, export.sha256
        if not export.names:
            self.warnings.append(f"{export.shown} is empty")
            return
        self.check_columns(export.names, export.shown)
        if export.empty:
            self.warnings.append(f"{export.shown} has no rows")
            return
        try:
            self._insert(read, *self._reader(export), limit)
        except UNREADABLE as error:
            if export.format == "parquet":
                raise SourceError(
                    f"{export.shown} can't be read: {_first_line(error)}. Export or copy it again."
                ) from error
            self._insert_carefully(read, export)

    def add_arrow(self, shown: str, data: pa.Table) -> Input:
        """Read an Arrow table: a frame, or a part of a database's answer."""
        self.check_columns(data.column_names, shown)
        read = self._start(shown)
        self.append_arrow(read, data)
        return read

    def append_arrow(self, read: Input, data: pa.Table) -> None:
        """Read a further part of the same answer."""
        self.compute.load(_INCOMING, data)
        try:
            self._insert(read, quote(_INCOMING), self.compute.columns(_INCOMING), Arguments())
        finally:
            self.compute.drop(_INCOMING)

    def check_columns(self, names: tuple[str, ...] | list[str], shown: str) -> None:
        """Note an input's columns; raise SourceError for the first that the map needs and the input doesn't have."""
        self.names.update(dict.fromkeys(names))
        needed = [*self.required]
        for path, column in columns_of(self.mapping):
            if not column.optional and (column not in self.lenient or path in {"record.key", "group.by"}):
                needed.append(column)
        for column in needed:
            if not references(column, names):
                raise SourceError(self._missing(column, names, shown))

    def _missing(self, column: Column, names: tuple[str, ...] | list[str], shown: str) -> str:
        wanted = " or ".join(repr(name) for name in column.column[:4])
        close = nearest(column, names)
        hint = f"The nearest is {close!r}." if close else f"It has: {', '.join(names[:30])}."
        return (
            f"source {self.source}: {shown} has no column {wanted}. {hint} "
            "If the column was renamed, say so in the source's map; or the file may not be what the source says it is."
        )

    def _start(self, shown: str) -> Input:
        first = self.inputs[-1].first + self.inputs[-1].rows if self.inputs else 0
        self.inputs.append(Input(shown, first))
        return self.inputs[-1]

    def _insert(
        self, read: Input, relation: str, types: dict[str, str], arguments: Arguments, limit: int | None = None
    ) -> None:
        tops = {
            r.top for c in self.columns for r in references(c, types) if r.pair and not types[r.top].startswith("MAP(")
        }
        split = pair_columns(sorted(tops), types)
        kept = ", ".join(quote(n) for n in types if n not in tops or not self._pairs_only(n, types))
        inner = f"SELECT {', '.join([kept, *split] if kept else split) or '1'} FROM {relation}"
        inner += f" LIMIT {limit}" if limit is not None else ""
        texts = [f"{text_sql(c, types, arguments)} AS c{i}" for i, c in enumerate(self.columns)]
        number = arguments.add(len(self.inputs) - 1)
        # Reading in order costs little and makes rowid the reading order.
        self.compute.run("SET preserve_insertion_order = true")
        try:
            self.compute.run(
                f"INSERT INTO {STAGE} SELECT {number}, {', '.join(texts)} FROM ({inner})", arguments.values
            )
        finally:
            self.compute.run("SET preserve_insertion_order = false")
        read.rows = self.compute.count(STAGE) - read.first

    def _pairs_only(self, name: str, types: dict[str, str]) -> bool:
        return all(r.pair for c in self.columns for r in references(c, types) if r.top == name)

    def _insert_carefully(self, read: Input, export: Export) -> None:
        if export.array:
            raise SourceError(f"{export.shown} is not whole JSON. Export it again, or write one object a line.")
        clean = self.compute.folder / f"{export.sha256[:16]}.clean"
        with export.open() as file:
            rows = scan(file, export.format, export.delimiter, len(export.names))
            header = None
            if export.format == "csv":
                header = export.delimiter.join(f'"c{i}"' for i in range(len(export.names)))
            read.rejected = set_aside(rows, header, clean)
        try:
            self._insert(read, *self._reader(replace(export, path=clean, zipped=False)))
        except UNREADABLE as error:
            raise SourceError(f"{export.shown} can't be read: {_first_line(error)}") from error
        finally:
            clean.unlink()

    def _reader(self, export: Export) -> tuple[str, dict[str, str], Arguments]:
        """The reading function's SQL, the columns it yields, and its arguments."""
        arguments = Arguments()
        path = arguments.add(str(export.path))
        if export.format == "parquet":
            relation = f"read_parquet({path})"
            found = self.compute.rows(f"DESCRIBE SELECT * FROM {relation}", arguments.values)
            return relation, {row[0]: row[1] for row in found}, arguments
        packed = "'gzip'" if export.zipped else "'none'"
        if export.format == "csv":
            types = dict.fromkeys(export.names, "VARCHAR")
            relation = (
                f"read_csv({path}, columns = {_struct(types)}, delim = {arguments.add(export.delimiter)}, "
                f"compression = {packed}, header = true, auto_detect = false, quote = '\"', escape = '\"', "
                "strict_mode = true)"
            )
            return relation, types, arguments
        types = self._json_types(export.names)
        form = "'array'" if export.array else "'newline_delimited'"
        relation = (
            f"read_json({path}, columns = {_struct(types)}, format = {form}, records = 'true', compression = {packed})"
        )
        return relation, types, arguments

    def _json_types(self, names: tuple[str, ...]) -> dict[str, str]:
        """The mapped keys of a JSON file and how each is read; keys that only later lines have are read as well."""
        types: dict[str, str] = {}
        for column in self.columns:
            known = references(column, names)
            for reference in known or references(column, [p.split(".")[0].split("[")[0] for p in column.column]):
                kind = PAIRS if reference.pair else "JSON" if reference.steps else "VARCHAR"
                types[reference.top] = kind if types.get(reference.top, kind) == kind else "JSON"
        return types


def _struct(types: dict[str, str]) -> str:
    return "{" + ", ".join(f"{quote(name)}: '{kind}'" for name, kind in types.items()) + "}"


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".")
