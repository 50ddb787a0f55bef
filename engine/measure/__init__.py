"""Measures: documented SQL views over a run's tables, which notebooks and BI tools can read.

Each view is a file of SQL that begins with what it means: a sentence, then its grain, formulas, owner and columns as
comments. The data dictionary is made of those.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from engine.compute import Compute
from engine.errors import NotFoundError, StateError
from engine.runs import RunTables

_FOLDER = Path(__file__).parent / "views"
_TABLES = (
    "records", "members", "customers", "orders", "order_lines", "events", "event_owners", "claims", "identifiers",
    "known_by",
)  # fmt: skip


@dataclass(frozen=True)
class View:
    """A measure: its name, what it means, what one row is, its formulas, who answers for it, its columns, its SQL."""

    name: str
    meaning: str
    grain: str
    formulas: tuple[str, ...]
    owner: str
    columns: dict[str, str]
    sql: str


def views() -> tuple[View, ...]:
    """All views, in an order in which each needs only those before it."""
    return tuple(_read(path) for path in sorted(_FOLDER.glob("*.sql")))


def open_views(compute: Compute, run: RunTables) -> None:
    """Make every view over the tables of a run. Errors: StateError for a run of an earlier version, with fewer."""
    for table in _TABLES:
        if not run.path(table).exists():
            raise StateError(
                f"{run.path(table)} isn't there: run {run.run_id} is of an earlier version of Clew; "
                "`clew run` makes anew what measures are made of"
            )
        compute.read_parquet(table, run.path(table))
    # A column of the project's own that says what the CRM calls its customers.
    found = "x_segment" in compute.columns("records")
    segment = "arg_max(x_segment, (coalesce(seen_at, created_at, TIMESTAMP '0001-01-01'), record_id))"
    compute.view(
        "segments",
        f"""SELECT customer_id, {segment if found else "NULL::VARCHAR"} AS segment
            FROM records JOIN members USING (record_id) WHERE {"x_segment IS NOT NULL" if found else "false"}
            GROUP BY customer_id""",
    )
    for view in views():
        compute.run(view.sql)


def check_view(name: str) -> None:
    """Raise NotFoundError for a measure that there isn't."""
    names = [v.name for v in views()]
    if name not in names:
        raise NotFoundError(f"there is no measure {name}: there are {', '.join(names)}")


def dictionary() -> str:
    """The data dictionary, as Markdown."""
    parts = [
        "# Measures",
        "",
        "Each is a view over a run's tables: `clew measure NAME` shows it, `clew measure NAME FILE` writes it as CSV",
        "or Parquet. Made from the SQL in `engine/measure/views` by `python -m engine.measure`.",
    ]
    for view in views():
        parts += [
            "",
            f"## {view.name}",
            "",
            view.meaning,
            "",
            f"- One row per {view.grain.removeprefix('one row per ')}.",
        ]
        parts += [f"- {formula}." for formula in view.formulas]
        parts += [f"- Owner: {view.owner}.", "", "| column | meaning |", "|---|---|"]
        parts += [f"| {name} | {meaning} |" for name, meaning in view.columns.items()]
    return "\n".join(parts) + "\n"


def _read(path: Path) -> View:
    text = path.read_text(encoding="utf-8")
    comments = [line[2:] for line in text.splitlines() if line.startswith("--")]
    # A comment that is moved to the right goes on with the one before it.
    lines = re.sub(r"\n {2,}", " ", "\n".join(comments)).splitlines()
    meaning, *rest = (line.strip() for line in lines)
    said = [line.split(": ", 1) for line in rest]
    name = text.split("CREATE VIEW ", 1)[1].split(" ", 1)[0]

    def all_of(key: str) -> tuple[str, ...]:
        return tuple(value for name, value in said if name == key)

    columns = dict(value.split(" | ", 1) for value in all_of("column"))
    return View(name, meaning, all_of("grain")[0], all_of("formula"), all_of("owner")[0], columns, text)
