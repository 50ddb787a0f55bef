"""The first look at a shop's data, before anything is linked."""

from __future__ import annotations

from datetime import UTC, datetime

from engine.compute import Compute
from engine.config import Config
from engine.quality.consents import consents
from engine.quality.duplicates import duplicates
from engine.quality.gain import gain
from engine.quality.prepare import drop, prepare
from engine.quality.result import Audit
from engine.quality.sources import sources
from engine.quality.steps import steps
from engine.quality.values import frequent, overlaps, shared, shared_counts
from engine.tables import CONSENTS, EVENTS, IDENTIFIERS, ORDERS, RECORDS, REJECTS, SOURCE_FILES, check


def audit(compute: Compute, config: Config, now: datetime | None = None) -> Audit:
    """Look at the standardised tables in `compute` (and at the raw ones, if they are still there).

    `now` (UTC, default: the clock's) bounds what counts as fresh. Raises TableError when a table is not as declared.
    """
    for table in (RECORDS, IDENTIFIERS, CONSENTS, ORDERS, EVENTS, REJECTS, SOURCE_FILES):
        check(compute, table)
    now = (now or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
    try:
        prepare(compute, config)
        return Audit(
            at=now,
            sources=sources(compute, config, now, duplicates(compute)),
            frequent=frequent(compute),
            shared=shared(compute),
            shared_counts=shared_counts(compute),
            overlaps=overlaps(compute),
            steps=steps(compute),
            consents=consents(compute),
            gain=gain(compute),
        )
    finally:
        drop(compute)
