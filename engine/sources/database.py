"""Tables of other databases, read through SQLAlchemy in parts, as text, and never written to."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pyarrow as pa
from sqlalchemy import Connection, CursorResult, Engine, create_engine, event, inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from engine.errors import SourceError

if TYPE_CHECKING:
    from engine.config import DatabaseTable

ROWS_AT_A_TIME = 50_000
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
#: The drivers of clew[postgres] and clew[mysql], for a URL that names none.
_DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
#: A TIMESTAMP of MySQL is an instant, but comes in the session's time zone and without saying so.
_MYSQL = ("SET SESSION TRANSACTION READ ONLY", "SET SESSION time_zone = '+00:00'")
_AT_FIRST = {
    "sqlite": ("PRAGMA query_only = ON",),
    "postgresql": ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",),
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
}
#: MySQL's numbers of the two types whose values don't tell what they are.
_TIMESTAMP, _BIT = 7, 16


def shown(database: DatabaseTable) -> str:
    """How a manifest calls a table or query: never by its URL, which may hold a password."""
    return f"table {database.table}" if database.table else f"query {database.query}"


def read_database(database: DatabaseTable, root: Path, source: str) -> Generator[pa.Table, None, None]:
    """The rows of a table or query in parts; there is always a first part, so that the columns are known."""
    engine = _engine(_url(database.url, root, source), source)
    try:
        with _connected(engine, source) as connection:
            preparer = engine.dialect.identifier_preparer
            query = database.query or (
                "SELECT * FROM " + ".".join(preparer.quote(part) for part in (database.table or "").split("."))
            )
            # A user's own query has no parameters, and its percent signs are its own.
            result = connection.execution_options(no_parameters=database.query is not None).exec_driver_sql(query)
            if not result.returns_rows:
                raise SourceError(f"source {source}: {shown(database)} can't be read: it isn't a SELECT.")
            names, texts = list(result.keys()), _texts(engine, result.cursor)
            empty = True
            with _given_up(connection, result):
                for rows in result.partitions(ROWS_AT_A_TIME):
                    empty = False
                    yield _arrow(names, texts, rows)
            if empty:
                yield _arrow(names, texts, [])
    except SQLAlchemyError as error:
        raise SourceError(f"source {source}: {shown(database)} can't be read: {_reason(error)}") from error
    finally:
        engine.dispose()


def tables_of(path: Path, label: str) -> dict[str, tuple[str, ...]]:
    """The tables of an SQLite file, each with its columns. Errors: SourceError for a file that is damaged."""
    engine = _engine(URL.create("sqlite", database=str(path)), label)
    try:
        found = inspect(engine)
        return {name: tuple(c["name"] for c in found.get_columns(name)) for name in sorted(found.get_table_names())}
    except SQLAlchemyError as error:
        raise SourceError(f"{label} can't be read: {_reason(error)}") from error
    finally:
        engine.dispose()


def _url(template: str, root: Path, source: str) -> URL:
    try:
        url = make_url(_filled(template, source))
    except (ArgumentError, ValueError) as error:
        raise SourceError(
            f"source {source}: its database URL is not one that SQLAlchemy knows, such as sqlite:///shop.db"
        ) from error
    url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        path = root / url.database
        if not path.is_file():  # SQLite would make an empty database of that name
            raise SourceError(f"source {source}: there is no database file {url.database} in {root}.")
        return url.set(database=str(path))
    return url


def _filled(template: str, source: str) -> str:
    """A URL with the environment's values; those of user and password stand there as they are, not as in a URL."""
    start = template.find("://") + 3
    end = start + re.split("[/?]", template[start:])[0].rfind("@")

    def value(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise SourceError(
                f"source {source}: its database URL needs the environment variable {match[1]}, which isn't set."
            )
        found = os.environ[match[1]]
        return quote(found, safe="") if start <= match.start() < end else found

    return _VARIABLE.sub(value, template)


def _engine(url: URL, source: str) -> Engine:
    # PyMySQL would encode a password's text as Latin-1, and can't where it is in another script.
    secret = {"password": url.password.encode()} if url.password and url.drivername.endswith("+pymysql") else {}
    try:
        engine = create_engine(url, connect_args=secret)
    except (ImportError, SQLAlchemyError) as error:
        raise SourceError(
            f"source {source}: no driver for {url.get_backend_name()} ({error}). "
            "Install clew[postgres] or clew[mysql], or the driver that your URL names."
        ) from error
    statements = _AT_FIRST.get(url.get_backend_name(), ())

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        cursor.close()
        connection.commit()

    return engine


def _connected(engine: Engine, source: str) -> Connection:
    try:
        connection = engine.connect()
    except (RuntimeError, TypeError, ValueError) as error:  # what a driver says of a URL's parameters, or that it lacks
        raise SourceError(f"source {source}: its database URL doesn't suit the driver: {error}") from error
    return connection.execution_options(stream_results=True, max_row_buffer=ROWS_AT_A_TIME)


@contextmanager
def _given_up(connection: Connection, result: CursorResult[Any]) -> Iterator[None]:
    """Where an answer isn't read to its end, let the connection go with it: its rest is nobody's."""
    cursor: Any = result.cursor
    try:
        yield
    except BaseException:
        # PyMySQL would read all that is left first, and complain where the server is gone.
        if getattr(getattr(cursor, "_result", None), "unbuffered_active", False):
            cursor._result.unbuffered_active = False
        result.close()
        connection.invalidate()
        raise


def _texts(engine: Engine, cursor: Any) -> list[Callable[[Any], str | None]]:
    """For each column of an answer the function that writes its values as text."""
    own = {_TIMESTAMP: _instant, _BIT: _number} if engine.dialect.name in {"mysql", "mariadb"} else {}
    return [own.get(column[1], _text) for column in cursor.description]


def _arrow(names: list[str], texts: list[Callable[[Any], str | None]], rows: Any) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in names]
    arrays = [pa.array(map(text, column), pa.string()) for text, column in zip(texts, columns, strict=True)]
    return pa.Table.from_arrays(arrays, names=names)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        return f"{'-' * (seconds < 0)}{abs(seconds) // 3600:02}:{abs(seconds) // 60 % 60:02}:{abs(seconds) % 60:02}"
    if isinstance(value, bytes | memoryview):
        return _bytes(bytes(value))
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=_text)
    return str(value)


def _bytes(value: bytes) -> str:
    """Text, where it is text; else hexadecimal digits, so that two ids of bytes never look alike."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return value.hex()
    return value.hex() if "\0" in text else text


def _instant(value: Any) -> str | None:
    return value.replace(tzinfo=UTC).isoformat() if isinstance(value, datetime) else _text(value)


def _number(value: Any) -> str | None:
    return str(int.from_bytes(value, "big")) if isinstance(value, bytes) else _text(value)


def _reason(error: SQLAlchemyError) -> str:
    """The database's own sentence, without its number, the statement and the parameters."""
    said = getattr(error, "orig", None) or error
    sentences = [a for a in said.args if isinstance(a, str) and a.strip()]
    return (sentences[0] if sentences else str(said) or type(said).__name__).strip().splitlines()[0]
