"""A DuckDB connection with the few things that the stages need: tables, Arrow in and out, Parquet, quoting."""

from __future__ import annotations

import copy
import itertools
import logging
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from engine.compute import engines
from engine.errors import ConfigError

log = logging.getLogger("clew.sql")

#: Of the databases of this process, so that each has a name of its own.
_numbers = itertools.count(1)
_SPILL = "spill"

#: Values of a statement: by position (?) or by name ($name).
Parameters = Sequence[Any] | Mapping[str, Any] | None


def quote(name: str) -> str:
    """Quote a name (table, column) for use in SQL. Values are never quoted: they are parameters."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Write text as an SQL literal, for the few places that take no parameter: file names, Splink's own SQL."""
    return "'" + text.replace("'", "''") + "'"


def any_of(values: Sequence[Any]) -> str:
    """A list of parameters for IN, one for each value: by such a list parts of a file are passed over."""
    return f"({', '.join('?' * len(values)) or 'NULL'})"


#: Rows of a part (row group) of a Parquet file: few, as who asks for one customer reads whole parts. Files of the
#: engine's own 122,880 are hardly smaller, and hardly faster to write or to read as a whole.
_PART_ROWS = 16_384


def _threads() -> int:
    """As many as CLEW_THREADS says, else as there are processors."""
    told = os.environ.get("CLEW_THREADS", "").strip()
    if not told:
        return os.cpu_count() or 1
    if not re.fullmatch(r"[1-9]\d{0,3}", told):
        raise ConfigError(f"CLEW_THREADS is {told!r}: it must be a whole number of threads, 1 or more")
    return int(told)


class Compute:
    """One private DuckDB database that lives as long as a run, in memory, spilling to disk under `folder`.

    Every statement goes through `run`, which logs it at DEBUG to `clew.sql` (`clew -v` shows it).
    """

    #: The engine's, which its hashes depend on.
    version = duckdb.__version__

    def __init__(self, folder: Path | None = None, memory_limit: str = "3GB", threads: int | None = None) -> None:
        self.threads = threads or _threads()
        self._scratch = tempfile.TemporaryDirectory(prefix="clew-", dir=folder, ignore_cleanup_errors=True)
        self.folder = Path(self._scratch.name)
        self._engine: duckdb.DuckDBPyConnection | None = engines.take()
        self._database = quote(f"clew_{next(_numbers)}")
        self.connection = self._engine.cursor()
        self.run(f"ATTACH ':memory:' AS {self._database}")
        self.run(f"USE {self._database}")
        self.run("SET memory_limit = ?", [memory_limit])
        self.run("SET threads = ?", [self.threads])
        self.run("SET temp_directory = ?", [str(self.folder / _SPILL)])
        self.run("SET TimeZone = 'UTC'")
        self.run("SET preserve_insertion_order = false")
        self.run("SET enable_progress_bar = false")

    def run(self, sql: str, parameters: Parameters = None) -> None:
        """Execute a statement for its effect."""
        log.debug("%s", sql.strip())
        self.connection.execute(sql, parameters)

    def rows(self, sql: str, parameters: Parameters = None) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        log.debug("%s", sql.strip())
        found: list[tuple[Any, ...]] = self.connection.execute(sql, parameters).fetchall()
        return found

    def value(self, sql: str, parameters: Parameters = None) -> Any:
        """The first column of a query's first row, or None."""
        rows = self.rows(sql, parameters)
        return rows[0][0] if rows else None

    def table(self, name: str, sql: str, parameters: Parameters = None) -> int:
        """Make (or replace) table `name` from a query; returns its row count."""
        return int(self.value(f"CREATE OR REPLACE TABLE {quote(name)} AS {sql}", parameters))

    def view(self, name: str, sql: str) -> None:
        """Make (or replace) view `name`."""
        self.run(f"CREATE OR REPLACE VIEW {quote(name)} AS {sql}")

    def count(self, name: str) -> int:
        """Number of rows of a table or view."""
        return int(self.value(f"SELECT count(*) FROM {quote(name)}"))

    def drop(self, *names: str) -> None:
        """Drop tables that are no longer needed."""
        for name in names:
            self.run(f"DROP TABLE IF EXISTS {quote(name)}")

    def exists(self, name: str) -> bool:
        """Tell whether there is a table or view of that name."""
        return bool(self.value("SELECT count(*) FROM duckdb_columns() WHERE table_name = ?", [name]))

    def table_names(self) -> list[str]:
        """Names of all tables, sorted."""
        return [name for (name,) in self.rows("SELECT table_name FROM duckdb_tables() ORDER BY table_name")]

    def columns(self, name: str) -> dict[str, str]:
        """Column name -> type, in order."""
        return {r[0]: r[1] for r in self.rows(f"DESCRIBE {quote(name)}")}

    def arrow(self, sql: str, parameters: Parameters = None) -> pa.Table:
        """A query's result as an Arrow table."""
        log.debug("%s", sql.strip())
        return self.connection.sql(sql, params=parameters).to_arrow_table()

    def load(self, name: str, data: pa.Table) -> int:
        """Make (or replace) table `name` from an Arrow table; returns its row count."""
        with self.shown("_incoming", data):
            return self.table(name, "SELECT * FROM _incoming")

    @contextmanager
    def shown(self, name: str, data: pa.Table) -> Iterator[None]:
        """Ask an Arrow table by a name, without copying it."""
        self.connection.register(name, data)
        try:
            yield
        finally:
            self.connection.unregister(name)

    def write_parquet(self, name: str, path: Path, order_by: str | None = None, sought: bool = False) -> None:
        """Write a table as one Parquet file; `order_by` is SQL. The file appears whole or not at all.

        Whoever asks for one value of what it is ordered by reads the parts of it that may hold that; of a table that is
        `sought` in, so does whoever asks for a value of any column.
        """
        part = path.with_name(path.name + ".part")
        order = f" ORDER BY {order_by}" if order_by else ""
        # With every dictionary of a part's values goes a Bloom filter of them.
        dictionaries = f", DICTIONARY_SIZE_LIMIT {_PART_ROWS}" if sought else ""
        self.run(
            f"COPY (SELECT * FROM {quote(name)}{order}) TO {literal(str(part))}"
            f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_PART_ROWS}{dictionaries})"
        )
        part.replace(path)

    def read_parquet(self, name: str, path: Path) -> None:
        """Make view `name` over a Parquet file."""
        self.view(name, f"SELECT * FROM read_parquet({literal(str(path))})")

    def components(self, name: str, nodes: str, edges: str) -> int:
        """Make table `name` (node_id, component) of the connected components of a graph; returns their number.

        `nodes` is a query of distinct node ids, `edges` one of (a, b). A component is called by its smallest node id,
        so the result doesn't depend on row order.
        """
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        node = np.sort(self.connection.sql(f"SELECT * FROM ({nodes}) AS n(id)").fetchnumpy()["id"])
        pairs = self.connection.sql(f"SELECT * FROM ({edges}) AS e(a, b)").fetchnumpy()
        a, b = np.searchsorted(node, pairs["a"]), np.searchsorted(node, pairs["b"])
        graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(len(node), len(node)))
        count, label = connected_components(graph, directed=False)
        smallest = np.full(count, np.iinfo(np.int64).max)
        np.minimum.at(smallest, label, node)
        self.load(name, pa.table({"node_id": node, "component": smallest[label]}))
        return int(count)

    @contextmanager
    def into(self, file: Path) -> Iterator[None]:
        """Make tables and views in a database file, new or there already, instead of in this database."""
        self.run(f"ATTACH {literal(str(file))} AS _file")
        try:
            self.run("USE _file")
            yield
        finally:
            self.run(f"USE {self._database}")
            self.run("DETACH _file")

    def beside(self) -> Compute:
        """The same database and its tables for another thread; close its `connection` and nothing else."""
        other = copy.copy(self)
        other.connection = self.connection.cursor()
        other.run(f"USE {self._database}")
        other.run("SET TimeZone = 'UTC'")
        return other

    def interrupt(self) -> None:
        """Break off the statement that another thread is in the middle of, if any."""
        self.connection.interrupt()

    def close(self) -> None:
        """Close the connection, forget the tables and remove the scratch folder."""
        self.connection.close()
        engine, self._engine = self._engine, None
        if engine is not None and (self.folder / _SPILL).exists():
            engine.close()  # it would go on spilling into a folder that is gone
        elif engine is not None:
            engines.rest(engine, self._database)
        self._scratch.cleanup()

    def __enter__(self) -> Compute:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
