"""The answer of an earlier run again: its tables and ids, and what the next run goes by.

A rollback is a run that computes nothing. Its tables are those of the earlier run, its ledger entries say how the
customers of today become those of then, and its manifest names the model of then, which the next run takes. What people
decided since is taken back. The settings are the project file's, so that has to say first what it said then.
"""

from __future__ import annotations

import shutil
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from pyarrow import parquet

from engine.compute import Compute
from engine.config import Config, config_hash
from engine.differences import write_difference
from engine.erasure.recount import recount
from engine.errors import StateError
from engine.fingerprints import write_fingerprints
from engine.ledger import assign_ids, recall
from engine.ledger.decisions import return_to
from engine.ledger.ids import customer_number_sql
from engine.link import model_fits
from engine.rules import compare, in_force, read_settings, write_settings
from engine.runs import Layout, RunTables, read_last, read_manifest, write_manifest
from engine.stages import COMPARED, RUN_TABLES, Computed
from engine.state import Note, State

#: Settings that say nothing of who is who, nor of what customers are like; and the program's own.
_ASIDE = ("name", "health", "breakers", "approval", "graph", "store", "measures", "clew", "model")
#: Tables that say which ids there are since when, and so are made anew.
_OF_IDS = ("members", "redirects")


def check_rules(config: Config, root: Path, layout: Layout, goal: RunTables) -> None:
    """Raise StateError where the next run couldn't go by what the run `goal` went by, and say what to do."""
    run_id, then = goal.run_id, read_settings(goal)
    lacking = [table for table in RUN_TABLES if not goal.path(table).exists()]
    if then is None or lacking:
        named = ", ".join(lacking) or "its settings"
        raise StateError(f"run {run_id} is of an earlier version of Clew, or damaged: it lacks {named}")
    told = [
        f"  {change.key}: {change.after or 'not set'} (today {change.before or 'not set'})"
        for change in compare(in_force(config), then)
        if change.path[0] not in _ASIDE
    ]
    if told:
        raise StateError(
            f"run {run_id} went by other settings than the project file has today, so the next run would undo the"
            " rollback. Set back in the project file first:\n" + "\n".join(told)
        )
    model = layout.models / read_manifest(goal)["model"]
    if not model_fits(config, root, model):
        raise StateError(
            f"the model of run {run_id} ({model}) is gone, or is no longer that of `linkage.settings`: the next run"
            " would train another one. Put it back first"
        )


def restore(
    state: State, config: Config, layout: Layout, goal: RunTables, current: RunTables, folder: Path, now: datetime
) -> tuple[Computed, list[Note]]:
    """Make the tables of a run that is `goal` again, in `folder`, and the decisions to note with it."""
    folder.mkdir(parents=True, exist_ok=True)
    layout.scratch.mkdir(parents=True, exist_ok=True)
    past = recall(state)
    with Compute(layout.scratch) as compute:
        for table in ("records", "matches", "refusals"):
            compute.read_parquet(table, goal.path(table))
        compute.table(
            "groups",
            f"""SELECT record_id, {customer_number_sql("customer_id")} AS group_id, confidence
            FROM read_parquet(?)""",
            [str(goal.path("members"))],
        )
        changes = assign_ids(
            compute,
            past,
            now,
            previous=current.path("members"),
            causes_table="matches",
            refusals_table="refusals",
            matches_before=current.path("matches"),
            given=True,
        )
        compute.table(
            "members", "SELECT record_id, customer_id, confidence, since FROM ids JOIN groups USING (record_id)"
        )
        for table in RUN_TABLES:
            path = folder / goal.path(table).name
            if table in _OF_IDS:
                compute.write_parquet(table, path, order_by=RUN_TABLES[table])
            else:
                # With its times, by which its fingerprints know it.
                shutil.copy2(goal.path(table), path)
            if table not in COMPARED:
                continue
            hashes = goal.path(table).with_suffix(".hashes")
            if table in _OF_IDS or not hashes.exists():
                write_fingerprints(compute, path)
            else:
                shutil.copy2(hashes, path.with_suffix(".hashes"))
            write_difference(compute, current.path(table), path)
    manifest = read_manifest(goal)
    notes, stand = return_to(state, manifest["decisions"], f"back to run {goal.run_id}")
    made = [past.last_entry + place for place, note in enumerate(notes, 1) if note.kind != "undone"]
    manifest |= {
        "run_id": folder.stem,
        "clew": version("clew"),
        "started": now.isoformat(),
        "config_hash": config_hash(config),
        "settings_hash": write_settings(folder, config, manifest["model"]),
        "decisions": [*stand, *made],
        "back_to": goal.run_id,
        "read_in": read_last(current).run_id,
    }
    if parquet.read_metadata(folder / "records.parquet").num_rows < manifest["counts"]["records"]:
        recount(config, folder, manifest, now)  # somebody was erased since
    write_manifest(folder, manifest)
    return Computed(folder, manifest, changes, []), notes
