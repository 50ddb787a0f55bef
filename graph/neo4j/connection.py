"""Talking to the server: sessions, statements, and patience with a server that is away for a moment."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, TypeVar

from neo4j import (
    READ_ACCESS,
    WRITE_ACCESS,
    Driver,
    GraphDatabase,
    ManagedTransaction,
    NotificationMinimumSeverity,
    Session,
)
from neo4j.exceptions import DriverError, IncompleteCommit, Neo4jError

from graph.neo4j.server import Server

T = TypeVar("T")
Row = list[Any]

#: Seconds between the tries of a reader; a publisher waits for its server as long as PATIENCE.
_PAUSES = (0.1, 0.5, 1.0)
PATIENCE = 90.0
#: Rows that the server sends at a time.
_FETCH = 10_000

log = logging.getLogger("clew.graph")


class Patience(logging.Handler):
    """Says that the server is waited for, once a minute: the driver tells each try, in several lines of its own."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: float | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Take a warning of the driver's. Whoever sets up logging gets that, too."""
        if record.name == "neo4j.notifications":  # about a statement, from a server that answers
            return
        now = time.monotonic()
        if self.said is None or now - self.said > 60:
            self.said = now
            log.warning("Neo4j doesn't answer as it should: trying again, for up to %d s", PATIENCE)


patience = Patience()
logging.getLogger("neo4j").addHandler(patience)


class Connection:
    """A pool of connections to one database. Threads may share it. `project` is whose graph is expected there."""

    def __init__(self, server: Server, project: str | None = None) -> None:
        self.server = server
        self.project = project
        self._driver: Driver | None = None

    @property
    def driver(self) -> Driver:
        """The driver, made when it is first needed; it connects when it is first used."""
        if self._driver is None:
            self._driver = GraphDatabase.driver(
                self.server.uri,
                auth=(self.server.user, self.server.password),
                connection_timeout=10.0,
                max_transaction_retry_time=PATIENCE,
                initial_retry_delay=0.25,
                retry_delay_multiplier=1.5,
                # Between two commands the server may have gone and come back.
                liveness_check_timeout=30.0,
                notifications_min_severity=NotificationMinimumSeverity.OFF,
                user_agent="clew",
            )
        return self._driver

    def rows(self, statement: str, **parameters: Any) -> list[Row]:
        """The answer to a question, in one round trip. Tried again where the driver calls the error retryable."""
        for pause in (*_PAUSES, None):
            try:
                with self._reader() as session:
                    return [record.values() for record in session.run(statement, parameters)]
            except (Neo4jError, DriverError) as error:
                if pause is None or not error.is_retryable():
                    raise
                time.sleep(pause)
        raise AssertionError("the last try returns or raises")

    def batches(self, statement: str, **parameters: Any) -> Iterator[list[Row]]:
        """A long answer, piece by piece. It isn't tried again."""
        with self._reader() as session:
            result = session.run(statement, parameters)
            while rows := [record.values() for record in islice(result, _FETCH)]:
                yield rows

    def write(self, work: Callable[[ManagedTransaction], T]) -> T:
        """Do `work` in one transaction, again where the driver calls the error retryable.

        A connection that is lost while the server commits leaves it open whether it did: `work` must find that out.
        """
        with self.driver.session(database=self.server.database, default_access_mode=WRITE_ACCESS) as session:
            try:
                return session.execute_write(work)
            except IncompleteCommit:
                return session.execute_write(work)

    def change(self, statement: str, **parameters: Any) -> None:
        """Run a statement that may be run twice, in a transaction of its own."""
        self.write(lambda tx: tx.run(statement, parameters).consume())

    def _reader(self) -> Session:
        return self.driver.session(database=self.server.database, default_access_mode=READ_ACCESS, fetch_size=_FETCH)

    def close(self) -> None:
        """Close all connections."""
        if self._driver is not None:
            self._driver.close()
            self._driver = None
