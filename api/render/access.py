"""What is held about a person, as a page for them to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from api.render.charts import Table, table
from api.render.decisions import said
from api.render.page import Page, Section
from api.render.words import amount, bits, minute, percent, safe
from api.results import Access, Decided

#: Table of a run -> title, and what it holds in words.
_TITLES = {
    "records": ("Records", "What each system holds of you, as Clew read it: one line a record."),
    "identifiers": ("Identifiers", "What the records know you by, as written and as compared."),
    "known_by": ("What leads to you", "Identifiers by which you are found, and how sure that is."),
    "permissions": ("What your addresses may be used for", "By channel and address, with whose word decides."),
    "consents": ("What was said about consent", "Every statement that was read, and when it was made."),
    "orders": ("Orders", ""),
    "order_lines": ("What was ordered", ""),
    "claims": ("What other systems say that you bought", "Compared with the orders, never added to them."),
    "events": ("Visits, messages and conversations", "With what ties each to you, and how sure that is."),
    "device_windows": ("Devices", "When a device was taken to be yours, and why."),
    "matches": ("Why the records are one person's", "Each pair that was joined; weights are in bits, and add up."),
    "refusals": (
        "What was kept apart",
        "Records that look like one of yours (the first of each pair) and were not joined to it, and what forbade it.",
    ),
}
#: Columns that say the same in every row, or what another column says.
_KNOWN = ("customer_id", "first_root")


def document(found: Access) -> Page:
    """The whole page."""
    sections = [_golden(found)]
    for name, rows in found.held.items():
        title, says = _TITLES[name]
        sections.append(Section(name, title, tuple(filter(None, (says,))), charts=(_rows(title, rows),)))
    return Page(
        title=f"What is held about {found.customer_id}",
        intro=(
            f"Everything that Clew holds about one person in run {found.run_id}, at {minute(found.at)}, with where it "
            "comes from and why it is taken to be this person's. It is for them, and for whoever answers them.",
            f"Kept runs that hold records of the person: {', '.join(found.runs)}.",
        ),
        stamp=f"Run {found.run_id}",
        sections=(*sections, *_history(found)),
        definitions=(),
        closing="Made by Clew. The systems named above hold their own copies; `clew erase` erases from Clew alone.",
    )


def _golden(found: Access) -> Section:
    rows = [
        (g.field, g.value.value, g.value.source, _cell(g.value.at), "; ".join(safe(o.value) for o in g.others))
        for g in found.fields
    ]
    shown = table("Golden record", ("field", "value", "from", "time", "also said"), rows, words=5)
    return Section("golden", "In short", ("What is believed of each field, and what else was said.",), charts=(shown,))


def _history(found: Access) -> Iterator[Section]:
    if found.entries:
        rows = [(str(e.seq), minute(e.at), e.kind, e.actor, ", ".join(e.customer_ids), e.reason) for e in found.entries]
        shown = table("Ledger", ("entry", "time", "what", "by", "customers", "because"), rows, words=6)
        yield Section("ledger", "History", ("What the ledger says of who this customer was.",), charts=(shown,))
    if found.decisions:
        told = [(str(d.entry), minute(d.at), _decided(d), d.actor, d.reason or "") for d in found.decisions]
        shown = table("Decisions", ("entry", "time", "what", "by", "reason"), told, words=5)
        yield Section("decisions", "What people decided", (), charts=(shown,))
    if found.labels:
        pairs = [
            (x.record_a, x.record_b, "one person" if x.same else "two people", x.actor, minute(x.at))
            for x in found.labels
        ]
        shown = table("Labels", ("record", "record", "judged to be", "by", "time"), pairs, words=5)
        says = "What people said who compared two records. It decides nothing: Clew's answers are measured by it."
        yield Section("labels", "What people judged", (says,), charts=(shown,))
    if found.accesses:
        # A program may ask many times a day.
        days = Counter((a.at.date(), a.caller, a.action, "yes" if a.personal else "masked") for a in found.accesses)
        asked = [(str(day), *said, f"{times:,}") for (day, *said), times in days.items()]
        shown = table("Accesses", ("day", "by", "what", "personal values", "times"), asked, words=4)
        yield Section("accesses", "Who was shown it", ("Answers over HTTP, and to whom.",), charts=(shown,))


def _decided(found: Decided) -> str:
    return said(found) + (f" (taken back by entry {found.undone})" if found.undone is not None else "")


def _rows(title: str, rows: Sequence[dict[str, Any]]) -> Table:
    heads = list(dict.fromkeys(name for row in rows for name in row if name not in _KNOWN))
    if "record_id" in heads:  # it says both
        heads = [name for name in heads if name not in ("source", "key")]
    cells = [[_cell(row.get(name), name) for name in heads] for row in rows]
    return table(title, [name.replace("_", " ") for name in heads], cells, words=len(heads))


def _cell(value: Any, name: str = "") -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return minute(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return percent(value) if name in ("confidence", "probability") else amount(value)
    if isinstance(value, list):
        return "; ".join(_reason(item) if isinstance(item, dict) else safe(item) for item in value)
    return str(value)


def _reason(found: dict[str, Any]) -> str:
    return f"{safe(found['comparison'])}: {safe(found['level'])} ({bits(found['weight'])})"
