"""Groups of records -> lasting customer ids, and the ledger entries that say what changed.

The group that holds most of a customer's records keeps its id; on a tie the older id wins, then the part with the
oldest record. A group that inherits no id gets back an ended id if it holds more than half of what that id last held
(so ids return when a rule is changed back, or a source is missing for one run); else it gets a new one, in the order
of the groups' oldest records. Everything is decided on sets: the order of rows plays no part.

One run or ten: ids come out the same as long as no customer changes hands twice in between. They can't always: in a
chain of merges the id of the largest *so far* survives each step, and that is not always the largest at the start.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from engine.compute import Compute, quote
from engine.errors import StateError, TableError
from engine.ledger.causes import explain, explain_parting
from engine.ledger.ids import LAST_NUMBER, customer_id_sql, customer_number_sql
from engine.ledger.matching import stable_pairs
from engine.ledger.past import Past
from engine.state import ENTRIES, MOVED, Changes
from engine.state.numbers import record_number_sql

#: The order of entries within a run: customers are born before anything joins them, and end last.
_ORDER = "['created', 'restored', 'split', 'joined', 'moved', 'left', 'merged', 'retired']"
#: Oldest first; a record without a time of creation counts as the youngest.
_OLDEST = "min(row(coalesce(created_at, 'infinity'::TIMESTAMP), record_id))"

_SCRATCH = tuple(
    f"ledger_{name}"
    for name in ("now", "was", "ended", "edges", "kept", "homes", "placed", "moves", "entries", "causes")
)


def assign_ids(
    compute: Compute,
    past: Past,
    at: datetime,
    *,
    previous: Path | None = None,
    groups_table: str = "groups",
    records_table: str = "records",
    causes_table: str | None = None,
    refusals_table: str | None = None,
    matches_before: Path | None = None,
    given: bool = False,
) -> Changes:
    """Give each group its customer id.

    Reads `groups_table` (record_id VARCHAR, group_id BIGINT), `records_table` (RECORDS), `previous` (Parquet of the
    current run's MEMBERS; None before the first run) and, if named, what says why: `causes_table` (record_a, record_b,
    rule: the matches that made the groups), `refusals_table` (record_a, record_b, refusal) and `matches_before`
    (Parquet of the current run's MATCHES). With `given`, a group's `group_id` is the number of the customer that it was
    in an earlier run, and gets that id back. Makes tables `ids` (record_id, customer_id, since) and `redirects`
    (REDIRECTS: all that hold after this run). `at` is the time that its entries will carry. Nothing is written to
    state.db.

    Errors: TableError for a record in two groups; StateError when the ids are used up.
    """
    moment = at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
    _load(compute, past, previous, groups_table, records_table)
    next_number = _return_homes(compute, past) if given else _find_homes(compute, past)
    compute.table(
        "ledger_placed",
        "SELECT record_id, customer AS target, birth FROM ledger_now JOIN ledger_homes USING (group_id)",
    )
    _find_entries(compute, past)
    if causes_table is not None:
        explain(compute, "ledger_moves", "ledger_placed", causes_table, past.key, "ledger_causes")
    else:
        compute.run("CREATE OR REPLACE TABLE ledger_causes (ordinal BIGINT, cause VARCHAR)")
    if refusals_table is not None:
        explain_parting(compute, refusals_table, matches_before, past.key)
    compute.table(
        "ids",
        f"""SELECT p.record_id, {customer_id_sql("p.target")} AS customer_id,
            CASE WHEN w.customer = p.target THEN w.since ELSE ?::TIMESTAMP END AS since
        FROM ledger_placed p LEFT JOIN ledger_was w USING (record_id)""",
        [moment],
    )
    _redirect(compute, past, moment)
    entries = compute.arrow(
        """SELECT kind, nullif(origin, 0) AS origin, nullif(target, 0) AS target, size, cause
        FROM ledger_entries LEFT JOIN ledger_causes USING (ordinal) ORDER BY ordinal"""
    )
    moved = compute.arrow("SELECT number, record_id FROM ledger_moves ORDER BY ordinal, number")
    compute.drop(*_SCRATCH)
    return Changes(entries.cast(ENTRIES), moved.cast(MOVED), next_number, past.last_entry)


def _load(compute: Compute, past: Past, previous: Path | None, groups_table: str, records_table: str) -> None:
    compute.table(
        "ledger_now",
        f"""SELECT g.record_id, g.group_id, r.created_at
        FROM {quote(groups_table)} g LEFT JOIN {quote(records_table)} r USING (record_id)""",
    )
    doubled = compute.rows("SELECT record_id FROM ledger_now GROUP BY record_id HAVING count(*) > 1 ORDER BY 1 LIMIT 3")
    if doubled:
        names = ", ".join(name for (name,) in doubled)
        raise TableError(f"table {groups_table}: records in more than one row, such as {names}")
    if previous is None:
        compute.run("CREATE OR REPLACE TABLE ledger_was (record_id VARCHAR, customer BIGINT, since TIMESTAMP)")
    else:
        compute.table(
            "ledger_was",
            f"SELECT record_id, {customer_number_sql('customer_id')} AS customer, since FROM read_parquet(?)",
            [str(previous)],
        )
    compute.load("ledger_ended", past.ended)


def _find_homes(compute: Compute, past: Past) -> int:
    """Make ledger_homes (group_id, customer, birth: kept | restored | created). Returns the next free number."""
    # Most customers meet one group that meets nobody else: no choice to make.
    compute.table(
        "ledger_edges",
        """SELECT customer, group_id, shared,
            count(*) OVER (PARTITION BY customer) = 1 AND count(*) OVER (PARTITION BY group_id) = 1 AS plain
        FROM (SELECT customer, group_id, count(*) AS shared
            FROM ledger_now JOIN ledger_was USING (record_id) GROUP BY ALL)""",
    )
    compute.table("ledger_kept", "SELECT customer, group_id FROM ledger_edges WHERE plain")
    _keep(
        compute,
        f"""SELECT customer, group_id FROM ledger_edges
            JOIN (SELECT customer, group_id, {_OLDEST} AS oldest FROM ledger_now JOIN ledger_was USING (record_id)
                SEMI JOIN (FROM ledger_edges WHERE NOT plain) USING (customer, group_id) GROUP BY ALL)
            USING (customer, group_id) ORDER BY shared DESC, customer, oldest""",
    )
    compute.table("ledger_homes", "SELECT group_id, customer, 'kept' AS birth FROM ledger_kept")
    if past.ended.num_rows:
        compute.run("DELETE FROM ledger_kept")
        _keep(
            compute,
            f"""SELECT customer, group_id
                FROM (SELECT record_id, group_id, created_at, {record_number_sql("record_id")} AS number
                    FROM ledger_now ANTI JOIN ledger_homes USING (group_id))
                JOIN ledger_ended USING (number)
                JOIN (SELECT customer, count(*) AS size FROM ledger_ended GROUP BY customer) USING (customer)
                GROUP BY customer, group_id, size HAVING 2 * count(*) > size
                ORDER BY count(*) DESC, customer, {_OLDEST}""",
            [past.key],
        )
        compute.run("INSERT INTO ledger_homes SELECT group_id, customer, 'restored' FROM ledger_kept")
    compute.run(
        f"""INSERT INTO ledger_homes
        SELECT group_id, ? - 1 + row_number() OVER (ORDER BY oldest), 'created'
        FROM (SELECT group_id, {_OLDEST} AS oldest FROM ledger_now ANTI JOIN ledger_homes USING (group_id)
            GROUP BY group_id)""",
        [past.next_number],
    )
    next_number = past.next_number + int(compute.value("SELECT count(*) FROM ledger_homes WHERE birth = 'created'"))
    if next_number > LAST_NUMBER + 1:
        raise StateError(f"all {LAST_NUMBER} customer ids are used up")
    return next_number


def _return_homes(compute: Compute, past: Past) -> int:
    """Make ledger_homes of groups that are called by the numbers of their customers. Returns the next free number."""
    compute.table(
        "ledger_homes",
        """SELECT DISTINCT group_id, group_id AS customer,
            if(group_id IN (SELECT customer FROM ledger_was), 'kept', 'restored') AS birth FROM ledger_now""",
    )
    return past.next_number


def _keep(compute: Compute, ranked: str, parameters: list[str] | None = None) -> None:
    """Add the stable pairs of a query (customer, group_id), strongest first, to ledger_kept."""
    pairs = stable_pairs(compute.arrow(ranked, parameters))
    compute.load("ledger_pairs", pairs)
    compute.run("INSERT INTO ledger_kept SELECT customer, group_id FROM ledger_pairs")
    compute.drop("ledger_pairs")


def _find_entries(compute: Compute, past: Past) -> None:
    """Make ledger_entries, one for each way that records went, and ledger_moves, the records of each. 0 is outside."""
    compute.table(
        "ledger_moves",
        """SELECT record_id, coalesce(w.customer, 0) AS origin, coalesce(p.target, 0) AS target, birth
        FROM ledger_placed p FULL JOIN ledger_was w USING (record_id)
        WHERE w.customer IS DISTINCT FROM p.target""",
    )
    # Of the pieces that a new customer is made of the largest old one is its birth; of those that an ending customer
    # leaves the largest one that lives on is its end, even where that is all that an id returns with.
    compute.table(
        "ledger_entries",
        f"""WITH pieces AS (
            SELECT origin, target, any_value(birth) AS birth, count(*) AS size FROM ledger_moves GROUP BY origin, target
        ),
        ends AS (
            SELECT *, origin <> 0 AND origin NOT IN (SELECT customer FROM ledger_homes)
                AND row_number() OVER (PARTITION BY origin ORDER BY target = 0, size DESC, target) = 1 AS ends
            FROM pieces
        ),
        ranked AS (
            SELECT *, NOT ends AND row_number()
                OVER (PARTITION BY target ORDER BY ends, origin = 0, size DESC, origin) = 1 AS first_of_target
            FROM ends
        ),
        kinds AS (
            SELECT origin, target, size, CASE
                WHEN birth = 'restored' AND first_of_target THEN 'restored'
                WHEN birth = 'created' AND first_of_target THEN if(origin = 0, 'created', 'split')
                WHEN ends THEN if(target = 0, 'retired', 'merged')
                WHEN origin = 0 THEN 'joined'
                WHEN target = 0 THEN 'left'
                ELSE 'moved' END AS kind
            FROM ranked
        )
        SELECT row_number() OVER (ORDER BY list_position({_ORDER}, kind), target, origin) AS ordinal, * FROM kinds""",
    )
    compute.table(
        "ledger_moves",
        f"""SELECT ordinal, kind, record_id, number,
            row_number() OVER (PARTITION BY ordinal ORDER BY number) - 1 AS place
        FROM (SELECT ordinal, kind, record_id, {record_number_sql("record_id")} AS number
            FROM ledger_moves JOIN ledger_entries USING (origin, target))""",
        [past.key],
    )


def _redirect(compute: Compute, past: Past, moment: datetime) -> None:
    compute.load("ledger_redirects", past.redirects)
    compute.table(
        "redirects",
        f"""SELECT old_id, new_id, kind, "at" FROM ledger_redirects
        WHERE kind = 'split'
            OR old_id NOT IN (SELECT {customer_id_sql("target")} FROM ledger_entries WHERE target <> 0)
        UNION ALL
        SELECT {customer_id_sql("origin")}, {customer_id_sql("nullif(target, 0)")},
            if(kind = 'restored', 'split', kind), ?::TIMESTAMP
        FROM ledger_entries WHERE origin <> 0 AND kind IN ('merged', 'retired', 'split', 'restored')""",
        [moment],
    )
    compute.drop("ledger_redirects")
