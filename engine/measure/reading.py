"""What the views read of a run: its tables, and its settings."""

from __future__ import annotations

from engine.compute import Compute
from engine.config import Confidence
from engine.errors import StateError
from engine.runs import RunTables
from engine.tables import Table


def read_table(compute: Compute, run: RunTables, table: Table, name: str | None = None) -> None:
    """Make a view over a table of a run, by its own name or another.

    Errors: StateError for a run of an earlier version, which holds less.
    """
    path = run.path(table.name)
    lacks = "" if path.exists() else "isn't there"
    if not lacks:
        compute.read_parquet(name or table.name, path)
        missing = table.columns.keys() - compute.columns(name or table.name).keys()
        lacks = f"has no column {', '.join(sorted(missing))}" if missing else ""
    if lacks:
        raise StateError(
            f"{path} {lacks}: run {run.run_id} is of an earlier version of Clew; "
            "`clew run` makes anew what measures are made of"
        )


def told(run: RunTables) -> tuple[float, dict[str, str]]:
    """How sure analytics have to be of whose an event was, and the channels of words, by the settings of the run."""
    from engine.rules import read_settings  # which knows the views

    settings = read_settings(run)
    if settings is None:
        return Confidence().analytics, {}
    return float(settings["consent"]["confidence"]["analytics"]), settings.get("channels", {})
