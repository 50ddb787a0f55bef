"""Files for other tools, from a run's tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from api.placing import placed, placed_folder
from engine.compare.elsewhere import MERGES, ORDER, explanations, find_merges
from engine.compute import Compute, literal, quote
from engine.measure import check_view, open_views, views
from engine.profile.audiences import (
    CHANNELS,
    PURPOSES,
    VIEWS,
    Audience,
    Channel,
    Purpose,
    make_audience,
    make_audiences,
    pick_audience,
    views_of,
)
from engine.profile.layouts import Layout, layout_sql
from engine.runs import RunTables
from engine.state import State

#: What can be written: the run tables that it takes, and its SQL.
_MEMBERS = ("records", "members"), "SELECT source, key, customer_id FROM records JOIN members USING (record_id)"
_EVENTS = (
    ("events", "event_owners"),
    "SELECT source, key, customer_id, confidence FROM events LEFT JOIN event_owners USING (source, key)",
)
#: What a file's name ends in -> how it is written.
_FORMATS = {".csv": "FORMAT csv, HEADER", ".parquet": "FORMAT parquet, COMPRESSION zstd"}


def write_members(run: RunTables, file: Path) -> int:
    """Write source, key and customer_id of every record; returns the rows.

    Errors: ConfigError for the file's name or place.
    """
    return _write(run, file, *_MEMBERS)


def write_events(run: RunTables, file: Path) -> int:
    """Write source, key, customer_id and confidence of every event, the last two empty where it is nobody's.

    Returns the rows. Errors: ConfigError for the file's name or place.
    """
    return _write(run, file, *_EVENTS)


def write_labels(run: RunTables, state: State, file: Path) -> int:
    """Write the labels of a run's records in Splink's columns; returns the rows.

    Errors: ConfigError for the file's name or place.
    """
    from engine.evaluate.labels import SPLINK_SQL, load_labels

    with _writing(file) as (compute, copy):
        for table in ("records", "members"):
            compute.read_parquet(table, run.path(table))
        load_labels(compute, state)
        return copy(SPLINK_SQL, "ALL")


def write_merges(run: RunTables, file: Path) -> int:
    """Write the merges that other systems would have to follow: customer_id, system, keep, merge, verdict and why.

    One row an account to merge. Returns the rows. Errors: ConfigError for the file's name or place.
    """
    with _writing(file) as (compute, copy):
        find_merges(compute, run)
        compute.run("CREATE TABLE told (system VARCHAR, verdict VARCHAR, obstacle VARCHAR, source VARCHAR)")
        for row in explanations():
            compute.run("INSERT INTO told VALUES (?, ?, ?, ?)", list(row))
        sql = f"""SELECT customer_id, system, keep, unnest(merge) AS merge, verdict, obstacle, source
            FROM {MERGES} JOIN told USING (system, verdict)"""
        return copy(sql, f"system, list_position({list(ORDER)}, verdict), customer_id, merge")


def write_measure(run: RunTables, name: str, file: Path, at: datetime | None = None) -> int:
    """Write all rows of a measure, as of `at`; returns how many. Errors: ConfigError for the file's name or place."""
    check_view(name)
    with _writing(file) as (compute, copy):
        open_views(compute, run, at, only=[name])
        return copy(f"FROM {name}", "ALL")


def write_views(run: RunTables, file: Path) -> int:
    """Write a DuckDB file that shows a run's tables and every measure, with its meaning; returns how many measures.

    It holds no rows, only where the run's tables are. Errors: ConfigError for the file's name or place.
    """
    with placed(file, ".duckdb") as part, Compute() as compute:
        part.unlink()
        with compute.into(part):
            open_views(compute, run)
            for view in views():
                about = " ".join((view.meaning, *(f"{formula}." for formula in view.formulas)))
                compute.run(f"COMMENT ON VIEW {quote(view.name)} IS {literal(about)}")
                for column, meaning in view.meanings.items():
                    place = f"{quote(view.name)}.{quote(column)}"
                    compute.run(f"COMMENT ON COLUMN {place} IS {literal(meaning)}")
        return len(views())


def write_measures(run: RunTables, folder: Path, at: datetime | None = None) -> dict[str, int]:
    """Write every measure to a Parquet file of its name, as of `at`; returns the rows of each.

    Errors: ConfigError for the folder's place.
    """
    with placed_folder(folder) as part, Compute() as compute:
        open_views(compute, run, at)
        for view in views():
            file = part / f"{view.name}.parquet"
            compute.write_parquet(view.name, file)
            # Those that are made of it read the file.
            compute.read_parquet(view.name, file)
        return {view.name: compute.count(view.name) for view in views()}


def write_audience(
    run: RunTables, file: Path | None, purpose: Purpose, channel: Channel, now: datetime, sure: float, layout: Layout,
    reach: bool,
) -> Audience:  # fmt: skip
    """Write whom to write to (`reach`) or whom not, in a layout that the tool takes; no file, and it is only counted.

    Errors: ConfigError for the file's name or place.
    """
    if file is None:
        with Compute() as compute:
            return _audience(compute, run, purpose, channel, now, sure)
    with _writing(file) as (compute, copy):
        audience = _audience(compute, run, purpose, channel, now, sure)
        copy(layout_sql(layout, channel, reach), "ALL")
    return audience


def write_audiences(
    run: RunTables, folder: Path, now: datetime, sure: Mapping[Channel, float], layout: Layout
) -> list[Audience]:
    """Write the lists of every purpose by every channel: whom to write to, and whom not.

    Errors: ConfigError for the folder's place.
    """
    made = []
    with placed_folder(folder) as part, Compute() as compute:
        open_views(compute, run, now, keep=VIEWS, only=VIEWS)
        for channel in CHANNELS:
            make_audiences(compute, PURPOSES, (channel,), now, sure[channel])
            for purpose in PURPOSES:
                made.append(pick_audience(compute, purpose, channel, now))
                for name, reach in (("reach", True), ("suppress", False)):
                    _copy(compute, layout_sql(layout, channel, reach), "ALL", part / f"{purpose}-{channel}-{name}.csv")
    return sorted(made, key=lambda audience: PURPOSES.index(audience.purpose))


def read_audience(
    run: RunTables, purpose: Purpose, channel: Channel, now: datetime, sure: float, reach: bool, start: int,
    limit: int | None,
) -> tuple[Audience, list[dict[str, Any]]]:  # fmt: skip
    """An audience, and whom to write to (`reach`) or whom not: customer_id, address, since, why_not, by customer.

    Of those who are listed at most `limit`, after the first `start` ones.
    """
    with Compute() as compute:
        audience = _audience(compute, run, purpose, channel, now, sure)
        part = f"LIMIT {'ALL' if limit is None else limit} OFFSET {start}"
        rows = compute.arrow(f"FROM ({layout_sql('plain', channel, reach)}) ORDER BY ALL {part}")
        return audience, rows.to_pylist()


def _audience(
    compute: Compute, run: RunTables, purpose: Purpose, channel: Channel, now: datetime, sure: float
) -> Audience:
    made_of = views_of(purpose)
    open_views(compute, run, now, keep=made_of, only=made_of)
    return make_audience(compute, purpose, channel, now, sure)


def _write(run: RunTables, file: Path, tables: tuple[str, ...], sql: str) -> int:
    with _writing(file) as (compute, copy):
        for table in tables:
            compute.read_parquet(table, run.path(table))
        return copy(sql, "source, key")


@contextmanager
def _writing(file: Path) -> Iterator[tuple[Compute, Callable[[str, str], int]]]:
    """A Compute, and what copies the rows of a query in some order to the file; returns how many."""
    with placed(file, *_FORMATS) as part, Compute() as compute:
        yield compute, lambda sql, order: _copy(compute, sql, order, part, file.suffix)


def _copy(compute: Compute, sql: str, order: str, file: Path, ending: str = ".csv") -> int:
    """Write the rows of a query in some order; returns how many."""
    copied = f"COPY (FROM ({sql}) ORDER BY {order}) TO $file ({_FORMATS[ending.lower()]}, USE_TMP_FILE false)"
    return int(compute.value(copied, {"file": str(file)}))
