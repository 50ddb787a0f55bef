"""A run's folder of tables, by name: where a stage, a store or a notebook finds what a run computed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunTables:
    """The immutable Parquet tables of one run; `folder` is called by the run's id."""

    folder: Path

    @property
    def run_id(self) -> str:
        """The run's id: the name of its folder."""
        return self.folder.name

    def path(self, table: str) -> Path:
        """The file of `table`, whether it exists or not."""
        return self.folder / f"{table}.parquet"
