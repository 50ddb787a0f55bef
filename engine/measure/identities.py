"""Who counts as one customer: the people whom a run found, or what the shop took for customers before.

Either makes the tables IDENTITIES, on which the views stand.
"""

from __future__ import annotations

from engine.compute import Compute
from engine.measure.reading import read_table
from engine.runs import RunTables
from engine.tables import CUSTOMERS, EVENT_OWNERS, MEMBERS, create_sql

#: The tables that say who is who.
IDENTITIES = (MEMBERS, CUSTOMERS, EVENT_OWNERS)


def unified(compute: Compute, run: RunTables) -> None:
    """The customers of the run."""
    for table in IDENTITIES:
        read_table(compute, run, table)


def before(compute: Compute, run: RunTables) -> None:
    """The shop's own idea of a customer: its account, else the e-mail, else the record itself, such as an order.

    The shop's accounts are those of the systems that orders name. Events are whose account or e-mail they carry.
    """
    compute.table(
        "members",
        """
        WITH shops AS (
            SELECT DISTINCT split_part(value, ':', 1) AS system FROM identifiers JOIN orders USING (record_id)
            WHERE type = 'account'
        )
        SELECT record_id, coalesce(min(value) FILTER (type = 'account' AND system IS NOT NULL),
                min(value) FILTER (type = 'email'), record_id) AS customer_id,
            1.0::DOUBLE AS confidence, NULL::TIMESTAMP AS since
        FROM records LEFT JOIN identifiers USING (record_id) LEFT JOIN shops ON system = split_part(value, ':', 1)
        GROUP BY record_id
        """,
    )
    named(compute)
    compute.table(
        "event_owners",
        """
        SELECT e.source, e.key, coalesce(e.account, e.email) AS customer_id, 1.0::DOUBLE AS confidence,
            'login' AS because
        FROM events e WHERE coalesce(e.account, e.email) IN (SELECT customer_id FROM members)
        """,
    )


def named(compute: Compute) -> None:
    """Make `customers` of `members`, with their ids and nothing else."""
    compute.run(create_sql(CUSTOMERS, "customers"))
    compute.run("INSERT INTO customers (customer_id) SELECT DISTINCT customer_id FROM members")
