"""What bandit has to say of what is shipped: nothing that isn't excused where it stands, with the reason."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

REPOSITORY = Path(__file__).parents[1]
SHIPPED = ("clew.py", "engine", "graph", "api", "notebooks")


def test_bandit_finds_nothing() -> None:
    # Of what it is least sure it says nothing here: that is any text with a word of SQL in it. What goes into SQL is a
    # parameter, or a name that is quoted: tests ask for texts that would break out.
    options = ["--recursive", "--quiet", "--confidence-level", "medium", "--format", "json"]
    command = [sys.executable, "-m", "bandit", "--configfile", "pyproject.toml", *options, *SHIPPED]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    found = [f"{r['filename']}:{r['line_number']}: {r['test_id']} {r['issue_text']}" for r in told["results"]]
    assert (found, told["errors"], done.returncode) == ([], [], 0)
    assert told["metrics"]["_totals"]["loc"] > 10_000


def test_each_excuse_names_what_it_excuses() -> None:
    excuses = [
        line
        for part in SHIPPED
        for path in ([REPOSITORY / part] if part.endswith(".py") else (REPOSITORY / part).rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if "# nosec" in line
    ]
    assert excuses
    assert [line for line in excuses if not re.search(r"# nosec B\d{3}( # \w|$)", line)] == []
