"""What happened to customers, page by page: of each run the moves of the ledger, and then whose profile has changed."""

from __future__ import annotations

import re

from api.results import Happened, HappenedSince
from engine.compare.profiles import changed_profiles
from engine.errors import ConfigError
from engine.ledger import moves_after
from engine.runs import Layout
from engine.state import Run, State

#: Which run, counted from the first, and what was told of it last: an entry of the ledger, or a customer whose profile
#: has changed.
_CURSOR = re.compile(r"(\d{1,9})\.(\d{1,18}|C[0-9A-Z]{8})")
#: Beyond the last customer there is.
_END = "CZZZZZZZZ"
_CHANGED = "profile changed"


def happened(state: State, layout: Layout, shown: str, after: str | None, limit: int) -> HappenedSince:
    """What happened after a cursor, up to the run that is shown. Errors: ConfigError for a cursor that is none."""
    runs = [run for run in state.runs() if run.status == "published"]
    last = next(number for number, run in enumerate(runs) if run.run_id == shown)
    end = f"{last}.{_END}"
    found = _CURSOR.fullmatch(end if after == "latest" else after or "0.0")
    if found is None:
        raise ConfigError("that is no cursor: take `next` of the page before, or `latest`")
    first, told_last = int(found[1]), found[2]
    told: list[Happened] = []
    for number in range(first, last + 1):
        told += _of_run(state, layout, runs, number, told_last if number == first else "0", limit + 1 - len(told))
        if len(told) > limit:
            return HappenedSince(tuple(told[:limit]), told[limit - 1].cursor, more=True)
    return HappenedSince(tuple(told), end, more=False)


def _of_run(state: State, layout: Layout, runs: list[Run], number: int, beyond: str, limit: int) -> list[Happened]:
    """The first things that happened with a run, beyond an entry or a customer."""
    run, before = runs[number], runs[number - 1] if number else None
    told: list[Happened] = []
    if beyond.isdigit():
        since = max(int(beyond), (before.last_entry or 0) if before else 0)
        moves = moves_after(state, since, run.last_entry or 0, limit)
        told = [Happened(f"{number}.{move.seq}", **vars(move)) for move in moves]
        beyond = ""
    if len(told) == limit or before is None or beyond == _END:
        return told
    tables = layout.run(before.run_id), layout.run(run.run_id)
    if all(table.path("members").exists() for table in tables):
        at = run.finished or run.started
        changed = changed_profiles(*tables, beyond, limit - len(told))
        told += [Happened(f"{number}.{c}", None, at, run.run_id, _CHANGED, None, c, 0) for c in changed]
    return told
