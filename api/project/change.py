"""Changing who is who: runs and plans, and what they do to the answer before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.project.actor import actor_at_work
from api.project.times import end_of, utc
from api.project.watch import Watch
from api.results import Planned, Pruned, Reported, RunSummary
from api.summary import summarise
from engine.complaints import check_choice
from engine.config import config_hash
from engine.errors import ConfigError, NotFoundError, StateError
from engine.progress import Reporter, Silent
from engine.runs import TOP, RunTables, started
from engine.state import Run

if TYPE_CHECKING:
    from api.found import Comparison, Explained
    from engine.compare import Metric
    from engine.pipeline import RunResult
    from engine.plans import Plan
    from engine.stages import Request


class Change(Watch):
    """What changes the answer, or says what would."""

    def run(
        self, only: str | None = None, *, frames: Mapping[str, Any] | None = None, reporter: Reporter | None = None,
        reason: str | None = None, actor: str | None = None,
    ) -> RunSummary:  # fmt: skip
        """Read the sources (or the one called `only`), work out who is who, and publish the answer.

        `frames` (source -> pandas, Polars or Arrow frame) stand in for the files of sources. `reason` and `actor` go
        into the change log; the actor is CLEW_ACTOR, else the user's login name, unless it is given.
        """
        from engine.stages import Request

        return self._run(Request(only, False, frames, actor or actor_at_work(), reason), reporter)

    def train(
        self, *, frames: Mapping[str, Any] | None = None, reporter: Reporter | None = None, reason: str | None = None,
        actor: str | None = None,
    ) -> RunSummary:  # fmt: skip
        """Learn the weights of all comparisons anew from today's data, and run with them: see `run`."""
        from engine.stages import Request

        return self._run(Request(None, True, frames, actor or actor_at_work(), reason), reporter)

    def _run(self, asked: Request, reporter: Reporter | None) -> RunSummary:
        from engine.pipeline import run

        told = reporter or Silent()
        return self._published_now(run(self.config, self.root, asked, told), told)

    def _published_now(self, result: RunResult, told: Reporter) -> RunSummary:
        """Bring the graph up to a run that was just published, and count what it says."""
        told.stage("graph")
        self._bring_up_to_date()
        told.stage("summary")
        return summarise(result, self.health())

    def plan(
        self, only: str | None = None, *, threshold: float | None = None, change: Mapping[str, Any] | None = None,
        retrain: bool = False, frames: Mapping[str, Any] | None = None, reporter: Reporter | None = None,
        reason: str | None = None, actor: str | None = None, top: int = TOP,
    ) -> Planned:  # fmt: skip
        """Work out what `run` would publish, and what that would change; nothing that answers changes.

        `threshold` (bits) stands in for that of the project file, `change` for any of its settings by their dotted
        names (`{"limits.block_size": 100}`), and `retrain` learns the weights anew. `top` of the changes are named.
        `apply` publishes the plan, once the project file says the same. Errors: ConfigError for a setting that there
        isn't, or a wrong value.
        """
        from engine.changed import changed
        from engine.pipeline import plan
        from engine.stages import Request

        other = {**(change or {}), **({} if threshold is None else {"linkage.threshold": threshold})}
        config = changed(self.config, other)
        told = reporter or Silent()
        found = plan(config, self.root, Request(only, retrain, frames, actor or actor_at_work(), reason), told)
        told.stage("compare")
        return self._planned(found, top)

    def planned(self, plan_id: str, *, top: int = TOP) -> Planned:
        """A plan that waits, and what it would change, `top` of the changes by name.

        Errors: NotFoundError where there is none of that id.
        """
        from engine.plans import read

        return self._planned(read(self.layout, plan_id), top)

    def _planned(self, found: Plan, top: int) -> Planned:
        from api.found import Comparison
        from engine.compare import compare

        before = self.layout.run(found.base) if found.base else None
        now = started(found.manifest).replace(tzinfo=None)
        other = found.manifest["config_hash"] != config_hash(self.config)
        compared = Comparison.of(compare(before, found.tables, now, top))
        return Planned(found.plan_id, found.author, found.reason, found.held, other, compared)

    def write_comparison(self, found: Planned | Comparison, file: Path | str) -> Reported:
        """Write what `plan`, `planned` or `compare` found as one page of HTML that needs no network.

        It names customers and records by their ids, and holds no name or address. An earlier page is written over,
        another file isn't. Errors: ConfigError for the file's name or place.
        """
        from api.render.comparison.page import page
        from api.report import write_page

        html = page(found).html()
        compared = found.comparison if isinstance(found, Planned) else found
        return Reported(Path(file), compared.after, write_page(html, Path(file)))

    def apply(self, plan_id: str, *, reporter: Reporter | None = None, actor: str | None = None) -> RunSummary:
        """Publish a plan, exactly as it was computed.

        Errors: NotFoundError for no such plan; StateError where the answer, the settings or the inputs have moved since
        it was made, or where the project wants somebody other than its author to apply it.
        """
        from engine.pipeline import apply

        told = reporter or Silent()
        told.stage("apply")
        return self._published_now(apply(self.config, self.root, plan_id, actor=actor or actor_at_work()), told)

    def rollback(
        self, run: str, *, reason: str | None = None, reporter: Reporter | None = None, actor: str | None = None
    ) -> RunSummary:
        """Publish the answer of an earlier run again, with its ids, and let the next run go by what that one went by.

        The decisions made since are taken back, and those taken back since are made anew. What was read since isn't
        forgotten: it comes with the next run. Errors: NotFoundError where that run's tables are no longer kept;
        StateError where it is the one that answers, or went by other settings than the project file has: which ones.
        """
        from engine.pipeline import rollback

        told = reporter or Silent()
        told.stage("rollback")
        goal = self._kept(run).run_id
        done = rollback(self.config, self.root, goal, actor=actor or actor_at_work(), reason=reason)
        return self._published_now(done, told)

    def prune(self, keep: int, *, access_days: float | None = None, dry_run: bool = False) -> Pruned:
        """Remove the tables of all runs but the newest `keep`, void plans, and models that none of the rest uses.

        The ledger, the run that answers and plans of it stay. Of the access log all stays, or, if said, what is of the
        last `access_days`. With `dry_run` it is only said what would go. Errors: StateError for `keep` of 0;
        ConfigError for less than a day, or more than a hundred years.
        """
        from engine.prune import prune

        before = None
        if access_days is not None:
            if not 1 <= access_days <= 36_500:
                raise ConfigError(f"prune: accesses of the last {access_days:g} days can't be kept; say 1 to 36500")
            before = utc(datetime.now(UTC) - timedelta(days=access_days))
        found = prune(self.layout, keep, accesses_before=before, dry_run=dry_run)
        return Pruned(**vars(found), dry_run=dry_run)

    def compare(self, before: str | None = None, after: str | None = None, *, top: int = TOP) -> Comparison:
        """What the run `after` (default: the current one) has otherwise than `before` (default: the one before it).

        A run is named by its id or by the beginning of it that no other has, a plan that waits by its whole id.
        Audiences are as of the later run's start. Of the customers that changed, `top` are named, those with most at
        stake. Errors: NotFoundError for a run that there isn't, or whose tables are no longer kept.
        """
        from api.found import Comparison
        from engine.compare import compare

        return Comparison.of(compare(*self._both(before, after), top))

    def explain_shift(
        self, metric: Metric, since: str | None = None, until: str | None = None, *, top: int = TOP
    ) -> Explained:
        """Why a metric is another one in run `until` (default: the current one) than in `since` (the one before it).

        A run is named as for `compare`, or by a date or time: then the run that answered at its end is meant. Errors:
        ConfigError for a metric that there isn't; NotFoundError for a run, or where its tables are no longer kept.
        """
        from api.found import Explained
        from engine.compare import METRICS, explain_shift

        check_choice("metric", metric, METRICS)
        earlier, later, at = self._both(since, until)
        return Explained.of(explain_shift(earlier, later, metric, at, top))

    def _both(self, before: str | None, after: str | None) -> tuple[RunTables, RunTables, datetime]:
        """The tables of two runs, or of a run and a plan, and when the later began; see `compare` for those not named.

        A plan is compared with the run that it was made after.
        """
        from engine.plans import read, waiting

        if after and after in waiting(self.layout):
            plan = read(self.layout, after)
            later, at, base = plan.tables, started(plan.manifest).replace(tzinfo=None), before or plan.base
        else:
            run = self._kept(after) if after else self._current()
            if run is None:
                raise StateError(f"{self.path}: nothing has been run yet; `clew run` works out who is who")
            earlier = [r.run_id for r in self._published() if r.started < run.started]
            later, at, base = self.layout.run(run.run_id), run.started, before or (earlier[-1] if earlier else None)
        if base is None:
            raise NotFoundError(f"there is no run before {later.run_id} whose tables are kept, to compare it with")
        return self.layout.run(self._kept(base).run_id), later, at

    def _kept(self, named: str) -> Run:
        """A published run by its id or the beginning of it, or by a time, or a date at whose end, it answered."""
        known = self._published()
        if named[4:5] == "-":  # a run's id has none there
            at = end_of(named)
            answered = [r for r in known if (r.finished or r.started) <= at]
            if not answered:
                raise NotFoundError(f"no run that is kept answered at {at:%Y-%m-%d %H:%M} UTC; `clew runs` lists them")
            return answered[-1]
        found = [r for r in known if r.run_id == named] or [r for r in known if r.run_id.startswith(named)]
        if len(found) == 1:
            return found[0]
        several = f" {', '.join(r.run_id for r in found)} begin so" if found else ""
        raise NotFoundError(f"there is no one run {named} whose tables are kept;{several or ' `clew runs` lists them'}")
