"""Looking after a project: how its data stand, how right the answer is, and whether the graph shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

from api.project.opened import Opened
from api.project.times import utc
from api.results import Changes, CurrentRun, FailedRun, Health, KnownRun, Published, Reported, Runs, Status, VoidPlan
from engine.compute import Compute
from engine.config import config_hash
from engine.errors import ClewError, ConfigError, StateError
from engine.progress import Reporter, Silent
from engine.runs import read_manifest
from engine.state import Run, State
from graph.sqlite import SqliteStore
from graph.store import PublishReport

if TYPE_CHECKING:
    from api.found import Audit, Calibration, Estimate, Evaluation, LabelScores

#: The usual name of a report.
REPORT_FILE = "clew-report.html"


class Watch(Opened):
    """How things stand."""

    def status(self) -> Status:
        """Say which run answers now, and whether anything has changed or failed since."""
        runs = self._runs()
        current = self._current()
        published = [r for r in runs if r.status == "published"]
        later = runs[runs.index(published[-1]) + 1 :] if published else runs
        failed = FailedRun(later[-1].run_id, later[-1].status, later[-1].started) if later else None
        found = None if current is None else self._current_run(current)
        return Status(self.path, self.config.name, self.layout.store, found, len(self._published()), failed)

    def runs(self) -> Runs:
        """All runs that were tried, newest first, and the plans that wait, with why one can't be applied any more."""
        from engine.plans import waiting

        current = self._current()
        found = [
            KnownRun(
                r.run_id,
                r.status,
                r.started,
                r.finished,
                kept=self.layout.run(r.run_id).path("members").exists(),
                current=current is not None and r.run_id == current.run_id,
            )
            for r in self._runs()
        ]
        plans = tuple(waiting(self.layout))
        return Runs(tuple(reversed(found)), plans, tuple(self._void(plans)))

    def _void(self, plans: Sequence[str]) -> Iterator[VoidPlan]:
        from engine.plans import check_unmoved, read

        if not plans:
            return
        with State.open(self.layout.store, read_only=True) as state:
            for plan_id in plans:
                try:
                    check_unmoved(read(self.layout, plan_id), state, self.config, self.root, quick=True)
                except ClewError as error:
                    yield VoidPlan(plan_id, str(error))

    def _current_run(self, current: Run) -> CurrentRun:
        manifest = read_manifest(self.layout.run(current.run_id))
        counts = manifest["counts"]
        shown = self._graph.current_run()
        graph: Literal["shows this run", "shows an earlier run", "is missing"] = "shows an earlier run"
        if shown is None:
            graph = "is missing"
        elif shown == current.run_id:
            graph = "shows this run"
        return CurrentRun(
            run_id=current.run_id,
            started=current.started,
            finished=current.finished,
            sources=len({row["source"] for row in manifest["inputs"]}),
            **{name: counts[name] for name in ("records", "customers", "matches", "refusals", "rejects")},
            model=manifest["model"],
            changed=current.config_hash != config_hash(self.config),
            graph=graph,
        )

    def expected_seconds(self) -> dict[str, float]:
        """How long each stage of the current run took; empty before the first one, and where that can't be read.

        The run that asks says itself what is wrong, or brings a file of an earlier version up to date.
        """
        with suppress(ClewError):
            current = self._current()
            return dict(read_manifest(self.layout.run(current.run_id))["seconds"]) if current else {}
        return {}

    def audit(self, *, reporter: Reporter | None = None) -> Audit:
        """Look at the sources as they are today, without linking anything and without leaving anything behind."""
        from api.found import Audit
        from engine.quality import audit
        from engine.sources import read_sources
        from engine.standardise import standardise

        told = reporter or Silent()
        with Compute() as compute:
            told.stage("sources")
            read_sources(compute, self.config, self.root, advance=told.step)
            told.stage("standardise")
            standardise(compute, self.config, told.step)
            told.stage("audit")
            return Audit.of(audit(compute, self.config))

    def health(self) -> Health:
        """How the current run's data stand: findings by limits and by the kept runs before, with what to do."""
        from engine.quality.health import examine
        from engine.rules import change_log

        current = self._tables()
        if not current.path("health").exists():
            raise StateError(
                f"run {current.run_id} is of an earlier version of Clew and has no health; `clew run` does"
            )
        log = change_log(self.layout, self._runs())
        kept = [self.layout.run(entry.run_id) for entry in log]
        measured = [run for run in kept if run.path("health").exists()]
        return Health(**vars(examine(self.config, measured[-self.config.health.history - 1 :], log)))

    def changes(self) -> Changes:
        """What each kept run was told otherwise than the run before, by whom and why, and what awaits the next run."""
        from engine.rules import change_log, compare, in_force, measures_touched, read_settings

        log = change_log(self.layout, self._runs())
        before = read_settings(self.layout.run(log[-1].run_id)) if log else None
        pending = compare(before, {**in_force(self.config), "model": before["model"]}) if before else ()
        return Changes(log, pending, measures_touched(pending))

    def report(self, file: Path | str = REPORT_FILE, at: datetime | None = None) -> Reported:
        """Write what the current run says of the shop as one page of HTML that needs no network: see `measure`.

        It names no customer. An earlier report is written over, another file isn't. Errors: ConfigError for the file's
        name or place.
        """
        from api.render.report import report
        from api.report import read_report, write_page

        tables = self._tables()
        found = read_report(tables, self.config, self.health(), utc(at) if at else None)
        return Reported(Path(file), tables.run_id, write_page(report(found).html(), Path(file)))

    @overload
    def evaluate(self, truth: Path | str) -> Evaluation: ...

    @overload
    def evaluate(self, truth: None = None) -> LabelScores: ...

    def evaluate(self, truth: Path | str | None = None) -> Evaluation | LabelScores:
        """Compare the current run with a file of source, key, person; without one with the labels of the review.

        Labels tell precision and recall on the labelled pairs alone.
        """
        from api.found import Evaluation, LabelScores
        from engine.evaluate import evaluate
        from engine.evaluate.labels import score_labels

        tables = self._tables()
        with Compute() as compute:
            compute.read_parquet("members", tables.path("members"))
            if truth is not None:
                return Evaluation.of(evaluate(compute, "members", Path(truth)))
            with State.open(self.layout.store, read_only=True) as state:
                return LabelScores.of(score_labels(compute, state, state.run(tables.run_id).last_entry or 0))

    def estimate(self, plan: str | None = None, truth: Path | str | None = None) -> Estimate:
        """How right the current run, or a plan, is by its own weights, without labels, at its threshold and above.

        With a file of source, key, person, what is true stands beside it. Errors: NotFoundError for no such plan.
        """
        from api.found import Estimate
        from engine import plans
        from engine.evaluate.expected import expected

        tables = plans.read(self.layout, plan).tables if plan else self._tables()
        return Estimate.of(expected(tables, self._threshold(tables), Path(truth) if truth else None))

    def calibrate(self, truth: Path | str) -> Calibration:
        """How often pairs of each probability are true, over all that scored as matches, refused ones too."""
        from api.found import Calibration
        from engine.evaluate import calibration

        tables = self._tables()
        with Compute() as compute:
            for name in ("matches", "refusals"):
                compute.read_parquet(name, tables.path(name))
            pairs = "SELECT record_a, record_b, probability FROM {}"
            compute.view("scored", " UNION ALL ".join(pairs.format(name) for name in ("matches", "refusals")))
            return Calibration.of(calibration(compute, "scored", Path(truth)))

    def publish(
        self, store: Literal["sqlite", "neo4j"] | None = None, *, rebuild: bool = False, verify: bool = False,
        take_over: bool = False,
    ) -> Published:  # fmt: skip
        """Bring a graph store (the configured one) up to the current run without running again.

        A store that was dropped is built anew, and with `rebuild` any store. With `verify` all of it is compared with
        the run; StateError where they differ. With `take_over` a Neo4j that shows another project shows this one.
        """
        graph = self._store(store or self.config.graph)
        if take_over:
            from graph.neo4j import Neo4jStore

            if not isinstance(graph, Neo4jStore):
                raise ConfigError("--take-over is for Neo4j: a graph.db is its project's own")
            graph.take_over()
        tables = self._tables()
        if rebuild:
            graph.drop()
        report = self._bring_up_to_date(graph, always=True)
        if report is None:
            shown = graph.current_run()
            report = PublishReport(shown or "", shown, full=False)
        if verify:
            self._check_graph(graph, tables)
        return Published(
            report.run_id,
            report.previous,
            report.unchanged,
            report.full,
            report.removed,
            report.added,
            str(graph.path) if isinstance(graph, SqliteStore) else "neo4j",
            verify,
        )
