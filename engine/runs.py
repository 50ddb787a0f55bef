"""Where a project keeps what, and a run's folder: its tables by name, and its manifest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.errors import StateError

#: The version of a run folder's layout.
SCHEMA_VERSION = 1
#: So many of the customers that changed between two runs are named, unless somebody says otherwise.
TOP = 20


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


@dataclass(frozen=True)
class Layout:
    """Where a project keeps what. `store` is the folder that the project file names."""

    store: Path

    @property
    def runs(self) -> Path:
        """One folder a run."""
        return self.store / "runs"

    @property
    def models(self) -> Path:
        """One folder a model."""
        return self.store / "models"

    @property
    def scratch(self) -> Path:
        """Where a run computes. Empty between runs."""
        return self.store / "scratch"

    @property
    def plans(self) -> Path:
        """One folder a plan: a run that waits to be published."""
        return self.store / "plans"

    def plan(self, plan_id: str) -> RunTables:
        """The tables of a plan."""
        return RunTables(self.plans / plan_id)

    def run(self, run_id: str) -> RunTables:
        """The tables of a run."""
        return RunTables(self.runs / run_id)


def read_manifest(run: RunTables) -> dict[str, Any]:
    """The manifest of a run. Errors: StateError for one that is missing, damaged or of a newer version."""
    path = run.folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StateError(f"{path} can't be read ({error}): the run is damaged, run again") from error
    if manifest["schema_version"] > SCHEMA_VERSION:
        raise StateError(f"{path} was written by a newer version of Clew ({manifest['clew']}): update Clew")
    return dict(manifest)


def read_last(run: RunTables) -> RunTables:
    """The run whose tables hold what was read last: another one where `run` went back to an earlier answer."""
    found = RunTables(run.folder.with_name(read_manifest(run).get("read_in", run.run_id)))
    return found if found.folder.exists() else run


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write a run's manifest into its folder: the last of its files."""
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def manifest_hash(manifest: dict[str, Any]) -> str:
    """What state.db knows a published run's manifest by."""
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def started(manifest: dict[str, Any]) -> datetime:
    """When the run of a manifest began, in UTC."""
    return datetime.fromisoformat(manifest["started"])
