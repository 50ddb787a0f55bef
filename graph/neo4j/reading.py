"""Questions to the run that readers see: each in one round trip, each answered from one whole run."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from engine.errors import StateError
from graph.neo4j.connection import Connection
from graph.neo4j.marker import check_version, look
from graph.neo4j.schema import MARKER

#: How often a question is asked anew because a publish has ended meanwhile, and seconds between.
_TRIES, _PAUSE = 20, 0.05

#: The marker is read first and, after everything else, again: `publish` says why. OPTIONAL, so that a row comes back.
_HEAD = f"""
    OPTIONAL MATCH (m:{MARKER} {{name: 'graph'}})
    WITH [m.schema_version, m.graph, m.publish] AS version, m.publish AS mark"""
_TAIL = f"""
    OPTIONAL MATCH (e:{MARKER} {{name: 'graph'}})
    RETURN version, [e.schema_version, e.graph, e.publish], answer"""


class Version(NamedTuple):
    """Which graph a database holds, and the number of the publish that readers see: never twice the same."""

    graph: str
    mark: int


def ask(connection: Connection, body: str, **parameters: Any) -> Any:
    """The `answer` that a body of Cypher makes; it may use `mark`, and passes on `version` and `mark`.

    The body ends in `WITH version, mark, <collected> AS answer`, one row. Raises StateError where no run is shown.
    """
    statement = f"{_HEAD} {body} {_TAIL}"
    for _ in range(_TRIES):
        (version, after, answer), *_ = connection.rows(statement, **parameters)
        checked(connection, version)
        if version == after:
            return answer
        time.sleep(_PAUSE)
    raise StateError(f"{connection.server.name} is published to faster than it can be read: try again")


def marks(connection: Connection) -> Iterator[Version]:
    """The version that readers see, again and again: for questions of many parts, until it is the same after them."""
    for _ in range(_TRIES):
        yield shown(connection)
        time.sleep(_PAUSE)
    raise StateError(f"{connection.server.name} is published to faster than it can be read: try again")


def shown(connection: Connection) -> Version:
    """The version of the graph that readers see. StateError if there is none."""
    (version,), *_ = connection.rows(f"{_HEAD} RETURN version")
    return checked(connection, version)


def checked(connection: Connection, version: Sequence[Any]) -> Version:
    """The version, of what the marker says. StateError for a newer schema, and where no run is shown."""
    schema, graph, publish = version
    if schema is not None:
        check_version(connection, schema)
    if publish is None:
        if schema is None:
            look(connection)
        raise StateError(f"{connection.server.name} holds no run yet: run `clew publish`")
    return Version(graph, publish)
