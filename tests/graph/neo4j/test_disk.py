"""A server whose disk fills up in the middle of a publish."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.errors import StateError
from engine.runs import RunTables
from graph.neo4j import Neo4jStore, Server
from tests.disks import Disk, apart
from tests.graph.runs import john, record
from tests.neo4j.graphs import Graphs
from tests.neo4j.server import JavaNeo4j, assembled

#: Publishes one run over another, and tells what came of it.
_PUBLISH = """
import sys
from pathlib import Path
from engine.errors import StateError
from engine.runs import RunTables
from graph.neo4j import Neo4jStore, Server
store = Neo4jStore(Server(*sys.argv[1:5]))
try:
    store.publish(RunTables(Path(sys.argv[5])), RunTables(Path(sys.argv[6])))
except StateError as error:
    print(error)
"""


def test_the_earlier_answer_stands_once_there_is_room_again(neo4j: Graphs, tmp_path: Path) -> None:
    if not isinstance(neo4j.neo4j, JavaNeo4j):
        pytest.skip("no disk to fill: the server is not one that was assembled here")
    apart(f"{__name__}:fill", tmp_path)


def fill(folder: Path) -> None:
    """In a child that may mount."""
    one = john().write(folder / "one")
    # More than the room that is left, in names that no store shortens.
    large = [record(f"shop:x{n}", name=f"{n} " * 500) for n in range(300)]
    two = john().with_rows("records", *large).write(folder / "two")
    (folder / "disk").mkdir()
    disk = Disk(folder / "disk", 200_000)
    neo4j = JavaNeo4j(assembled(), folder / "disk" / "home")
    try:
        _await(neo4j.server).publish(one, None)
        disk.leave(200)
        told = _publish(neo4j.server, two, one)
        assert "its disk may be full or failing, as its log tells. Make room, restart the server, then" in told, told
        disk.clear()
        neo4j.stop(kill=True)
        neo4j.start()
        store = _await(neo4j.server)
        assert store.current_run() == "one"
        assert store.verify(one) == []
        assert _publish(neo4j.server, two, one) == ""
        assert store.verify(two) == []
        store.close()
    finally:
        neo4j.close()


def _publish(server: Server, run: RunTables, previous: RunTables) -> str:
    words = [server.uri, server.user, server.password, server.database or "", str(run.folder), str(previous.folder)]
    done = subprocess.run([sys.executable, "-c", _PUBLISH, *words], capture_output=True, text=True, check=True)
    return done.stdout


def _await(server: Server) -> Neo4jStore:
    """The graph, as soon as the database has come up."""
    for _ in range(300):
        store = Neo4jStore(server, "500MB")
        try:
            store.current_run()
        except StateError as error:
            assert "isn't available" in str(error), error
            store.close()
            time.sleep(0.1)
        else:
            return store
    raise AssertionError("the database doesn't come up")
