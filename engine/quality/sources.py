"""Source by source: rows, rejects, freshness, and how well each row says who it is about."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from engine.compute import Compute, quote
from engine.config import Config
from engine.quality.prepare import WORK_HELD, WORK_RECORDS, WORK_VALUES
from engine.quality.result import Duplicates, Identifier, Orders, Reject, Source
from engine.tables import EVENTS, ORDERS, RAW_RECORDS, REJECTS, SOURCE_FILES

#: How many reasons for rejected rows are named per source.
REASONS = 5

FIELDS = ("first", "last", "birth_date", "street", "city", "postcode")
CARRIED = ("device", "session", "account", "email", "phone", "order_key")

Rows = list[tuple[Any, ...]]


def sources(compute: Compute, config: Config, now: datetime, duplicates: dict[str, Duplicates]) -> tuple[Source, ...]:
    """One `Source` for each in the project file, in its order, then for those that only the tables know."""
    files = _by_source(
        compute.rows(f"SELECT source, sum(rows), sum(rejected) FROM {quote(SOURCE_FILES.name)} GROUP BY 1")
    )
    rejects = _rejects(compute)
    records = _records(compute, now)
    kinds = _nested(compute.rows(f"SELECT source, kind, count(*) FROM {WORK_RECORDS} GROUP BY ALL ORDER BY ALL"))
    events = _events(compute, now)
    raw = _raw_records(compute)
    identifiers = _identifiers(compute)
    orders = _orders(compute)
    titles = [source.title for source in config.sources]
    known = set(files) | set(records) | set(events) | set(rejects)
    found = []
    for title in titles + sorted(known - set(titles)):
        count, first, last, future, *filled = records.get(title, (0, None, None, 0, *(0 for _ in FIELDS)))
        seen, e_first, e_last, e_future, *carried = events.get(title, (0, None, None, 0, *(0 for _ in CARRIED)))
        read, rejected = files.get(title, (0, 0))
        found.append(
            Source(
                source=title,
                rows=int(read or 0),
                rejected=int(rejected or 0),
                rejects=rejects.get(title, ()),
                records=count,
                kinds=kinds.get(title, {}),
                events=seen,
                repeated_keys=None if raw is None else raw.get(title, 0) - count,
                first_seen=min(filter(None, (first, e_first)), default=None),
                last_seen=max(filter(None, (last, e_last)), default=None),
                future=future + e_future,
                fields=dict(zip(FIELDS, filled, strict=True)),
                identifiers=tuple(
                    Identifier(kind, count, *identifiers[title, kind])
                    for kind in sorted(k for s, k in identifiers if s == title)
                ),
                carried=dict(zip(CARRIED, carried, strict=True)) if seen else {},
                duplicates=duplicates.get(title, Duplicates(0, 0, {})),
                orders=orders.get(title, Orders(0, 0, 0, 0)),
            )
        )
    return tuple(found)


def _by_source(rows: Rows) -> dict[str, tuple[Any, ...]]:
    return {row[0]: row[1:] for row in rows}


def _nested(rows: Rows) -> dict[str, dict[str, int]]:
    nested: dict[str, dict[str, int]] = defaultdict(dict)
    for source, name, count in rows:
        nested[source][name] = count
    return nested


def _rejects(compute: Compute) -> dict[str, tuple[Reject, ...]]:
    rows = compute.rows(
        f"""SELECT source, reason, count(*) AS n, min({{'file': file, 'line': line}}) AS place
            FROM {quote(REJECTS.name)} GROUP BY source, reason
            QUALIFY row_number() OVER (PARTITION BY source ORDER BY n DESC, reason) <= {REASONS}
            ORDER BY source, n DESC, reason"""
    )
    found: dict[str, tuple[Reject, ...]] = defaultdict(tuple)
    for source, reason, count, place in rows:
        found[source] += (Reject(reason, count, place["file"], place["line"]),)
    return found


def _seen(column: str) -> str:
    """Return SQL: first and last time up to the first parameter, and the number of rows after it."""
    c = quote(column)
    return f"min({c}), max({c}) FILTER ({c} <= $1::TIMESTAMP), count(*) FILTER ({c} > $1::TIMESTAMP)"


def _records(compute: Compute, now: datetime) -> dict[str, tuple[Any, ...]]:
    filled = ", ".join(f"count({field})" for field in FIELDS)
    sql = f"SELECT source, count(*), {_seen('seen_at')}, {filled} FROM {WORK_RECORDS} GROUP BY source"
    return _by_source(compute.rows(sql, [now]))


def _events(compute: Compute, now: datetime) -> dict[str, tuple[Any, ...]]:
    carried = ", ".join(f"count({field})" for field in CARRIED)
    sql = f"SELECT source, count(*), {_seen('at')}, {carried} FROM {quote(EVENTS.name)} GROUP BY source"
    return _by_source(compute.rows(sql, [now]))


def _raw_records(compute: Compute) -> dict[str, int] | None:
    if not compute.exists(RAW_RECORDS.name):
        return None
    rows = compute.rows(f"SELECT source, count(*) FROM {quote(RAW_RECORDS.name)} GROUP BY source")
    return dict(rows)


def _identifiers(compute: Compute) -> dict[tuple[str, str], tuple[int, int, int, dict[str, int]]]:
    """(source, type) -> records with a value, records with a usable one, distinct values, values by status."""
    statuses: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for source, kind, status, count in compute.rows(
        f"SELECT source, type, status, count(*) FROM {WORK_HELD} GROUP BY ALL ORDER BY ALL"
    ):
        statuses[source, kind][status] = count
    rows = compute.rows(
        f"""WITH holders AS (
                SELECT source, type, bool_or(linkable) AS usable FROM {WORK_HELD} GROUP BY source, type, rid),
            filled AS (
                SELECT source, type, count(*) AS filled, count(*) FILTER (usable) AS usable FROM holders GROUP BY ALL),
            distinct_values AS (SELECT source, type, count(*) AS n FROM {WORK_VALUES} GROUP BY ALL)
            SELECT source, type, filled, usable, n FROM filled JOIN distinct_values USING (source, type)"""
    )
    return {(s, kind): (filled, usable, distinct, statuses[s, kind]) for s, kind, filled, usable, distinct in rows}


def _orders(compute: Compute) -> dict[str, Orders]:
    rows = compute.rows(
        f"""WITH known AS (
                SELECT rid, bool_or(type = 'account') AS account FROM {WORK_HELD}
                WHERE linkable AND kind = 'order' AND type <> 'device' GROUP BY rid)
            SELECT o.source, count(*),
                   count(*) FILTER (NOT coalesce(k.account, false)), count(*) FILTER (k.rid IS NULL),
                   count(*) FILTER (o.total IS NOT NULL AND o.base_total IS NULL)
            FROM {quote(ORDERS.name)} o LEFT JOIN {WORK_RECORDS} r USING (record_id) LEFT JOIN known k USING (rid)
            GROUP BY o.source"""
    )
    return {source: Orders(*counts) for source, *counts in rows}
