"""The order of the stages: sources -> standardise -> link -> cluster -> ledger -> profile -> publish.

A run's tables are written to a folder of their own, which gets its final name when all of them are on disk; then one
transaction in state.db makes the run the current one. A process killed anywhere before leaves the earlier run standing,
and what it left lying about is swept up by the next run.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from engine import plans
from engine.breakers import tripped
from engine.cluster import cluster
from engine.cluster.confidence import confidence
from engine.cluster.events import own_events
from engine.compute import Compute, quote
from engine.compute.failure import full_disk
from engine.config import Config, config_hash
from engine.errors import ConfigError, DiskError, HeldError, StateError
from engine.ledger import assign_ids, recall
from engine.link import Linked, link
from engine.profile import anchors, build_customers, build_permissions
from engine.progress import Reporter, Silent
from engine.quality.measured import measure_health
from engine.rules import write_settings
from engine.runs import SCHEMA_VERSION, Layout, RunTables, read_manifest
from engine.sources import ReadSummary, read_sources
from engine.standardise import standardise
from engine.standardise.consents import keep_earlier
from engine.state import Changes, State
from engine.tables import MEMBERS, SOURCE_FILES, check
from engine.writing import Writer

log = logging.getLogger("clew")

#: Run tables and the order of their rows, so that the same input gives the same bytes.
RUN_TABLES = {
    "records": "record_id",
    "identifiers": "record_id, type, value",
    "consents": 'source, key, channel, type, value, state, "at"',
    "orders": "record_id",
    "order_lines": "record_id, line",
    "events": "source, key",
    "claims": "source, key, record_id",
    "rejects": "source, file, line, reason",
    "source_files": "source, file",
    "source_columns": 'source, "column", place',
    "matches": "record_a, record_b",
    "refusals": "record_a, record_b",
    "shared_values": "type, value",
    "members": "record_id",
    "customers": "customer_id",
    "known_by": "customer_id, type, value",
    "permissions": "customer_id, channel, type, value",
    "device_windows": "device, since, customer_id",
    "event_owners": "customer_id, source, key",
    "redirects": 'old_id, new_id, "at"',
    "health": "metric, source, subject",
}
#: Of those, the tables that a graph is fed with. What differs from run to run is kept beside them.
COMPARED = (
    "records", "identifiers", "matches", "refusals", "shared_values", "members", "customers", "known_by",
    "permissions", "device_windows", "redirects",
)  # fmt: skip
#: Of those, the tables that hold what was read, by source.
OF_SOURCES = {
    "records": "source = $s", "orders": "source = $s", "events": "source = $s", "rejects": "source = $s",
    "source_files": "source = $s", "source_columns": "source = $s", "identifiers": "starts_with(record_id, $s || ':')",
    "consents": "source = $s", "claims": "source = $s", "order_lines": "starts_with(record_id, $s || ':')",
}  # fmt: skip
#: Of those, the ones about files, which are not added to when a source appends.
OF_FILES = ("rejects", "source_files", "source_columns")


@dataclass
class RunResult:
    """What a run did: its manifest, where its tables are, what happened to customer ids, and what reading warns of."""

    run: RunTables
    manifest: dict[str, Any]
    changes: dict[str, int]
    warnings: list[str] = field(default_factory=list)


def run(
    config: Config,
    root: Path,
    *,
    only: str | None = None,
    retrain: bool = False,
    frames: Mapping[str, Any] | None = None,
    reporter: Reporter | None = None,
    actor: str | None = None,
    reason: str | None = None,
) -> RunResult:
    """Compute a run from the project's sources and make it the current one.

    `root` is the folder of the project file; `only` names a source to read afresh while the others stay as they were in
    the current run; `frames` gives sources as data frames in place of their files. `actor` and `reason`
    are kept with the run: who started it, and why.

    Errors: any ClewError; the current run then stands as it was.
    """
    layout = Layout(root / config.store)
    with State.open(layout.store) as state, state.writing("clew run"):
        attempt = _begin(config, root, layout, state, only, reporter)
        state.begin(attempt.run_id, config_hash(config), attempt.started, actor, reason)
        try:
            with _whole(attempt):
                computed = attempt.compute(only, retrain, frames)
                held = _held(attempt, computed)
                if not held:
                    return _publish(state, layout, computed, "clew run")
                plans.keep(layout, attempt.part, _plan(attempt, computed, actor, reason, held))
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


def plan(
    config: Config,
    root: Path,
    *,
    only: str | None = None,
    retrain: bool = False,
    frames: Mapping[str, Any] | None = None,
    reporter: Reporter | None = None,
    actor: str | None = None,
    reason: str | None = None,
) -> plans.Plan:
    """Compute what `run` would publish, and leave it as a plan: nothing that answers changes.

    Errors: any ClewError; then there is no plan.
    """
    layout = Layout(root / config.store)
    with State.open(layout.store) as state, state.writing("clew plan"):
        attempt = _begin(config, root, layout, state, only, reporter)
        with _whole(attempt):
            computed = attempt.compute(only, retrain, frames)
            found = _plan(attempt, computed, actor, reason, _held(attempt, computed))
            return plans.keep(layout, attempt.part, found)


def apply(config: Config, root: Path, plan_id: str, *, actor: str | None = None) -> RunResult:
    """Publish a plan, exactly as it was computed.

    Errors: NotFoundError for no such plan; StateError where the answer, the settings or the inputs have moved since, or
    where the project wants somebody other than the plan's author to apply it. Then nothing has changed.
    """
    layout = Layout(root / config.store)
    with State.open(layout.store) as state, state.writing("clew apply"):
        sweep(layout, state)
        found = plans.read(layout, plan_id)
        plans.check_unmoved(found, state, config, root)
        if config.approval and actor in (None, found.author):
            raise StateError(
                f"plan {plan_id} is {found.author or 'nobody known'}'s, and `approval` in the project file asks for"
                " somebody else to apply it (CLEW_ACTOR says who is at work)"
            )
        computed = Computed(found.tables.folder, found.manifest, found.changes, [])
        state.begin(plan_id, found.manifest["config_hash"], _started(found.manifest), found.author, found.reason)
        try:
            result = _publish(state, layout, computed, f"clew apply, by {actor}" if actor else "clew apply")
        except BaseException:
            with suppress(StateError):
                state.fail(plan_id, datetime.now(UTC))
            raise
        plans.forget(result.run)
        return result


@dataclass(frozen=True)
class Computed:
    """A run that is whole on disk and not published: its tables and manifest, and what the ledger will say."""

    folder: Path
    manifest: dict[str, Any]
    changes: Changes
    warnings: list[str]

    @property
    def counts(self) -> dict[str, int]:
        """How many entries of each kind there will be."""
        return dict(Counter(self.changes.entries["kind"].to_pylist()))


@dataclass(frozen=True)
class Attempt:
    """A computation about to begin: under which id, after which run."""

    config: Config
    root: Path
    layout: Layout
    state: State
    run_id: str
    started: datetime
    previous: RunTables | None
    reporter: Reporter

    @property
    def part(self) -> Path:
        """The folder that its tables are written to."""
        return self.layout.runs / f"{self.run_id}.part"

    def compute(self, only: str | None, retrain: bool, frames: Mapping[str, Any] | None) -> Computed:
        """Go through all stages."""
        self.layout.scratch.mkdir(parents=True, exist_ok=True)
        with (
            Compute(self.layout.scratch) as compute,
            Writer(compute, self.part, RUN_TABLES, COMPARED, self.previous) as writer,
        ):
            stages = Stages(compute, writer, self.config, self.root, self.layout, self.reporter)
            return stages.run(self, only, retrain, frames)


def _begin(
    config: Config, root: Path, layout: Layout, state: State, only: str | None, reporter: Reporter | None
) -> Attempt:
    sweep(layout, state)
    current = state.current_run()
    if only is not None and current is None:
        raise ConfigError(f"--source {only}: there is no run yet whose other sources could stay; run all of them first")
    previous = layout.run(current.run_id) if current else None
    if previous is not None and not previous.path("members").exists():
        raise StateError(
            f"{previous.folder}: the tables of the published run are gone. Put the folder back"
            f" from a backup, or move {layout.store} away and run again: customer ids then start anew."
        )
    started = datetime.now(UTC)
    run_id = _new_run_id({r.run_id for r in state.runs()}.union(plans.waiting(layout)), started)
    return Attempt(config, root, layout, state, run_id, started, previous, reporter or Silent())


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
    return (*approval, *tripped(attempt.config, attempt.previous, RunTables(computed.folder), computed.counts))


def _plan(
    attempt: Attempt, computed: Computed, actor: str | None, reason: str | None, held: tuple[str, ...]
) -> plans.Plan:
    base = attempt.previous.run_id if attempt.previous else None
    tables = attempt.layout.plan(attempt.run_id)
    return plans.Plan(tables, computed.manifest, computed.changes, base, actor, reason, held)


def _publish(state: State, layout: Layout, computed: Computed, actor: str) -> RunResult:
    """Give a computed run's folder its place, and commit."""
    run_id = computed.manifest["run_id"]
    layout.runs.mkdir(parents=True, exist_ok=True)
    computed.folder.rename(layout.runs / run_id)
    digest = hashlib.sha256(json.dumps(computed.manifest, sort_keys=True).encode()).hexdigest()
    state.publish(run_id, computed.changes, digest, _started(computed.manifest), actor)
    return RunResult(layout.run(run_id), computed.manifest, computed.counts, computed.warnings)


def _started(manifest: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(manifest["started"])


@dataclass
class Stages:
    """One computation, stage by stage, over one Compute."""

    compute: Compute
    writer: Writer
    config: Config
    root: Path
    layout: Layout
    reporter: Reporter
    timings: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def _stage(self, name: str) -> Iterator[dict[str, int]]:
        self.reporter.stage(name)
        begun = time.perf_counter()
        counts: dict[str, int] = {}
        yield counts
        seconds = time.perf_counter() - begun
        self.timings[name] = round(seconds, 3)
        self.counts |= counts
        self.reporter.done(name, seconds, counts)

    def read(self, only: str | None, frames: Mapping[str, Any] | None, previous: RunTables | None) -> ReadSummary:
        """Sources and standardise: the tables of records, complete, whatever was read of them now."""
        with self._stage("sources") as counts:
            summary = read_sources(self.compute, self.config, self.root, only, frames, self.reporter.step)
            counts["rows"] = sum(s.rows for s in summary.sources)
            counts["rejected"] = sum(s.rejected for s in summary.sources)
        with self._stage("standardise") as counts:
            standardise(self.compute, self.config, self.reporter.step)
            for table in [n for n in self.compute.table_names() if n.startswith("raw_")]:
                self.compute.drop(table)
            self._keep_others(only, previous)
            counts |= {t: self.compute.count(t) for t in ("records", "identifiers", "orders", "events")}
        return summary

    def _keep_others(self, only: str | None, previous: RunTables | None) -> None:
        """Take from `previous` the rows of sources not read now, and earlier rows of those that only append."""
        if previous is None:
            return
        # What was read again stands for what was read before.
        self.compute.table("_seen", "SELECT record_id FROM records UNION SELECT source || ':' || key FROM events")
        for source in self.config.sources:
            read_now = only is None or source.title == only
            if read_now and source.mode != "append":
                continue
            for table, belongs in OF_SOURCES.items():
                path = str(previous.path(table))
                # A run of an earlier version lacks the tables that are newer.
                if (read_now and table in OF_FILES) or not previous.path(table).exists():
                    continue
                key = "old.source || ':' || old.key" if table in ("events", "consents", "claims") else "old.record_id"
                seen = f"ANTI JOIN _seen ON _seen.record_id = {key}"
                stored = self.compute.rows("DESCRIBE SELECT * FROM read_parquet($path)", {"path": path})
                # An extra column that the project no longer maps is left behind.
                kept = ", ".join(quote(c) for c, *_ in stored if c in self.compute.columns(table))
                self.compute.run(
                    f"""INSERT INTO {quote(table)} BY NAME
                        SELECT {kept} FROM (SELECT * FROM read_parquet($path) WHERE {belongs}) AS old
                        {seen if read_now else ""}""",
                    {"path": path, "s": source.title},
                )
        self.compute.drop("_seen")
        keep_earlier(self.compute, previous.path("consents"))

    def resolve(self, current: str | None, retrain: bool) -> Linked:
        """Link and cluster: groups of records, with their matches and refusals."""
        with self._stage("link") as counts:
            models = self.layout.models
            linked = link(self.compute, self.config, self.root, models, current, retrain, self.reporter.step)
            counts |= linked.counts
        with self._stage("cluster") as counts:
            # Admission leaves a core idle.
            self.writer.begin(*OF_SOURCES)
            cluster(self.compute, self.config, linked.model, linked.rules)
            anchors(self.compute, self.config)
            confidence(self.compute)
            self.compute.drop("scored", "nodes", "node_records", "links")
            counts["matches"] = self.compute.count("matches")
            counts["refusals"] = self.compute.count("refusals")
        self.writer.begin("matches", "refusals", "shared_values")
        return linked

    def run(self, attempt: Attempt, only: str | None, retrain: bool, frames: Mapping[str, Any] | None) -> Computed:
        """All stages; the tables are whole on disk then."""
        previous, started = attempt.previous, attempt.started
        # Weights stay the same from run to run: the model in use is that of the published run.
        model = read_manifest(previous)["model"] if previous else None
        summary = self.read(only, frames, previous)
        linked = self.resolve(model, retrain)
        with self._stage("ledger") as counts:
            assigned = assign_ids(
                self.compute,
                recall(attempt.state),
                started,
                previous=previous.path("members") if previous else None,
                causes_table="matches",
            )
            self.compute.table(
                "members",
                "SELECT record_id, customer_id, confidence, since FROM ids JOIN confidences USING (record_id)",
            )
            check(self.compute, MEMBERS)
            counts["customers"] = int(self.compute.value("SELECT count(DISTINCT customer_id) FROM members"))
        with self._stage("profile") as counts:
            build_customers(self.compute, self.config)
            build_permissions(self.compute, self.config)
            stitched = own_events(self.compute)
            counts |= {"anonymous": stitched.anonymous, "stitched": stitched.stitched}
        with self._stage("health"):
            now = started.replace(tzinfo=None)
            measure_health(self.compute, self.config, now, stitched.anonymous, stitched.stitched)
        with self._stage("publish"):
            manifest = self._write(attempt.run_id, started, linked)
        return Computed(self.writer.folder, manifest, assigned.changes, list(summary.warnings))

    def _write(self, run_id: str, started: datetime, linked: Linked) -> dict[str, Any]:
        """The run's folder: every table, then the manifest."""
        self.writer.finish()
        settings_hash = write_settings(self.writer.folder, self.config, linked.folder.name)
        files = self.compute.rows(f"SELECT {', '.join(SOURCE_FILES.columns)} FROM source_files ORDER BY source, file")
        manifest = {
            "schema_version": SCHEMA_VERSION,
            "run_id": run_id,
            "clew": version("clew"),
            "splink": version("splink"),
            "started": started.isoformat(),
            "config_hash": config_hash(self.config),
            "settings_hash": settings_hash,
            "model": linked.folder.name,
            "model_hash": linked.model.hash,
            "inputs": [dict(zip(SOURCE_FILES.columns, row, strict=True)) for row in files],
            "counts": {**self.counts, **{t: self.compute.count(t) for t in RUN_TABLES}},
            "seconds": dict(self.timings),
        }
        (self.writer.folder / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        return manifest


def sweep(layout: Layout, state: State) -> None:
    """Remove what killed processes left: scratch files, half-written run folders, and whole ones never published.

    A plan that was being applied goes back to the plans.
    """
    shutil.rmtree(layout.scratch, ignore_errors=True)
    published = {r.run_id for r in state.runs() if r.status == "published"}
    for folder in layout.runs.iterdir() if layout.runs.exists() else ():
        if folder.name in published:
            continue
        if (folder / plans.FILE).exists() and not layout.plan(folder.name).folder.exists():
            folder.rename(layout.plan(folder.name).folder)
            continue
        log.info("removing %s, which was never published", folder.name)
        shutil.rmtree(folder, ignore_errors=True)


def _new_run_id(taken: set[str], started: datetime) -> str:
    """The time of the start, in UTC, with a number after it where two runs start in one second."""
    stem = started.strftime("%Y%m%dT%H%M%SZ")
    number = 1
    while (run_id := stem if number == 1 else f"{stem}-{number}") in taken:
        number += 1
    return run_id
