"""What all tests share."""

from __future__ import annotations

import pytest

from tests.missing import MISSING
from tests.neo4j.graphs import neo4j

__all__ = ["neo4j"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say in one line each which servers there were none of."""
    for why in config.stash.get(MISSING, {}).values():
        terminalreporter.write_line(why, yellow=True)
