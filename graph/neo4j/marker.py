"""The nodes that say whose database this is, which run it shows, and what publish is under way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.errors import StateError
from graph.neo4j.connection import Connection
from graph.neo4j.schema import MARKER, PUBLISH, PUBLISHER, SCHEMA_VERSION, constraints, index_name, indexes


@dataclass(frozen=True)
class Pending:
    """A publish under way: its number, where it is, and how far it got.

    `phase` is `load` until readers see it, then `finish`; `undo` is the way back, `drop` the end of everything.
    """

    number: int
    run: str
    full: bool
    size: str
    phase: str
    step: int
    done: int


@dataclass(frozen=True)
class Standing:
    """What a database of ours shows: the run that readers see with the number of its publish, if any.

    One of an `older` layout lacks what came since.
    """

    publish: int | None
    run: str | None
    pending: Pending | None
    older: bool = False


_LOOK = f"""
    OPTIONAL MATCH (m:{MARKER} {{name: 'graph'}}) OPTIONAL MATCH (p:{PUBLISH} {{name: 'publish'}})
    RETURN m.schema_version, m.project, m.publish, m.run, p.number, p.run, p.full, p.size, p.phase, p.step, p.done"""


#: What no publish has made; anything, where somebody else's database is looked at.
_STRANGERS = f"""
    MATCH (n) WHERE n.born IS NULL AND NOT n:{MARKER} AND NOT n:{PUBLISH} AND NOT n:{PUBLISHER}
    RETURN coalesce(labels(n)[0], 'nodes without a label') AS label, count(*) ORDER BY label"""


def look(connection: Connection) -> Standing | None:
    """How the database stands; None for an empty one.

    StateError if it is somebody else's, of another project, or of a newer version.
    """
    (version, project, publish, run, number, *rest), *_ = connection.rows(_LOOK)
    if version is None:
        others = connection.rows("MATCH (n) RETURN coalesce(labels(n)[0], 'nodes without a label') LIMIT 1")
        if others:
            raise StateError(
                f"{connection.server.name} holds somebody else's data ({others[0][0]}): "
                "give Clew a database of its own, as it would never delete what isn't its own"
            )
        return None
    check_version(connection, version)
    if connection.project and project and project != connection.project:
        raise StateError(
            f"{connection.server.name} holds the graph of another project (run {run or 'none yet'}): give this one a"
            " database of its own, or put it in the other's place by `clew publish --store neo4j --take-over`"
        )
    pending = None if number is None else Pending(number, *rest)
    return Standing(publish, run, pending, older=version < SCHEMA_VERSION)


def check_version(connection: Connection, version: Any) -> None:
    """Raise StateError for a graph of a newer version."""
    if version > SCHEMA_VERSION:
        raise StateError(
            f"{connection.server.name} was written by a newer Clew "
            f"(schema {version}, this one knows {SCHEMA_VERSION}): update Clew"
        )


def strangers(connection: Connection) -> list[tuple[str, int]]:
    """The nodes in a database of ours that no publish has made, by label, and how many."""
    return [(str(label), int(count)) for label, count in connection.rows(_STRANGERS)]


def refuse_strangers(connection: Connection) -> None:
    """Raise StateError where somebody else's nodes stand in a database of ours."""
    if others := strangers(connection):
        named = ", ".join(f"{label} {count:,}" for label, count in others[:5])
        raise StateError(
            f"{connection.server.name} holds somebody else's data beside the graph ({named}): move that to a database"
            " of its own, as Clew would never delete what isn't its own. The graph stands as it was"
        )


def claim(connection: Connection) -> None:
    """Make an empty database ours: constraints, by which a load finds nodes, and the marker. May be done twice."""
    _make(connection, constraints())
    connection.change(
        f"MERGE (m:{MARKER} {{name: 'graph'}}) ON CREATE SET m.schema_version = $version, m.project = $project",
        version=SCHEMA_VERSION,
        project=connection.project,
    )


def take_over(connection: Connection) -> None:
    """Make the graph of another project this one's, which the next publish brings to this project's run."""
    connection.change(f"MATCH (m:{MARKER} {{name: 'graph'}}) SET m.project = $project", project=connection.project)


def index(connection: Connection) -> None:
    """Make the indexes, and wait for them: after a first load that is faster than keeping them up to date."""
    _make(connection, indexes())
    connection.rows("CALL db.awaitIndexes(3600)")


def _make(connection: Connection, statements: list[str]) -> None:
    there = dict(connection.rows("SHOW INDEXES YIELD name, state RETURN name, state"))
    # One that could not be filled, on a full disk, say, stays as it is, and whoever waits for it waits in vain.
    for name in [n for n, state in there.items() if n.startswith("clew_") and state == "FAILED"]:
        connection.change(f"DROP INDEX {name} IF EXISTS")
        del there[name]
    for statement in statements:
        if index_name(statement) not in there:
            connection.change(statement)
