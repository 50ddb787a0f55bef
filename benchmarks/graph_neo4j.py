"""How fast the Neo4j graph store loads, answers and takes in a change, on runs of the demo.

    python benchmarks/graph_neo4j.py --records 100000 1000000 --work DIR

The server is that of CLEW_NEO4J_URI, whose graph is dropped, else one in Docker, else one that Maven and Java assemble
and that is removed afterwards. Prints nodes and relationships a second of a load of everything, the publisher's peak
memory, the size on disk, how long it takes from an identifier to the whole customer, beside a bare driver query for the
same rows, and along a path in the largest customer, what a run costs in which 1 % of the records changed, how long it
takes to verify, and to export and import the files of a bulk import. The runs are made first: see `graph_runs.py`.
"""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path

from graph_runs import apart, asked, compare, head, options, paths, peak, runs, size, timed, told, whole_customer
from neo4j import GraphDatabase

from engine.runs import RunTables
from graph.neo4j import Neo4jStore, Server
from graph.neo4j.export import Files, export
from graph.neo4j.server import URI
from tests.neo4j.server import JavaNeo4j, Neo4j, find

#: A whole customer, as one would ask for it who never heard of Clew: the rows of the store's answer, as they are.
BARE = """
    MATCH (:Identifier {type: 'email', value: $email})<-[:KNOWN_BY]-(c:Customer)
    RETURN c, [(c)<-[b:BELONGS_TO]-(r) | [r, b, [(r)-[h:HAS]->(v) | [h, v]], [(r)-[m:MATCHES]->(o) | [m, o.id]]]],
        [(c)-[k:KNOWN_BY]->(v) | [k, v]], [(c)-[s:CONSENTS]->(v) | [s, v]], [(c)<-[u:USED_BY]-(v) | [u, v]],
        [(c)<-[:ABOUT]-(l) | l]"""
#: Room for a graph of millions, and plans that follow its size.
LARGE = ["-Xms1g", "-Xmx3g", "-XX:+UseSerialGC", "-Dclew.large=true"]


def main() -> None:
    """Make or find the runs; load the first, ask, publish the second, verify; then the same by a bulk import."""
    given = options(__doc__)
    JavaNeo4j.options = LARGE
    for records in given.records:
        folder = given.work / str(records)
        one, two = runs(folder, records, given.seed)
        home = folder / "neo4j"
        shutil.rmtree(home, ignore_errors=True)
        neo4j = Neo4j(Server.from_environment()) if os.environ.get(URI) else find(home)
        try:
            apart(head, "Neo4j", records, one, two)
            for step in (load, ask, change, verify):
                apart(step, neo4j.server, one, two)
                if step is load and home.exists():
                    print(f"{'':41}{size(home / 'data')}", flush=True)
            if isinstance(neo4j, JavaNeo4j):
                bulk(neo4j, one, folder / "import")
        finally:
            neo4j.close()
            shutil.rmtree(home, ignore_errors=True)


def load(server: Server, one: RunTables, two: RunTables) -> None:
    """Load everything."""
    store = Neo4jStore(server)
    store.drop()
    seconds, _ = timed(lambda: store.publish(one, None))
    memory = peak()
    with GraphDatabase.driver(server.uri, auth=(server.user, server.password)) as driver:
        nodes, links = (
            driver.execute_query(f"MATCH {what} RETURN count(x)", database_=server.database).records[0][0]
            for what in ("(x)", "()-[x]->()")
        )
    told("load", seconds, f"{nodes:,} nodes and {links:,} relationships, {memory}")
    told("", seconds, f"{nodes / seconds.wall:,.0f} and {links / seconds.wall:,.0f} a second")
    store.close()


def ask(server: Server, one: RunTables, two: RunTables) -> None:
    """Look customers up, beside a bare query, and paths in the largest one."""
    store = Neo4jStore(server)
    what = asked(one)
    with (
        GraphDatabase.driver(server.uri, auth=(server.user, server.password)) as driver,
        driver.session(database=server.database) as session,
    ):
        bare = {"bare driver query": lambda email: session.run(BARE, email=email).values()}
        compare(bare | {"identifier to customer": partial(whole_customer, store)}, what.emails)
    paths(store, what.largest, what.records)
    store.close()


def change(server: Server, one: RunTables, two: RunTables) -> None:
    """Publish the second run."""
    store = Neo4jStore(server)
    seconds, report = timed(lambda: store.publish(two, one))
    rows = sum(report.added.values()) + sum(report.removed.values())
    told("change", seconds, f"{rows:,} rows, {peak()}")
    store.close()


def verify(server: Server, one: RunTables, two: RunTables) -> None:
    """Compare the graph with the second run, and read all members."""
    store = Neo4jStore(server)
    seconds, differences = timed(lambda: store.verify(two))
    told("verify", seconds, f"{differences or 'no differences'}, {peak()}")
    seconds, members = timed(store.members)
    told("members", seconds, f"{members.num_rows:,} rows")
    store.close()


def bulk(neo4j: JavaNeo4j, run: RunTables, folder: Path) -> None:
    """Export a run, import it in place of what is there, make the indexes, verify."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    files = apart(write, run, folder)
    neo4j.stop()
    seconds, _ = timed(lambda: neo4j.admin(files.command[1:], folder))
    shutil.rmtree(folder)
    neo4j.start()
    told("import", seconds, size(neo4j.home / "data"))
    apart(index, neo4j.server, run)


def write(run: RunTables, folder: Path) -> Files:
    """Write the files of a bulk import."""
    seconds, files = timed(lambda: export(run, folder))
    told("export", seconds, f"{sum(files.rows.values()):,} rows, {peak()}, {size(folder)}")
    return files


def index(server: Server, run: RunTables) -> None:
    """Make the indexes of a graph that was imported, and compare it with its run."""
    store = Neo4jStore(server)
    seconds, _ = timed(lambda: store.publish(run, None))
    told("its indexes", seconds, "")
    seconds, differences = timed(lambda: store.verify(run))
    told("verify", seconds, f"{differences or 'no differences'}")
    store.close()


if __name__ == "__main__":
    main()
