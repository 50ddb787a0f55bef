"""Writes a run's tables while later stages still compute: a table that is complete goes to disk on whatever core idles.

Some stages keep one core busy, and a table needs none of what comes after it.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from engine.compute import Compute
from engine.differences import write_difference
from engine.fingerprints import write_fingerprints
from engine.runs import RunTables

#: Tables that are asked for values which they aren't in the order of.
SOUGHT = ("identifiers",)


class Writer:
    """Writes tables into a folder of their own, one after the other, in a thread; leaving it waits for none of them.

    `order` gives the order of each table's rows; tables in `compared` get fingerprints beside them, and what they have
    otherwise than the run `previous`.
    """

    def __init__(
        self,
        compute: Compute,
        folder: Path,
        order: Mapping[str, str],
        compared: tuple[str, ...],
        previous: RunTables | None = None,
    ) -> None:
        self.folder, self._order, self._compared, self._previous = folder, order, compared, previous
        self._compute = compute.beside()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="clew-writer")
        self._begun: dict[str, Future[None]] = {}
        self._same: dict[str, Path] = {}

    def take(self, run: RunTables, *tables: str) -> None:
        """These tables are to the last byte those of another run: one file on disk is both."""
        self._same |= {table: run.path(table) for table in tables}

    def begin(self, *tables: str) -> None:
        """Write these tables, which nothing changes any more."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for table in tables:
            self._begun[table] = self._thread.submit(self._write, table)

    def finish(self) -> None:
        """Write all tables not begun yet, and wait until all are on disk; raises what went wrong."""
        self.begin(*(table for table in self._order if table not in self._begun))
        for written in self._begun.values():
            written.result()

    def _write(self, table: str) -> None:
        path = self.folder / f"{table}.parquet"
        same = self._same.get(table)
        if same is None or not _link(same, path):
            self._compute.write_parquet(table, path, self._order[table], table in SOUGHT)
            same = None
        if table in self._compared:
            if same is None or not _link(same.with_suffix(".hashes"), path.with_suffix(".hashes")):
                write_fingerprints(self._compute, path)
            if self._previous is not None:
                write_difference(self._compute, self._previous.path(table), path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._compute.interrupt()
        self._thread.shutdown()
        self._compute.connection.close()


def _link(old: Path, new: Path) -> bool:
    """Have one file under two names, or a copy where the disk can't; False where there is no such file."""
    if not old.exists():
        return False
    try:
        new.hardlink_to(old)
    except OSError:
        shutil.copy2(old, new)
    return True
