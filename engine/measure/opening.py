"""The views over a run's tables, as of a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from engine import tables
from engine.compute import Compute, literal
from engine.measure.document import View, tables_read, views
from engine.measure.identities import IDENTITIES, unified
from engine.measure.reading import read_table, told
from engine.runs import RunTables, read_manifest, started
from engine.standardise.events import MESSAGE
from engine.standardise.language import language
from engine.standardise.times import AHEAD, OLDEST, right

#: The run tables that the views read.
TABLES = (
    tables.RECORDS, tables.IDENTIFIERS, tables.MEMBERS, tables.CUSTOMERS, tables.KNOWN_BY, tables.PERMISSIONS,
    tables.CONSENTS, tables.ORDERS, tables.ORDER_LINES, tables.EVENTS, tables.EVENT_OWNERS, tables.CLAIMS,
)  # fmt: skip


def open_views(
    compute: Compute, run: RunTables, at: datetime | None = None, *, keep: Collection[str] = (),
    only: Collection[str] = (), identities: Callable[[Compute, RunTables], None] = unified,
) -> None:  # fmt: skip
    """Make every view over the tables of a run, or `only` some, as of `at` (UTC, naive): see `make_views`.

    The views in `keep` are computed now, once: KEPT for whoever wants most measures. `identities` makes the tables that
    say who is who.
    Errors: StateError for a run of an earlier version, which holds less.
    """
    for table in TABLES:
        if table not in IDENTITIES:
            read_table(compute, run, table)
    identities(compute, run)
    times = read_times(compute, started(read_manifest(run)).replace(tzinfo=None), at)
    compute.view("articles", ARTICLES)
    make_views(compute, times, *told(run), keep=keep, only=only)


@dataclass(frozen=True)
class Times:
    """As of when all is said, and the bounds of times that can be right. UTC, naive."""

    as_of: datetime
    oldest: datetime
    latest: datetime


def read_times(compute: Compute, began: datetime, at: datetime | None = None) -> Times:
    """The times of a run by when it began: as of `at`, or of its newest order or event that can be right."""
    latest = began + AHEAD
    if at is not None:
        return Times(at, OLDEST, latest)
    newest = """SELECT max("at") FROM {} WHERE "at" BETWEEN $oldest AND $latest"""
    known = [
        compute.value(newest.format(table), {"oldest": OLDEST, "latest": latest}) for table in ("orders", "events")
    ]
    return Times(max((time for time in known if time), default=began), OLDEST, latest)


def make_views(
    compute: Compute, times: Times, sure: float, channels: Mapping[str, str], *, keep: Collection[str] = (),
    only: Collection[str] = (),
) -> None:  # fmt: skip
    """Make every view over TABLES and `articles`, which are there; or `only` some, and what these need.

    An event that is less `sure` to be a customer's is nobody's. `channels` are those of words that the project knows.

    What is dated before or after the times that can be right counts but never decides what is first, last or since.
    """
    oldest, latest = _moment(times.oldest), _moment(times.latest)
    seen_at = f"coalesce({right('r.seen_at', oldest, latest)}, {right('r.created_at', oldest, latest)})"
    for name, column, found in (("segments", "x_segment", _SEGMENTS), ("record_languages", "x_language", _LANGUAGES)):
        # A column of the project's own, which it may not have.
        there = column in compute.columns("records")
        compute.view(name, found.format(column=f"r.{column}" if there else "NULL::VARCHAR", seen_at=seen_at))
    said = {
        "$as_of": _moment(times.as_of),
        "$oldest": oldest,
        "$latest": latest,
        "$sure": repr(sure),
        "$words": f"MAP({_list(channels)}, {_list(channels.values())})",
        "$language": language("text"),
        "$message": WENT_BY,
    }
    for view in needed(only) if only else views():
        sql = re.sub(r"\$[a-z_]+", lambda name: said[name[0]], view.sql)
        compute.run(sql.replace("CREATE VIEW", "CREATE TABLE", 1) if view.name in keep else sql)


def needed(names: Collection[str]) -> list[View]:
    """These views and those that they stand on, in an order in which each needs only those before it."""
    wanted, found = set(names), []
    for view in reversed(views()):
        if view.name in wanted:
            wanted |= tables_read(view.sql)
            found.append(view)
    return found[::-1]


#: Views that several others build on, small enough to keep.
KEPT = (
    "touches", "products", "purchases", "stages", "first_touches", "buyers", "credits", "message_conversion",
    "attribution_months", "bought", "carts", "contact_addresses", "contacts", "reminders",
)  # fmt: skip
#: How often an article is named with each category.
ARTICLES = """
    SELECT item, category, count(*) AS named FROM (
        SELECT item, category FROM events UNION ALL SELECT item, category FROM order_lines)
    WHERE item IS NOT NULL AND category IS NOT NULL GROUP BY item, category
"""
#: By what an event went, if it is a message that was sent, or what came of one.
WENT_BY = f"""CASE WHEN kind IN ('sent', 'open', 'click', 'bounce', 'unsubscribe')
    THEN CASE WHEN name ILIKE '%push%' THEN 'push' ELSE {MESSAGE} END END"""
#: What the CRM calls a customer, of the newest record that says so.
_SEGMENTS = """
    SELECT customer_id, arg_max({column}, (coalesce({seen_at}, TIMESTAMP '0001-01-01'), record_id)) AS segment
    FROM records r JOIN members USING (record_id) WHERE {column} IS NOT NULL GROUP BY customer_id
"""
_LANGUAGES = """
    SELECT customer_id, {column} AS text, source, {seen_at} AS "at"
    FROM records r JOIN members USING (record_id) WHERE {column} IS NOT NULL
"""


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(literal, texts))}]::VARCHAR[]"


def _moment(at: datetime) -> str:
    return f"TIMESTAMP '{at.isoformat(sep=' ')}'"
