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


class Runs(Wire):
    """All runs, newest first, and the plans that wait."""

    runs: list[KnownRun]
    plans: list[str]


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
