"""The profiler's work tables: narrow, joined once, by whole numbers from then on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.compute import Compute, quote
from engine.config import Config
from engine.tables import IDENTIFIERS, RECORDS, SHARED_VALUES

#: One row per record; `rid` counts from the oldest contact, so that the smallest of a group of contacts is its oldest.
WORK_RECORDS = "audit_records"
#: One row per record, type and value: IDENTIFIERS with the record's `rid`, source, kind and first name.
WORK_HELD = "audit_held"
#: One row per source, type and value: how many records and contacts hold it, and whether it may link.
WORK_VALUES = "audit_values"
#: One row per type and value that may link, but is held by too many: too many records, or too many first names.
WORK_SHARED = "audit_shared"

#: Values of these states may link.
LINKABLE = "('ok', 'weak')"
#: With more first names than this a value is shared however many of them are typing errors.
NAMES_COMPARED = 100

_LIMITS, _OFTEN, _NAMES = "audit_limits", "audit_often", "audit_names"


def prepare(compute: Compute, config: Config, linked: bool = False) -> None:
    """Make the work tables. Where the records are `linked` it is known what is shared, and WORK_VALUES isn't made."""
    records = quote(RECORDS.name)
    # Sorting whole rows would take twice as long.
    work(
        compute,
        WORK_RECORDS,
        f"""WITH contacts AS (
                SELECT rowid AS n, row_number() OVER (ORDER BY created_at NULLS LAST, record_id) AS rid
                FROM {records} WHERE kind = 'contact')
            SELECT coalesce(c.rid, (SELECT count(*) FROM contacts) + r.rowid + 1) AS rid, record_id, source, key, kind,
                   seen_at, created_at, coalesce(first_root, first_name) AS first, last_name AS last, birth_date,
                   street, city, postcode
            FROM {records} r LEFT JOIN contacts c ON c.n = r.rowid""",
    )
    work(
        compute,
        WORK_HELD,
        f"""SELECT r.rid, r.source, r.kind, r.first, i.type, i.value, i.display, i.status,
                   i.status IN {LINKABLE} AS linkable
            FROM {quote(IDENTIFIERS.name)} i JOIN {WORK_RECORDS} r USING (record_id) WHERE i.value IS NOT NULL""",
    )
    if linked:
        work(compute, WORK_SHARED, f"SELECT type, value FROM {quote(SHARED_VALUES.name)}")
        return
    work(
        compute,
        WORK_VALUES,
        f"""SELECT source, type, value, min(status) AS status, bool_or(linkable) AS linkable, count(*) AS records,
                   count(*) FILTER (kind = 'contact') AS contacts
            FROM {WORK_HELD} GROUP BY ALL""",
    )
    _find_shared(compute, config)


def work(compute: Compute, name: str, sql: str, parameters: Sequence[Any] | None = None) -> None:
    """Make a work table: a temporary one, as compressing what is read once or twice costs more than it saves."""
    compute.run(f"CREATE OR REPLACE TEMP TABLE {quote(name)} AS {sql}", parameters)


def drop(compute: Compute) -> None:
    """Drop the work tables."""
    compute.drop(WORK_RECORDS, WORK_HELD, WORK_VALUES, WORK_SHARED)


def compatible(a: str, b: str) -> str:
    """Return SQL: can two first names be one person's? True of a missing one, an initial, a typing error."""
    return (
        f"({a} IS NULL OR {b} IS NULL OR {a} = {b} OR least(length({a}), length({b})) = 1 "
        f"AND left({a}, 1) = left({b}, 1) "
        f"OR damerau_levenshtein({a}, {b}) <= 1 OR jaro_winkler_similarity({a}, {b}) >= 0.92)"
    )


def _find_shared(compute: Compute, config: Config) -> None:
    """Find the values over their policy's limits.

    Names that are compatible with a more frequent name of the same value count as that name: thirty orders of one
    person, typed by hand, have many spellings.
    """
    types = [row[0] for row in compute.rows(f"SELECT DISTINCT type FROM {WORK_VALUES}")]
    limits = [(name, policy.max_customers, policy.max_records) for name in types for policy in [config.policy(name)]]
    work(compute, _LIMITS, "SELECT ''::VARCHAR AS type, 0::BIGINT AS max_names, 0::BIGINT AS max_records LIMIT 0")
    for limit in limits:
        compute.run(f"INSERT INTO {_LIMITS} VALUES (?, ?, ?)", limit)
    # Few values are held often; everything after this looks at those alone.
    work(
        compute,
        _OFTEN,
        f"""SELECT type, value, sum(records)::BIGINT AS records FROM {WORK_VALUES}
            WHERE linkable GROUP BY ALL HAVING sum(records) > ?""",
        [min((min(limit[1:]) for limit in limits), default=0)],
    )
    work(
        compute,
        _NAMES,
        f"""SELECT h.type, h.value, h.first, count(*) AS records
            FROM {WORK_HELD} h SEMI JOIN {_OFTEN} USING (type, value)
            WHERE h.linkable AND length(h.first) > 1 GROUP BY ALL""",
    )
    work(
        compute,
        WORK_SHARED,
        f"""WITH spelt AS (SELECT type, value, count(*) AS names FROM {_NAMES} GROUP BY ALL),
            unsure AS MATERIALIZED (
                SELECT n.* FROM {_NAMES} n JOIN spelt s USING (type, value) JOIN {_LIMITS} l USING (type)
                WHERE s.names > l.max_names AND s.names <= {NAMES_COMPARED}),
            variants AS (
                SELECT DISTINCT a.type, a.value, a.first FROM unsure a JOIN unsure b USING (type, value)
                WHERE (b.records, b.first) > (a.records, a.first) AND {compatible("a.first", "b.first")}),
            spared AS (SELECT type, value, count(*) AS names FROM variants GROUP BY ALL),
            counted AS (
                SELECT type, value, o.records, coalesce(s.names, 0) - coalesce(v.names, 0) AS names
                FROM {_OFTEN} o LEFT JOIN spelt s USING (type, value) LEFT JOIN spared v USING (type, value))
            SELECT type, value, c.records, c.names FROM counted c JOIN {_LIMITS} l USING (type)
            WHERE c.names > l.max_names OR c.records > l.max_records""",
    )
    compute.drop(_LIMITS, _OFTEN, _NAMES)
