"""A plan: a run that is computed whole and waits in a folder of its own, `plans/<run id>/`, to be published or not.

Beside the run's tables lies what the ledger will say, and of which run it is a change. Applying it renames the folder
and commits; nothing is computed again, so that what was looked at is what is published.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from engine.config import Config, config_hash
from engine.errors import NotFoundError, StateError
from engine.runs import Layout, RunTables, read_manifest, started
from engine.sources.files import file_hash, find_files
from engine.state import ENTRIES, MOVED, Changes, State

FILE = "plan.json"
_LEDGER = {"entries": ENTRIES, "moved": MOVED}


@dataclass(frozen=True)
class Plan:
    """A plan on disk. `base` is the run that it changes, None before the first one; `held` is why no run may apply it.

    `author` made it, and `reason` is theirs.
    """

    tables: RunTables
    manifest: dict[str, Any]
    changes: Changes
    base: str | None
    author: str | None
    reason: str | None
    held: tuple[str, ...] = ()

    @property
    def plan_id(self) -> str:
        """Its id, which becomes the run's."""
        return self.tables.run_id


def keep(layout: Layout, folder: Path, plan: Plan) -> Plan:
    """Make a plan of a computed run's folder: it gets its place when all of it is on disk."""
    for name in _LEDGER:
        rows = getattr(plan.changes, name)
        with pa.OSFile(str(folder / f"{name}.arrow"), "wb") as sink, pa.ipc.new_file(sink, rows.schema) as writer:
            writer.write_table(rows)
    told = {
        "base": plan.base,
        "author": plan.author,
        "reason": plan.reason,
        "held": plan.held,
        "next_number": plan.changes.next_number,
        "after": plan.changes.after,
    }
    (folder / FILE).write_text(json.dumps(told, indent=1), encoding="utf-8")
    layout.plans.mkdir(parents=True, exist_ok=True)
    place = layout.plan(plan.plan_id)
    folder.rename(place.folder)
    return Plan(place, plan.manifest, plan.changes, plan.base, plan.author, plan.reason, plan.held)


def read(layout: Layout, plan_id: str) -> Plan:
    """The plan of that id. Errors: NotFoundError; StateError for one that is damaged."""
    place = layout.plan(plan_id)
    if not (place.folder / FILE).exists():
        there = ", ".join(waiting(layout))
        raise NotFoundError(
            f"there is no plan {plan_id}: " + (f"there are {there}" if there else "`clew plan` makes one")
        )
    try:
        told = json.loads((place.folder / FILE).read_text(encoding="utf-8"))
        entries, moved = (
            pa.ipc.open_file(pa.memory_map(str(place.folder / f"{name}.arrow"))).read_all() for name in _LEDGER
        )
        changes = Changes(entries, moved, told["next_number"], told["after"])
        about = (told["base"], told["author"], told["reason"], tuple(told["held"]))
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise StateError(f"{place.folder} is damaged ({error}): remove it, and make the plan again") from error
    return Plan(place, read_manifest(place), changes, *about)


def forget(run: RunTables) -> None:
    """Remove from a run what made it a plan: the ledger holds it now."""
    for name in (FILE, *(f"{name}.arrow" for name in _LEDGER)):
        (run.folder / name).unlink(missing_ok=True)


def waiting(layout: Layout) -> list[str]:
    """The ids of all plans, oldest first."""
    return sorted(p.parent.name for p in layout.plans.glob(f"*/{FILE}"))


def check_unapplied(plan_id: str, state: State) -> None:
    """Raise StateError where a plan is a published run by now."""
    if any(r.run_id == plan_id and r.status == "published" for r in state.runs()):
        raise StateError(f"plan {plan_id} was applied before: it is run {plan_id}")


def check_unmoved(plan: Plan, state: State, config: Config, root: Path, *, quick: bool = False) -> None:
    """Raise StateError where the answer, the settings or the inputs are no longer those that the plan was made for.

    Files are compared by their hash; if `quick`, one of the same size that is older than the plan is taken to be the
    same. Of tables of databases and of frames only the name is known.
    """
    run_id = plan.plan_id
    current = state.current_run()
    now = current.run_id if current else None
    if now == plan.base and state.head()[0] != plan.changes.after:
        raise StateError(
            f"plan {run_id} goes by earlier decisions: some were made or undone since. Make the plan again"
        )
    if now != plan.base:
        raise StateError(
            f"plan {run_id} was made for run {plan.base or 'none'}, and run {now or 'none'} answers now: "
            "make the plan again"
        )
    if config_hash(config) != plan.manifest["config_hash"]:
        raise StateError(
            f"plan {run_id} was made with other settings than the project file has: the next run would undo it. "
            "Write the settings of the plan into the file, or make the plan again"
        )
    since = started(plan.manifest).timestamp() if quick else 0
    moved = list(_moved(config, root, {row["file"]: row for row in plan.manifest["inputs"]}, since))
    if moved:
        raise StateError(f"{', '.join(moved[:5])}: not what plan {run_id} has read. Make the plan again")


def _moved(config: Config, root: Path, known: dict[str, Any], since: float) -> Iterator[str]:
    """The files that the sources mean and that aren't as they are known; those not written `since` aren't read."""
    for source in config.sources:
        if source.path is None:
            continue
        for path, label in find_files(root, source.path, source.title):
            found, was = path.stat(), known.get(label, {})
            if was.get("bytes") != found.st_size or (found.st_mtime >= since and was["sha256"] != file_hash(path)):
                yield label
