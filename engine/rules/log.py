"""The change log: for each kept run what it was told otherwise than the run before, by whom, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from engine.rules.affected import measures_touched
from engine.rules.changes import Change, compare
from engine.rules.settings import read_settings
from engine.runs import Layout
from engine.state import Run


@dataclass(frozen=True)
class RunChanges:
    """A run, who started it when and why, and what it was told otherwise than the kept run before.

    `redefined` are the measures whose figures from this run on are not to be compared with earlier ones. `known` is
    false where the run before kept no settings, so that nothing can be said.
    """

    run_id: str
    at: datetime
    actor: str | None
    reason: str | None
    changes: tuple[Change, ...]
    redefined: tuple[str, ...]
    known: bool


def redefinitions(log: Iterable[RunChanges], measure: str) -> tuple[RunChanges, ...]:
    """The runs that redefined a measure, each with those of its changes that did."""
    return tuple(
        replace(run, changes=tuple(c for c in run.changes if measure in measures_touched([c])), redefined=(measure,))
        for run in log
        if measure in run.redefined
    )


def change_log(layout: Layout, runs: Iterable[Run]) -> tuple[RunChanges, ...]:
    """The log of the published ones of these runs whose folders are kept, in their order."""
    found: list[RunChanges] = []
    before: dict[str, Any] | None = None
    for run in runs:
        folder = layout.run(run.run_id)
        if run.status != "published" or not folder.folder.exists():
            continue
        after = read_settings(folder)
        changes = compare(before, after) if before and after and before != after else ()
        found.append(
            RunChanges(
                run.run_id,
                run.started,
                run.actor,
                run.reason,
                changes,
                measures_touched(changes) if changes else (),
                not found or (before is not None and after is not None),
            )
        )
        before = after
    return tuple(found)
