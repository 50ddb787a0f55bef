"""A Project: one project file and everything that can be done with it, for the command line and for notebooks.

What only one method needs is imported there: a question must not wait for Splink and the readers of sources.
"""

from __future__ import annotations

import getpass
import logging
import os
from collections.abc import Mapping
from contextlib import ExitStack, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from api.answers import Answer, whois
from api.ends import find_end
from api.evidence import Between, Growth, between, how, match_of, path_between
from api.export import write_audience, write_events, write_measure, write_members, write_views
from api.results import (
    Addressed,
    Changes,
    CurrentRun,
    Exported,
    ExportedGraph,
    FailedRun,
    Health,
    KnownRun,
    Measured,
    Planned,
    Profile,
    Published,
    Reported,
    Runs,
    RunSummary,
    Status,
    Timeline,
)
from api.summary import summarise
from engine.compute import Compute
from engine.config import DEFAULT_IDENTIFIERS, config_hash, load
from engine.errors import ClewError, DiskError, NotFoundError, StateError
from engine.ledger import write_ledger
from engine.measure import check_view, open_views
from engine.progress import Reporter, Silent
from engine.runs import Layout, RunTables, read_manifest
from engine.state import Run, State
from graph.sqlite import SqliteStore
from graph.store import Customer, GraphStore, Match, PublishReport

if TYPE_CHECKING:
    from engine.compare import Comparison
    from engine.evaluate import Calibration, Evaluation
    from engine.plans import Plan
    from engine.profile.audiences import Channel, Purpose
    from engine.profile.layouts import Layout as FileLayout
    from engine.quality import Audit

log = logging.getLogger("clew")

#: The usual names of a project file and of a report.
PROJECT_FILE, REPORT_FILE = "clew.yaml", "clew-report.html"


class Project:
    """One project. Use it in `with`, or `close()` it; opening reads the project file and nothing else.

    Every method raises a ClewError whose text is written for the user; what was published before then stands.
    """

    def __init__(self, path: Path) -> None:
        self.path = path / PROJECT_FILE if path.is_dir() and (path / PROJECT_FILE).exists() else path
        self.config = load(self.path)
        self.root = self.path.parent
        self.layout = Layout(self.root / self.config.store)
        self._opened: dict[str, GraphStore] = {}

    def run(
        self, only: str | None = None, *, frames: Mapping[str, Any] | None = None, reporter: Reporter | None = None,
        reason: str | None = None, actor: str | None = None,
    ) -> RunSummary:  # fmt: skip
        """Read the sources (or the one called `only`), work out who is who, and publish the answer.

        `frames` (source -> pandas, Polars or Arrow frame) stand in for the files of sources. `reason` and `actor` go
        into the change log; the actor is CLEW_ACTOR, else the user's login name, unless it is given.
        """
        return self._run(only, False, frames, reporter, reason, actor)

    def train(
        self, *, frames: Mapping[str, Any] | None = None, reporter: Reporter | None = None, reason: str | None = None,
        actor: str | None = None,
    ) -> RunSummary:  # fmt: skip
        """Learn the weights of all comparisons anew from today's data, and run with them: see `run`."""
        return self._run(None, True, frames, reporter, reason, actor)

    def _run(
        self, only: str | None, retrain: bool, frames: Mapping[str, Any] | None, reporter: Reporter | None,
        reason: str | None, actor: str | None,
    ) -> RunSummary:  # fmt: skip
        from engine.pipeline import run

        told = reporter or Silent()
        result = run(
            self.config, self.root, only=only, retrain=retrain, frames=frames, reporter=told,
            actor=actor or _actor(), reason=reason,
        )  # fmt: skip
        told.stage("graph")
        self._bring_up_to_date()
        told.stage("summary")
        return summarise(result, self.health())

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
            return audit(compute, self.config)

    def whois(self, text: str) -> Answer:
        """Find the customer behind an e-mail, a phone in any format, an id or a record. NotFoundError if none."""
        return whois(self.graph, text, *self._reading())

    def path_between(self, a: str, b: str) -> Between:
        """The widest path of evidence between two identifiers, records or customers.

        Raises NotFoundError where one of them leads to nobody or to several customers, or both to different ones.
        """
        return path_between(self.graph, a, b, *self._reading())

    def why(self, a: str, b: str) -> Between:
        """Why two identifiers, records or customers are one person or aren't: see `path_between`, which wants one.

        Where no pair of the records of two customers was near enough to be kept, their evidence is worked out now,
        which takes seconds in a large shop.
        """
        return between(self.graph, a, b, *self._reading(), self._weigh)

    def _weigh(self, left: Customer, right: Customer) -> Match | None:
        from engine.link import weigh

        tables = self._tables()
        model = self.layout.models / read_manifest(tables)["model"]
        records = ([r.record_id for r in customer.records] for customer in (left, right))
        weighed = weigh(tables, model, self.config, *records)
        return match_of(weighed) if weighed else None

    def how(self, text: str) -> Growth:
        """How the customer behind a text came together, join by join. Raises NotFoundError as `whois` does."""
        return how(self.graph, text, *self._reading())

    def profile(self, text: str, at: datetime | None = None) -> Profile:
        """The golden record of the customer behind a text, with where each value comes from, its permissions and state.

        The state is as of `at` (UTC), or of the newest order or event. Raises NotFoundError as `path_between` does.
        """
        from engine.profile.record import golden_record
        from engine.profile.state import customer_state

        known: dict[str, Customer] = {}
        customer_id = find_end(self.graph, text, *self._reading(), known).customer_id
        tables = self._tables()
        fields = golden_record(tables, self.config, customer_id)
        state = customer_state(tables, customer_id, _utc(at) if at else None)
        return Profile(customer_id, fields, known[customer_id].permissions, state)

    def timeline(self, text: str) -> Timeline:
        """What happened with the customer behind a text, oldest first. Raises NotFoundError as `path_between` does."""
        from engine.profile.timeline import timeline

        known: dict[str, Customer] = {}
        customer_id = find_end(self.graph, text, *self._reading(), known).customer_id
        return Timeline(customer_id, known[customer_id].name, tuple(timeline(self._tables(), customer_id)))

    def _reading(self) -> tuple[str, dict[str, int]]:
        """How a question is read: the countries of a number without one, and the order of identifier types."""
        names = (*DEFAULT_IDENTIFIERS, *self.config.identifiers)
        return " ".join(self.config.all_regions), {name: self.config.policy(name).priority for name in names}

    def status(self) -> Status:
        """Say which run answers now, and whether anything has changed or failed since."""
        runs = self._runs()
        current = self._current()
        published = [r for r in runs if r.status == "published"]
        later = runs[runs.index(published[-1]) + 1 :] if published else runs
        failed = FailedRun(later[-1].run_id, later[-1].status, later[-1].started) if later else None
        found = None if current is None else self._current_run(current)
        return Status(self.path, self.config.name, self.layout.store, found, len(published), failed)

    def runs(self) -> Runs:
        """All runs that were tried, newest first, and the plans that wait."""
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
        return Runs(tuple(reversed(found)), tuple(waiting(self.layout)))

    def compare(self, before: str | None = None, after: str | None = None) -> Comparison:
        """What the run `after` (default: the current one) has otherwise than `before` (default: the one before it).

        A run is named by its id or by the beginning of it that no other has. Audiences are as of the later run's start.
        Errors: NotFoundError for a run that there isn't, or whose tables are no longer kept.
        """
        from engine.compare import compare

        later = self._kept(after) if after else self._current()
        if later is None:
            raise StateError(f"{self.path}: nothing has been run yet; `clew run` works out who is who")
        earlier = self._kept(before) if before else self._before(later)
        runs = (self.layout.run(earlier.run_id), self.layout.run(later.run_id))
        return compare(*runs, later.started)

    def plan(
        self, only: str | None = None, *, threshold: float | None = None, retrain: bool = False,
        frames: Mapping[str, Any] | None = None, reporter: Reporter | None = None, reason: str | None = None,
        actor: str | None = None,
    ) -> Planned:  # fmt: skip
        """Work out what `run` would publish, and what that would change; nothing that answers changes.

        `threshold` (bits) stands in for that of the project file, and `retrain` learns the weights anew. `apply`
        publishes the plan.
        """
        from engine.pipeline import plan

        config = self.config
        if threshold is not None:
            config = config.model_copy(
                update={"linkage": config.linkage.model_copy(update={"threshold": float(threshold)})}
            )
        told = reporter or Silent()
        found = plan(
            config, self.root, only=only, retrain=retrain, frames=frames, reporter=told, actor=actor or _actor(),
            reason=reason,
        )  # fmt: skip
        told.stage("compare")
        return self._planned(found)

    def planned(self, plan_id: str) -> Planned:
        """A plan that waits, and what it would change. Errors: NotFoundError where there is none of that id."""
        from engine.plans import read

        return self._planned(read(self.layout, plan_id))

    def _planned(self, found: Plan) -> Planned:
        from engine.compare import compare

        before = self.layout.run(found.base) if found.base else None
        started = datetime.fromisoformat(found.manifest["started"]).replace(tzinfo=None)
        return Planned(found.plan_id, found.author, found.reason, found.held, compare(before, found.tables, started))

    def apply(self, plan_id: str, *, reporter: Reporter | None = None, actor: str | None = None) -> RunSummary:
        """Publish a plan, exactly as it was computed.

        Errors: NotFoundError for no such plan; StateError where the answer, the settings or the inputs have moved since
        it was made, or where the project wants somebody other than its author to apply it.
        """
        from engine.pipeline import apply

        told = reporter or Silent()
        told.stage("apply")
        result = apply(self.config, self.root, plan_id, actor=actor or _actor())
        told.stage("graph")
        self._bring_up_to_date()
        told.stage("summary")
        return summarise(result, self.health())

    def _before(self, later: Run) -> Run:
        """The run that was published before another one."""
        earlier = [r for r in self._published() if r.started < later.started]
        if not earlier:
            raise NotFoundError(f"there is no run before {later.run_id} to compare it with")
        return earlier[-1]

    def _kept(self, named: str) -> Run:
        """A published run by its id or the beginning of it."""
        known = self._published()
        found = [r for r in known if r.run_id == named] or [r for r in known if r.run_id.startswith(named)]
        if len(found) == 1:
            return found[0]
        several = f" {', '.join(r.run_id for r in found)} begin so" if found else ""
        raise NotFoundError(f"there is no one run {named} whose tables are kept;{several or ' `clew runs` lists them'}")

    def _published(self) -> list[Run]:
        return [
            r for r in self._runs() if r.status == "published" and self.layout.run(r.run_id).path("members").exists()
        ]

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

    def export_members(self, file: Path | str) -> Exported:
        """Write source, key and customer_id of every record, as CSV or Parquet by the name's ending."""
        tables = self._tables()
        file = Path(file)
        return Exported(file, tables.run_id, write_members(tables, file))

    def export_events(self, file: Path | str) -> Exported:
        """Write source, key, customer_id and confidence of every event, as CSV or Parquet by the name's ending."""
        tables = self._tables()
        file = Path(file)
        return Exported(file, tables.run_id, write_events(tables, file))

    def audience(
        self, purpose: Purpose, channel: Channel = "email", file: Path | str | None = None, *,
        reach: bool = True, layout: FileLayout = "plain", at: datetime | None = None,
    ) -> Addressed:  # fmt: skip
        """Count whom a purpose is about, and why some may not be written to, as of `at` (UTC; default: now).

        With a file, write those who may be written to, or with `reach` false those who may not and why.
        """
        target = Path(file) if file else None
        sure = getattr(self.config.consent.confidence, channel)
        now = _utc(at or datetime.now(UTC))
        found = write_audience(self._tables(), target, purpose, channel, now, sure, layout, reach)
        return Addressed(found, target, reach)

    def measure(self, name: str, at: datetime | None = None) -> Measured:
        """All rows of a measure of the current run, as Arrow: see docs/measures.md. NotFoundError if there is none.

        As of `at` (UTC), or of the newest order or event.
        """
        from engine.rules import change_log, redefinitions

        check_view(name)
        with Compute() as compute:
            open_views(compute, self._tables(), _utc(at) if at else None)
            rows = compute.arrow(f"FROM {name} ORDER BY ALL")
        return Measured(name, rows, redefinitions(change_log(self.layout, self._runs()), name))

    def export_measure(self, name: str, file: Path | str, at: datetime | None = None) -> Exported:
        """Write all rows of a measure, as CSV or Parquet by the name's ending: see `measure`."""
        tables = self._tables()
        rows = write_measure(tables, name, Path(file), _utc(at) if at else None)
        return Exported(Path(file), tables.run_id, rows)

    def export_views(self, file: Path | str) -> Exported:
        """Write a DuckDB file in which a BI tool finds every measure of the current run as a view.

        The views read the run's own tables where they are now; a later run needs a new file.
        """
        tables = self._tables()
        return Exported(Path(file), tables.run_id, write_views(tables, Path(file)))

    def report(self, file: Path | str = REPORT_FILE, at: datetime | None = None) -> Reported:
        """Write what the current run says of the shop as one page of HTML that needs no network: see `measure`.

        It names no customer. An earlier report is written over, another file isn't. Errors: ConfigError for the file's
        name or place.
        """
        from api.render.report import report
        from api.report import read_report, write_report
        from engine.rules import change_log

        tables = self._tables()
        log = change_log(self.layout, self._runs())
        found = read_report(tables, self.config, log, _utc(at) if at else None)
        return Reported(Path(file), tables.run_id, write_report(report(found).html(), Path(file)))

    def evaluate(self, truth: Path | str) -> Evaluation:
        """Compare the current run with a file of source, key, person."""
        from engine.evaluate import evaluate

        tables = self._tables()
        with Compute() as compute:
            compute.read_parquet("members", tables.path("members"))
            return evaluate(compute, "members", Path(truth))

    def calibrate(self, truth: Path | str) -> Calibration:
        """How often pairs of each probability are true, over all that scored as matches, refused ones too."""
        from engine.evaluate import calibration

        tables = self._tables()
        with Compute() as compute:
            for name in ("matches", "refusals"):
                compute.read_parquet(name, tables.path(name))
            pairs = "SELECT record_a, record_b, probability FROM {}"
            compute.view("scored", " UNION ALL ".join(pairs.format(name) for name in ("matches", "refusals")))
            return calibration(compute, "scored", Path(truth))

    def export_neo4j(self, folder: Path | str) -> ExportedGraph:
        """Write the files of a bulk import into a new folder, for the first load of a large graph into Neo4j."""
        from graph.neo4j.export import export

        tables = self._tables()
        files = export(tables, Path(folder))
        return ExportedGraph(files.folder, tables.run_id, files.rows, files.command)

    def publish(
        self, store: Literal["sqlite", "neo4j"] | None = None, *, rebuild: bool = False, verify: bool = False
    ) -> Published:
        """Bring a graph store (the configured one) up to the current run without running again.

        A store that was dropped is built anew, and with `rebuild` any store. With `verify` all of it is compared with
        the run; StateError where they differ.
        """
        graph = self._store(store or self.config.graph)
        tables = self._tables()
        if rebuild:
            graph.drop()
        report = self._bring_up_to_date(graph, always=True)
        if report is None:
            shown = graph.current_run()
            report = PublishReport(shown or "", shown, full=False)
        if verify and (differences := graph.verify(tables)):
            found = "; ".join(map(str, differences))
            raise StateError(f"the graph isn't run {tables.run_id}: {found}. `clew publish --rebuild` builds it anew")
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

    @property
    def graph(self) -> GraphStore:
        """The graph store, brought up to the current run; where the disk forbids that, the earlier answer stands."""
        try:
            self._bring_up_to_date()
        except DiskError as error:
            shown = self._graph.current_run()
            if shown is None:
                raise
            log.warning("%s (The answer is that of run %s.)", error, shown)
        return self._graph

    def close(self) -> None:
        """Let go of files and connections."""
        while self._opened:
            self._opened.popitem()[1].close()

    def __enter__(self) -> Project:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _runs(self) -> list[Run]:
        with State.find(self.layout.store) or nullcontext() as state:
            return state.runs() if state else []

    def _current(self) -> Run | None:
        with State.find(self.layout.store) or nullcontext() as state:
            return state.current_run() if state else None

    def _tables(self) -> RunTables:
        """The tables of the current run. Errors: StateError where nothing has been run."""
        current = self._current()
        if current is None:
            raise StateError(f"{self.path}: nothing has been run yet; `clew run` works out who is who")
        return self.layout.run(current.run_id)

    @property
    def _graph(self) -> GraphStore:
        return self._store(self.config.graph)

    def _store(self, name: Literal["sqlite", "neo4j"]) -> GraphStore:
        """One of the graph stores, opened when it is first needed."""
        if name not in self._opened:
            if name == "neo4j":
                from graph.neo4j import Neo4jStore, Server

                self._opened[name] = Neo4jStore(Server.from_environment())
            else:
                self._opened[name] = SqliteStore(self.layout.store / "graph.db")
        return self._opened[name]

    def _bring_up_to_date(self, graph: GraphStore | None = None, always: bool = False) -> PublishReport | None:
        """Bring a graph (the configured one) to the current run, or do nothing where another process is at it.

        One that shows the run is only published to if that is to be done `always`, to finish what was left.
        """
        graph = graph or self._graph
        run_id, shown = self._tables().run_id, graph.current_run()
        if shown == run_id and not always:
            return None
        with State.open(self.layout.store) as state, ExitStack() as held:
            try:
                held.enter_context(state.writing("clew publish"))
            except StateError as error:
                if shown is None or isinstance(error, DiskError):
                    raise
                # Whoever is writing brings the graph up to date in the end; until then the earlier answer stands.
                return None
            run = self._tables()
            if not run.path("ledger").exists():
                # Entries have their hashes from the publish on, so this table follows it.
                write_ledger(state, run.run_id, run.path("ledger"))
            return graph.publish(run, self.layout.run(shown) if shown else None)


def _actor() -> str:
    """Who is at work: CLEW_ACTOR, else the user's login name."""
    try:
        return os.environ.get("CLEW_ACTOR") or getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return "nobody known"


def _utc(at: datetime) -> datetime:
    """A time in UTC, without saying so, as tables hold it; one without a zone is taken to be that."""
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at


def open_project(path: Path | str = PROJECT_FILE) -> Project:
    """Open a project by its file, or by the folder that holds its `clew.yaml`. Raises ConfigError for a wrong file."""
    return Project(Path(path))


def init(folder: Path | str = ".") -> Path:
    """Write a `clew.yaml` for a folder of exports, recognised by their columns; returns its path."""
    from engine.sources import write_project

    return write_project(Path(folder))
