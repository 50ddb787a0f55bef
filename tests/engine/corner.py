"""A corner shop with two lists of customers and one of visits: small enough to be run many times in a test.

It brings a trained model of its own, so that no run has to train.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from engine import pipeline
from engine.compute import Compute
from engine.config import Config
from engine.pipeline import RunResult
from engine.progress import Reporter
from engine.runs import RunTables
from engine.stages import Request
from engine.state import State

Row = Mapping[str, str | None]

COLUMNS = ("id", "first_name", "last_name", "email", "phone", "street", "city", "postcode", "created_at")
EVENT_COLUMNS = ("event_id", "event", "at", "device", "email", "url")
WEB: tuple[Row, ...] = (
    {"id": "1", "first_name": "Ann", "last_name": "Archer", "email": "aarch@mail.com", "phone": "415-555-2671"},
    {"id": "2", "first_name": "Bob", "last_name": "Baker", "email": "bobthebaker@mail.com", "phone": "415-555-2672"},
    {"id": "3", "first_name": "Cleo", "last_name": "Cook", "email": "cleopatra9@mail.com", "phone": "415-555-2673"},
    {"id": "4", "first_name": "Dan", "last_name": "Draper", "email": "dd77@mail.com", "phone": None},
)
TILL: tuple[Row, ...] = (
    {"id": "7", "first_name": "Ann", "last_name": "Archer", "email": "aarch@mail.com", "phone": None},
    {"id": "8", "first_name": "Robert", "last_name": "Baker", "email": None, "phone": "(415) 555-2672"},
    {"id": "9", "first_name": "Eve", "last_name": "Eastman", "email": "eve.e@mail.com", "phone": "415-555-2679"},
)
VISITS: tuple[Row, ...] = (
    {"event_id": "v1", "event": "login", "at": "2026-01-05T10:00:00Z", "device": "d1", "email": "aarch@mail.com"},
    {"event_id": "v2", "event": "view", "at": "2026-01-05T10:01:00Z", "device": "d1", "email": None},
)


def _level(condition: str, label: str, m: float, u: float) -> dict[str, Any]:
    return {"sql_condition": condition, "label_for_charts": label, "m_probability": m, "u_probability": u}


def _comparison(name: str, *levels: dict[str, Any]) -> dict[str, Any]:
    missing = f'"{name}_l" IS NULL OR "{name}_r" IS NULL'
    null = {"sql_condition": missing, "label_for_charts": f"no {name}", "is_null_level": True}
    return {"output_column_name": name, "comparison_levels": [null, *levels]}


#: A Splink model as its users know it, with m and u for every level.
MODEL: dict[str, Any] = {
    "link_type": "dedupe_only",
    "probability_two_random_records_match": 0.001,
    "comparisons": [
        _comparison(
            "first_name",
            _level('"first_root_l" = "first_root_r"', "same name", 0.9, 0.2),
            _level("ELSE", "another name", 0.1, 0.8),
        ),
        _comparison(
            "last_name",
            _level('"last_name_l" = "last_name_r"', "same surname", 0.95, 0.01),
            _level("ELSE", "another surname", 0.05, 0.99),
        ),
        _comparison(
            "email",
            _level('"email_l" = "email_r"', "same address", 0.8, 0.0001),
            _level("ELSE", "another address", 0.2, 0.9999),
        ),
        _comparison(
            "phone",
            _level('"phone_l" = "phone_r"', "same number", 0.7, 0.0002),
            _level("ELSE", "another number", 0.3, 0.9998),
        ),
    ],
    "blocking_rules_to_generate_predictions": [
        {"blocking_rule": 'l."last_name" = r."last_name"', "sql_dialect": "duckdb"},
    ],
}


def untrained() -> dict[str, Any]:
    """The same as a settings file whose m and u are still to be learned."""
    comparisons = [
        {
            **c,
            "comparison_levels": [
                {k: v for k, v in level.items() if k not in ("m_probability", "u_probability")}
                for level in c["comparison_levels"]
            ],
        }
        for c in MODEL["comparisons"]
    ]
    return {"link_type": "dedupe_only", "comparisons": comparisons}


def write_csv(path: Path, columns: Iterable[str], rows: Iterable[Row]) -> None:
    """Write rows as a CSV file; what a row lacks is blank."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(columns), restval="")
        writer.writeheader()
        writer.writerows(rows)


class Corner:
    """The shop's folder, and its project file as settings."""

    def __init__(self, folder: Path) -> None:
        """Make the shop in a folder, or take one that a test has copied."""
        self.folder = folder
        self.sources: dict[str, dict[str, Any]] = {
            "web": {"path": "web.csv", "preset": "contacts"},
            "till": {"path": "till.csv", "preset": "contacts"},
            "visits": {"path": "visits.csv", "preset": "events"},
        }
        self.settings: dict[str, Any] = {"linkage": {"settings": "model.json"}}
        if not folder.exists():
            folder.mkdir(parents=True)
            self.write("web", WEB)
            self.write("till", TILL)
            self.write("visits", VISITS)
            self.write_model(MODEL)

    def copy(self, folder: Path) -> Self:
        """The same shop in another folder, with all that its runs left, to be changed."""
        return type(self)(Path(shutil.copytree(self.folder, folder)))

    def write(self, source: str, rows: Iterable[Row]) -> None:
        """Write a source's file anew."""
        write_csv(self.folder / f"{source}.csv", EVENT_COLUMNS if source == "visits" else COLUMNS, rows)

    def write_model(self, settings: Mapping[str, Any]) -> None:
        """Write the Splink file that the project names."""
        (self.folder / "model.json").write_text(json.dumps(settings), encoding="utf-8")

    @property
    def config(self) -> Config:
        return Config.model_validate({"sources": list(self.sources.values()), **self.settings})

    @property
    def store(self) -> Path:
        return self.folder / ".clew"

    def current(self) -> RunTables:
        """The run that is published now."""
        with State.open(self.store, read_only=True) as state:
            current = state.current_run()
        assert current is not None
        return RunTables(self.store / "runs" / current.run_id)

    def run(self, reporter: Reporter | None = None, **options: Any) -> RunResult:
        """One run of the whole pipeline."""
        return pipeline.run(self.config, self.folder, Request(**options), reporter)


#: Who is who in the corner shop.
PEOPLE = [["till:7", "web:1"], ["till:8", "web:2"], ["till:9"], ["web:3"], ["web:4"]]


def customers(run: RunTables) -> list[list[str]]:
    """The records of each customer, sorted."""
    return sorted(
        found for _, found in table(run, "members", "customer_id, list(record_id ORDER BY record_id)", "GROUP BY ALL")
    )


def table(run: RunTables, name: str, columns: str = "*", also: str = "") -> list[tuple[Any, ...]]:
    """Rows of one of a run's tables, in order; `also` is further SQL."""
    with Compute(threads=1) as compute:
        return compute.rows(f"SELECT {columns} FROM read_parquet(?) {also} ORDER BY ALL", [str(run.path(name))])
