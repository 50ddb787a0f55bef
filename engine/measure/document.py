"""What each measure means: read from the comments that its SQL begins with, and made into the data dictionary."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine.errors import NotFoundError

_FOLDER = Path(__file__).parent / "views"


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

    @property
    def words(self) -> frozenset[str]:
        """The names in its SQL: of tables, columns and other views."""
        return frozenset(re.findall(r"\w+", re.sub(r"--.*|'[^'\n]*'", "", self.sql)))

    @property
    def meanings(self) -> dict[str, str]:
        """Each column by itself, with its meaning."""
        return {name: meaning for names, meaning in self.columns.items() for name in names.split(", ")}


@cache
def views() -> tuple[View, ...]:
    """All views, in an order in which each needs only those before it."""
    return tuple(_read(path) for path in sorted(_FOLDER.glob("*.sql")))


def tables_read(sql: str) -> frozenset[str]:
    """The tables and views that a statement is made of, those that it makes for itself left out."""
    own = re.findall(r"(\w+) AS \(\s*(?:WITH|SELECT|FROM)", sql)
    return frozenset(re.findall(r"(?:FROM|JOIN) (\w+)", sql)) - frozenset(own)


def check_view(name: str) -> None:
    """Raise NotFoundError for a measure that there isn't."""
    names = [v.name for v in views()]
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}"
        raise NotFoundError(f"there is no measure {name}: {hint}")


def dictionary() -> str:
    """The data dictionary, as Markdown."""
    parts = [
        "# Measures",
        "",
        "Each is a view over a run's tables: `clew measure NAME` shows it, `clew measure NAME FILE` writes it as CSV",
        "or Parquet, and `clew export measures FOLDER` writes all of them as Parquet, whose rows have no order. All is",
        "said as of the time of the newest order or event, or as of `--at`; times, days and months are UTC. A time",
        "before 1995 or more than a day after the run can't be right: what carries it counts, but it never decides",
        "what is first, last or since. Made from the SQL in `engine/measure/views` by",
        "`python -m engine.measure`.",
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
