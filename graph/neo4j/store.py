"""The graph store on a Neo4j server: many readers, one publisher, and what one database of it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import pyarrow as pa

from engine.errors import ClewError, StateError
from engine.runs import RunTables
from graph.answers import check_table
from graph.neo4j import bulk, publish, questions
from graph.neo4j.connection import Connection
from graph.neo4j.failure import told
from graph.neo4j.marker import look, take_over
from graph.neo4j.server import Server
from graph.neo4j.verify import verify
from graph.store import (
    Customer,
    DeviceWindow,
    Difference,
    Finding,
    GraphStore,
    Hit,
    Match,
    Outline,
    PublishReport,
    Record,
    Refusal,
    Retired,
    Stats,
)

T = TypeVar("T")

#: How often several answers are asked for before it is given up to have them of one run.
_TRIES = 5


class Neo4jStore:
    """`GraphStore` in one database of a Neo4j server. Threads may share it; it connects when it is first asked.

    Every answer comes from one run, whole, even if a publish ends while it is read: `graph.neo4j.publish` says how.
    The graph of a project other than `project` is refused; None takes any.
    """

    def __init__(self, server: Server, memory_limit: str = "3GB", project: str | None = None) -> None:
        self.server = server
        self.memory_limit = memory_limit
        self._connection = Connection(server, project)

    # --- the run ---

    def current_run(self) -> str | None:
        """The run that readers see, or None where there is no graph yet, or one of an older layout."""
        with told(self.server):
            standing = look(self._connection)
        return None if standing is None or standing.older else standing.run

    def together(self, ask: Callable[[GraphStore], T]) -> tuple[str, T]:
        """Several answers from one run: asked again where a publish ended meanwhile. See `GraphStore.together`."""
        for _ in range(_TRIES):
            before = self.current_run()
            try:
                found = ask(self)
            except ClewError:
                # What is gone may be there in the run that was published meanwhile.
                if before == self.current_run():
                    raise
                continue
            if before is not None and before == self.current_run():
                return before, found
        raise StateError(f"{self.server.name}: runs are published faster than a question is answered; ask again")

    def publish(self, run: RunTables, previous: RunTables | None) -> PublishReport:
        """Bring the graph to `run`: see `GraphStore.publish`. One that was broken off goes on where it stopped."""
        with told(self.server):
            return publish.publish(self._connection, run, previous, self.memory_limit)

    def verify(self, run: RunTables) -> list[Difference]:
        """Compare run id, and counts and checksums of all that the graph holds, with the run's."""
        with told(self.server):
            current = self.current_run()
            if current != run.run_id:
                return [Difference("graph", "run", run.run_id, str(current))]
            return verify(self._connection, run, self.memory_limit)

    # --- questions ---

    def find(self, type_: str, value: str, limit: int = 100) -> Finding:
        """What the graph knows of a canonical value; `unknown` where no record holds it."""
        with told(self.server):
            return questions.find(self._connection, [(type_, value)], limit)[0]

    def find_any(self, candidates: Iterable[tuple[str, str]], limit: int = 100) -> list[Finding]:
        """The findings of those candidates that the graph knows, in the order given."""
        with told(self.server):
            return [f for f in questions.find(self._connection, candidates, limit) if f.status != "unknown"]

    def find_id(self, text: str, limit: int = 100) -> list[Finding]:
        """The customer, records and identifiers that answer to an id, with or without its system."""
        with told(self.server):
            return questions.find_id(self._connection, text, limit)

    def search(self, text: str, limit: int = 10) -> tuple[Hit, ...]:
        """The living customers who answer best to words. It takes several questions, all to one run."""
        with told(self.server):
            return self.together(lambda _: questions.search(self._connection, text, limit))[1]

    def customer(self, customer_id: str) -> Customer:
        """A whole living customer."""
        with told(self.server):
            return questions.customer(self._connection, customer_id)

    def outlines(self, customer_ids: Sequence[str]) -> list[Outline]:
        """Living customers in short, in the order of their ids here."""
        with told(self.server):
            return questions.outlines(self._connection, customer_ids)

    def record(self, record_id: str) -> Record:
        """A record with its identifiers."""
        with told(self.server):
            return questions.record(self._connection, record_id)

    def owners(self, record_ids: Iterable[str]) -> dict[str, str]:
        """The customers of records; without those that aren't there, or are nobody's."""
        with told(self.server):
            return questions.owners(self._connection, record_ids)

    def evidence(self, customer_id: str) -> tuple[Match, ...]:
        """The admitted matches of a customer, in the order of their admission."""
        with told(self.server):
            return questions.evidence(self._connection, customer_id)

    def refusals(self, customer_id: str) -> tuple[Refusal, ...]:
        """Refused pairs of which one record or both are this customer's, strongest first."""
        with told(self.server):
            return questions.refusals(self._connection, customer_id)

    def windows(self, device: str) -> tuple[DeviceWindow, ...]:
        """Whose a device was, and when, in order of time."""
        with told(self.server):
            return questions.windows(self._connection, device)

    def retired(self, customer_id: str) -> Retired | None:
        """Where a retired id went, or None if the id isn't retired."""
        with told(self.server):
            return questions.retired(self._connection, customer_id)

    # --- everything ---

    def members(self) -> pa.Table:
        """Every record and its customer, as Arrow."""
        return self.read("members")

    def read(self, table: str) -> pa.Table:
        """One whole table as Arrow: see `bulk.read`."""
        check_table(table)
        with told(self.server):
            return bulk.read(self._connection, table, self.memory_limit)

    def stats(self) -> Stats:
        """Rows by table, the run, and an estimate of the bytes on disk, which Neo4j doesn't tell."""
        with told(self.server):
            return bulk.stats(self._connection, self.memory_limit)

    # --- the database ---

    def take_over(self) -> None:
        """Let the next publish put this project's graph in the place of another's."""
        with told(self.server):
            take_over(self._connection)

    def drop(self) -> None:
        """Remove the graph, its indexes and its marker; another program's database is refused."""
        with told(self.server):
            publish.drop(self._connection)

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()
