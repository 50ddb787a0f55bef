"""Removing the tables of older runs, plans that nothing can apply, models that no run needs, and old accesses.

The ledger keeps what they were.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine import plans
from engine.errors import StateError
from engine.pipeline import sweep
from engine.runs import Layout, read_last, read_manifest
from engine.state import State
from engine.state.accesses import remove_accesses


@dataclass(frozen=True)
class Pruned:
    """What was removed, or would be: runs, plans and models, by name, and the bytes that they take; and what stays.

    `accesses` are those of the access log.
    """

    runs: tuple[str, ...]
    plans: tuple[str, ...]
    models: tuple[str, ...]
    bytes: int
    kept: tuple[str, ...]
    accesses: int


def prune(layout: Layout, keep: int, *, accesses_before: datetime | None = None, dry_run: bool = False) -> Pruned:
    """Remove the tables of all published runs but the newest `keep`, and models that none of the rest uses.

    Plans of a run that answers no more go as well: they can't be applied. The run that answers stays, and so does one
    whose tables the next run needs. Every folder gets a name that nothing reads before it is removed, so that none is
    half there. Accesses before a time (UTC) go where one is given. Errors: StateError for `keep` of 0.
    """
    if keep < 1:
        raise StateError(f"prune: {keep} runs can't be kept; the one that answers always is, so keep 1 or more")
    with State.open(layout.store) as state, state.writing("clew prune"):
        if not dry_run:
            sweep(layout, state)
        published = [run.run_id for run in state.runs() if run.status == "published"]
        there = [run_id for run_id in published if layout.run(run_id).folder.exists()]
        current = state.current_run()
        waiting = [plans.read(layout, plan_id) for plan_id in plans.waiting(layout)]
        dead = tuple(plan.plan_id for plan in waiting if plan.base != (current.run_id if current else None))
        needed = set() if current is None else {current.run_id, read_last(layout.run(current.run_id)).run_id}
        newest = there[len(there) - keep :] if keep < len(there) else there
        kept = tuple(run_id for run_id in there if run_id in newest or run_id in needed)
        used = {read_manifest(layout.run(run_id))["model"] for run_id in kept} | {
            plan.manifest["model"] for plan in waiting if plan.plan_id not in dead
        }
        runs = tuple(run_id for run_id in there if run_id not in kept)
        models = tuple(sorted(p.name for p in layout.models.glob("*") if p.is_dir() and p.name not in used))
        tables = [*map(layout.run, runs), *map(layout.plan, dead)]
        gone = [*(t.folder for t in tables), *(layout.models / name for name in models)]
        size = sum(_size(folder) for folder in gone)
        if not dry_run:
            _remove(layout, gone)
    accesses = remove_accesses(layout.store, accesses_before, dry_run=dry_run) if accesses_before else 0
    return Pruned(runs, dead, models, size, kept, accesses)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _remove(layout: Layout, folders: Iterable[Path]) -> None:
    # What lies in the scratch folder is nobody's: whoever writes next sweeps it up, if this process is killed.
    layout.scratch.mkdir(parents=True, exist_ok=True)
    for folder in folders:
        folder.rename(layout.scratch / folder.name)
    shutil.rmtree(layout.scratch)
