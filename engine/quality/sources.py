"""Source by source: rows, rejects, freshness, and how well each row says who it is about."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.compute import Compute, quote
from engine.config import Config
from engine.currencies import CURRENCIES
from engine.quality.activity import rhythms
from engine.quality.prepare import WORK_HELD, WORK_RECORDS, WORK_VALUES
from engine.quality.result import Dates, Duplicates, Identifier, Orders, Reject, Source
from engine.standardise.times import AHEAD, OLDEST
from engine.tables import EVENTS, ORDERS, RAW_RECORDS, REJECTS, SOURCE_FILES

#: How many reasons for rejected rows are named per source.
REASONS = 5
#: A currency of more letters isn't shown, since it may be anything: a wrong column, with a person in it.
LONGER = "text of more than three letters"

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
    statuses, distinct = _statuses(compute), _distinct(compute)
    holders = _holders(compute, sorted({kind for _, kind in statuses}))
    orders = _orders(compute, now, holders)
    gaps = rhythms(compute, now)
    titles = [source.title for source in config.sources]
    known = set(files) | set(records) | set(events) | set(rejects)
    found = []
    for title in titles + sorted(known - set(titles)):
        count, first, last, future, *filled = records.get(title, (0, None, None, 0, *(0 for _ in FIELDS)))
        nothing = (0, None, None, 0, 0, 0, 0, *(0 for _ in CARRIED))
        seen, e_first, e_last, e_future, *dates_and_carried = events.get(title, nothing)
        dates, carried = Dates(*dates_and_carried[:3]), dates_and_carried[3:]
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
                rhythm=gaps.get(title),
                event_dates=dates,
                fields=dict(zip(FIELDS, filled, strict=True)),
                identifiers=tuple(
                    Identifier(
                        kind,
                        count,
                        sum(h.records for h in holders if h.source == title and kind in h.filled),
                        sum(h.records for h in holders if h.source == title and kind in h.usable),
                        distinct.get((title, kind)),
                        statuses[title, kind],
                    )
                    for kind in sorted(k for s, k in statuses if s == title)
                ),
                carried=dict(zip(CARRIED, carried, strict=True)) if seen else {},
                duplicates=duplicates.get(title, Duplicates(0, 0, {})),
                orders=orders.get(title, Orders()),
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
    sql = f"""SELECT source, count(*), {_seen("at")}, {_dates()}, {carried}
              FROM {quote(EVENTS.name)} GROUP BY source"""
    return _by_source(compute.rows(sql, [now, OLDEST, now + AHEAD]))


def _raw_records(compute: Compute) -> dict[str, int] | None:
    if not compute.exists(RAW_RECORDS.name):
        return None
    rows = compute.rows(f"SELECT source, count(*) FROM {quote(RAW_RECORDS.name)} GROUP BY source")
    return dict(rows)


@dataclass(frozen=True)
class _Holders:
    """So many records of a source and kind hold a value of exactly these types, and a usable one of exactly those."""

    source: str
    kind: str
    filled: frozenset[str]
    usable: frozenset[str]
    records: int


def _holders(compute: Compute, types: list[str]) -> list[_Holders]:
    if not types:
        return []
    # One bit a type: grouping by a number is several times as fast as by a number and two texts.
    bits = " ".join(f"WHEN ${n} THEN {1 << n}" for n in range(1, len(types) + 1))
    rows = compute.rows(
        f"""SELECT r.source, r.kind, filled, usable, count(*) FROM (
                SELECT rid, bit_or(bit) AS filled, coalesce(bit_or(bit) FILTER (linkable), 0) AS usable
                FROM (SELECT rid, linkable, CASE type {bits} END::BIGINT AS bit FROM {WORK_HELD}) GROUP BY rid)
            JOIN {WORK_RECORDS} r USING (rid) GROUP BY ALL""",
        types,
    )

    def those(mask: int) -> frozenset[str]:
        return frozenset(name for n, name in enumerate(types, 1) if mask >> n & 1)

    return [_Holders(source, kind, those(filled), those(usable), count) for source, kind, filled, usable, count in rows]


def _statuses(compute: Compute) -> dict[tuple[str, str], dict[str, int]]:
    """(source, type) -> values by status."""
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for source, kind, status, count in compute.rows(
        f"SELECT source, type, status, count(*) FROM {WORK_HELD} GROUP BY ALL ORDER BY ALL"
    ):
        found[source, kind][status] = count
    return found


def _distinct(compute: Compute) -> dict[tuple[str, str], int]:
    """(source, type) -> distinct values; nothing where they were not put together."""
    if not compute.exists(WORK_VALUES):
        return {}
    rows = compute.rows(f"SELECT source, type, count(*) FROM {WORK_VALUES} GROUP BY ALL")
    return {(source, kind): count for source, kind, count in rows}


def _dates() -> str:
    """Return SQL: rows before the second parameter, after the third, and without a date."""
    return """count(*) FILTER ("at" < $2::TIMESTAMP), count(*) FILTER ("at" > $3::TIMESTAMP),
              count(*) FILTER ("at" IS NULL)"""


def _orders(compute: Compute, now: datetime, holders: list[_Holders]) -> dict[str, Orders]:
    unrated: dict[str, Counter[str]] = defaultdict(Counter)
    no_currency: dict[str, Counter[str]] = defaultdict(Counter)
    for source, currency, count in compute.rows(
        f"""SELECT source, currency, count(*) FROM {quote(ORDERS.name)}
            WHERE base_total IS NULL AND total IS NOT NULL GROUP BY ALL ORDER BY ALL"""
    ):
        if currency in CURRENCIES:
            unrated[source][currency] = count
        else:
            no_currency[source][currency if len(currency) <= 3 else LONGER] += count
    named: Counter[str] = Counter()
    with_account: Counter[str] = Counter()
    for h in holders:
        if h.kind == "order":
            named[h.source] += h.records if h.usable - {"device"} else 0
            with_account[h.source] += h.records if "account" in h.usable else 0
    rows = compute.rows(
        f"""SELECT source, count(*), count(*) FILTER (total IS NULL), {_dates()} FROM {quote(ORDERS.name)}
            WHERE $1::TIMESTAMP IS NOT NULL GROUP BY source""",
        [now, OLDEST, now + AHEAD],
    )
    return {
        source: Orders(
            orders,
            orders - with_account[source],
            orders - named[source],
            dict(unrated[source]),
            dict(no_currency[source]),
            unpriced,
            Dates(early, future, missing),
        )
        for source, orders, unpriced, early, future, missing in rows
    }
