"""Tables of other databases, read through SQLAlchemy in parts, as text, and never written to."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from engine.errors import SourceError

if TYPE_CHECKING:
    from engine.config import DatabaseTable

ROWS_AT_A_TIME = 50_000
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_READ_ONLY = {
    "sqlite": "PRAGMA query_only = ON",
    "postgresql": "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
}


def shown(database: DatabaseTable) -> str:
    """How a manifest calls a table or query: never by its URL, which may hold a password."""
    return f"table {database.table}" if database.table else f"query {database.query}"


def read_database(database: DatabaseTable, root: Path, source: str) -> Iterator[pa.Table]:
    """The rows of a table or query in parts; there is always a first part, so that the columns are known."""
    engine = _engine(_url(database.url, root, source), source)
    try:
        with engine.connect().execution_options(stream_results=True, max_row_buffer=ROWS_AT_A_TIME) as connection:
            preparer = engine.dialect.identifier_preparer
            query = database.query or (
                "SELECT * FROM " + ".".join(preparer.quote(part) for part in (database.table or "").split("."))
            )
            result = connection.exec_driver_sql(query)
            names = list(result.keys())
            empty = True
            for rows in result.partitions(ROWS_AT_A_TIME):
                empty = False
                yield _arrow(names, rows)
            if empty:
                yield _arrow(names, [])
    except SQLAlchemyError as error:
        raise SourceError(f"source {source}: {shown(database)} can't be read: {_reason(error)}") from error
    finally:
        engine.dispose()


def _url(template: str, root: Path, source: str) -> URL:
    def value(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise SourceError(
                f"source {source}: its database URL needs the environment variable {match[1]}, which isn't set."
            )
        return os.environ[match[1]]

    try:
        url = make_url(_VARIABLE.sub(value, template))
    except ArgumentError as error:
        raise SourceError(
            f"source {source}: its database URL is not one that SQLAlchemy knows, such as sqlite:///shop.db"
        ) from error
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        path = root / url.database
        if not path.is_file():  # SQLite would make an empty database of that name
            raise SourceError(f"source {source}: there is no database file {url.database} in {root}.")
        return url.set(database=str(path))
    return url


def _engine(url: URL, source: str) -> Engine:
    try:
        engine = create_engine(url)
    except (ImportError, SQLAlchemyError) as error:
        raise SourceError(
            f"source {source}: no driver for {url.get_backend_name()} ({error}). "
            "Install clew[postgres] or clew[mysql], or the driver that your URL names."
        ) from error
    statement = _READ_ONLY.get(url.get_backend_name())
    if statement:

        @event.listens_for(engine, "connect")
        def _read_only(connection: Any, _record: Any) -> None:
            cursor = connection.cursor()
            cursor.execute(statement)
            cursor.close()
            connection.commit()

    return engine


def _arrow(names: list[str], rows: Any) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in names]
    arrays = [pa.array([_text(v) for v in column], pa.string()) for column in columns]
    return pa.Table.from_arrays(arrays, names=names)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return str(value)


def _reason(error: SQLAlchemyError) -> str:
    """The database's own sentence, without the statement and its parameters."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]
