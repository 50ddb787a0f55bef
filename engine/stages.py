"""The stages of a run: sources -> standardise -> link -> cluster -> ledger -> profile -> health -> publish.

Publish here means that the run's tables are whole on disk; `pipeline` makes a run the current one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from engine.cluster import cluster
from engine.cluster.confidence import confidence
from engine.cluster.events import own_events
from engine.compute import Compute
from engine.config import Config, config_hash
from engine.erasure.stop import stop_erased
from engine.errors import LinkError
from engine.ledger import assign_ids, recall
from engine.ledger.decided import Decided, find_decided
from engine.link import ENOUGH_PEOPLE, Linked, Model, link
from engine.profile import anchors, build_customers, build_permissions
from engine.progress import Reporter
from engine.quality.measured import measure_health
from engine.reading import OF_SOURCES, Reading, what_to_read
from engine.rules import write_settings
from engine.runs import SCHEMA_VERSION, RunTables, read_last, read_manifest, write_manifest
from engine.sources import ReadSummary, read_sources
from engine.standardise import standardise
from engine.state import Changes, State
from engine.tables import MEMBERS, SOURCE_FILES, check
from engine.writing import Writer

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
    "members": "customer_id, record_id",
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


@dataclass(frozen=True)
class Request:
    """What is asked of a run or a plan.

    `only` names a source to read afresh while the others stay as they were in the current run; `retrain` learns the
    weights anew; `frames` gives sources as data frames in place of their files. `actor` and `reason` are kept with the
    run: who started it, and why.
    """

    only: str | None = None
    retrain: bool = False
    frames: Mapping[str, Any] | None = None
    actor: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Computed:
    """A run that is whole on disk and not published: its tables and manifest, and what the ledger will say."""

    folder: Path
    manifest: dict[str, Any]
    changes: Changes
    warnings: list[str]


@dataclass
class Stages:
    """One computation, stage by stage, over one Compute."""

    compute: Compute
    writer: Writer
    config: Config
    root: Path
    models: Path
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

    def read(self, asked: Request, last: RunTables | None, state: State) -> tuple[Reading, ReadSummary]:
        """Sources and standardise: the tables of records, complete, whatever was read of them now."""
        frames = asked.frames or {}
        with self._stage("sources") as counts:
            reading = what_to_read(self.config, self.root, state, last, asked.only, frames)
            summary = read_sources(self.compute, self.config, self.root, reading.now, frames, self.reporter.step)
            counts["rows"] = reading.rows + sum(s.rows for s in summary.sources)
            counts["rejected"] = reading.rejected + sum(s.rejected for s in summary.sources)
            counts["unchanged"] = len(reading.stay)
        with self._stage("standardise") as counts:
            standardise(self.compute, self.config, self.reporter.step)
            for table in [n for n in self.compute.table_names() if n.startswith("raw_")]:
                self.compute.drop(table)
            reading.keep(self.compute)
            stop_erased(self.compute, state)
            if reading.as_it_was:
                self.writer.take(reading.as_it_was, *OF_SOURCES)
            counts |= {t: self.compute.count(t) for t in ("records", "identifiers", "orders", "events")}
        return reading, summary

    def resolve(self, current: str | None, retrain: bool, decided: Decided) -> Linked:
        """Link and cluster: groups of records, with their matches and refusals."""
        with self._stage("link") as counts:
            linked = link(
                self.compute, self.config, self.root, self.models, current, retrain, decided, self.reporter.step
            )
            counts |= linked.counts
        with self._stage("cluster") as counts:
            # Admission leaves a core idle.
            self.writer.begin(*OF_SOURCES)
            cluster(self.compute, self.config, linked.model, linked.rules)
            anchors(self.compute, self.config)
            confidence(self.compute)
            self.compute.drop("scored", "nodes", "node_records", "links", "decided")
            counts["matches"] = self.compute.count("matches")
            counts["refusals"] = self.compute.count("refusals")
        self.writer.begin("matches", "refusals", "shared_values")
        return linked

    def run(self, run_id: str, started: datetime, previous: RunTables | None, state: State, asked: Request) -> Computed:
        """All stages; the tables are whole on disk then."""
        # Weights stay the same from run to run: the model in use is that of the published run.
        model = read_manifest(previous)["model"] if previous else None
        # A rollback takes back who is who, not what was read since.
        reading, summary = self.read(asked, read_last(previous) if previous else None, state)
        warnings = [f"{source}: {w}" for source, said in reading.warnings(summary).items() for w in said]
        decided = find_decided(self.compute, state)
        try:
            linked = self.resolve(model, asked.retrain, decided)
        except LinkError as error:
            # Nobody is told them otherwise: the run ends here.
            raise LinkError(". ".join([str(error), *warnings])) from error
        with self._stage("ledger") as counts:
            changes = assign_ids(
                self.compute,
                recall(state),
                started,
                previous=previous.path("members") if previous else None,
                causes_table="matches",
                refusals_table="refusals",
                matches_before=previous.path("matches") if previous else None,
            )
            self.compute.table(
                "members",
                "SELECT record_id, customer_id, confidence, since FROM ids JOIN confidences USING (record_id)",
            )
            check(self.compute, MEMBERS)
            counts["customers"] = int(self.compute.value("SELECT count(DISTINCT customer_id) FROM members"))
        warnings += self._untaught(linked.model)
        now = started.replace(tzinfo=None)
        with self._stage("profile") as counts:
            build_customers(self.compute, self.config, now)
            build_permissions(self.compute, self.config, now)
            stitched = own_events(self.compute)
            counts |= {"anonymous": stitched.anonymous, "stitched": stitched.stitched}
        with self._stage("health"):
            measure_health(self.compute, self.config, now, stitched.anonymous, stitched.stitched)
        with self._stage("publish"):
            manifest = self._write(run_id, started, linked, decided) | {"reading": reading.manifest(summary)}
            write_manifest(self.writer.folder, manifest)
        return Computed(self.writer.folder, manifest, changes, warnings)

    def _untaught(self, model: Model) -> list[str]:
        """Say that the weights were learned from too few people, if they were."""
        if model.taught or self.config.linkage.settings:
            return []
        if self.counts["customers"] < ENOUGH_PEOPLE:
            then = f"from {ENOUGH_PEOPLE} people on, `clew train` learns from your own"
        else:
            then = "there are people enough now: `clew train` learns from them"
        return [f"too few people to learn from: matches weigh what shops usually show; {then}"]

    def _write(self, run_id: str, started: datetime, linked: Linked, decided: Decided) -> dict[str, Any]:
        """The run's tables; returns what its manifest says of them."""
        self.writer.finish()
        settings_hash = write_settings(self.writer.folder, self.config, linked.folder.name)
        files = self.compute.rows(f"SELECT {', '.join(SOURCE_FILES.columns)} FROM source_files ORDER BY source, file")
        return {
            "schema_version": SCHEMA_VERSION,
            "run_id": run_id,
            "clew": version("clew"),
            "splink": version("splink"),
            "started": started.isoformat(),
            "config_hash": config_hash(self.config),
            "settings_hash": settings_hash,
            "model": linked.folder.name,
            "model_hash": linked.model.hash,
            "decisions": decided.entries,
            "inputs": [dict(zip(SOURCE_FILES.columns, row, strict=True)) for row in files],
            "counts": {**self.counts, **{t: self.compute.count(t) for t in RUN_TABLES}},
            "seconds": dict(self.timings),
        }
