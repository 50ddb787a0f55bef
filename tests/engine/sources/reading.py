"""Write small files, read them as a project does, and look at the raw tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.compute import Compute
from engine.config import Config
from engine.sources import ReadSummary, SourceSummary, read_sources


@dataclass
class Read:
    """The raw tables of a small project."""

    compute: Compute
    summary: ReadSummary

    @property
    def only(self) -> SourceSummary:
        """The summary of the only source."""
        (one,) = self.summary.sources
        return one

    @property
    def warnings(self) -> tuple[str, ...]:
        """All warnings, each with its source's name."""
        return tuple(f"{s.source}: {w}" for s in self.summary.sources for w in s.warnings)

    def rows(self, table: str, *columns: str, order: str = "ALL") -> list[tuple[Any, ...]]:
        """Columns of a raw table, in order."""
        listed = ", ".join(f'"{c}"' for c in columns)
        return self.compute.rows(f"SELECT {listed} FROM {table} ORDER BY {order}")

    def records(self, *columns: str) -> list[tuple[Any, ...]]:
        """Columns of the records, in reading order."""
        return self.rows("raw_records", *columns, order="source, row")

    def values(self, type_: str) -> dict[str, set[str]]:
        """Key -> the values of one type of identifier."""
        found: dict[str, set[str]] = {}
        for key, value in self.compute.rows("SELECT key, value FROM raw_identifiers WHERE type = ?", [type_]):
            found.setdefault(key, set()).add(value)
        return found


@contextmanager
def reading(
    root: Path, *sources: dict[str, Any], frames: Mapping[str, Any] | None = None, wanted: Sequence[str] | None = None
) -> Iterator[Read]:
    """Read the sources of a project in `root`."""
    config = Config.model_validate({"sources": list(sources)})
    with Compute(root, threads=2) as compute:
        yield Read(compute, read_sources(compute, config, root, wanted, frames))


#: A map of a list of people with an id, an e-mail and a name.
PEOPLE: dict[str, Any] = {
    "record": {
        "key": "id",
        "name": "name",
        "identifiers": [{"type": "email", "column": "email"}, {"type": "account", "system": "crm", "column": "id"}],
    }
}


def people(path: str, **further: Any) -> dict[str, Any]:
    """A source of people."""
    return {"path": path, "map": PEOPLE, **further}
