"""Rows on their way into `graph.db`: a second SQLite file, filled over ADBC and then taken over, a statement a table.

ADBC hands Arrow to SQLite without making Python objects of it, in a third of the time that `executemany` takes. But it
brings its own copy of SQLite, and a file that is closed in one copy loses the locks that the other holds on it. So it
never opens `graph.db`: what it has filled is closed, and then attached, to be read only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType

import adbc_driver_sqlite
import pyarrow as pa
from adbc_driver_manager import AdbcConnection, AdbcStatement

from graph.sqlite.schema import TABLES

#: Nobody reads the file before it is whole, and one that isn't is thrown away.
_PRAGMAS = ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -65536")


class Stage:
    """The file of one publish; it is deleted at the end."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection
        self._attached = False

    def __enter__(self) -> Stage:
        self.path.unlink(missing_ok=True)
        # Its DB-API brings Pandas and Polars with it, which takes longer than to publish a small change.
        self._database = adbc_driver_sqlite.connect(str(self.path))
        self._filling = AdbcConnection(self._database)
        for statement in (*(f"PRAGMA {pragma}" for pragma in _PRAGMAS), "BEGIN"):
            self._do(statement)
        return self

    def fill(self, table: str, batches: Iterable[pa.RecordBatch], part: str = "") -> int:
        """Make a table like that of `graph.db` and put rows into it; returns how many. `part` goes before its name."""
        self._do(f'CREATE TABLE "{part}{table}" {TABLES[table]}')
        count = 0
        for batch in batches:
            self._do(f'INSERT INTO "{part}{table}" VALUES ({", ".join("?" * batch.num_columns)})', batch)  # nosec B608 # ours
            count += batch.num_rows
        return count

    def take(self, table: str) -> None:
        """Insert the rows into `graph.db`. From the first time on, nothing more can be filled in."""
        if not self._attached:
            self._do("COMMIT")
            self._close()
            self.connection.execute("ATTACH ? AS stage", (f"{self.path.absolute().as_uri()}?mode=ro&immutable=1",))
            self._attached = True
        # An empty table takes the rows of one like it as they are, without looking into them.
        self.connection.execute(f'INSERT INTO main."{table}" SELECT * FROM stage."{table}"')  # nosec B608 # a name of our schema

    def update(self, table: str, keys: Sequence[str], columns: Iterable[str]) -> None:
        """Update `columns` of the rows that `part` "again_" has; an index of other columns isn't touched."""
        found = ", ".join(f'"{key}"' for key in keys)
        changed = ", ".join(f'"{c}" = excluded."{c}"' for c in columns if c not in keys)
        self.connection.execute(
            f"""INSERT INTO main."{table}" SELECT * FROM stage."again_{table}" WHERE true
            ON CONFLICT ({found}) DO UPDATE SET {changed}"""  # nosec B608 # names of our schema
        )

    def _close(self) -> None:
        with closing(self._database), closing(self._filling):
            pass

    def _do(self, sql: str, rows: pa.RecordBatch | None = None) -> None:
        """Do a statement, once for each row if there are some."""
        with closing(AdbcStatement(self._filling)) as statement:
            statement.set_sql_query(sql)
            if rows is not None:
                statement.prepare()
                statement.bind(rows)
            statement.execute_update()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._attached:
            self.connection.execute("DETACH stage")
        else:
            self._close()
        self.path.unlink(missing_ok=True)
