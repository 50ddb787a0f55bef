"""Runs that several tests publish. They are only read."""

from __future__ import annotations

import pytest

from engine.runs import RunTables
from tests.graph.runs import john, merged


@pytest.fixture(scope="session")
def one(tmp_path_factory: pytest.TempPathFactory) -> RunTables:
    """John's run."""
    return john().write(tmp_path_factory.mktemp("runs") / "one")


@pytest.fixture(scope="session")
def two(tmp_path_factory: pytest.TempPathFactory) -> RunTables:
    """The run after it."""
    return merged().write(tmp_path_factory.mktemp("runs") / "two")
