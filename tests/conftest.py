"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from tests import missing
from tests.neo4j.graphs import neo4j

__all__ = ["neo4j"]

HERE = Path(__file__).parent
# Where several processes share the tests, each keeps to one processor, with all that it starts.
if os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1") != "1":
    os.environ.setdefault("CLEW_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
#: Where it is set, tests that take long are run too.
LONG = "CLEW_TEST_LONG"
#: Groups that take longest: begun last, they would keep one process busy alone.
_LONGEST = (
    "neo4j", "api", "engine", "engine/compare", "engine/erasure", "graph", "api/http", "engine/link", "engine/cluster",
    "api/render",
)  # fmt: skip


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a fixture lacks is told once, with the number of tests, not once for each place of a test."""
    report = yield
    if report.skipped and report.when == "setup" and isinstance(report.longrepr, tuple):
        report.longrepr = (missing.__file__, missing.missing.__code__.co_firstlineno, report.longrepr[2])
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several processes share the tests, one has all that need Neo4j, and each folder stays together.

    So there is one server, and what a folder's tests share is made once. What takes longest comes first. All that need
    Neo4j take long.
    """
    left = pytest.mark.skip(reason=f"takes long: {LONG}=1 runs it")
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            needs = "neo4j" in getattr(item, "fixturenames", ())
            group = "neo4j" if needs else item.path.parent.relative_to(HERE).as_posix()
            item.add_marker(pytest.mark.xdist_group(group))
        if not os.environ.get(LONG) and (_group(item) == "neo4j" or item.get_closest_marker("long")):
            item.add_marker(left)
    items.sort(key=_turn)


def _group(item: pytest.Item) -> str:
    marker = item.get_closest_marker("xdist_group")
    return str(marker.args[0]) if marker else ""


def _turn(item: pytest.Item) -> int:
    name = _group(item)
    return _LONGEST.index(name) if name in _LONGEST else len(_LONGEST)
