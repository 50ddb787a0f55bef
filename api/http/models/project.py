"""The project itself: its runs, and how its data stand."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from api.http.models.evidence import Plain, Wire


class KnownRun(Wire):
    """A run that was tried: how it ended, whether its tables are kept, and whether it is the one that answers."""

    run_id: str
    status: Literal["running", "published", "failed", "stopped"]
    started: datetime
    finished: datetime | None
    kept: bool
    current: bool


class VoidPlan(Wire):
    """A plan that can't be applied as things stand, and why."""

    run_id: str
    why: str


class Runs(Wire):
    """All runs, newest first, and the plans that wait; `void` are those that can't be applied."""

    runs: list[KnownRun]
    plans: list[str]
    void: list[VoidPlan]


class Finding(Wire):
    """What a check of the data found."""

    grade: Literal["ok", "warn", "fail"]
    check: str
    source: str | None
    subject: str | None
    said: str
    metric: str | None


class Health(Wire):
    """How the current run's data stand: the worst grade, and findings, worst first."""

    run_id: str
    at: datetime
    grade: Literal["ok", "warn", "fail"]
    findings: list[Finding]
    sources: list[Plain]
    series: list[Plain]
    notes: list[str]


class Happened(Wire):
    """Something that happened to a customer: entry `seq` of the ledger, or `profile changed` with a run.

    merged: `origin` has ended and is `target` from now on. split: a part of `origin` is the new `target`. erased and
    retired: `origin` has ended, and is nobody. moved, joined, left: some records went from one to the other.
    """

    cursor: str
    seq: int | None
    at: datetime
    run_id: str | None
    kind: str
    origin: str | None
    target: str | None
    records: int


class HappenedSince(Wire):
    """What happened after a cursor, in order; `next` is where to go on, whether there is `more` now or later."""

    changes: list[Happened]
    next: str
    more: bool


class Audience(Wire):
    """How many customers a purpose is about, how many may be written to, and how many may not, by reason."""

    purpose: str
    channel: str
    at: datetime
    about: int
    reached: int
    suppressed: dict[str, int]


class Addressee(Wire):
    """A customer, the address to use, and where there is one the reason not to."""

    customer_id: str
    address: str | None
    since: datetime | None
    why_not: str | None


class AudiencePage(Wire):
    """An audience, and a part of those whom it reaches, or doesn't."""

    audience: Audience
    reach: bool
    addressees: list[Addressee]
    next: str | None
