"""Graphs on the one server of the tests: it has one database, which each test finds as it wants it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from neo4j import GraphDatabase

from graph.neo4j import Neo4jStore
from graph.store import GraphStore
from tests.missing import missing
from tests.neo4j.java import Unavailable
from tests.neo4j.server import Neo4j, find


class Graphs:
    """The server, and who has filled its database."""

    def __init__(self, neo4j: Neo4j) -> None:
        self.neo4j = neo4j
        self.server = neo4j.server
        self.holder: object = None
        # Somebody else's database is refused here.
        store = Neo4jStore(self.server)
        store.current_run()
        store.close()

    def empty(self) -> Neo4jStore:
        """An empty graph; its indexes stay, as making them takes seconds."""
        self.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS")
        self.holder = None
        return Neo4jStore(self.server, "500MB")

    def shown(self, fill: Callable[[GraphStore], None]) -> GraphStore:
        """A graph that `fill` has published, for reading: filled anew when another test has used the database."""
        return cast(GraphStore, _Shown(self, fill))

    def run(self, statement: str, **parameters: Any) -> list[list[Any]]:
        """Run Cypher behind the store's back."""
        with (
            GraphDatabase.driver(self.server.uri, auth=(self.server.user, self.server.password)) as driver,
            driver.session(database=self.server.database) as session,
        ):
            return [record.values() for record in session.run(statement, parameters)]


class _Shown:
    def __init__(self, graphs: Graphs, fill: Callable[[GraphStore], None]) -> None:
        self._graphs, self._fill = graphs, fill
        self._store: Neo4jStore | None = None

    def __getattr__(self, name: str) -> Any:
        if self._graphs.holder is not self:
            store = self._graphs.empty()
            self._fill(store)
            self.close()
            self._store, self._graphs.holder = store, self
        return getattr(self._store, name)

    def close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None


@pytest.fixture(scope="session")
def neo4j(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The graphs of a server; where there is none, the test is skipped, or fails if one is required."""
    try:
        found = find(tmp_path_factory.mktemp("neo4j"))
    except Unavailable as error:
        missing("CLEW_TEST_NEO4J", f"no Neo4j to test with: {error}")
    try:
        yield Graphs(found)
    finally:
        found.close()
