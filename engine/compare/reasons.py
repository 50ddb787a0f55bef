"""Why customers were joined or parted: the strongest match that is new, the refusal that stands where one was."""

from __future__ import annotations

from engine.compare.fates import ENDS, read_sides
from engine.compute import Compute
from engine.rules import read_settings
from engine.runs import RunTables

_GONE = "all of its records have left the sources"
_NEW = "its records are new"
_OTHERS = "it has other records than before"
_LEFT = "parted: what held them together has left the sources"
#: A match `m` in words. A decision has no weight that would say anything.
_SAID = "if(m.stage = 'decision', m.rule, m.rule || ' (' || replace(format('{:+.1f}', m.weight), '-', '−') || ' bits)')"


def explain(compute: Compute, before: RunTables | None, after: RunTables) -> None:
    """Make `compare_reasons` (fate, reason, record_a, record_b) for the fates in `compare_top` (fate, kind).

    What was joined has the strongest match between records that were apart or, where there is none, those by which new
    records tie them together; what was parted the refusal between them or, where there is none, the strongest match
    that held them together before and is gone.
    """
    # Without a run before nothing was joined or parted, whatever is read in its place.
    read_sides(compute, before or after, after, "matches", "refusals", "identifiers", "shared_values")
    compute.table(
        "compare_held",
        f"""SELECT t.fate, record_id, b.customer_id AS before, a.customer_id AS after
        FROM before_members b FULL JOIN after_members a USING (record_id)
        JOIN {ENDS} e ON e.customer_id = coalesce(a.customer_id, b.customer_id) AND e.later = (a.record_id IS NOT NULL)
        JOIN compare_top t ON t.fate = e.fate""",
    )
    compute.table("compare_joined", _strongest("after_matches", "x.before <> y.before AND x.after = y.after"))
    compute.table("compare_parted", _strongest("before_matches", "x.before = y.before AND x.after <> y.after"))
    _find_bridges(compute)
    _find_shared(compute)
    refused = _strongest("after_refusals", "x.before = y.before AND x.after <> y.after", "m.refusal")
    compute.table(
        "compare_reasons",
        f"""
        WITH refused AS ({refused}), told AS (
            SELECT t.fate, CASE t.kind
                    WHEN 'retired' THEN '{_GONE}'
                    WHEN 'created' THEN '{_NEW}'
                    WHEN 'changed' THEN '{_OTHERS}'
                    ELSE coalesce(
                        CASE WHEN j.stage = 'decision' THEN 'joined: ' || j.said ELSE 'joined by ' || j.said END,
                        'joined by new records: ' || b.said[1] || ' with one, ' || b.said[2] || ' with another') END
                AS joined, CASE
                    WHEN t.kind NOT IN ('split', 'regrouped') THEN NULL
                    WHEN r.fate IS NOT NULL THEN 'parted: ' || r.refusal
                    WHEN p.fate IS NULL THEN '{_LEFT}'
                    ELSE concat_ws(': ', 'parted', p.said || ' no longer holds them together', coalesce(s.said,
                        CASE WHEN p.weight < $raised THEN format('{{:.1f}} bits are needed now', $raised) END)) END
                AS parted,
                coalesce(j.record_a, b.ends[1], r.record_a, p.record_a) AS record_a,
                coalesce(j.record_b, b.ends[2], r.record_b, p.record_b) AS record_b
            FROM compare_top t LEFT JOIN compare_joined j USING (fate) LEFT JOIN compare_bridges b USING (fate)
                LEFT JOIN refused r USING (fate) LEFT JOIN compare_parted p USING (fate)
                LEFT JOIN compare_shared s USING (fate))
        SELECT fate, concat_ws('; ', joined, parted) AS reason, record_a, record_b FROM told
        """,
        {"raised": _raised(before, after)},
    )
    compute.drop("compare_held", "compare_joined", "compare_bridges", "compare_parted", "compare_shared")


def _raised(before: RunTables | None, after: RunTables) -> float | None:
    """The threshold, in bits, where it is a higher one than before."""
    was, is_now = (read_settings(run) if run else None for run in (before, after))
    if not was or not is_now:
        return None
    earlier, later = (float(settings["linkage"]["threshold"]) for settings in (was, is_now))
    return later if later > earlier else None


def _find_bridges(compute: Compute) -> None:
    """Make `compare_bridges` (fate, said, ends): the two strongest ties of new records to customers of before.

    `said` are the matches, `ends` the records of these customers.
    """
    compute.table(
        "compare_bridges",
        f"""
        WITH ties AS (
            SELECT x.fate, x.after, if(x.before IS NULL, m.record_b, m.record_a) AS known, m.weight, {_SAID} AS said
            FROM after_matches m JOIN compare_held x ON x.record_id = m.record_a
            JOIN compare_held y ON y.record_id = m.record_b AND y.fate = x.fate
            WHERE x.after = y.after AND (x.before IS NULL) <> (y.before IS NULL)
            QUALIFY row_number() OVER (
                PARTITION BY x.fate, x.after, coalesce(x.before, y.before) ORDER BY m.weight DESC, known) = 1)
        SELECT fate, list(said ORDER BY weight DESC, known) AS said, list(known ORDER BY weight DESC, known) AS ends
        FROM ties GROUP BY fate, after HAVING count(*) > 1
        QUALIFY row_number() OVER (PARTITION BY fate ORDER BY sum(weight) DESC, min(known)) = 1
        """,
    )


def _find_shared(compute: Compute) -> None:
    """Make `compare_shared` (fate, said): why a value of both ends in `compare_parted` links no more."""
    compute.table(
        "compare_shared",
        """SELECT fate, 'their ' || replace(type, 'email', 'e-mail') || ' is ' || any_value(reason) AS said
        FROM (SELECT fate, unnest([record_a, record_b]) AS record_id FROM compare_parted)
        JOIN before_identifiers USING (record_id) JOIN after_shared_values USING (type, value)
        ANTI JOIN before_shared_values USING (type, value)
        GROUP BY fate, type, value HAVING count(DISTINCT record_id) = 2
        QUALIFY row_number() OVER (PARTITION BY fate ORDER BY type, value) = 1""",
    )


def find_addressed(compute: Compute) -> None:
    """Make `compare_addressed`: of the records in `compare_reasons`, those whose key holds their e-mail or phone.

    A tool without ids of its own is keyed by an address, which a page must not show.
    """
    digits = "regexp_replace({}, '[^0-9]', '', 'g')"
    phone = f"contains({digits.format('record_id')}, right({digits.format('i.value')}, 7))"
    compute.table(
        "compare_addressed",
        f"""SELECT DISTINCT record_id
        FROM (SELECT unnest([record_a, record_b]) AS record_id FROM compare_reasons)
        JOIN (FROM before_identifiers UNION ALL FROM after_identifiers) i USING (record_id)
        WHERE CASE i.type WHEN 'email' THEN contains(lower(record_id), lower(i.display))
            WHEN 'phone' THEN {phone} END""",
    )


def _strongest(matches: str, which: str, more: str = "NULL") -> str:
    """SQL: of the matches between two records of one fate, the strongest `which`, for each fate."""
    return f"""SELECT x.fate, m.record_a, m.record_b, m.stage, m.weight, {_SAID} AS said, {more} AS refusal
        FROM {matches} m JOIN compare_held x ON x.record_id = m.record_a
        JOIN compare_held y ON y.record_id = m.record_b AND y.fate = x.fate WHERE {which}
        QUALIFY row_number() OVER (PARTITION BY x.fate ORDER BY m.weight DESC, m.record_a, m.record_b) = 1"""
