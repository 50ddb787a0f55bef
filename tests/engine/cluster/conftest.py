"""Scored pairs, made by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.compute import Compute
from tests.engine.cluster.scores import Scores


@pytest.fixture
def compute() -> Iterator[Compute]:
    with Compute(threads=1) as found:
        yield found


@pytest.fixture
def scores(compute: Compute) -> Scores:
    return Scores(compute)
