"""Proof that nothing is left: every file of a store is searched for what was erased."""

from __future__ import annotations

import mmap
import re
import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from engine.compute import Compute, literal, quote

#: A value is meant where it stands alone: "till:7" isn't in "till:70".
_ALONE = r"(?:^|[^0-9A-Za-z])(?:{})(?:$|[^0-9A-Za-z])"


def names(text: str, values: Collection[str]) -> bool:
    """Whether a text holds any of some values, standing alone, in whatever case."""
    return re.search(_pattern(values), text, re.IGNORECASE) is not None


def search(store: Path, values: Collection[str]) -> tuple[int, list[Path]]:
    """Search every file under a store for any of some texts; returns how many were searched, and those that hold one.

    Tables of Parquet and SQLite files are read; of others, and of what is no database, the bytes are looked at.
    """
    pattern = _pattern(values)
    files = sorted(path for path in store.rglob("*") if path.is_file())
    holding = []
    with Compute() as compute:
        for path in files:
            if path.suffix == ".parquet":
                found = _in_parquet(compute, path, pattern)
            elif path.suffix == ".db":
                found = _in_sqlite(path, pattern)
            else:
                found = _in_bytes(path, pattern)
            if found:
                holding.append(path)
    return len(files), holding


def _pattern(values: Collection[str]) -> str:
    return _ALONE.format("|".join(re.escape(value) for value in sorted(values) if value))


def _in_parquet(compute: Compute, path: Path, pattern: str) -> bool:
    file = literal(str(path))
    columns = compute.rows(f"DESCRIBE SELECT * FROM read_parquet({file})")
    texts = ", ".join(f"{quote(name)}::VARCHAR" for name, kind, *_ in columns if "VARCHAR" in kind)
    return bool(texts) and bool(
        compute.value(
            f"SELECT count(*) FROM read_parquet({file}) WHERE regexp_matches(concat_ws(chr(10), {texts}), $pattern)",
            {"pattern": f"(?m){pattern}"},
        )
    )


def _in_sqlite(path: Path, pattern: str) -> bool:
    meant = re.compile(pattern, re.MULTILINE)

    def holds(value: object) -> bool:
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        return isinstance(text, str) and meant.search(text) is not None

    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.create_function("holds", 1, holds, deterministic=True)
        try:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_NOTADB:
                raise
            return _in_bytes(path, pattern)
        for table in tables:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({quote(table)})")]
            asked = " OR ".join(f"holds({quote(column)})" for column in columns)
            if connection.execute(f"SELECT 1 FROM {quote(table)} WHERE {asked} LIMIT 1").fetchone():  # nosec B608 # quoted names
                return True
    return False


def _in_bytes(path: Path, pattern: str) -> bool:
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held:
        return re.search(pattern.encode(), held) is not None
