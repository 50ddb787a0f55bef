"""The audit's work tables: narrow, joined once, by whole numbers from then on."""

from __future__ import annotations

from engine.compute import Compute, quote
from engine.config import Config
from engine.tables import IDENTIFIERS, RECORDS

#: One row per record; `rid` counts from the oldest record, so that the smallest of a group is its oldest.
WORK_RECORDS = "audit_records"
#: One row per record, type and value: IDENTIFIERS with the record's `rid`, source, kind and first name.
WORK_HELD = "audit_held"
#: One row per type and value that may link, but is held by too many: too many records, or too many first names.
WORK_SHARED = "audit_shared"

#: Values of these states may link.
LINKABLE = "('ok', 'weak')"
#: With more first names than this a value is shared however many of them are typing errors.
NAMES_COMPARED = 100


def prepare(compute: Compute, config: Config) -> None:
    """Make the work tables."""
    compute.table(
        WORK_RECORDS,
        f"""SELECT row_number() OVER (ORDER BY created_at NULLS LAST, source, key) AS rid, record_id, source, key, kind,
                   seen_at, created_at, coalesce(first_root, first_name) AS first, last_name AS last, name, birth_date,
                   street, city, postcode
            FROM {quote(RECORDS.name)}""",
    )
    compute.table(
        WORK_HELD,
        f"""SELECT r.rid, r.source, r.kind, r.first, i.type, i.value, i.display, i.status,
                   i.status IN {LINKABLE} AS linkable
            FROM {quote(IDENTIFIERS.name)} i JOIN {WORK_RECORDS} r USING (record_id) WHERE i.value IS NOT NULL""",
    )
    _find_shared(compute, config)


def drop(compute: Compute) -> None:
    """Drop the work tables."""
    compute.drop(WORK_RECORDS, WORK_HELD, WORK_SHARED)


def compatible(a: str, b: str) -> str:
    """Return SQL: can two first names be one person's? True of a missing one, an initial, a typing error."""
    return (
        f"coalesce({a} = {b} OR least(length({a}), length({b})) = 1 AND left({a}, 1) = left({b}, 1)"
        f" OR damerau_levenshtein({a}, {b}) <= 1 OR jaro_winkler_similarity({a}, {b}) >= 0.92, true)"
    )


def _find_shared(compute: Compute, config: Config) -> None:
    """Find the values over their policy's limits.

    Names that are compatible with a more frequent name of the same value count as that name: thirty orders of one
    person, typed by hand, have many spellings.
    """
    types = [row[0] for row in compute.rows(f"SELECT DISTINCT type FROM {WORK_HELD}")]
    limits = [(name, policy.max_customers, policy.max_records) for name in types for policy in [config.policy(name)]]
    compute.run("CREATE OR REPLACE TEMP TABLE audit_limits (type VARCHAR, names BIGINT, records BIGINT)")
    for limit in limits:
        compute.run("INSERT INTO audit_limits VALUES (?, ?, ?)", limit)
    compute.table(
        WORK_SHARED,
        f"""WITH held AS (
                SELECT type, value, count(*) AS records, count(DISTINCT source) AS sources FROM {WORK_HELD}
                WHERE linkable GROUP BY ALL HAVING count(*) > (SELECT min(least(names, records)) FROM audit_limits)),
            names AS (
                SELECT h.type, h.value, h.first, count(*) AS records
                FROM {WORK_HELD} h SEMI JOIN held USING (type, value)
                WHERE length(h.first) > 1 GROUP BY ALL),
            spelt AS (SELECT n.type, n.value, count(*) AS names FROM names n GROUP BY ALL),
            unsure AS (
                SELECT s.type, s.value FROM spelt s JOIN audit_limits l USING (type)
                WHERE s.names > l.names AND s.names <= {NAMES_COMPARED}),
            variants AS (
                SELECT DISTINCT a.type, a.value, a.first
                FROM names a JOIN names b USING (type, value) SEMI JOIN unsure USING (type, value)
                WHERE (b.records, b.first) > (a.records, a.first) AND {compatible("a.first", "b.first")}),
            spared AS (SELECT type, value, count(*) AS names FROM variants GROUP BY ALL)
            SELECT type, value, h.records, coalesce(s.names, 0) - coalesce(v.names, 0) AS names, h.sources
            FROM held h LEFT JOIN spelt s USING (type, value) LEFT JOIN spared v USING (type, value)
                 JOIN audit_limits l USING (type)
            WHERE coalesce(s.names, 0) - coalesce(v.names, 0) > l.names OR h.records > l.records""",
    )
    compute.drop("audit_limits")
