"""What all tests share."""

from __future__ import annotations

import pytest

from tests.neo4j.graphs import SKIPPED, neo4j

__all__ = ["neo4j"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say in one line that there was no Neo4j."""
    if SKIPPED in config.stash:
        terminalreporter.write_line(config.stash[SKIPPED], yellow=True)
