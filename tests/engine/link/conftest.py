"""Standardised records to link, made by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.compute import Compute
from tests.engine.people import People


@pytest.fixture
def people() -> Iterator[People]:
    with Compute(threads=1) as compute:
        yield People(compute)
