"""What the commands of a Project give back: small frozen objects, each with `to_dict()`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from api.answers import Answer
from api.plain import Plain
from api.shown import Shown

if TYPE_CHECKING:  # only their types are needed
    import pyarrow as pa

    from engine.compare import Comparison
    from engine.erasure.erase import Erasing
    from engine.evaluate import Calibration, Evaluation
    from engine.evaluate.labels import Label
    from engine.profile.audiences import Audience
    from engine.profile.record import Golden
    from engine.profile.state import State
    from engine.profile.timeline import Moment
    from engine.quality.findings import Finding, Grade
    from engine.quality.health import SourceHealth
    from engine.quality.history import Series
    from engine.rules import Change, RunChanges
    from engine.state.accesses import Accessed
    from graph.store import DeviceWindow, Hit, KnownBy, LedgerEntry, Match, Permission


@dataclass(frozen=True)
class SourceCount(Plain):
    """One source of a run: its records, how many customers these are, and how many contacts were there already.

    `repeated` counts the contacts beyond the first of each customer: the source's own duplicates.
    """

    source: str
    records: int
    customers: int
    repeated: int
    events: int
    rejected: int


@dataclass(frozen=True)
class RunSummary(Plain, Shown, page="run:summary", rows="sources"):
    """What a run found, in a shop's own terms.

    `several` counts customers with records in more than one source, `apart` the records that looked like another one
    and were kept apart. `owned` counts the events that are known to be a customer's; `anonymous` those that name nobody
    themselves, and `stitched` those of them that a session or device led home. `changes` says what happened to customer
    ids, `example` is a customer worth a look. `warnings` are of reading and of the run's health, whose worst grade is
    `health`. `rejects` is the file that has the rejected rows and why, if there are any.
    """

    run_id: str
    records: int
    customers: int
    several: int
    largest: int
    apart: int
    sources: tuple[SourceCount, ...]
    rejected: int
    rejects: str | None
    events: int
    owned: int
    anonymous: int
    stitched: int
    changes: dict[str, int]
    warnings: tuple[str, ...]
    health: Grade
    example: str | None
    model: str
    seconds: dict[str, float]


@dataclass(frozen=True)
class Searched(Plain, Shown, page="search:found", rows="customers"):
    """The customers who answer to a search, best first, each with the words that it answers by."""

    asked: str
    customers: tuple[Hit, ...]


@dataclass(frozen=True)
class Published(Plain, Shown, page="run:published", rows="added"):
    """What a publish did: rows removed and added by table; nothing where the store showed the run already.

    `store` is the graph's file, or `neo4j`; `verified` says that all of it was compared with the run.
    """

    run_id: str
    previous: str | None
    unchanged: bool
    full: bool
    removed: dict[str, int]
    added: dict[str, int]
    store: str
    verified: bool = False


@dataclass(frozen=True)
class FailedRun(Plain):
    """The last try since the current run, with no answer yet or for good; `status` is what state.db says of it."""

    run_id: str
    status: str
    started: datetime


@dataclass(frozen=True)
class CurrentRun(Plain):
    """The run that answers now. `changed` says that the project file has other settings today."""

    run_id: str
    started: datetime
    finished: datetime | None
    sources: int
    records: int
    customers: int
    matches: int
    refusals: int
    rejects: int
    model: str
    changed: bool
    graph: Literal["shows this run", "shows an earlier run", "is missing"]


@dataclass(frozen=True)
class KnownRun(Plain):
    """A run that was tried: how it ended, whether its tables are kept, and whether it is the one that answers."""

    run_id: str
    status: Literal["running", "published", "failed", "stopped"]
    started: datetime
    finished: datetime | None
    kept: bool
    current: bool


@dataclass(frozen=True)
class VoidPlan:
    """A plan that can't be applied as things stand, and why."""

    run_id: str
    why: str


@dataclass(frozen=True)
class Runs(Plain, Shown, page="run:runs", rows="runs"):
    """All runs of a project, newest first, and the plans that wait; `void` are those that can't be applied."""

    runs: tuple[KnownRun, ...]
    plans: tuple[str, ...]
    void: tuple[VoidPlan, ...] = ()


@dataclass(frozen=True)
class Pruned(Plain, Shown, page="run:pruned"):
    """The runs, plans and models that were removed (with `dry_run`: would be), their bytes, and the runs kept.

    `accesses` were as many of the access log.
    """

    runs: tuple[str, ...]
    plans: tuple[str, ...]
    models: tuple[str, ...]
    bytes: int
    kept: tuple[str, ...]
    accesses: int
    dry_run: bool


@dataclass(frozen=True)
class Planned(Plain, Shown, page="comparison:planned", sheet="comparison.page:page", rows="comparison.figures"):
    """A plan, and what it would change. `held` says why `clew run` would not publish it by itself.

    `other_settings`: the project file says something else than the plan goes by, so that `apply` would refuse it.
    """

    plan_id: str
    author: str | None
    reason: str | None
    held: tuple[str, ...]
    other_settings: bool
    comparison: Comparison


@dataclass(frozen=True)
class Status(Plain, Shown, page="run:status", rows="run"):
    """How a project stands. `run` is None before the first one."""

    project: Path
    name: str
    store: Path
    run: CurrentRun | None
    runs: int
    failed: FailedRun | None


@dataclass(frozen=True)
class Health(Plain, Shown, page="health:health", rows="findings"):
    """How the current run's data stand, by limits and by the runs before.

    `grade` is that of the worst finding; `findings` come worst first, then a line for each check that found nothing.
    `series` hold every metric with its history; `notes` say what could not be judged; `log` is the change log of the
    runs that were looked at, oldest first.
    """

    run_id: str
    at: datetime
    grade: Grade
    findings: tuple[Finding, ...]
    sources: tuple[SourceHealth, ...]
    series: tuple[Series, ...]
    notes: tuple[str, ...]
    log: tuple[RunChanges, ...]


@dataclass(frozen=True)
class Changes(Plain, Shown, page="changes:changes", rows="runs"):
    """The change log of the kept runs, oldest first; `pending` is what the project file says otherwise since."""

    runs: tuple[RunChanges, ...]
    pending: tuple[Change, ...]
    redefined: tuple[str, ...]


@dataclass(frozen=True)
class Decided(Plain, Shown, page="decisions:decided", rows="left"):
    """A decision. `left` and `right` are the records that are one person or two; `customers` those they were of then.

    Of a block, `type` and `value`; the value is None where the current run doesn't hold it. Of an erasure, `left` are
    its records, without a name. `undone` is the entry that ended it. `new` says that it was just made or ended, `waits`
    that no run has gone by it yet, and `idle` that it does nothing, as the current run holds no record of one of the
    two.
    """

    entry: int
    at: datetime
    actor: str
    kind: Literal["same", "different", "block", "erase"]
    reason: str | None
    customers: tuple[str, ...]
    left: tuple[str, ...]
    right: tuple[str, ...]
    type: str | None
    value: str | None
    undone: int | None
    new: bool
    waits: bool
    idle: bool


@dataclass(frozen=True)
class KnownKey(Plain, Shown, page="keys:known"):
    """A key to the API, without what it is: what it may do, until when, and how it has `ended`, if it has (UTC)."""

    key_id: str
    name: str
    scopes: tuple[str, ...]
    rate: float | None
    created: datetime
    actor: str
    expires: datetime | None
    revoked: datetime | None
    ended: str | None


@dataclass(frozen=True)
class KnownKeys(Plain, Shown, page="keys:listed", rows="keys"):
    """All keys, oldest first."""

    keys: tuple[KnownKey, ...]


@dataclass(frozen=True)
class NewKey(Plain, Shown, page="keys:unsaid", rows="key"):
    """A key that was just made, and its text, which no notebook keeps by showing it."""

    key: KnownKey
    text: str = field(repr=False)


@dataclass(frozen=True)
class Happened(Plain):
    """Something that happened to a customer: entry `seq` of the ledger, or `profile changed` with a run.

    `cursor` is where to go on after it; `origin` and `target` are None for outside.
    """

    cursor: str
    seq: int | None
    at: datetime
    run_id: str | None
    kind: str
    origin: str | None
    target: str | None
    records: int


@dataclass(frozen=True)
class HappenedSince(Plain, Shown, page="past:happened", rows="changes"):
    """What happened after a cursor, in order; `next` is where to go on, whether there is `more` now or later."""

    changes: tuple[Happened, ...]
    next: str
    more: bool


@dataclass(frozen=True)
class Access(Plain, Shown, page="erasure:accessed", rows="fields"):
    """Everything that is held about a customer: the golden record, the rows of each table of the current run, history.

    `decisions` are about their records or block a value of theirs; `labels` are of pairs with a record of theirs.
    `runs` are the kept runs with records of theirs. `accesses` are by whom something of them was asked over HTTP, under
    any of their ids. `at` is when this was asked (UTC).
    """

    customer_id: str
    run_id: str
    at: datetime
    fields: tuple[Golden, ...]
    held: dict[str, list[dict[str, Any]]]
    entries: tuple[LedgerEntry, ...]
    decisions: tuple[Decided, ...]
    labels: tuple[Label, ...]
    runs: tuple[str, ...]
    accesses: tuple[Accessed, ...]


@dataclass(frozen=True)
class Erased(Plain, Shown, page="erasure:erased", rows="person.sources"):
    """What goes with a person, or has gone: `run_id`, the run without them, is None where it was only asked.

    `searched` counts the files that were searched afterwards, in vain; `compared`: a graph outside of them was compared
    with the tables among them.
    """

    person: Erasing
    run_id: str | None
    searched: int
    compared: bool


@dataclass(frozen=True)
class Decisions(Plain, Shown, page="decisions:listed", rows="decisions"):
    """Decisions, oldest first."""

    decisions: tuple[Decided, ...]


@dataclass(frozen=True)
class Verified(Plain, Shown, page="past:verified", rows="problems"):
    """Whether the past adds up: `problems` are of the ledger and the current run, none where all is well.

    `erasing` is the entry of an erasure that was stopped before its end. `graph_run` is the run that the graph shows,
    None where there is no graph; `differences` is what it has otherwise.
    """

    run_id: str
    entries: int
    customers: int
    problems: tuple[str, ...]
    erasing: int | None
    graph_run: str | None
    differences: tuple[str, ...]

    @property
    def well(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems and self.erasing is None and not self.differences


@dataclass(frozen=True)
class Exported(Plain, Shown, page="run:exported"):
    """A file that was written."""

    file: Path
    run_id: str
    rows: int


@dataclass(frozen=True)
class Reported(Plain, Shown, page="run:reported"):
    """A page that was written, of which run, and its size in bytes."""

    file: Path
    run_id: str
    bytes: int


@dataclass(frozen=True)
class ExportedGraph(Plain, Shown, page="run:exported_graph", rows="rows"):
    """The files of a bulk import, the rows in each, and the command that imports them when called in `folder`."""

    folder: Path
    run_id: str
    rows: dict[str, int]
    command: tuple[str, ...]


@dataclass(frozen=True)
class Addressed(Plain, Shown, page="audience:audience", rows="audience"):
    """Whom a purpose is about, and the file of those who may be written to (`reach`) or may not, if one was written."""

    audience: Audience
    file: Path | None
    reach: bool


@dataclass(frozen=True)
class Lists(Plain, Shown, page="audience:lists", rows="audiences"):
    """The audiences of every purpose by every channel, and the folder that has their lists."""

    folder: Path
    run_id: str
    audiences: tuple[Audience, ...]


@dataclass(frozen=True)
class Measures(Plain, Shown, page="run:exported_measures", rows="rows"):
    """The folder that has a Parquet file of every measure, and the rows of each."""

    folder: Path
    run_id: str
    rows: dict[str, int]


@dataclass(frozen=True)
class Profile(Plain, Shown, page="profile:profile", rows="fields"):
    """A customer's golden record, what its addresses may be used for, and what a trigger needs to know of it."""

    customer_id: str
    fields: tuple[Golden, ...]
    permissions: tuple[Permission, ...]
    state: State


@dataclass(frozen=True)
class Card(Plain, Shown, page="profile:card", rows="identifiers"):
    """A customer on one page: the profile, the identifiers, and the match that it hangs on."""

    customer_id: str
    name: str | None
    email: str | None
    phone: str | None
    place: str | None
    first_seen: datetime | None
    last_seen: datetime | None
    records: int
    sources: tuple[str, ...]
    fields: tuple[Golden, ...]
    identifiers: tuple[KnownBy, ...]
    devices: tuple[DeviceWindow, ...]
    permissions: tuple[Permission, ...]
    state: State
    hangs_on: Match | None


@dataclass(frozen=True)
class Timeline(Plain, Shown, page="timeline:timeline", rows="moments"):
    """What happened with a customer, oldest first, and how sure service has to be of what it speaks of."""

    customer_id: str
    name: str | None
    moments: tuple[Moment, ...]
    service: float


@dataclass(frozen=True)
class Measured(Plain, Shown, page="measure:shown", rows="rows"):
    """All rows of a measure: see docs/measures.md.

    `redefined` are the kept runs, oldest first, from which on it means something else than before, and why.
    """

    name: str
    rows: pa.Table
    redefined: tuple[RunChanges, ...] = ()

    def shape(self) -> dict[str, Any]:
        """The rows one by one."""
        return super().shape() | {"rows": self.rows.to_pylist()}


@dataclass(frozen=True)
class Judged(Plain):
    """How right an answer is, and how right its probabilities are."""

    evaluation: Evaluation
    calibration: Calibration

    def shape(self) -> dict[str, Any]:
        """The evaluation's values, with `calibration` beside them."""
        return {**self.evaluation.to_dict(), "calibration": self.calibration.to_dict()}


@dataclass(frozen=True)
class Demo(Plain, Shown, page="run:demo", rows="run.sources"):
    """A demo shop, what came out of it, how right that is, and one good answer."""

    folder: Path
    project: Path
    persons: int
    records: int
    events: int
    seed: int
    run: RunSummary
    evaluation: Evaluation
    answer: Answer
