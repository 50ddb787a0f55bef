"""What the views read of a run: its tables, and its settings."""

from __future__ import annotations

from engine.compute import Compute, Parameters, literal
from engine.config import Confidence
from engine.errors import StateError
from engine.runs import RunTables
from engine.tables import Table


def read_table(
    compute: Compute, run: RunTables, table: Table, rows: str | None = None, parameters: Parameters = None
) -> None:
    """Make a view over a table of a run; or a table of its `rows`, which are SQL after FROM with its parameters.

    Errors: StateError for a run of an earlier version, which holds less.
    """
    path = run.path(table.name)
    lacks = "" if path.exists() else "isn't there"
    if not lacks:
        if rows is None:
            compute.read_parquet(table.name, path)
        else:
            compute.table(table.name, f"FROM read_parquet({literal(str(path))}) {rows}", parameters)
        missing = table.columns.keys() - compute.columns(table.name).keys()
        lacks = f"has no column {', '.join(sorted(missing))}" if missing else ""
    if lacks:
        raise StateError(
            f"{path} {lacks}: run {run.run_id} is of an earlier version of Clew; `clew run` makes one of this version"
        )


def told(run: RunTables) -> tuple[float, dict[str, str]]:
    """How sure analytics have to be of whose an event was, and the channels of words, by the settings of the run."""
    from engine.rules import read_settings  # which knows the views

    settings = read_settings(run)
    if settings is None:
        return Confidence().analytics, {}
    return float(settings["consent"]["confidence"]["analytics"]), settings.get("channels", {})
