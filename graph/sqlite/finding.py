"""From a value or an id to what answers to it."""

from __future__ import annotations

from typing import Literal

from engine.errors import NotFoundError
from graph.sqlite import rows
from graph.sqlite.rows import Rows
from graph.store import Finding, Holder, Owner, Record, Retired


def find(found: Rows, type_: str, value: str, limit: int) -> Finding:
    """Tell what the graph knows of a canonical value."""
    row = found.one(rows.VALUE, value, type_)
    if row is None:
        return Finding(type_, value, "unknown", reason="no record holds it")
    number, shared, because = row
    owners = found.owners(number, device=type_ == "device")
    held = found.all(rows.HOLDERS, number, limit)
    names = {customer: owner.customer_id for customer, owner in owners.items()}
    holders = tuple(
        sorted(
            (
                Holder(
                    f"{found.text(source)}:{key}",
                    None if customer is None else names.get(customer) or found.customer_id(customer),
                    found.text(status),
                )
                for source, key, customer, status in held
            ),
            key=lambda h: h.record_id,
        )
    )
    count = len(held)
    if count == limit:
        count = found.all("SELECT count(*) FROM holder WHERE value = ?", number)[0][0]
    if shared is not None:
        return Finding(type_, value, "shared", (), holders, count, because or "held by too many")
    if owners:
        surest = sorted(owners.values(), key=lambda o: (-o.confidence, o.customer_id))
        return Finding(type_, value, "known", tuple(surest), holders, count)
    if not holders:
        return Finding(type_, value, "unknown", reason="no record holds it")
    statuses = sorted({h.status for h in holders})
    if statuses in (["ok"], ["weak"], ["ok", "weak"]):
        reason = "the records that hold it belong to no customer"
    else:
        reason = f"values like this never link: {', '.join(statuses)}"
    return Finding(type_, value, "unlinkable", (), holders, count, reason)


def find_id(found: Rows, text: str, limit: int) -> list[Finding]:
    """Find the customer, the records and the identifiers that answer to an id."""
    findings = []
    if found.one("SELECT 1 FROM customer WHERE customer_id = ?", text):
        findings.append(Finding("customer", text, "known", (Owner(text, 1.0),)))
    elif retired := retired_id(found, text):
        owners = tuple(Owner(c, 1.0) for c in retired.now)
        findings.append(Finding("customer", text, "known", owners, reason=_went(retired)))
    numbers = {n for (n,) in found.all("SELECT id FROM record WHERE key = ? LIMIT ?", text, limit)}
    numbers |= {n for n in (found.record_number(text),) if n is not None}
    held = [r for n in numbers for r in found.records(rows.RECORD, rows.HELD_BY_RECORD, n, {}).values()]
    findings += [_found_record(record) for record in sorted(held, key=lambda r: r.record_id)]
    values = found.all(
        """SELECT type, value FROM value WHERE value = ?1
        UNION SELECT type, value FROM value
        WHERE instr(value, ':') > 0 AND substr(value, instr(value, ':') + 1) = ?1 LIMIT ?2""",
        text,
        limit,
    )
    for type_, value in sorted((found.text(t), v) for t, v in values):
        finding = find(found, type_, value, limit)
        if finding.status != "unknown":
            findings.append(finding)
    return findings


def _found_record(record: Record) -> Finding:
    status: Literal["known", "unlinkable"] = "unlinkable" if record.customer_id is None else "known"
    owners = () if record.customer_id is None else (Owner(record.customer_id, record.confidence or 0.0),)
    reason = "" if owners else "the record belongs to no customer"
    return Finding(
        "record", record.record_id, status, owners, (Holder(record.record_id, record.customer_id, "ok"),), 1, reason
    )


def value_number(found: Rows, type_: str, value: str) -> int | None:
    """Look up the number of a value, None if there is no such value."""
    row = found.one(
        "SELECT id FROM value WHERE value = ? AND type = (SELECT id FROM word WHERE text = ?)", value, type_
    )
    return None if row is None else int(row[0])


def customer_number(found: Rows, customer_id: str) -> int:
    """Look up the number of a living customer; NotFoundError if there is none."""
    row = found.one("SELECT id FROM customer WHERE customer_id = ?", customer_id)
    if row is None:
        raise NotFoundError(no_customer(found, customer_id))
    return int(row[0])


def retired_id(found: Rows, customer_id: str) -> Retired | None:
    """Follow a retired id, None if the id isn't retired."""
    steps = found.redirects(customer_id)
    if not steps:
        return None
    ends = {s.new_id for s in steps}
    now = sorted(i for i in ends if found.one("SELECT 1 FROM customer WHERE customer_id = ?", i))
    return Retired(customer_id, steps, tuple(now))


def _went(retired: Retired) -> str:
    first = retired.steps[0]
    when = f" on {first.at:%Y-%m-%d}" if first.at else ""
    return f"{retired.customer_id} is retired ({first.kind}{when}); it is now {', '.join(retired.now) or 'nobody'}"


def no_customer(found: Rows, customer_id: str) -> str:
    """Say why an id has no living customer."""
    retired = retired_id(found, customer_id)
    return _went(retired) if retired else f"there is no customer {customer_id} in the current run"
