"""Files: which ones a source means, and what each of them is: format, encoding, separator, columns, size and hash."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import json
import os
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Literal

import pyarrow.parquet as pq
from pyarrow import ArrowException

from engine.errors import SourceError
from engine.sources.rows import csv_rows

Format = Literal["csv", "parquet", "jsonl"]
FORMATS: dict[str, Format] = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".pq": "parquet",
    ".json": "jsonl", ".jsonl": "jsonl", ".ndjson": "jsonl",
}  # fmt: skip
SEPARATORS = ",;\t|"
_SAMPLE = 1 << 20
_CHUNK = 1 << 22


@dataclass(frozen=True)
class Export:
    """One file, looked at: enough to read it, and to say in a manifest which file it was.

    `shown` is the path as people know it, relative to the project; `path` may be a copy in UTF-8. `names` are the
    columns (JSON: the keys of the first lines); `size` is in bytes; a file without rows is `empty`.
    """

    path: Path
    shown: str
    format: Format
    encoding: str = "utf-8"
    delimiter: str = ","
    names: tuple[str, ...] = ()
    array: bool = False
    zipped: bool = False
    empty: bool = False
    size: int = 0
    sha256: str = ""

    def open(self) -> IO[bytes]:
        """Open the file for its bytes, unpacked."""
        return _open(self.path, self.zipped)


def _open(path: Path, zipped: bool) -> IO[bytes]:
    return gzip.open(path) if zipped else path.open("rb")  # type: ignore[return-value]


def find_files(root: Path, pattern: str, source: str) -> list[tuple[Path, str]]:
    """The files that a source's path means, sorted, each with the name that people know it by.

    Absolute paths and `..` are the user's own business; a folder in place of a file is a mistake.
    """
    if "://" in pattern:
        raise SourceError(f"source {source}: {pattern} is an address; files are read from disk only, so download it.")
    base = Path(pattern).expanduser()
    if any(c in pattern for c in "*?[") and not (root / base).is_file():
        anchor = Path(base.anchor) if base.is_absolute() else root
        found = sorted(anchor.glob(str(base.relative_to(base.anchor)) if base.is_absolute() else pattern))
    else:
        found = [root / base]
    for path in found:
        if path.is_dir():
            raise SourceError(
                f"source {source}: {shown(path, root)} is a folder. Name the files in it: {(base / '*.csv').as_posix()}"
            )
        if path.exists() and not path.is_file():
            raise SourceError(f"source {source}: {shown(path, root)} is a device or a pipe, not a file.")
    found = [p for p in found if p.is_file()]
    if not found:
        folder = (root / base).parent
        there = sorted(p.name for p in folder.iterdir() if p.is_file())[:20] if folder.is_dir() else []
        raise SourceError(
            f"source {source}: there is no file {pattern} in {root.resolve()}. "
            + (f"In that folder there are: {', '.join(there)}." if there else "Is the path right?")
        )
    return [(p, shown(p, root)) for p in found]


def shown(path: Path, root: Path) -> str:
    """A path as people know it: relative to the project."""
    return Path(os.path.relpath(path, root)).as_posix()


def look(
    path: Path, label: str, encoding: str | None = None, delimiter: str | None = None, as_: Format | None = None
) -> Export:
    """What a file is, from its first megabyte: cheap, so `clew init` may look at a whole folder."""
    try:
        with path.open("rb") as raw:
            start = raw.read(8)
        if start.startswith(b"PK\x03\x04"):
            raise SourceError(f"{label} is a zip archive or an Excel workbook. Unpack it, or save the sheet as CSV.")
        kind = as_ or ("parquet" if start.startswith(b"PAR1") else _format_of(path))
        if not start or kind == "parquet":
            return _parquet(path, label) if start else Export(path, label, kind, empty=True)
        zipped = start.startswith(b"\x1f\x8b")
        with _open(path, zipped) as file:
            sample = file.read(_SAMPLE)
            more = bool(file.read(1))
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"{label} can't be read: {error}") from error
    encoding = encoding or sample_encoding(sample)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(sample, not more).removeprefix("\ufeff")
    if not text.strip():
        return Export(path, label, kind, empty=True)
    if kind == "csv" and as_ is None and path.suffixes[:1] == [] and text.lstrip()[:1] in "{[":
        kind = "jsonl"
    export = Export(path, label, kind, encoding, zipped=zipped)
    if kind == "jsonl":
        objects = list(_objects(text, whole=not more))
        names = tuple(dict.fromkeys(k for o in objects for k in o))
        return replace(export, names=names, array=text.lstrip().startswith("["))
    delimiter = delimiter or _delimiter(text)
    rows = csv_rows(iter(text.splitlines(keepends=True)), delimiter)
    header = next(rows, None)
    names = _distinct(header) if header else ()
    return replace(export, delimiter=delimiter, names=names, empty=next(rows, None) is None and not more)


def file_hash(path: Path) -> str:
    """The SHA-256 of a file, by which runs know it again."""
    with path.open("rb") as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()


def prepare(export: Export, scratch: Path) -> Export:
    """Hash a file and make sure that it is UTF-8: another encoding is found by reading it all, and put in a copy."""
    digest = file_hash(export.path)
    export = replace(export, size=export.path.stat().st_size, sha256=digest)
    if export.format == "parquet" or export.empty:
        return export
    try:
        if export.encoding == "utf-8" and not _decodes(export, "utf-8"):
            export = replace(export, encoding="cp1252")
        if export.encoding != "utf-8":
            return _in_utf8(export, scratch)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(
            f"{export.shown} can't be read to its end ({error}). If it was cut off, export it again."
        ) from error
    except UnicodeError as error:
        raise SourceError(
            f"{export.shown} is not {export.encoding} text ({error}). Give its source the right encoding."
        ) from error
    if any(c in str(export.path) for c in "*?["):  # the reader would take the name for a pattern
        link = scratch / f"{digest[:16]}{''.join(export.path.suffixes[-2:])}"
        link.unlink(missing_ok=True)
        link.symlink_to(export.path.resolve())
        return replace(export, path=link)
    return export


def sample_encoding(sample: bytes) -> str:
    """BOM, then UTF-16 by its zero bytes, then UTF-8 unless the sample isn't, which leaves cp1252."""
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(sample) > 3 and sample[first:200:2].count(0) > len(sample[first:200:2]) // 2:
            return encoding
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample.removeprefix(codecs.BOM_UTF8))
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _format_of(path: Path) -> Format:
    suffixes = [s.lower() for s in path.suffixes if s.lower() != ".gz"]
    return FORMATS.get(suffixes[-1], "csv") if suffixes else "csv"


def _parquet(path: Path, label: str) -> Export:
    try:
        meta = pq.read_metadata(path)
    except (ArrowException, OSError) as error:
        raise SourceError(f"{label} is not a whole Parquet file ({error}). Export or copy it again.") from error
    names = tuple(meta.schema.to_arrow_schema().names)
    return Export(path, label, "parquet", names=names, empty=meta.num_rows == 0)


def _objects(text: str, whole: bool) -> Iterator[dict[str, object]]:
    """The JSON objects at the start of a text: one a line, or the items of an array."""
    if text.lstrip().startswith("["):
        decoder, at = json.JSONDecoder(), text.index("[") + 1
        while True:
            at += len(text[at:]) - len(text[at:].lstrip(" \t\r\n,"))
            try:
                item, at = decoder.raw_decode(text, at)
            except ValueError:
                return
            if isinstance(item, dict):
                yield item
    lines = text.splitlines()
    for line in lines if whole else lines[:-1]:
        try:
            item = json.loads(line)
        except ValueError:
            continue
        if isinstance(item, dict):
            yield item


def _delimiter(text: str) -> str:
    """The separator with which the most of the first rows have the same number of columns, more than one."""
    best, score = ",", (0, 0)
    for candidate in SEPARATORS:
        rows = csv_rows(iter(text[:65536].splitlines(keepends=True)), candidate)
        widths = [len(row) for row, _ in zip(rows, range(20), strict=False)]
        if not widths or widths[0] < 2:
            continue
        found = (Counter(widths)[widths[0]], widths[0])
        if found > score:
            best, score = candidate, found
    return best


def _distinct(header: list[str]) -> tuple[str, ...]:
    names: list[str] = []
    for index, cell in enumerate(header):
        name = cell.strip() or f"column {index + 1}"
        while name in names:
            name += " (again)"
        names.append(name)
    return tuple(names)


def _decodes(export: Export, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with export.open() as file:
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", True)
        except UnicodeDecodeError:
            return False
    return True


def _in_utf8(export: Export, scratch: Path) -> Export:
    copy = scratch / f"{export.sha256[:16]}.utf8"
    # cp1252 leaves five bytes undefined; a file that holds one is still better read than refused.
    errors = "replace" if export.encoding == "cp1252" else "strict"
    decoder = codecs.getincrementaldecoder(export.encoding)(errors)
    with export.open() as file, copy.open("w", encoding="utf-8", newline="") as out:
        while chunk := file.read(_CHUNK):
            out.write(decoder.decode(chunk))
        out.write(decoder.decode(b"", True))
    return replace(export, path=copy, encoding="utf-8", zipped=False)
