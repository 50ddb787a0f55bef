"""Runs to compare a project's own with: the same tables with the true persons as customers, or a shop's idea of them.

Used by events.py and measures.py, which share their arguments: a project that was run, a folder of exports with truth
files, or the size of a demo to make.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import clew
from engine.cluster.events import own_events
from engine.compute import Compute
from engine.config import Config, load
from engine.demo import generate
from engine.measure.identities import before
from engine.profile import anchors, build_customers, build_permissions
from engine.runs import Layout, RunTables, read_manifest, started
from engine.sources import write_project
from engine.state import State

#: Tables that depend on who is who; the others are the same in every run.
_REMADE = ("members", "customers", "known_by", "permissions", "event_owners")
_READ = ("records", "identifiers", "consents", "orders", "events", "shared_values")


@dataclass(frozen=True)
class Judged:
    """A project's current run, and the files that tell who is who: of records, and of events."""

    config: Config
    run: RunTables
    truth: Path
    truth_events: Path


def judged(description: str | None) -> tuple[Judged, Path]:
    """Read the command line: what is to be judged, and a folder to work in."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path, nargs="?", help="the project file of something that was run")
    parser.add_argument("--data", type=Path, help="a folder of exports with truth files: run it first")
    parser.add_argument("--demo", type=int, help="make and run a demo of so many records first")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, default=Path("work"), help="where demos, copies and scratch files go")
    given = parser.parse_args()
    if sum(way is not None for way in (given.project, given.data, given.demo)) != 1:
        parser.error("name a project file, or --data, or --demo")
    given.work.mkdir(parents=True, exist_ok=True)
    project = given.project or _run(given.data, given.demo, given.seed, given.work)
    config = load(project)
    layout = Layout(project.parent / config.store)
    with State.open(layout.store) as state:
        current = state.current_run()
    if current is None:
        raise SystemExit(f"{project}: has no run")
    truth = [project.parent / name for name in ("truth.csv", "truth_events.csv")]
    return Judged(config, layout.run(current.run_id), *truth), given.work


def _run(data: Path | None, demo: int | None, seed: int, work: Path) -> Path:
    """Run a copy of a folder of exports, or a demo, unless that was done here before; returns the project file."""
    folder = work / (f"demo-{demo}-{seed}" if demo else data.name if data else "")
    project = folder / "clew.yaml"
    if not (folder / ".clew").exists():
        shutil.rmtree(folder, ignore_errors=True)
        if data:
            shutil.copytree(data, folder, copy_function=shutil.copyfile)
        else:
            generate(folder, demo or 0, seed)
        write_project(folder)
        with clew.open(project) as opened:
            opened.run()
    return project


def true_run(of: Judged, folder: Path) -> RunTables:
    """The run that there would be if every identity were known. What no truth file names is nobody's.

    Values and events find their customers by the rules of the project.
    """

    def members(compute: Compute) -> None:
        for name, path in (("truth", of.truth), ("truth_events", of.truth_events)):
            read = "SELECT source || ':' || key AS record_id, person FROM read_csv($p, all_varchar = true)"
            compute.table(name, read, {"p": str(path)})
        # Some events are records as well: checkouts that were left.
        compute.table(
            "members",
            """SELECT record_id, person AS customer_id, 1.0::DOUBLE AS confidence, NULL::TIMESTAMP AS since FROM (
                   FROM truth UNION FROM truth_events SEMI JOIN records USING (record_id))""",
        )

    return _remake(of, folder, members)


def naive_run(of: Judged, folder: Path) -> RunTables:
    """The run of a shop without unification: see `before`."""
    return _remake(of, folder, lambda compute: before(compute, of.run), lambda compute: None)


def _remake(
    of: Judged, folder: Path, members: Callable[[Compute], None], owners: Callable[[Compute], object] = own_events
) -> RunTables:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(of.run.folder, folder)
    with Compute(folder) as compute:
        for table in _READ:
            compute.read_parquet(table, of.run.path(table))
        members(compute)
        compute.table("groups", "SELECT record_id, customer_id AS group_id FROM members")
        anchors(compute, of.config)
        now = started(read_manifest(of.run)).replace(tzinfo=None)
        build_customers(compute, of.config, now)
        build_permissions(compute, of.config, now)
        owners(compute)
        for table in _REMADE:
            compute.write_parquet(table, folder / f"{table}.parquet")
    return RunTables(folder)


def rows_of(title: str, rows: list[tuple[object, ...]]) -> None:
    """Print rows below their titles, the first column to the left."""
    for row in [tuple(title.split("|")), *rows]:
        sys.stdout.write("".join(f"{cell!s:{'<24' if n == 0 else '>14'}}" for n, cell in enumerate(row)) + "\n")
