"""Who keeps which id: a stable matching of the old customers with the new groups."""

from __future__ import annotations

import pyarrow as pa


def stable_pairs(ranked: pa.Table) -> pa.Table:
    """Of the pairs (customer, group_id), strongest first, those that come about: each customer and group at most once.

    All agree on the order of the pairs, so the greedy choice is the one stable matching: nobody left out could do
    better together with somebody who would agree. No cycle is possible, and one pass is enough whatever the shape.
    """
    customers = ranked.column("customer").to_pylist()
    groups = ranked.column("group_id").to_pylist()
    matched_customers: set[int] = set()
    matched_groups: set[int] = set()
    taken: list[int] = []
    for row, (customer, group) in enumerate(zip(customers, groups, strict=True)):
        if customer not in matched_customers and group not in matched_groups:
            matched_customers.add(customer)
            matched_groups.add(group)
            taken.append(row)
    return ranked.take(pa.array(taken, pa.int64()))
