"""Whose profile is another one than in the run before: golden values, identifiers or permissions.

How sure something is may be a little different in every run: what follows from it (an address that may not be used any
more) is told, it itself isn't.
"""

from __future__ import annotations

from engine.compute import Compute
from engine.runs import RunTables

#: What a profile is made of: table -> its columns.
_TABLES = {"customers": "*", "known_by": "* EXCLUDE (confidence)", "permissions": "* EXCLUDE (confidence)"}


def changed_profiles(before: RunTables, after: RunTables, beyond: str, limit: int) -> list[str]:
    """The first customers of both runs whose profile differs, in the order of their ids, from id `beyond` on."""
    with Compute() as compute:
        for table in _TABLES:
            compute.read_parquet(f"{table}_before", before.path(table))
            compute.read_parquet(f"{table}_after", after.path(table))
        parts = " UNION ".join(
            f"""SELECT customer_id FROM (
                SELECT {columns} FROM {table}_{one} EXCEPT SELECT {columns} FROM {table}_{other})"""
            for table, columns in _TABLES.items()
            for one, other in (("before", "after"), ("after", "before"))
        )
        rows = compute.rows(
            f"""SELECT customer_id FROM ({parts})
            WHERE customer_id > $beyond AND customer_id IN (SELECT customer_id FROM customers_before)
                AND customer_id IN (SELECT customer_id FROM customers_after)
            ORDER BY customer_id LIMIT $limit""",
            {"beyond": beyond, "limit": limit},
        )
    return [customer for (customer,) in rows]
