from __future__ import annotations

import pytest

from api.http.buckets import BURST, Buckets
from api.http.problems import Problem


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def granted(buckets: Buckets, key: str, tries: int, rate: float | None = None) -> int:
    count = 0
    for _ in range(tries):
        try:
            buckets.take(key, rate)
        except Problem:
            continue
        count += 1
    return count


def test_a_bucket_empties_and_fills_again() -> None:
    clock = Clock()
    buckets = Buckets(10, clock=clock)
    assert granted(buckets, "a", 100) == 10 * BURST
    with pytest.raises(Problem) as raised:
        buckets.take("a", None)
    assert (raised.value.status_code, raised.value.headers) == (429, {"Retry-After": "1"})
    clock.now += 1
    assert granted(buckets, "a", 100) == 10
    clock.now += 1000
    assert granted(buckets, "a", 100) == 10 * BURST


def test_each_key_has_its_own_and_its_own_rate() -> None:
    buckets = Buckets(10, clock=Clock())
    assert (granted(buckets, "a", 100), granted(buckets, "b", 100, rate=2)) == (20, 4)


def test_workers_share_the_rate() -> None:
    assert sum(granted(Buckets(10, workers=4, clock=Clock()), "a", 100) for _ in range(4)) == 20


def test_a_request_of_many_tokens_needs_a_full_bucket() -> None:
    clock = Clock()
    buckets = Buckets(10, clock=clock)
    buckets.take("a", None, 1000)
    with pytest.raises(Problem):
        buckets.take("a", None, 1000)
    clock.now += BURST
    buckets.take("a", None, 1000)


def test_a_slow_key_may_ask_once_in_a_while() -> None:
    clock = Clock()
    buckets = Buckets(10, clock=clock)
    assert granted(buckets, "a", 3, rate=0.1) == 1
    clock.now += 10
    assert granted(buckets, "a", 3, rate=0.1) == 1
