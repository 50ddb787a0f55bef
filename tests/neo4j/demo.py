"""`make demo-neo4j`: the demo, published to a real Neo4j, and one saved question asked there.

The server is that of CLEW_NEO4J_URI, else one of ours: see `tests.neo4j.server`. One of ours runs until Enter is
pressed, or not at all longer where nobody can press it, and is removed with its data.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from neo4j import GraphDatabase

from engine.errors import ClewError
from engine.runs import Layout
from graph.neo4j import Neo4jStore, Server
from graph.neo4j.browser import FOLDER, query
from graph.neo4j.server import DATABASE, PASSWORD, URI, USER
from tests.neo4j.java import Unavailable
from tests.neo4j.server import Neo4j, find

DEMO = Path("clew-demo")


def main() -> None:
    """Make the demo and show it."""
    # A signal that ends Python on the spot would leave the server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="clew-neo4j-") as home:
        try:
            found = Neo4j(Server.from_environment()) if os.environ.get(URI) else find(Path(home) / "neo4j")
            try:
                _show(found)
            finally:
                found.close()
        except (Unavailable, ClewError) as error:
            sys.exit(f"no demo in Neo4j: {error}")


def _show(neo4j: Neo4j) -> None:
    server = neo4j.server
    _refuse_another(server)
    settings = {URI: server.uri, USER: server.user, PASSWORD: server.password, DATABASE: server.database or ""}
    _clew(settings, "demo", str(DEMO))
    _clew(settings, "publish", "--store", "neo4j", "--take-over", "--verify", "--project", str(DEMO))
    _ask(server, "1-who-is-this-email")
    secret = f"password {server.password}" if neo4j.ours else f"the password of {PASSWORD}"
    print(f"\nConnect Neo4j Browser to {server.uri}, user {server.user}, {secret}.")
    print(f"Drop its style and its questions onto it: {FOLDER}")
    print("The guide: python -m graph.neo4j.browser says what to play.")
    if neo4j.ours and sys.stdin.isatty():
        input("Enter stops the server and removes its data. ")
    elif neo4j.ours:
        print("The server has been stopped and its data removed, as there is nobody here to look at it.")


def _refuse_another(server: Server) -> None:
    """Never put the demo in the place of somebody's own graph."""
    store = Neo4jStore(server)
    try:
        shown = store.current_run()
    finally:
        store.close()
    if shown is not None and not Layout(DEMO / ".clew").run(shown).folder.is_dir():
        sys.exit(f"no demo in Neo4j: {server.name} shows run {shown}, which isn't the demo's; give it another database")


def _clew(settings: dict[str, str], *words: str) -> None:
    """Run a command as a user would, and stop where it fails."""
    print(f"\n$ clew {' '.join(words)}", flush=True)
    program = [sys.executable, "-c", "from api.cli import main; main()", *words]
    done = subprocess.run(program, env={**os.environ, **settings}, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def _ask(server: Server, name: str) -> None:
    """Ask a saved question and print the columns that hold words and numbers."""
    asked = query(name)
    print(f"\n{asked.title} ({asked.name}.cypher)")
    with (
        GraphDatabase.driver(server.uri, auth=(server.user, server.password)) as driver,
        driver.session(database=server.database) as session,
    ):
        rows = [record.data() for record in session.run(asked.cypher)]
    lines = [{key: value for key, value in row.items() if isinstance(value, str | float | int)} for row in rows]
    for line in dict.fromkeys("  ".join(map(str, values.values())) for values in lines):
        print(f"  {line}")


if __name__ == "__main__":
    main()
