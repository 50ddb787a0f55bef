"""How fast the Neo4j graph store loads, answers and takes in a change, on synthetic runs or on a run of a project.

    CLEW_NEO4J_URI=bolt://localhost:7687 CLEW_NEO4J_PASSWORD=... python benchmarks/graph_neo4j.py --records 100000
    ... python benchmarks/graph_neo4j.py --run clew-demo/.clew/runs/RUN

The graph that is in the database is dropped. Prints nodes and relationships a second, the publisher's peak memory,
lookup times beside a bare driver query for the same rows, the cost of a run in which 1 % of the records changed
(synthetic runs only), and the time to verify.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

from graph_store import make_run, peak, timed
from neo4j import Driver, GraphDatabase

from engine.compute import Compute
from engine.runs import RunTables
from graph.neo4j import Neo4jStore, Server

#: A whole customer, as one would ask for it who never heard of Clew: the rows of the store's answer, as they are.
BARE = """
    MATCH (:Identifier {type: 'email', value: $email})<-[:KNOWN_BY]-(c:Customer)
    RETURN c, [(c)<-[b:BELONGS_TO]-(r) | [r, b, [(r)-[h:HAS]->(v) | [h, v]], [(r)-[m:MATCHES]->(o) | [m, o.id]]]],
        [(c)-[k:KNOWN_BY]->(v) | [k, v]], [(c)<-[u:USED_BY]-(v) | [u, v]], [(c)<-[:ABOUT]-(l) | l]"""
LOOKUPS = 2_000


def main() -> None:
    """Make or find the runs, and measure in a process of its own, so that its peak memory is the store's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--run", type=Path, help="the folder of a run of a project, in place of synthetic ones")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="clew-graph-") as scratch:
        runs = [RunTables(options.run)] if options.run else [RunTables(Path(scratch) / n) for n in ("one", "two")]
        for run in runs:
            if not run.folder.exists():
                make_run(run.folder, options.records, None if run is runs[0] else runs[0].folder)
        process = multiprocessing.get_context("spawn").Process(target=measure, args=(runs,))
        process.start()
        process.join()


def measure(runs: list[RunTables]) -> None:
    """Print what the store takes to load the first run, to answer, to bring itself to the second, to be verified."""
    server = Server.from_environment()
    store = Neo4jStore(server)
    driver = GraphDatabase.driver(server.uri, auth=(server.user, server.password))
    store.drop()
    full, report = timed(lambda: store.publish(runs[0], None))
    nodes, relationships = (_count(driver, server, what) for what in ("(x)", "()-[x]->()"))
    print(f"load     {full:6.1f} s  {nodes:,} nodes, {relationships:,} relationships,", end=" ")
    print(f"{nodes / full:,.0f} and {relationships / full:,.0f} a second, peak memory {peak():,.0f} MB")
    emails = _emails(runs[0])
    with driver.session(database=server.database) as session:
        _lookups("bare", emails, lambda e: session.run(BARE, email=e).values())
    _lookups("lookup", emails, lambda e: [store.customer(o.customer_id) for o in store.find("email", e).customers])
    customers = [c for e in emails for c in store.find("email", e).customers]
    _lookups("customer", [c.customer_id for c in customers], store.customer)
    _lookups("find", emails, lambda e: store.find("email", e))
    if len(runs) > 1:
        change, report = timed(lambda: store.publish(runs[1], runs[0]))
        rows = sum(report.added.values()) + sum(report.removed.values())
        print(f"change   {change:6.1f} s  {rows:,} rows, {change / full:.1%} of the load, {peak():,.0f} MB")
    check, differences = timed(lambda: store.verify(runs[-1]))
    print(f"verify   {check:6.1f} s  {differences or 'no differences'}, {peak():,.0f} MB")
    seconds, members = timed(store.members)
    print(f"members  {seconds:6.1f} s  {members.num_rows:,} rows")
    store.close()
    driver.close()


def _emails(run: RunTables) -> list[str]:
    with Compute() as compute:
        compute.read_parquet("known_by", run.path("known_by"))
        found = compute.rows("SELECT DISTINCT value FROM known_by WHERE type = 'email' ORDER BY value")
    return random.Random(1).sample([e for (e,) in found], min(LOOKUPS, len(found)))


def _lookups(name: str, what: list[str], look: Callable[[str], object]) -> None:
    for given in what[:200]:
        look(given)
    times = sorted(timed(lambda given=given: look(given))[0] * 1000 for given in what)
    half, most = times[len(times) // 2], times[len(times) * 99 // 100]
    print(f"{name:8} p50 {half:.2f} ms, p99 {most:.2f} ms")


def _count(driver: Driver, server: Server, what: str) -> int:
    return int(driver.execute_query(f"MATCH {what} RETURN count(x)", database_=server.database).records[0][0])


if __name__ == "__main__":
    main()
