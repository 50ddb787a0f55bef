"""Kept runs as small tables of measured values, to be judged."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from engine import tables
from engine.config import Config
from engine.quality.findings import Finding
from engine.quality.health import Health, examine
from engine.rules import Change, RunChanges
from engine.runs import RunTables

START = datetime(2026, 5, 1, 8)
#: metric, source, subject, value, whole
Value = tuple[str, str | None, str | None, float, float | None]
#: source, column, place, and of the latter's texts: e-mails, dates, numbers, phones, other texts
Column = tuple[str, str, str | None, tuple[int, int, int, int, int] | None]


class Kept:
    """Runs, one a day, of a shop with the sources `shop` and `web`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs: list[RunTables] = []
        self.log: list[RunChanges] = []

    def run(self, *values: Value, columns: Iterable[Column] = (), changes: Iterable[Change] = ()) -> None:
        """A further run, on the day after the last."""
        at = START + timedelta(days=len(self.runs))
        run = RunTables(self.folder / f"run{len(self.runs) + 1:02}")
        run.folder.mkdir()
        rows = [dict(zip(tables.HEALTH.columns, value, strict=True)) for value in values]
        pq.write_table(pa.Table.from_pylist(rows, tables.arrow_schema(tables.HEALTH)), run.path("health"))
        counted = [(s, c, p, sum(n or ()), sum(n or ()), *(n or (None,) * 5)) for s, c, p, n in columns]
        named = [dict(zip(tables.SOURCE_COLUMNS.columns, row, strict=True)) for row in counted]
        pq.write_table(
            pa.Table.from_pylist(named, tables.arrow_schema(tables.SOURCE_COLUMNS)), run.path("source_columns")
        )
        self.runs.append(run)
        self.log.append(RunChanges(run.run_id, at, "ann", None, tuple(changes), (), True))

    def seen(self, **days_ago: float) -> list[Value]:
        """The newest rows of sources, so many days before the next run; each source has something new every day."""
        at = START + timedelta(days=len(self.runs))
        values: list[Value] = []
        for source, ago in days_ago.items():
            values.append(("last_seen", source, None, (at - timedelta(days=ago)).replace(tzinfo=UTC).timestamp(), None))
            values.append(("rhythm", source, None, 1, None))
        return values

    def judge(self, web: dict[str, Any] | None = None, **health: Any) -> Health:
        """The last run, judged."""
        sources = [{"path": "shop.csv", "preset": "contacts"}, {"path": "web.csv", "preset": "events", **(web or {})}]
        return examine(Config.model_validate({"sources": sources, "health": health}), self.runs, self.log)

    def bad(self, **settings: Any) -> list[Finding]:
        """What is wrong with the last run."""
        return [f for f in self.judge(**settings).findings if f.grade != "ok"]

    def grades(self, **settings: Any) -> list[tuple[str, str]]:
        """Grade and check of what is wrong."""
        return [(f.grade, f.check) for f in self.bad(**settings)]
