"""Which customers of one run became which of another, by the records that they share."""

from __future__ import annotations

from engine.compute import Compute
from engine.runs import RunTables

#: fate BIGINT, kind, before VARCHAR[], after VARCHAR[], records (of either run), arrived, gone.
FATES = "compare_fates"
#: customer_id, later BOOLEAN (of which run), fate: where each customer is found in FATES.
ENDS = "compare_ends"
#: before, after (customer ids, NULL where the record is in one run only), records.
CELLS = "compare_cells"

_KIND = """CASE
    WHEN len(before) = 0 THEN 'created'
    WHEN len(after) = 0 THEN 'retired'
    WHEN len(before) = 1 AND len(after) = 1 THEN if(arrived + gone = 0, 'unchanged', 'changed')
    WHEN len(after) = 1 THEN 'merged'
    WHEN len(before) = 1 THEN 'split'
    ELSE 'regrouped' END"""


def read_sides(compute: Compute, before: RunTables, after: RunTables, *tables: str) -> None:
    """Make views of tables of both runs: `before_<table>` and `after_<table>`."""
    for side, run in (("before", before), ("after", after)):
        for table in tables:
            compute.read_parquet(f"{side}_{table}", run.path(table))


def find_fates(compute: Compute, before: RunTables | None, after: RunTables) -> None:
    """Make FATES, ENDS and CELLS, and the views `before_members` and `after_members`.

    Customers that share a record, directly or by way of others, have one fate together.
    """
    if before is None:
        compute.view("before_members", "SELECT NULL::VARCHAR AS record_id, NULL::VARCHAR AS customer_id WHERE false")
    else:
        compute.read_parquet("before_members", before.path("members"))
    compute.read_parquet("after_members", after.path("members"))
    compute.table(
        CELLS,
        """SELECT b.customer_id AS before, a.customer_id AS after, count(*) AS records
        FROM before_members b FULL JOIN after_members a USING (record_id) GROUP BY ALL""",
    )
    compute.table(
        "compare_numbered",
        f"""SELECT customer_id, later, row_number() OVER (ORDER BY customer_id, later) AS number FROM (
            SELECT DISTINCT before AS customer_id, false AS later FROM {CELLS} WHERE before IS NOT NULL
            UNION ALL SELECT DISTINCT after, true FROM {CELLS} WHERE after IS NOT NULL)""",
    )
    numbered = "JOIN compare_numbered {0} ON {0}.customer_id = c.{1} AND {2} {0}.later"
    compute.components(
        "compare_components",
        "SELECT number FROM compare_numbered",
        f"SELECT b.number, a.number FROM {CELLS} c"
        f" {numbered.format('b', 'before', 'NOT')} {numbered.format('a', 'after', '')}",
    )
    compute.table(
        ENDS,
        "SELECT customer_id, later, component AS fate FROM compare_numbered"
        " JOIN compare_components ON node_id = number",
    )
    compute.table(
        FATES,
        f"""
        WITH customers AS (
            SELECT fate, coalesce(list(customer_id ORDER BY customer_id) FILTER (NOT later), []) AS before,
                coalesce(list(customer_id ORDER BY customer_id) FILTER (later), []) AS after
            FROM {ENDS} GROUP BY fate
        ), counted AS (
            SELECT e.fate, sum(records) AS records, coalesce(sum(records) FILTER (c.before IS NULL), 0) AS arrived,
                coalesce(sum(records) FILTER (c.after IS NULL), 0) AS gone
            FROM {CELLS} c JOIN {ENDS} e
                ON e.customer_id = coalesce(c.after, c.before) AND e.later = (c.after IS NOT NULL)
            GROUP BY e.fate
        )
        SELECT fate, {_KIND} AS kind, before, after, records, arrived, gone
        FROM customers JOIN counted USING (fate)
        """,
    )
    compute.drop("compare_numbered", "compare_components")
