"""How fast the embedded graph store loads, answers and takes in a change, on runs of the demo.

    python benchmarks/graph_store.py --records 100000 1000000 --work DIR

Prints nodes, relationships and rows a second of a load of everything, the publisher's peak memory, the file's size,
what a run costs in which 1 % of the records changed, how long it takes from an identifier to the whole customer and
along a path in the largest customer, and to verify. The runs are made first: see `graph_runs.py`.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from graph_runs import (
    apart,
    asked,
    compare,
    content,
    head,
    options,
    paths,
    peak,
    runs,
    size,
    timed,
    told,
    whole_customer,
)

from engine.runs import RunTables
from graph.sqlite import SqliteStore


def main() -> None:
    """Make or find the runs; load the first, ask, publish the second, verify."""
    given = options(__doc__)
    for records in given.records:
        folder = given.work / str(records)
        one, two = runs(folder, records, given.seed)
        apart(head, "SQLite", records, one, two)
        for step in (load, ask, change, verify):
            apart(step, folder / "graph.db", one, two)


def load(path: Path, one: RunTables, two: RunTables) -> None:
    """Load everything."""
    store = SqliteStore(path)
    store.drop()
    seconds, _ = timed(lambda: store.publish(one, None))
    memory = peak()
    nodes, links = content(one)
    told("load", seconds, f"{nodes:,} nodes and {links:,} relationships, {memory}, {size(path)}")
    told("", seconds, f"{nodes / seconds.wall:,.0f} and {links / seconds.wall:,.0f} a second")
    store.close()


def ask(path: Path, one: RunTables, two: RunTables) -> None:
    """Look customers up, and paths in the largest one."""
    store = SqliteStore(path)
    what = asked(one)
    compare({"identifier to customer": partial(whole_customer, store)}, what.emails)
    paths(store, what.largest, what.records)
    store.close()


def change(path: Path, one: RunTables, two: RunTables) -> None:
    """Publish the second run."""
    store = SqliteStore(path)
    seconds, report = timed(lambda: store.publish(two, one))
    rows = sum(report.added.values()) + sum(report.removed.values())
    told("change", seconds, f"{rows:,} rows, {peak()}, {size(path)}")
    store.close()


def verify(path: Path, one: RunTables, two: RunTables) -> None:
    """Compare the graph with the second run, and read all members."""
    store = SqliteStore(path)
    seconds, differences = timed(lambda: store.verify(two))
    told("verify", seconds, f"{differences or 'no differences'}, {peak()}")
    seconds, members = timed(store.members)
    told("members", seconds, f"{members.num_rows:,} rows")
    store.close()


if __name__ == "__main__":
    main()
