"""Seeded chance: each part of the demo has a stream of its own, so that a change in one leaves the others alone."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Generator = np.random.Generator


def stream(seed: int, part: str) -> Generator:
    """Give the random numbers of one part; they depend on the seed and the part's name alone."""
    return np.random.default_rng([seed, zlib.crc32(part.encode())])


def chance(rng: Generator, rate: float | Floats, size: int) -> Bools:
    """Say yes at `rate`, `size` times."""
    return np.asarray(rng.random(size) < rate, dtype=np.bool_)


def weighted(rng: Generator, weights: Sequence[float] | Floats, size: int) -> Ints:
    """Draw indices in proportion to `weights`."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    return np.asarray(np.searchsorted(edges, rng.random(size) * edges[-1], side="right"), dtype=np.int64)


def skew(size: int, shift: float, power: float) -> Floats:
    """Zipf-like weights of `size` ranks: 1 / (rank + shift) ** power."""
    return np.asarray((np.arange(size) + shift) ** -power, dtype=np.float64)


def distinct(draw: Callable[[int], Ints], size: int) -> Ints:
    """Draw `size` different numbers by `draw(n)`, in the order in which they came."""
    values = draw(size)
    while True:
        first = np.unique(values, return_index=True)[1]
        if len(first) == size:
            return values
        repeated = np.ones(size, dtype=np.bool_)
        repeated[first] = False
        values[repeated] = draw(int(repeated.sum()))


def runs(counts: Ints) -> tuple[Ints, Ints]:
    """Spread `counts` per owner: the owner of each item and the item's place (0, 1, ...) among its owner's."""
    owner = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    ends = np.cumsum(counts)
    return owner, np.arange(len(owner), dtype=np.int64) - np.repeat(ends - counts, counts)
