"""What the server does to answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from neo4j import READ_ACCESS, GraphDatabase

from graph.neo4j.connection import Connection, Row
from tests.graph.runs import crowd
from tests.neo4j.graphs import Graphs

pytestmark = pytest.mark.xdist_group("neo4j")

SCANS = re.compile("Scan")


def _steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("children", ()):
        yield from _steps(child)


def test_a_search_reads_and_starts_from_the_index_of_words(
    neo4j: Graphs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = neo4j.empty()
    store.publish(crowd().write(tmp_path / "crowd"), None)
    asked: list[tuple[str, dict[str, Any]]] = []
    rows = Connection.rows

    def kept(self: Connection, statement: str, **parameters: Any) -> list[Row]:
        if "fulltext" in statement:
            asked.append((statement, parameters))
        return rows(self, statement, **parameters)

    monkeypatch.setattr(Connection, "rows", kept)
    assert [hit.customer_id for hit in store.search("jhon smiht")] == ["john", "jon"]
    store.close()
    assert len(asked) == 3
    server = neo4j.server
    with (
        GraphDatabase.driver(server.uri, auth=(server.user, server.password)) as driver,
        driver.session(database=server.database, default_access_mode=READ_ACCESS) as session,
    ):
        for statement, parameters in asked:
            plan = session.run(f"PROFILE {statement}", parameters).consume().profile
            steps = list(_steps(plan or {}))
            kinds = [step["operatorType"].partition("@")[0] for step in steps]
            assert "ProcedureCall" in kinds
            assert not [kind for kind in kinds if SCANS.search(kind)], kinds
