"""One publisher at a time: a node that says who it is, and for how long that holds unless it goes on saying so.

Each transaction of a publisher begins with `fence`, which locks that node: a publisher whose lease has passed to
another, because it slept too long, can write nothing any more.
"""

from __future__ import annotations

import os
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from neo4j import ManagedTransaction
from neo4j.exceptions import DriverError, Neo4jError

from engine.errors import StateError
from graph.neo4j.connection import Connection
from graph.neo4j.schema import PUBLISHER

#: Seconds that a lease holds, and between two renewals. A dead publisher of this machine is found out at once.
LEASE, BEAT = 60, 15

_LOCK = f"MERGE (l:{PUBLISHER} {{name: 'publisher'}}) SET l.locked = coalesce(l.locked, 0) + 1"
_READ = "RETURN l.token, l.host, l.pid, toString(l.since), l.until > datetime()"
_TAKE = f"""
    MATCH (l:{PUBLISHER} {{name: 'publisher'}})
    SET l.token = $token, l.host = $host, l.pid = $pid, l.since = datetime(),
        l.until = datetime() + duration({{seconds: $seconds}})"""
_FENCE = f"""
    MATCH (l:{PUBLISHER} {{name: 'publisher'}}) SET l.locked = l.locked + 1
    WITH l WHERE l.token = $token SET l.until = datetime() + duration({{seconds: $seconds}}) RETURN true"""
_RELEASE = f"""
    MATCH (l:{PUBLISHER} {{name: 'publisher'}}) SET l.locked = l.locked + 1
    WITH l WHERE l.token = $token DELETE l"""


class Lease:
    """The right to publish, while `fence` does not raise."""

    def __init__(self, connection: Connection, token: str) -> None:
        self.connection = connection
        self.token = token

    def fence(self, tx: ManagedTransaction) -> None:
        """Make sure, for the rest of this transaction, that nobody else publishes; StateError if somebody does."""
        if not list(tx.run(_FENCE, token=self.token, seconds=LEASE)):
            raise StateError(
                f"{self.connection.server.name} was taken over by another publisher, as this one was silent for "
                f"{LEASE} seconds: run `clew publish` again if that one doesn't finish"
            )


@contextmanager
def held(connection: Connection) -> Iterator[Lease]:
    """Hold the lease. StateError, which says who has it, if somebody else does."""
    lease = Lease(connection, uuid.uuid4().hex)
    connection.write(lambda tx: _take(tx, connection, lease.token))
    over = threading.Event()
    beating = threading.Thread(target=_beat, args=(lease, over), name="clew-lease", daemon=True)
    beating.start()
    try:
        yield lease
    finally:
        over.set()
        beating.join()
        _release(lease)


def _take(tx: ManagedTransaction, connection: Connection, token: str) -> None:
    tx.run(_LOCK).consume()
    holder, host, pid, since, valid = tx.run(f"MATCH (l:{PUBLISHER} {{name: 'publisher'}}) {_READ}").values()[0]
    if holder not in (None, token) and valid and not (host == socket.gethostname() and not _alive(pid)):
        raise StateError(
            f"{connection.server.name} is being published to by process {pid} on {host} since {since[:19]}Z: "
            "wait until it is done, then try again"
        )
    tx.run(_TAKE, token=token, host=socket.gethostname(), pid=os.getpid(), seconds=LEASE).consume()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _beat(lease: Lease, over: threading.Event) -> None:
    while not over.wait(BEAT):
        try:
            lease.connection.write(lease.fence)
        except (StateError, Neo4jError, DriverError):
            # The publisher itself meets what is wrong at its next transaction, and tells it.
            continue


def _release(lease: Lease) -> None:
    try:
        lease.connection.rows("RETURN 1")
        lease.connection.change(_RELEASE, token=lease.token)
    except (Neo4jError, DriverError):
        # Without a server there is nothing to let go of; the lease runs out, or is found to be of a dead process.
        return
