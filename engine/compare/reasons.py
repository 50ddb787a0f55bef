"""Why customers were joined or parted: the strongest match that is new, the refusal that stands where one was."""

from __future__ import annotations

from engine.compare.fates import ENDS
from engine.compute import Compute
from engine.runs import RunTables

_GONE = "all of its records have left the sources"
_NEW = "its records are new"
_OTHERS = "it has other records than before"


def explain(compute: Compute, before: RunTables | None, after: RunTables) -> None:
    """Make `compare_reasons` (fate, reason, record_a, record_b) for the fates in `compare_top` (fate, kind).

    What was joined has the strongest match between records that were apart; what was parted the refusal between them
    or, where there is none, the strongest match that held them together before and is gone.
    """
    compute.read_parquet("after_matches", after.path("matches"))
    compute.read_parquet("after_refusals", after.path("refusals"))
    if before is None:
        compute.view("before_matches", "SELECT * FROM after_matches WHERE false")
    else:
        compute.read_parquet("before_matches", before.path("matches"))
    compute.table(
        "compare_held",
        f"""SELECT t.fate, record_id, b.customer_id AS before, a.customer_id AS after
        FROM before_members b FULL JOIN after_members a USING (record_id)
        JOIN {ENDS} e ON e.customer_id = coalesce(a.customer_id, b.customer_id) AND e.later = (a.record_id IS NOT NULL)
        JOIN compare_top t ON t.fate = e.fate""",
    )
    # A decision has no weight that would say anything.
    by = "if({0}.stage = 'decision', {0}.rule, {0}.rule || ' (' || format('{{:+.1f}}', {0}.weight) || ' bits)')"
    joined = _between("after_matches", "x.before <> y.before AND x.after = y.after")
    refused = _between("after_refusals", "x.before = y.before AND x.after <> y.after", ", m.refusal")
    parted = _between("before_matches", "x.before = y.before AND x.after <> y.after")
    compute.table(
        "compare_reasons",
        f"""
        WITH joined AS ({joined}), refused AS ({refused}), parted AS ({parted})
        SELECT t.fate, CASE
                WHEN t.kind = 'retired' THEN '{_GONE}'
                WHEN t.kind = 'created' THEN '{_NEW}'
                WHEN t.kind = 'changed' THEN '{_OTHERS}'
                WHEN j.fate IS NOT NULL THEN if(j.stage = 'decision', 'joined: ', 'joined by ') || {by.format("j")}
                WHEN r.fate IS NOT NULL THEN 'parted: ' || r.refusal
                WHEN p.fate IS NOT NULL
                    THEN 'parted: ' || {by.format("p")} || ' no longer holds them together'
                ELSE 'parted: what held them together has left the sources' END AS reason,
            coalesce(j.record_a, r.record_a, p.record_a) AS record_a,
            coalesce(j.record_b, r.record_b, p.record_b) AS record_b
        FROM compare_top t LEFT JOIN joined j USING (fate) LEFT JOIN refused r USING (fate)
            LEFT JOIN parted p USING (fate)
        """,
    )
    compute.drop("compare_held")


def find_addressed(compute: Compute, before: RunTables | None, after: RunTables) -> None:
    """Make `compare_addressed`: of the records in `compare_reasons`, those whose key holds their e-mail or phone.

    A tool without ids of its own is keyed by an address, which a page must not show.
    """
    runs = [run for run in (before, after) if run]
    for number, run in enumerate(runs):
        compute.read_parquet(f"compare_identifiers_{number}", run.path("identifiers"))
    held = " UNION ALL ".join(f"FROM compare_identifiers_{number}" for number in range(len(runs)))
    digits = "regexp_replace({}, '[^0-9]', '', 'g')"
    phone = f"contains({digits.format('record_id')}, right({digits.format('i.value')}, 7))"
    compute.table(
        "compare_addressed",
        f"""SELECT DISTINCT record_id
        FROM (SELECT unnest([record_a, record_b]) AS record_id FROM compare_reasons) JOIN ({held}) i USING (record_id)
        WHERE CASE i.type WHEN 'email' THEN contains(lower(record_id), lower(i.display))
            WHEN 'phone' THEN {phone} END""",
    )


def _between(matches: str, which: str, more: str = "") -> str:
    """SQL: of the matches between two records of one fate, the strongest `which`, for each fate."""
    return f"""SELECT x.fate, m.record_a, m.record_b, m.stage, m.rule, m.weight{more} FROM {matches} m
        JOIN compare_held x ON x.record_id = m.record_a
        JOIN compare_held y ON y.record_id = m.record_b AND y.fate = x.fate WHERE {which}
        QUALIFY row_number() OVER (PARTITION BY x.fate ORDER BY m.weight DESC, m.record_a, m.record_b) = 1"""
