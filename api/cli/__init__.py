"""The command line: one command is one call of a Project, and printing. Answers go to stdout, all else to stderr.

What a command needs is imported when it is called: `--help` must not wait for the engine.
"""

from __future__ import annotations

import sys

# Each of these adds its commands.
from api.cli import ask, audience, change, decide, export, keys, review, runs, serve, start, watch
from api.cli.app import app

__all__ = [
    "app",
    "ask",
    "audience",
    "change",
    "decide",
    "export",
    "keys",
    "main",
    "review",
    "runs",
    "serve",
    "start",
    "watch",
]


def main() -> None:
    """The `clew` command."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that can't show a character shows a question mark in its place.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app()
