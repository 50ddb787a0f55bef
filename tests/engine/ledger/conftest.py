from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.compute import Compute
from tests.engine.ledger.scenario import Shop


@pytest.fixture(scope="module")
def compute() -> Iterator[Compute]:
    with Compute(memory_limit="500MB", threads=1) as compute:
        yield compute


@pytest.fixture
def shop(compute: Compute, tmp_path: Path) -> Shop:
    return Shop(compute, tmp_path)
