"""Computing a run and making it the current one; or leaving it as a plan, and applying that.

A run's tables are written to a folder of their own, which gets its final name when all of them are on disk; then one
transaction in state.db makes the run the current one. A process killed anywhere before leaves the earlier run standing,
and what it left lying about is swept up by the next run.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine import plans
from engine.breakers import tripped
from engine.compute import Compute
from engine.compute.failure import full_disk
from engine.config import Config, config_hash
from engine.erasure.erase import Erasing, find_person, finish
from engine.erasure.erase import erase as erase_person
from engine.errors import ConfigError, DiskError, HeldError, NotFoundError, StateError
from engine.progress import Reporter, Silent
from engine.rollback import check_rules, restore
from engine.runs import Layout, RunTables, manifest_hash, started
from engine.sources import check_names
from engine.stages import COMPARED, RUN_TABLES, Computed, Request, Stages
from engine.state import Note, State
from engine.writing import Writer

log = logging.getLogger("clew")

#: All sources, with the model in use.
ANYTHING = Request()


@dataclass
class RunResult:
    """What a run did: its manifest, where its tables are, what happened to customer ids, and what reading warns of."""

    run: RunTables
    manifest: dict[str, Any]
    changes: dict[str, int]
    warnings: list[str] = field(default_factory=list)


def run(config: Config, root: Path, asked: Request = ANYTHING, reporter: Reporter | None = None) -> RunResult:
    """Compute a run from the project's sources and make it the current one.

    `root` is the folder of the project file.

    Errors: any ClewError; the current run then stands as it was.
    """
    layout = Layout(root / config.store)
    with State.open(layout.store) as state, state.writing("clew run"):
        attempt = _begin(config, root, layout, state, asked, reporter)
        state.begin(attempt.run_id, config_hash(config), attempt.started, asked.actor, asked.reason)
        try:
            with _whole(attempt):
                computed = attempt.compute()
                held = _held(attempt, computed)
                if not held:
                    return _publish(state, layout, computed, "clew run")
                plans.keep(layout, attempt.part, _plan(attempt, computed, held))
        except BaseException:
            # Stopped in the instant after the commit, the run is published and can't fail any more.
            with suppress(StateError):
                state.fail(attempt.run_id, datetime.now(UTC))
            raise
        state.fail(attempt.run_id, datetime.now(UTC))
    raise HeldError(
        f"run {attempt.run_id} was not published: {'; '.join(held)}. It waits as a plan: `clew diff --plan"
        f" {attempt.run_id}` shows what it would do, `clew apply {attempt.run_id}` does it"
    )


def plan(config: Config, root: Path, asked: Request = ANYTHING, reporter: Reporter | None = None) -> plans.Plan:
    """Compute what `run` would publish, and leave it as a plan: nothing that answers changes.

    Errors: any ClewError; then there is no plan.
    """
    layout = Layout(root / config.store)
    with State.open(layout.store) as state, state.writing("clew plan"):
        attempt = _begin(config, root, layout, state, asked, reporter)
        with _whole(attempt):
            computed = attempt.compute()
            return plans.keep(layout, attempt.part, _plan(attempt, computed, _held(attempt, computed)))


def apply(config: Config, root: Path, plan_id: str, *, actor: str | None = None) -> RunResult:
    """Publish a plan, exactly as it was computed.

    Errors: NotFoundError for no such plan; StateError where the answer, the settings or the inputs have moved since, or
    where the project wants somebody other than the plan's author to apply it. Then nothing has changed.
    """
    layout = Layout(root / config.store)
    with State.open(layout.store) as state, state.writing("clew apply"):
        sweep(layout, state)
        plans.check_unapplied(plan_id, state)
        found = plans.read(layout, plan_id)
        plans.check_unmoved(found, state, config, root)
        if config.approval and actor in (None, found.author):
            raise StateError(
                f"plan {plan_id} is {found.author or 'nobody known'}'s, and `approval` in the project file asks for"
                " somebody else to apply it (CLEW_ACTOR says who is at work)"
            )
        computed = Computed(found.tables.folder, found.manifest, found.changes, [])
        state.begin(plan_id, found.manifest["config_hash"], started(found.manifest), found.author, found.reason)
        try:
            result = _publish(state, layout, computed, f"clew apply, by {actor}" if actor else "clew apply")
        except BaseException:
            with suppress(StateError):
                state.fail(plan_id, datetime.now(UTC))
            raise
        plans.forget(result.run)
        return result


def erase(
    config: Config, root: Path, customer_id: str, *, actor: str, reason: str | None = None
) -> tuple[Erasing, RunTables]:
    """Publish the current run without the person behind one of its customers; returns what is gone, and that run.

    Earlier runs hold the person until `finish_erasing`, so that a graph can still learn what to remove.

    Errors: any ClewError; NotFoundError where the current run has no such customer.
    """
    layout = Layout(root / config.store)
    with State.open(layout.store) as state, state.writing("clew erase"):
        sweep(layout, state)
        current = state.current_run()
        person = find_person(layout, layout.run(current.run_id), customer_id) if current else None
        if current is None or person is None or not person.record_ids:
            raise NotFoundError(f"there is no customer {customer_id} in the current run")
        run_id = _free_run_id(state, layout, datetime.now(UTC))
        before = layout.run(current.run_id)
        return person, erase_person(config, layout, state, before, person, run_id, actor=actor, reason=reason)


def finish_erasing(config: Config, root: Path) -> int | None:
    """Clean whatever was kept before the last erasure, and return its entry; every command that writes does it too."""
    layout = Layout(root / config.store)
    with State.open(layout.store) as state, state.writing("clew erase"):
        return finish(layout, state)


def rollback(
    config: Config, root: Path, run_id: str, *, actor: str | None = None, reason: str | None = None
) -> RunResult:
    """Publish the answer of an earlier run again, as a new run, and let the runs after it go by what that one went by.

    Errors: StateError where that run answers already, lacks something, or went by other settings than those of today.
    """
    layout = Layout(root / config.store)
    with State.open(layout.store) as state, state.writing("clew rollback"):
        attempt = _begin(config, root, layout, state, Request(actor=actor, reason=reason), None)
        goal = layout.run(run_id)
        if attempt.previous is None or attempt.previous.run_id == run_id:
            raise StateError(f"run {run_id} is the one that answers: there is nothing to roll back")
        check_rules(config, root, layout, goal)
        state.begin(attempt.run_id, config_hash(config), attempt.started, actor, reason or f"back to run {run_id}")
        try:
            with _whole(attempt):
                computed, notes = restore(state, config, layout, goal, attempt.previous, attempt.part, attempt.started)
                by = f"clew rollback to {run_id}" + (f", by {actor}" if actor else "")
                return _publish(state, layout, computed, by, notes)
        except BaseException:
            with suppress(StateError):
                state.fail(attempt.run_id, datetime.now(UTC))
            raise


@dataclass(frozen=True)
class Attempt:
    """A computation about to begin: under which id, after which run."""

    config: Config
    root: Path
    layout: Layout
    state: State
    asked: Request
    run_id: str
    started: datetime
    previous: RunTables | None
    reporter: Reporter

    @property
    def part(self) -> Path:
        """The folder that its tables are written to."""
        return self.layout.runs / f"{self.run_id}.part"

    def compute(self) -> Computed:
        """Go through all stages."""
        self.layout.scratch.mkdir(parents=True, exist_ok=True)
        with (
            Compute(self.layout.scratch) as compute,
            Writer(compute, self.part, RUN_TABLES, COMPARED, self.previous) as writer,
        ):
            stages = Stages(compute, writer, self.config, self.root, self.layout.models, self.reporter)
            return stages.run(self.run_id, self.started, self.previous, self.state, self.asked)


def _begin(
    config: Config, root: Path, layout: Layout, state: State, asked: Request, reporter: Reporter | None
) -> Attempt:
    sweep(layout, state)
    current = state.current_run()
    check_names(config, [*([asked.only] if asked.only else []), *(asked.frames or ())])
    if asked.only is not None and current is None:
        raise ConfigError(
            f"--source {asked.only}: there is no run yet whose other sources could stay; run all of them first"
        )
    previous = layout.run(current.run_id) if current else None
    if previous is not None and not previous.path("members").exists():
        raise StateError(
            f"{previous.folder}: the tables of the published run are gone. Put the folder back"
            f" from a backup, or move {layout.store} away and run again: customer ids then start anew."
        )
    now = datetime.now(UTC)
    run_id = _free_run_id(state, layout, now)
    return Attempt(config, root, layout, state, asked, run_id, now, previous, reporter or Silent())


@contextmanager
def _whole(attempt: Attempt) -> Iterator[None]:
    """Leave nothing half-written behind, and say it plainly where the disk is full."""
    try:
        yield
    except BaseException as error:
        shutil.rmtree(attempt.part, ignore_errors=True)
        if full_disk(error) is not None:
            raise DiskError(
                f"{attempt.layout.store}: the disk is full. Make room there, or set another `store` folder in the"
                " project file, and run again; the earlier answer stands."
            ) from error
        raise


def _held(attempt: Attempt, computed: Computed) -> tuple[str, ...]:
    """Why a run mustn't be published before somebody has looked at it; nothing holds the first one."""
    if attempt.previous is None:
        return ()
    approval = ("`approval` in the project file asks for somebody else to apply it",) if attempt.config.approval else ()
    return (*approval, *tripped(attempt.config, attempt.previous, RunTables(computed.folder), computed.changes.counts))


def _plan(attempt: Attempt, computed: Computed, held: tuple[str, ...]) -> plans.Plan:
    base = attempt.previous.run_id if attempt.previous else None
    tables, asked = attempt.layout.plan(attempt.run_id), attempt.asked
    return plans.Plan(tables, computed.manifest, computed.changes, base, asked.actor, asked.reason, held)


def _publish(state: State, layout: Layout, computed: Computed, actor: str, notes: Sequence[Note] = ()) -> RunResult:
    """Give a computed run's folder its place, and commit."""
    run_id = computed.manifest["run_id"]
    layout.runs.mkdir(parents=True, exist_ok=True)
    computed.folder.rename(layout.runs / run_id)
    digest = manifest_hash(computed.manifest)
    state.publish(run_id, computed.changes, digest, started(computed.manifest), actor, notes=notes)
    return RunResult(layout.run(run_id), computed.manifest, computed.changes.counts, computed.warnings)


def sweep(layout: Layout, state: State) -> None:
    """Remove what killed processes left: scratch files, half-written run folders, and whole ones never published.

    A plan that was being applied goes back to the plans. An erasure that was stopped is carried out to its end.
    """
    shutil.rmtree(layout.scratch, ignore_errors=True)
    finish(layout, state)
    published = {r.run_id for r in state.runs() if r.status == "published"}
    for folder in layout.runs.iterdir() if layout.runs.exists() else ():
        if folder.name in published:
            continue
        if (folder / plans.FILE).exists() and not layout.plan(folder.name).folder.exists():
            folder.rename(layout.plan(folder.name).folder)
            continue
        log.info("removing %s, which was never published", folder.name)
        shutil.rmtree(folder, ignore_errors=True)


def _free_run_id(state: State, layout: Layout, at: datetime) -> str:
    """The time of the start, in UTC, with a number after it where two runs start in one second."""
    taken = {r.run_id for r in state.runs()}.union(plans.waiting(layout))
    stem = at.strftime("%Y%m%dT%H%M%SZ")
    number = 1
    while (run_id := stem if number == 1 else f"{stem}-{number}") in taken:
        number += 1
    return run_id
