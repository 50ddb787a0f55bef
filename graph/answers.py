"""What every store makes of the rows it found: the same words and the same order, whatever the store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Literal

from graph.store import Finding, Holder, Owner, Record, Redirect, Retired

#: The statuses that are better than others, best first.
_GOOD = ("ok", "weak")


def better(status: str, than: str | None) -> str:
    """The better of two statuses of a value."""
    if than is None or (status in _GOOD and (than not in _GOOD or _GOOD.index(status) < _GOOD.index(than))):
        return status
    return than


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
    return Finding("customer", customer_id, "known", tuple(Owner(c, 1.0) for c in retired.now), reason=went(retired))


def found_record(record: Record) -> Finding:
    """A record that was asked for by its id or its key."""
    status: Literal["known", "unlinkable"] = "unlinkable" if record.customer_id is None else "known"
    owners = () if record.customer_id is None else (Owner(record.customer_id, record.confidence or 0.0),)
    reason = "" if owners else "the record belongs to no customer"
    return Finding(
        "record", record.record_id, status, owners, (Holder(record.record_id, record.customer_id, "ok"),), 1, reason
    )


def follow(customer_id: str, steps_from: Callable[[Collection[str]], Iterable[Redirect]]) -> tuple[Redirect, ...]:
    """Every step from a retired id, the nearest first; `steps_from` gives those from some ids."""
    steps: list[Redirect] = []
    asked: set[str] = set()
    following = [customer_id]
    while following:
        found: dict[str, list[Redirect]] = {old: [] for old in following}
        for step in steps_from(following):
            found[step.old_id].append(step)
        asked.update(following)
        nearer = [s for old in following for s in sorted(found[old], key=lambda s: s.new_id)]
        steps += nearer
        following = [i for i in dict.fromkeys(s.new_id for s in nearer) if i not in asked]
    return tuple(steps)


def went(retired: Retired) -> str:
    """Say where a retired id went."""
    first = retired.steps[0]
    when = f" on {first.at:%Y-%m-%d}" if first.at else ""
    return f"{retired.customer_id} is retired ({first.kind}{when}); it is now {', '.join(retired.now) or 'nobody'}"
