from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.ledger.matching import stable_pairs

#: The machine may be busy, and a test must say the same each time.
quick = settings(deadline=None, derandomize=True)


@quick
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), unique=True, max_size=49))
def test_pairs_are_stable(ranked: list[tuple[int, int]]) -> None:
    customers, groups = zip(*ranked, strict=True) if ranked else ((), ())
    table = pa.table({"customer": pa.array(customers, pa.int64()), "group_id": pa.array(groups, pa.int64())})
    pairs = stable_pairs(table)
    taken = list(zip(pairs.column("customer").to_pylist(), pairs.column("group_id").to_pylist(), strict=True))
    rank = {pair: place for place, pair in enumerate(ranked)}
    assert len({a for a, _ in taken}) == len({b for _, b in taken}) == len(taken)
    for customer, group in ranked:
        # Whoever is not together has, on one side at least, a stronger bond.
        assert any(rank[pair] <= rank[customer, group] for pair in taken if pair[0] == customer or pair[1] == group)
