"""One small demo shop, made and run once; tests that change something work on a copy of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from api.project import DEMO_FILE, Project, demo, init
from api.results import Demo
from engine.demo import generate

RECORDS = 400


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo, as `clew demo` leaves it where an earlier one was. It is only read."""
    folder = tmp_path_factory.mktemp("demo") / "shop"
    generate(folder, 100, seed=2)
    project = init(folder)
    project.write_text(project.read_text() + "# mine\n")
    (folder / DEMO_FILE).touch()
    (folder / ".clew" / "earlier").mkdir(parents=True)
    return demo(folder, RECORDS, seed=1)


@pytest.fixture(scope="session")
def project(shop: Demo) -> Iterator[Project]:
    """The demo's project. It is only read."""
    with Project(shop.project) as opened:
        yield opened


@pytest.fixture
def copy(shop: Demo, tmp_path: Path) -> Path:
    """A copy of the demo's folder, to be changed."""
    return Path(shutil.copytree(shop.folder, tmp_path / "shop"))


@pytest.fixture
def clew() -> Callable[..., Result]:
    """The command line, in this process."""

    def call(*words: object) -> Result:
        return CliRunner().invoke(app, [str(word) for word in words], prog_name="clew")

    return call
