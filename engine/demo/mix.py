"""Long lists of made-up names from two short ones."""

from collections.abc import Sequence
from math import gcd


def mixed(heads: Sequence[str], tails: Sequence[str]) -> list[str]:
    """Every head with every tail, in an order in which neighbours share neither, so that frequency favours no part."""
    size = len(heads) * len(tails)
    stride = next(s for s in range(max(1, size // 3), size + 1) if gcd(s, size) == 1)
    return [heads[k // len(tails)] + tails[k % len(tails)] for k in ((i * stride) % size for i in range(size))]
