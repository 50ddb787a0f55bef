"""The files of a bulk import, through the real importer, into a server that then shows the run."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from engine.runs import RunTables
from graph.neo4j import Neo4jStore
from graph.neo4j.export import export
from graph.neo4j.schema import MARKER, NODES, RELATIONSHIPS
from graph.tables import GRAPH_TABLES
from tests.graph.runs import T0, Run, john, match, merged
from tests.graph.test_contract import hostile_run
from tests.neo4j.graphs import Graphs
from tests.neo4j.server import JavaNeo4j


def _run() -> Run:
    """Rows in every table, and everything that is hard to put into a file."""
    run = hostile_run(merged())
    before = john()
    for table in ("shared_values", "refusals"):
        run = run.with_rows(table, *before.tables[table])
    run = run.with_rows("redirects", {"old_id": "c1", "new_id": "c4", "kind": "split", "at": T0})
    entry = {"at": T0, "kind": "", "run_id": "two", "actor": "engine", "reason": "\x1f", "hash": "", "record_ids": []}
    run = run.with_rows("ledger", {**entry, "seq": 3, "customer_ids": ["c1", "a\x1fb"]})
    sure = {**match("till:9", "shop:2", 5.0, 9), "weight": float("inf"), "probability": 1.0}
    return run.with_rows("matches", sure)


def test_an_imported_graph_shows_its_run_and_is_that_run(neo4j: Graphs, one: RunTables, tmp_path: Path) -> None:
    if not isinstance(neo4j.neo4j, JavaNeo4j):
        pytest.skip("the importer is at hand only beside a server that Maven assembled")
    run = _run()
    two = run.write(tmp_path / "runs" / "two")
    folder = tmp_path / "files"
    folder.mkdir()
    files = export(two, folder)
    assert all(run.tables[name] for name in GRAPH_TABLES)
    kinds = [n.label for n in NODES] + [r.type for r in RELATIONSHIPS]
    assert all(files.rows[name] for name in kinds)
    assert files.rows.keys() == {*kinds, MARKER}
    assert files.rows["Record"] == len(run.tables["records"])
    assert files.rows["ABOUT"] == sum(len(entry["customer_ids"]) for entry in run.tables["ledger"])
    assert shlex.join(files.command[:5]) in (folder / "README.txt").read_text()
    # The import takes the place of what is there.
    neo4j.empty().close()
    neo4j.neo4j.stop()
    try:
        neo4j.neo4j.admin(files.command[1:], folder)
    finally:
        neo4j.neo4j.start()
    store = Neo4jStore(neo4j.server, "500MB")
    assert store.current_run() == "two"
    assert store.publish(two, None).unchanged
    assert store.verify(two) == []
    assert store.retired("c0") is not None
    assert store.publish(one, two).full is False
    assert store.verify(one) == []
    store.close()


def test_a_run_can_be_exported_without_a_server(tmp_path: Path) -> None:
    run: RunTables = john().write(tmp_path / "one")
    folder = tmp_path / "files"
    folder.mkdir()
    files = export(run, folder)
    assert files.rows["HAS"] == len(john().tables["identifiers"])
    header = (folder / "HAS-header.csv").read_text()
    assert header == ":START_ID,:END_ID,display:string,status:string,detail:string,born:long\n"
    labels = {line.split(",")[1] for line in (folder / "Identifier.csv").read_text().splitlines()}
    assert '"Identifier\x1fEmail"' in labels
