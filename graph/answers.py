"""What every store makes of the rows it found: the same words and the same order, whatever the store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Literal, overload

from engine.compute import Compute
from engine.errors import NO_CUSTOMER, NotFoundError, RetiredError
from graph.store import (
    DeviceWindow,
    Difference,
    Finding,
    Holder,
    KnownBy,
    Match,
    Owner,
    Permission,
    Record,
    Redirect,
    Refusal,
    Retired,
)
from graph.tables import GRAPH_TABLES, plain

_EVER = datetime.min.replace(tzinfo=UTC)
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
#: The statuses that are better than others, best first.
_GOOD = ("ok", "weak")
_BEST = _GOOD[0]


@overload
def moment(microseconds: int) -> datetime: ...


@overload
def moment(microseconds: int | None) -> datetime | None: ...


def moment(microseconds: int | None) -> datetime | None:
    """A time in UTC, of microseconds since 1970."""
    return None if microseconds is None else _EPOCH + microseconds * _MICROSECOND


def best_statuses(records: Iterable[Record]) -> dict[tuple[str, str], str]:
    """Of each (type, value) that some records hold, the best status that one of them gives it."""
    best: dict[tuple[str, str], str] = {}
    for record in records:
        for held in record.identifiers:
            value, status = (held.type, held.value), held.status
            # Mostly there is nothing to choose.
            best[value] = status if status == _BEST else _better(status, best.get(value))
    return best


def surest_first(known: Iterable[KnownBy]) -> tuple[KnownBy, ...]:
    """A customer's identifiers in their order."""
    return tuple(sorted(known, key=lambda k: (-k.confidence, k.type, k.value)))


def by_channel(permissions: Iterable[Permission]) -> tuple[Permission, ...]:
    """A customer's permissions in their order."""
    return tuple(sorted(permissions, key=attrgetter("channel", "type", "value")))


def in_time(windows: Iterable[DeviceWindow]) -> tuple[DeviceWindow, ...]:
    """Device windows in order of time."""
    return tuple(sorted(windows, key=lambda w: (w.since or _EPOCH, w.device, w.customer_id)))


def in_order(matches: Iterable[Match]) -> tuple[Match, ...]:
    """Matches in the order of their admission."""
    return tuple(sorted(matches, key=attrgetter("turn")))


def strongest_first(refusals: Iterable[Refusal]) -> tuple[Refusal, ...]:
    """Refused pairs in their order."""
    return tuple(sorted(refusals, key=lambda r: (-r.match.weight, r.match.record_a, r.match.record_b, r.match.stage)))


def compare(compute: Compute, name: str, expected: tuple[str, str], found: tuple[str, str]) -> list[Difference]:
    """What a store's table has otherwise than the run's; each is given as (columns, source) in SQL.

    The checksum doesn't depend on the order of rows.
    """
    run, store = (
        compute.rows(f"SELECT count(*), coalesce(sum(hash({columns})), 0) FROM {source}")[0]
        for columns, source in (expected, found)
    )
    if run[0] != store[0]:
        return [Difference(name, "rows", str(run[0]), str(store[0]))]
    if run[1] != store[1]:
        return [Difference(name, "checksum", f"{run[1]:x}", f"{store[1]:x}")]
    return []


def compared(columns: dict[str, str]) -> dict[str, str]:
    """The expressions of `graph.tables.plain` by which tables are compared: what is shown is at least the value."""
    return plain(columns) | ({"display": "coalesce(display, value)"} if "display" in columns else {})


def check_table(name: str) -> None:
    """Raise NotFoundError for a table that no graph has."""
    if name not in GRAPH_TABLES:
        raise NotFoundError(f"the graph has no table {name}: it has {', '.join(GRAPH_TABLES)}")


def no_record(record_id: str) -> NotFoundError:
    """What to raise for a record that isn't there."""
    return NotFoundError(f"there is no record {record_id} in the current run")


def no_customer(customer_id: str, retired: Retired | None) -> NotFoundError:
    """What to raise for a customer that isn't living; it says where a retired one went."""
    if retired:
        return RetiredError(_went(retired), retired.now)
    return NotFoundError(f"there is no customer {customer_id} in the current run", told=NO_CUSTOMER)


def found_value(
    type_: str, value: str, owners: Iterable[Owner], holders: Iterable[Holder], records: int, shared: str | None
) -> Finding:
    """What is known of a value; `shared` is None, or why nobody owns it, `records` how many records hold it."""
    listed = tuple(sorted(holders, key=lambda h: h.record_id))
    if shared is not None:
        return Finding(type_, value, "shared", (), listed, records, shared or "held by too many")
    surest = tuple(sorted(owners, key=lambda o: (-o.confidence, o.customer_id)))
    if surest:
        return Finding(type_, value, "known", surest, listed, records)
    if not listed:
        return Finding(type_, value, "unknown", reason="no record holds it")
    statuses = sorted({h.status for h in listed})
    if statuses in (["ok"], ["weak"], ["ok", "weak"]):
        reason = "the records that hold it belong to no customer"
    else:
        reason = f"values like this never link: {', '.join(statuses)}"
    return Finding(type_, value, "unlinkable", (), listed, records, reason)


def found_customer(customer_id: str, retired: Retired | None) -> Finding:
    """A customer that was asked for by its id, or those that it has become."""
    if retired is None:
        return Finding("customer", customer_id, "known", (Owner(customer_id, 1.0),))
    return Finding("customer", customer_id, "known", tuple(Owner(c, 1.0) for c in retired.now), reason=_went(retired))


def found_record(record: Record) -> Finding:
    """A record that was asked for by its id or its key."""
    status: Literal["known", "unlinkable"] = "unlinkable" if record.customer_id is None else "known"
    owners = () if record.customer_id is None else (Owner(record.customer_id, record.confidence or 0.0),)
    reason = "" if owners else "the record belongs to no customer"
    return Finding(
        "record", record.record_id, status, owners, (Holder(record.record_id, record.customer_id, "ok"),), 1, reason
    )


#: The ends of an id that lead to nobody.
_NOBODY = ("erased", "retired")


def follow(customer_id: str, steps_from: Callable[[Collection[str]], Iterable[Redirect]]) -> tuple[Redirect, ...]:
    """Every step from a retired id, the nearest first; `steps_from` gives those from some ids.

    What parted from an id before the other came to it took nothing of the other along; what parted from one that was
    erased, or whose records all left the sources, is somebody else.
    """
    known: dict[str, list[Redirect]] = {}
    came: dict[str, datetime] = {customer_id: _EVER}
    steps: dict[Redirect, None] = {}
    following = [customer_id]
    while following:
        asked = [i for i in following if i not in known]
        known |= {i: [] for i in asked}
        for step in steps_from(asked) if asked else ():
            known[step.old_id].append(step)
        for old in asked:
            known[old] = [step for step in known[old] if step.kind in _NOBODY] or known[old]
        nearer = [
            s
            for old in following
            for s in sorted(known[old], key=lambda s: (s.new_id, s.at or _EPOCH))
            if (s.at or came[old]) >= came[old] and s not in steps
        ]
        steps |= dict.fromkeys(nearer)
        following = []
        for step in nearer:
            at = step.at or _EVER
            if step.new_id not in came or at < came[step.new_id]:
                came[step.new_id] = at
                following.append(step.new_id)
    return tuple(steps)


def _went(retired: Retired) -> str:
    """Say where a retired id went."""
    own = (step for step in retired.steps if step.old_id == retired.customer_id)
    last = max(own, key=lambda step: step.at or _EPOCH)
    when = f" on {last.at:%Y-%m-%d}" if last.at else ""
    return f"{retired.customer_id} is retired ({last.kind}{when}); it is now {', '.join(retired.now) or 'nobody'}"


def _better(status: str, than: str | None) -> str:
    if than is None or (status in _GOOD and (than not in _GOOD or _GOOD.index(status) < _GOOD.index(than))):
        return status
    return than
