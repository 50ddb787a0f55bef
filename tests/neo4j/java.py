"""The Java that the tests' Neo4j runs on: `python -m tests.neo4j.java` says which, and fails where there is none."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

#: The long-term release, and the newest of those that are called by year and month.
LTS, CALENDAR = "5.26.30", "2026.08.1"
_ASKED = os.environ.get("CLEW_TEST_NEO4J_VERSION") or LTS
VERSION = CALENDAR if _ASKED == "calendar" else _ASKED


class Unavailable(Exception):  # noqa: N818  it is a reason to skip, not an error
    """There is no server to be had here."""


def java() -> str:
    """The first Java here that is new enough, and a whole JDK, as the server's class is compiled when it starts."""
    least = 17 if VERSION.startswith("5.") else 21
    for program in _programs():
        if _release(program) >= least and program.resolve().with_name("javac").exists():
            return str(program)
    raise Unavailable(f"Neo4j {VERSION} takes a JDK {least} or newer: install one, or set JAVA to its `java`")


def _programs() -> Iterator[Path]:
    home = os.environ.get("JAVA_HOME")
    named = [os.environ.get("JAVA"), f"{home}/bin/java" if home else None, "java"]
    yield from (Path(found) for name in named if name and (found := shutil.which(name)))
    yield from sorted(Path("/usr/lib/jvm").glob("*/bin/java"))


def _release(program: Path) -> int:
    said = subprocess.run([program, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0


if __name__ == "__main__":
    try:
        print(f"Neo4j {VERSION} will run on {java()}")
    except Unavailable as error:
        sys.exit(f"no tests with this Neo4j: {error}")
