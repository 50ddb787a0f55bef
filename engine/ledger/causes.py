"""Why records went where they went: the matches behind each entry, as short JSON.

    {"matches": [["email", 0, 2], ["phone", 1, "4711..."]], "more": 7}
    {"refused": [["most first names disagree", 0, "4711..."]], "ended": [["phone", 1, "4711..."]]}

An end of a match is the place of the record among the entry's own records (whose order is fixed), or the number of a
record that is not among them, as text. So the many entries of one shape share one text, and none holds a value.
"""

from __future__ import annotations

from pathlib import Path

from engine.compute import Compute, literal, quote
from engine.state.numbers import record_number_sql

#: Matches named per entry; the rest are counted.
MOST = 100

#: Entries made by records arriving are explained by matches inside as well; those that move records between customers
#: by matches across. What was taken out of a customer is explained by what keeps it apart from the rest: matches that
#: were refused, and earlier ones that ended. What went away needs no reason.
INSIDE = ("created", "joined")
ACROSS = ("merged", "moved")
OUT_OF = ("split", "restored")


def explain(compute: Compute, moves: str, placed: str, causes: str, key: str, result: str) -> None:
    """Make table `result` (ordinal, cause) for those entries that matches in `causes` explain.

    `moves` holds (ordinal, kind, record_id, number, place) of each record that an entry moves, `placed` holds
    (record_id, target) of each record of the run, `causes` holds (record_a, record_b, rule).
    """
    moves, placed, causes = quote(moves), quote(placed), quote(causes)
    kinds = ", ".join(f"'{kind}'" for kind in (*INSIDE, *ACROSS))
    inside = ", ".join(f"'{kind}'" for kind in INSIDE)
    compute.run(
        f"""CREATE OR REPLACE TABLE {quote(result)} AS
        WITH places AS (
            SELECT p.record_id, p.target, ordinal, place, coalesce(kind, 'kept') AS kind
            FROM {placed} p LEFT JOIN {moves} m USING (record_id)
        ),
        ends AS (
            SELECT x.record_id AS a, y.record_id AS b, rule, x.ordinal AS ordinal_a, y.ordinal AS ordinal_b,
                x.place AS place_a, y.place AS place_b, x.kind AS kind_a, y.kind AS kind_b
            FROM {causes}
            JOIN places x ON x.record_id = least(record_a, record_b)
            JOIN places y ON y.record_id = greatest(record_a, record_b) AND y.target = x.target
            WHERE x.kind IN ({kinds}) OR y.kind IN ({kinds})
        ),
        shown AS (
            SELECT ordinal_a AS ordinal, rule, place_a, b AS other_b, NULL AS other_a,
                CASE WHEN ordinal_a = ordinal_b THEN place_b END AS place_b
            FROM ends WHERE kind_a IN ({inside}) OR (kind_a IN ({kinds}) AND ordinal_a IS DISTINCT FROM ordinal_b)
            UNION ALL
            SELECT ordinal_b, rule, NULL, NULL, a, place_b
            FROM ends WHERE kind_b IN ({kinds}) AND ordinal_a IS DISTINCT FROM ordinal_b
        ),
        texts AS (
            SELECT ordinal, rule,
                coalesce(place_a::VARCHAR, '"' || {record_number_sql("other_a")} || '"') AS a,
                coalesce(place_b::VARCHAR, '"' || {record_number_sql("other_b")} || '"') AS b
            FROM shown
        ),
        numbered AS (
            SELECT *, row_number() OVER (PARTITION BY ordinal ORDER BY rule, a, b) AS row FROM texts
        )
        SELECT ordinal,
            '{{"matches":[' || string_agg('[' || to_json(rule) || ',' || a || ',' || b || ']', ',' ORDER BY row)
                FILTER (row <= {MOST}) || ']'
                || CASE WHEN count(*) > {MOST} THEN ',"more":' || (count(*) - {MOST}) ELSE '' END || '}}' AS cause
        FROM numbered GROUP BY ordinal""",
        [key],
    )


def explain_parting(compute: Compute, refusals: str, before: Path | None, key: str) -> None:
    """Add to `ledger_causes` why records were taken out of a customer.

    `refusals` holds (record_a, record_b, refusal), `before` is Parquet of the earlier run's matches.
    """
    out_of = ", ".join(f"'{kind}'" for kind in OUT_OF)
    compute.table(
        "ledger_taken",
        f"""SELECT record_id, ordinal, place, origin, target
        FROM ledger_moves JOIN (FROM ledger_entries WHERE kind IN ({out_of}) AND origin <> 0) USING (ordinal)""",
    )
    # The earlier matches are only read where there is something to explain.
    if compute.count("ledger_taken"):
        ended = "SELECT NULL AS record_a, NULL AS record_b, NULL AS rule WHERE false"
        if before is not None and before.exists():
            ended = f"SELECT record_a, record_b, rule FROM read_parquet({literal(str(before))})"
        # Told from the record that was taken, and in the order of refusals first.
        compute.run(
            f"""INSERT INTO ledger_causes
            WITH apart AS (
                SELECT 0 AS rank, refusal AS why, record_a, record_b FROM {quote(refusals)}
                UNION ALL SELECT 1, rule, record_a, record_b FROM ({ended})
            ),
            stayed AS (
                SELECT record_id, customer, target FROM ledger_was LEFT JOIN ledger_placed USING (record_id)
                SEMI JOIN (SELECT origin AS customer FROM ledger_taken) USING (customer)
            ),
            between AS (
                SELECT ordinal, rank, why, place, o.record_id AS other
                FROM (FROM apart UNION ALL SELECT rank, why, record_b, record_a FROM apart) a
                JOIN ledger_taken t ON t.record_id = a.record_a
                JOIN stayed o ON o.record_id = a.record_b
                    AND o.customer = t.origin AND o.target IS DISTINCT FROM t.target
                QUALIFY rank = min(rank) OVER (PARTITION BY ordinal, place, other)
            ),
            numbered AS (
                SELECT ordinal, rank, '[' || to_json(why) || ',' || place || ',"' || number || '"]' AS told,
                    row_number() OVER (PARTITION BY ordinal ORDER BY rank, why, place, number) AS row
                FROM (SELECT *, {record_number_sql("other")} AS number FROM between)
            )
            SELECT ordinal, '{{' || concat_ws(',',
                '"refused":[' || string_agg(told, ',' ORDER BY row) FILTER (rank = 0 AND row <= {MOST}) || ']',
                '"ended":[' || string_agg(told, ',' ORDER BY row) FILTER (rank = 1 AND row <= {MOST}) || ']',
                CASE WHEN count(*) > {MOST} THEN '"more":' || (count(*) - {MOST}) END) || '}}'
            FROM numbered GROUP BY ordinal""",
            [key],
        )
    compute.drop("ledger_taken")
