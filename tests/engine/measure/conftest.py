from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.compute import Compute
from tests.engine.measure.shop import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Compute(memory_limit="500MB", threads=1) as compute:
        yield Shop(compute, tmp_path)
