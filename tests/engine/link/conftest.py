"""Standardised records to link, made by hand, and the model of the demo shop."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.compute import Compute
from tests.engine.conftest import Published
from tests.engine.people import People


@pytest.fixture
def people() -> Iterator[People]:
    with Compute(threads=1) as compute:
        yield People(compute)


@pytest.fixture
def folder(published: Published, tmp_path: Path) -> Path:
    """A copy of the demo's model."""
    name = published.result.manifest["model"]
    return Path(shutil.copytree(published.folder / ".clew" / "models" / name, tmp_path / name))


@pytest.fixture
def compute() -> Iterator[Compute]:
    with Compute(threads=1) as found:
        yield found
