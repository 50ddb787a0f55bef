"""One small demo shop, made and run once, of which tests that change something work on a copy; and hand-made graphs."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console, RenderableType
from typer.testing import CliRunner, Result

from api.cli import app
from api.demo import DEMO_FILE, demo
from api.project import Project, init
from api.results import Demo
from engine.demo import generate
from graph.sqlite import SqliteStore
from tests.graph.runs import Run, john

RECORDS = 400
#: The order of the identifier types.
PRIORITIES = {"account": 1, "loyalty": 2, "email": 3, "phone": 4, "device": 9}


def drawn(page: RenderableType, width: int = 80) -> str:
    """A page as a terminal of that width shows it."""
    file = io.StringIO()
    Console(file=file, width=width, highlight=False).print(page)
    return file.getvalue()


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


@pytest.fixture(scope="session")
def graph_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Run], SqliteStore]]:
    """Makes a graph that shows a run. It is only read."""
    opened = []

    def publish(run: Run) -> SqliteStore:
        folder = tmp_path_factory.mktemp("graph")
        store = SqliteStore(folder / "graph.db")
        opened.append(store)
        store.publish(run.write(folder / "run"), None)
        return store

    yield publish
    for store in opened:
        store.close()


@pytest.fixture(scope="session")
def johns(graph_of: Callable[[Run], SqliteStore]) -> SqliteStore:
    """The graph of John's run. It is only read."""
    return graph_of(john())
