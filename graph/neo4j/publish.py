"""A publish: many small transactions, and one tiny one that shows the run to readers.

Neo4j keeps a transaction in memory, so a run doesn't fit into one; and its readers see what is committed while they
read. What is under way is therefore marked with the number of its publish, and readers leave it out:

1. *load*: what comes is `born` with that number (and `fresh`, so that it can be found), what goes is `gone` with it,
   and a node whose row changes keeps the old one and gets the new one beside it, as JSON (`turns`, `next`). Readers
   compare these numbers with that of the run they see: nothing changes for them.
2. One transaction moves the marker to the new number. All readers that come later see the new run.
3. *finish*: what is gone is deleted, rows turn, marks are taken off. Nothing changes for readers of the new number,
   whether they meet a mark or no longer do: a row turns in one transaction and loses its marks in the next, and readers
   look for the marks before they read the row, so that those who find none find the new row.

A reader that began with the old number may miss what step 3 removed. It reads the marker again after its answer, and
asks anew if it has moved. Numbers only ever grow. Between publishes the graph has no mark but `born`: any query by
hand sees the run and nothing else, at the speed of a graph without versions. That, and that a publish costs what
changed, is why this and not a copy of the graph for each run; it is right because in each phase the marks make the set
that a reader admits the same before, during and after every transaction but that of step 2. (Neo4j's readers take no
locks: what is deleted while it is looked at loses its properties one by one. `wire.seen` and `wire.row_of` look in an
order in which that does no harm.)

Each batch of rows is committed together with how far the publish has come, so a batch is never written twice, and a
publish that was killed or lost its server goes on where it stopped. One that isn't wanted any more is undone by its
marks. What the graph holds and what the run holds are compared as tables (`graph.tables`). Where the run before isn't
known, the tables are read back from the graph: then too, readers never see less than a whole run.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from neo4j import ManagedTransaction

from engine.compute import Compute
from engine.errors import StateError
from engine.runs import RunTables
from graph.neo4j import cypher, delta, lease
from graph.neo4j.bulk import open_table
from graph.neo4j.connection import Connection
from graph.neo4j.delta import Step
from graph.neo4j.lease import Lease
from graph.neo4j.marker import Pending, Standing, claim, index, look, refuse_strangers
from graph.neo4j.schema import (
    MARKER,
    NODES,
    PUBLISH,
    RELATIONSHIPS,
    SCHEMA_VERSION,
    Node,
    constraints,
    index_name,
    indexes,
)
from graph.neo4j.wire import sent
from graph.store import PublishReport
from graph.tables import GRAPH_TABLES, changes, complete, everything, open_run

#: Nodes or relationships that one transaction of the last phase takes.
SWEEP = 10_000

_BEGIN = f"""
    MERGE (p:{PUBLISH} {{name: 'publish'}})
    SET p.number = $number, p.run = $run, p.full = $full, p.size = $size, p.phase = 'load', p.step = 0, p.done = 0"""
_AT = f"MATCH (p:{PUBLISH} {{name: 'publish', number: $number}}) RETURN p.step, p.done"
_GO_ON = f"MATCH (p:{PUBLISH} {{name: 'publish'}}) SET p.step = $step, p.done = $done"
_SHOW = f"""
    MATCH (m:{MARKER} {{name: 'graph'}}) MATCH (p:{PUBLISH} {{name: 'publish', number: $number}})
    SET m.publish = $number, m.run = p.run, m.schema_version = $version, m.project = coalesce(m.project, $project),
        p.phase = 'finish'"""
_UNDO = f"MATCH (p:{PUBLISH} {{name: 'publish'}}) SET p.phase = 'undo'"
_OVER = f"MATCH (p:{PUBLISH} {{name: 'publish'}}) DELETE p"
_HIDE = f"""
    MATCH (m:{MARKER} {{name: 'graph'}}) REMOVE m.publish, m.run
    MERGE (p:{PUBLISH} {{name: 'publish'}})
    SET p.number = coalesce(p.number, 0), p.run = '', p.full = true, p.size = '', p.phase = 'drop', p.step = 0,
        p.done = 0"""
_FORGET = f"""
    MATCH (m:{MARKER} {{name: 'graph'}}) OPTIONAL MATCH (p:{PUBLISH} {{name: 'publish'}}) DELETE m, p"""


def publish(connection: Connection, run: RunTables, previous: RunTables | None, memory_limit: str) -> PublishReport:
    """Bring the graph to `run`: see `GraphStore.publish`."""
    if look(connection) is None:
        claim(connection)
    with lease.held(connection) as mine:
        return Publisher(connection, mine).publish(run, previous, memory_limit)


def drop(connection: Connection) -> None:
    """Remove the graph, its indexes and its marker; a database with anything of another program in it is refused."""
    if look(connection) is None:
        return
    refuse_strangers(connection)
    with lease.held(connection) as mine:
        publisher = Publisher(connection, mine)
        publisher.alone(_HIDE)
        publisher.wipe()
        for statement in (*indexes(), *constraints()):
            kind = "CONSTRAINT" if statement.startswith("CREATE CONSTRAINT") else "INDEX"
            connection.change(f"DROP {kind} {index_name(statement)} IF EXISTS")
        publisher.alone(_FORGET)


class Publisher:
    """One holder of the lease at work."""

    def __init__(self, connection: Connection, mine: Lease) -> None:
        self.connection = connection
        self.lease = mine

    def publish(self, run: RunTables, previous: RunTables | None, memory_limit: str) -> PublishReport:
        """Bring the graph to `run`."""
        standing = self._settled(run, previous)
        if standing.run == run.run_id and not standing.older:
            # A graph that was imported in bulk has no indexes yet.
            claim(self.connection)
            index(self.connection)
            return PublishReport(run.run_id, standing.run, full=False)
        if standing.publish is None:
            # A drop that was broken off may have taken some of the indexes.
            claim(self.connection)
        full = _is_full(standing, previous)
        with Compute(memory_limit=memory_limit) as compute:
            open_run(compute, run, "new")
            if full and standing.publish is not None:
                # It is compared with what is read back.
                complete(compute, "new")
            self._compare(compute, standing, run, None if full else previous)
            steps, sizes = delta.prepare(compute)
            size = json.dumps([sizes.gone, sizes.fresh])
            pending = standing.pending
            if pending is not None and pending.size != size:
                self.undo(standing)
                pending = None
            if pending is None:
                pending = Pending(_number(standing), run.run_id, full, size, "load", 0, 0)
                self.alone(_BEGIN, number=pending.number, run=run.run_id, full=full, size=size)
            self._load(compute, steps, pending, first=standing.publish is None)
        if standing.publish is None or standing.older:
            index(self.connection)
        self.alone(_SHOW, number=pending.number, version=SCHEMA_VERSION, project=self.connection.project)
        self.finish(pending.number, marked=standing.publish is not None)
        before = None if standing.older else standing.run
        # What is there is compared with, if need be, and only what differs is written.
        return PublishReport(run.run_id, before, full, sizes.gone, sizes.fresh)

    def _settled(self, run: RunTables, previous: RunTables | None) -> Standing:
        """How the database stands once what others left is finished or undone, but for a load of this very run."""
        standing = look(self.connection)
        if standing is None:
            raise StateError(
                f"{self.connection.server.name}: the graph was dropped meanwhile; run `clew publish` again"
            )
        pending = standing.pending
        if pending is None:
            return standing
        if pending.phase == "finish":
            self.finish(pending.number)
        elif pending.phase == "load" and pending.run == run.run_id and pending.full == _is_full(standing, previous):
            return standing
        else:
            self.undo(standing)
        return replace(standing, pending=None)

    def _compare(self, compute: Compute, standing: Standing, run: RunTables, previous: RunTables | None) -> None:
        """Make the `old_` tables and the difference."""
        if previous is not None:
            open_run(compute, previous, "old")
        elif standing.publish is not None:
            for name in GRAPH_TABLES:
                open_table(compute, self.connection, name)
                compute.table(f"old_{name}", f"SELECT *, row_number() OVER () AS _row FROM found_{name}")
                compute.drop(f"read_{name}")
        else:
            everything(compute, "new")
            for name in GRAPH_TABLES:
                compute.view(f"old_{name}", f"SELECT * FROM new_{name} WHERE false")
            return
        changes(compute, "old", "new", None if previous is None else (previous, run))

    def _load(self, compute: Compute, steps: list[Step], pending: Pending, first: bool) -> None:
        """Write what comes and mark what goes, from where the publish stands."""
        at = (pending.step, pending.done)
        for number, step in enumerate(steps[at[0] :], at[0]):
            done = at[1] if number == at[0] else 0
            for rows in delta.batches(compute, step.sql, done):
                done += len(rows)
                self.connection.write(_batch(self.lease, pending.number, step, rows, at, (number, done), first))
                at = (number, done)

    def finish(self, number: int, marked: bool = True) -> None:
        """Take off the marks of a publish that readers see."""
        if marked:
            for kind in RELATIONSHIPS:
                self._sweep(f"MATCH ()-[x:{kind.type}]->() WHERE x.gone = $number", "DELETE x", number=number)
                self._sweep(f"MATCH ()-[x:{kind.type}]->() WHERE x.fresh = $number", "REMOVE x.fresh", number=number)
            for node in NODES:
                self._turn(node, number)
                self._sweep(f"MATCH (x:{node.label}) WHERE x.gone = $number", "DETACH DELETE x", number=number)
                self._sweep(f"MATCH (x:{node.label}) WHERE x.fresh = $number", "REMOVE x.fresh", number=number)
        self.alone(_OVER)

    def undo(self, standing: Standing) -> None:
        """Take back a publish that no reader has seen."""
        if standing.publish is None:
            self.wipe()
        elif standing.pending is not None:
            number = standing.pending.number
            self.alone(_UNDO)
            for kind in RELATIONSHIPS:
                self._sweep(f"MATCH ()-[x:{kind.type}]->() WHERE x.fresh = $number", "DELETE x", number=number)
                self._sweep(f"MATCH ()-[x:{kind.type}]->() WHERE x.gone = $number", "REMOVE x.gone", number=number)
            for node in NODES:
                self._sweep(f"MATCH (x:{node.label}) WHERE x.fresh = $number", "DETACH DELETE x", number=number)
                self._sweep(f"MATCH (x:{node.label}) WHERE x.gone = $number", "REMOVE x.gone", number=number)
                self._sweep(f"MATCH (x:{node.label}) WHERE x.turns = $number", "REMOVE x.turns, x.next", number=number)
        self.alone(_OVER)

    def wipe(self) -> None:
        """Delete all nodes and relationships of the graph, which are those that a publish has made; not the marker."""
        for kind in RELATIONSHIPS:
            self._sweep(f"MATCH ()-[x:{kind.type}]->() WHERE x.born IS NOT NULL", "DELETE x")
        for node in NODES:
            self._sweep(f"MATCH (x:{node.label}) WHERE x.born IS NOT NULL", "DETACH DELETE x")

    def alone(self, statement: str, **parameters: Any) -> None:
        """One statement in a transaction of its own, which may be done twice."""

        def work(tx: ManagedTransaction) -> None:
            self.lease.fence(tx)
            tx.run(statement, parameters).consume()

        self.connection.write(work)

    def _sweep(self, match: str, act: str, **parameters: Any) -> None:
        statement = f"{match} WITH x LIMIT $limit {act} RETURN count(*)"

        def work(tx: ManagedTransaction) -> int:
            self.lease.fence(tx)
            return int(tx.run(statement, parameters, limit=SWEEP).values()[0][0])

        while self.connection.write(work) == SWEEP:
            pass

    def _turn(self, node: Node, number: int) -> None:
        """Give nodes their next rows, and take off the marks in a transaction after that."""
        few = SWEEP // 5
        ask = f"MATCH (x:{node.label}) WHERE x.turns = $number RETURN x.next LIMIT $limit"
        keys = [name for name, _, _ in sent(node.properties)]
        found = " AND ".join(f"x.{name} = row[{keys.index(name)}]" for name in node.key)
        clear = f"""UNWIND $rows AS row MATCH (x:{node.label}) WHERE {found} AND x.turns = $number
            REMOVE x.turns, x.next"""
        while following := self.connection.rows(ask, number=number, limit=few):
            rows = [json.loads(text) for (text,) in following]
            self.alone(cypher.fold(node), rows=rows, number=number)
            self.alone(clear, rows=rows, number=number)


def _is_full(standing: Standing, previous: RunTables | None) -> bool:
    known = previous is not None and previous.run_id == standing.run and previous.folder.is_dir()
    return standing.publish is None or standing.older or not known


def _number(standing: Standing) -> int:
    """A number for a new publish."""
    return (standing.publish or 0) + 1


def _batch(
    mine: Lease, number: int, step: Step, rows: list[delta.Row], before: tuple[int, int], after: tuple[int, int],
    first: bool,
) -> Callable[[ManagedTransaction], None]:  # fmt: skip
    """One transaction: rows, and how far the publish has come with them."""
    statement = cypher.statement(step)
    counter, wanted = cypher.expected(step, len(rows))
    given: list[Any] = list(rows)
    if step.act == "turn" and isinstance(step.kind, Node):
        names = [name for name, _, _ in sent(step.kind.properties)]
        positions = [names.index(name) for name in step.kind.key]
        given = [[*(row[p] for p in positions), json.dumps(row, ensure_ascii=False)] for row in rows]

    def work(tx: ManagedTransaction) -> None:
        mine.fence(tx)
        found = tx.run(_AT, number=number).values()
        if found == [list(after)]:
            return  # it was committed, though the answer was lost
        if found != [list(before)]:
            raise StateError("the publish was changed by somebody else meanwhile: run `clew publish` again")
        tx.run(_GO_ON, step=after[0], done=after[1]).consume()
        counters = tx.run(statement, rows=given, number=number, fresh=None if first else number).consume().counters
        if getattr(counters, counter) != wanted:
            raise StateError(
                f"the graph isn't what its marker says ({step.name}: {getattr(counters, counter)} of {wanted}), "
                "so somebody else has changed it: drop it, and run `clew publish` to rebuild it"
            )

    return work
