"""What an auditor takes into Neo4j Browser: a style, saved queries, and a guide to play, which is made of the queries.

A query is a file of Cypher that begins with its title and what to know of it, as comments; what it asks about stands in
the first lines after that. Each shows the run that readers see and nothing else, as `graph.neo4j.wire.seen` does, and
starts from something indexed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
STYLE, GUIDE = FOLDER / "style.grass", FOLDER / "guide.html"


@dataclass(frozen=True)
class Query:
    """A saved query: the file's name without its ending, its title, what to know of it, and its Cypher."""

    name: str
    title: str
    notes: str
    cypher: str

    @property
    def code(self) -> str:
        """What goes into the editor: a favourite takes its name from a comment in the first line."""
        return f"// {self.title}\n{self.cypher}"


def queries() -> tuple[Query, ...]:
    """The saved queries, in their order."""
    return tuple(_read(path) for path in sorted((FOLDER / "queries").glob("*.cypher")))


def query(name: str) -> Query:
    """The query whose file's name holds `name`."""
    return next(q for q in queries() if name in q.name)


def _read(path: Path) -> Query:
    lines = path.read_text(encoding="utf-8").splitlines()
    title, *notes = [line[2:].strip() for line in lines if line.startswith("//")]
    cypher = "\n".join(line for line in lines if not line.startswith("//"))
    return Query(path.stem, title, " ".join(notes), cypher)
