"""From a value or an id to what answers to it."""

from __future__ import annotations

from collections.abc import Iterable

from engine.errors import NotFoundError
from graph import answers
from graph import search as searching
from graph.search import Entry, Step, Word, slips
from graph.sqlite import statements
from graph.sqlite.rows import Rows
from graph.store import Finding, Hit, Holder, Outline, Owner, Retired


def find(found: Rows, type_: str, value: str, limit: int) -> Finding:
    """Tell what the graph knows of a canonical value."""
    rows = found.all(statements.VALUE, value, type_)
    if not rows:
        return answers.found_value(type_, value, (), (), 0, None)
    number, shared, because, *_ = rows[0]
    known = [row[3:] for row in rows if row[3] is not None]
    used = found.all(statements.OWNERS_OF_DEVICE, number) if type_ == "device" else []
    owners: dict[int, Owner] = {}
    for customer, customer_id, confidence in known + used:
        if customer not in owners or owners[customer].confidence < (confidence or 0.0):
            owners[customer] = Owner(customer_id, confidence or 0.0)
    words = found.words
    held = found.all(statements.HOLDERS, number, limit)
    names = {customer: owner.customer_id for customer, owner in owners.items()}
    holders = (
        Holder(
            f"{words[source]}:{key}",
            None if customer is None else names.get(customer) or found.customer_id(customer),
            words[status],
        )
        for source, key, customer, status in held
    )
    count = len(held)
    if count == limit:
        count = found.all("SELECT count(*) FROM holder WHERE value = ?", number)[0][0]
    return answers.found_value(type_, value, owners.values(), holders, count, None if shared is None else because or "")


def find_id(found: Rows, text: str, limit: int) -> list[Finding]:
    """Find the customer, the records and the identifiers that answer to an id."""
    findings = []
    if found.one("SELECT 1 FROM customer WHERE customer_id = ?", text):
        findings.append(answers.found_customer(text, None))
    elif retired := retired_id(found, text):
        findings.append(answers.found_customer(text, retired))
    numbers = {n for (n,) in found.all("SELECT id FROM record WHERE key = ? LIMIT ?", text, limit)}
    numbers |= {n for n in (found.record_number(text),) if n is not None}
    held = [found.record(number) for number in numbers]
    findings += [answers.found_record(record) for record in sorted(held, key=lambda r: r.record_id)]
    values = found.all(
        """SELECT type, value FROM value WHERE value = ?
        UNION SELECT type, value FROM value
        WHERE instr(value, ':') > 0 AND substr(value, instr(value, ':') + 1) = ? LIMIT ?""",
        text,
        text,
        limit,
    )
    for type_, value in sorted((found.words[t], v) for t, v in values):
        finding = find(found, type_, value, limit)
        if finding.status != "unknown":
            findings.append(finding)
    return findings


def owners(found: Rows, record_ids: Iterable[str]) -> dict[str, str]:
    """The customers of records; without those that aren't there, or are nobody's."""
    ask = "SELECT c.customer_id FROM member m CROSS JOIN customer c ON c.id = m.customer WHERE m.record = ?"
    rows = {record_id: found.one(ask, found.record_number(record_id)) for record_id in record_ids}
    return {record_id: str(row[0]) for record_id, row in rows.items() if row}


def search(found: Rows, text: str, limit: int) -> tuple[Hit, ...]:
    """Find the customers who answer best to words."""

    def find_all(words: tuple[Word, ...], step: Step) -> list[Entry]:
        rows = found.all(statements.SEARCH, " AND ".join(_alternatives(word, step) for word in words))
        return [
            Entry(customer_id, name, email, phone, place, records, found.times[last_seen], names, others)
            for customer_id, name, email, phone, place, records, last_seen, names, others in rows
        ]

    return searching.search(text, limit, find_all)


def _alternatives(word: Word, step: Step) -> str:
    """What answers to a word, in FTS5's language."""
    forms = [*word.forms, *(slips(word.text) if step == "misspelt" and word.spelt else ())]
    wanted = [f'"{form}"' for form in forms]
    return f"({' OR '.join(wanted if step == 'same' else [*wanted, f'{wanted[0]} *'])})"


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
        raise no_customer(found, customer_id)
    return int(row[0])


def outline(found: Rows, customer_id: str) -> Outline:
    """A living customer in short; NotFoundError if there is none."""
    row = found.one(statements.OUTLINE, customer_id)
    if row is None:
        raise no_customer(found, customer_id)
    return Outline(*row)


def retired_id(found: Rows, customer_id: str) -> Retired | None:
    """Follow a retired id, None if the id isn't retired."""
    # An id lives on after a split, which is a step from it.
    steps = (
        () if found.one("SELECT 1 FROM customer WHERE customer_id = ?", customer_id) else found.redirects(customer_id)
    )
    if not steps:
        return None
    ends = {s.new_id for s in steps}
    now = sorted(i for i in ends if found.one("SELECT 1 FROM customer WHERE customer_id = ?", i))
    return Retired(customer_id, steps, tuple(now))


def no_customer(found: Rows, customer_id: str) -> NotFoundError:
    """What to raise for an id that has no living customer."""
    return answers.no_customer(customer_id, retired_id(found, customer_id))
