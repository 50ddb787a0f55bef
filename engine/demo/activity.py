"""How much the persons leave behind: records per source, and how many persons make the number of records asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.demo import rates
from engine.demo.dice import Generator, Ints, chance, skew, weighted

#: Mean records per person, a little low, so that one draw nearly always suffices.
_MEAN = 4.6


@dataclass(frozen=True)
class Activity:
    """Per person: records in each source, and abandoned checkouts."""

    records: dict[str, Ints]
    checkouts: Ints

    @property
    def persons(self) -> int:
        """How many persons there are."""
        return len(self.checkouts)


def make_activity(rng: Generator, records: int) -> Activity:
    """Draw persons until they have left about `records` records."""
    size = int(records / _MEAN) + 20
    while True:
        counts: dict[str, Ints] = {}
        for source, some in rates.SOURCES.items():
            if source == "shopify_orders":
                counts[source] = _orders(rng, size)
            else:
                has = chance(rng, some.persons, size)
                counts[source] = has.astype(np.int64) + (has & chance(rng, some.second, size))
        total = np.cumsum(sum(counts.values()))
        if total[-1] >= records:
            keep = int(np.searchsorted(total, records)) + 1
            checkouts = chance(rng, rates.CHECKOUTS.persons, size)[:keep].astype(np.int64)
            return Activity({source: n[:keep] for source, n in counts.items()}, checkouts)
        size += size // 4


def _orders(rng: Generator, size: int) -> Ints:
    """Heavy-tailed: most buyers order once or twice, a few every month."""
    count = 1 + weighted(rng, skew(rates.ORDERS_MOST, *rates.ORDER_TAIL), size)
    return np.where(chance(rng, rates.ORDER_WITHOUT, size), 0, count)
