"""Shops that several tests look at: a corner shop, and one demo shop whose model is trained once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from engine import pipeline
from engine.config import Config, load
from engine.demo import generate
from engine.pipeline import RunResult
from engine.sources import write_project
from tests.engine.corner import Corner

RECORDS = 400


@dataclass(frozen=True)
class Published:
    """A demo shop and what its only run left. It is only read; a test that changes something works on a copy."""

    folder: Path
    config: Config
    result: RunResult


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """The demo shop, run once: this is where the time for training goes."""
    folder = tmp_path_factory.mktemp("published") / "shop"
    generate(folder, RECORDS, seed=3)
    config = load(write_project(folder))
    return Published(folder, config, pipeline.run(config, folder))


@pytest.fixture(scope="session")
def corner_run(tmp_path_factory: pytest.TempPathFactory) -> Corner:
    """A corner shop that was run once. It is only read."""
    shop = Corner(tmp_path_factory.mktemp("run") / "corner")
    shop.run()
    return shop


@pytest.fixture
def corner(corner_run: Corner, tmp_path: Path) -> Corner:
    """A corner shop of the test's own, run once."""
    return corner_run.copy(tmp_path / "corner")


@pytest.fixture(scope="session")
def corner_rerun(corner_run: Corner, tmp_path_factory: pytest.TempPathFactory) -> Corner:
    """A corner shop that was run twice with the same files, the second time by Bob. It is only read."""
    shop = corner_run.copy(tmp_path_factory.mktemp("rerun") / "corner")
    shop.run(actor="bob")
    return shop


@pytest.fixture
def rerun(corner_rerun: Corner, tmp_path: Path) -> Corner:
    """A shop of the test's own, run twice with the same files."""
    return corner_rerun.copy(tmp_path / "corner")


@pytest.fixture
def new_corner(tmp_path: Path) -> Corner:
    """A corner shop of the test's own, never run."""
    return Corner(tmp_path / "corner")
