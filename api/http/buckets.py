"""How often a key may ask: a bucket of tokens each, which fills again at the key's rate.

The buckets are this process's own. A server of several workers shares the rate out among them, so that together they
never grant more; a caller whose connections all end at one worker gets that one's share.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from api.http.problems import Problem

#: Seconds' worth of its rate that a bucket holds: what may be asked at one moment, after a pause.
BURST = 2.0
#: Buckets that are kept; a full one says nothing.
_MOST = 10_000


class Buckets:
    """The buckets of all keys, at `rate` tokens a second where a key has no rate of its own."""

    def __init__(self, rate: float, workers: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._workers = workers
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, key: str, rate: float | None, tokens: float = 1) -> None:
        """Take tokens out of a key's bucket. Raises a Problem where it holds less: it says when to come again.

        A request of more tokens than a bucket holds needs a full one.
        """
        speed = (rate or self._rate) / self._workers
        size = max(1.0, speed * BURST)
        now = self._clock()
        left, before = self._left.get(key, (size, now))
        left = min(size, left + (now - before) * speed)
        wanted = min(tokens, size)
        if left < wanted:
            self._left[key] = (left, now)
            wait = math.ceil((wanted - left) / speed)
            told = {"Retry-After": str(wait)}
            raise Problem(429, "too-often", f"This key asks too often: wait {wait} s.", headers=told)
        if len(self._left) >= _MOST and key not in self._left:
            self._left.clear()
        self._left[key] = (left - wanted, now)
