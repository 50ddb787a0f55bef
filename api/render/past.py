"""The past, in sentences: what became of a customer, who somebody was, and whether it adds up."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from api.past import History, Was
from api.render.layout import columns, heading, indented, left_out, lines
from api.render.words import count, day, minute, safe
from api.results import HappenedSince, Verified
from engine.ledger.entries import Entry
from engine.tables import DECIDED_BY

#: So many records and matches of an entry are named, and so many of a customer of the past.
NAMED, MATCHES, RECORDS = 5, 3, 30
#: Of what happened to customers, so much is shown.
MOVES = 40
#: What a record is called that was erased.
ERASED = "an erased record"


def history(found: History) -> Group:
    """What became of a customer."""
    title = Text(f"{found.customer_id}{_leads(found.leads_to)}", style="bold")
    until = Text(f"as known at {minute(found.at)}", style="dim") if found.at else None
    told = [part for entry in found.entries for part in _entry(found, entry)]
    return lines(title, until, Text(""), *told)


def happened(found: HappenedSince) -> Group:
    """What happened to customers after a cursor."""
    if not found.changes:
        return lines(Text("Nothing has happened since."))
    rows = [(minute(c.at), c.kind, c.origin, c.target, f"{c.records:,}" if c.records else "") for c in found.changes]
    shown = columns(("time", "what", "from", "to", "records"), rows[:MOVES], right=(4,), whole=(0, 2, 3))
    more = "; there is more from there on" if found.more else ""
    return lines(shown, left_out(len(rows) - MOVES, "change"), Text(f"next: {found.next}{more}", style="dim"))


def _leads(chain: Sequence[str]) -> str:
    if not chain:
        return ""
    if chain[-1] == "":
        return ": its records have left all sources, or were erased"
    return f", now {' -> '.join(chain)}"


def _entry(found: History, entry: Entry) -> list[RenderableType]:
    by = entry.actor + (f" ({entry.starter})" if entry.starter and entry.starter not in entry.actor else "")
    run = f", run {entry.run_id}" if entry.run_id else ""
    parts: list[RenderableType] = [
        Text(f"{minute(entry.at)}  {_said(found, entry)}"),
        indented(Text(f"entry {entry.seq}{run}, by {safe(by)}", style="dim")),
    ]
    because = [
        *(_match(*match) for match in entry.matches),
        *(f"{_pair(a, b)} are apart: {safe(refusal)}" for a, b, refusal in entry.refusals),
        *(f"{_pair(a, b)} are no longer held together by: {safe(rule)}" for a, b, rule in entry.ended),
    ]
    if because:
        more = len(because) - MATCHES + entry.more_matches
        pairs = count(more, "more match", "more matches") if entry.matches else count(more, "more pair")
        told = "; ".join(because[:MATCHES])
        parts.append(indented(Text(f"because {told}" + (f"; and {pairs}" if more > 0 else ""))))
    if entry.reason:
        parts.append(indented(Text(f"“{safe(entry.reason)}”")))
    return parts


def _match(a: str | None, b: str | None, rule: str) -> str:
    by = "are one person," if rule.startswith(DECIDED_BY) else "match by"
    return f"{_pair(a, b)} {by} {safe(rule)}"


def _pair(a: str | None, b: str | None) -> str:
    return f"{safe(a or ERASED)} and {safe(b or ERASED)}"


def _said(found: History, entry: Entry) -> str:
    """What an entry says, seen from one customer."""
    mine, other = entry.target == found.customer_id, entry.origin if entry.target == found.customer_id else entry.target
    records = f"{count(len(entry.records), 'record')}: {_records(entry.records)}"
    it = found.customer_id
    match entry.kind:
        case "created":
            return f"{it} was created, of {records}"
        case "split":
            one, of = (it, other) if mine else (other, it)
            return f"{one} was split off from {of}, with {records}"
        case "restored":
            one, of = (it, other) if mine else (other, it)
            return f"{one} came back{f' out of {of}' if of else ''}, with {records}"
        case "joined":
            return f"{it} got {records}"
        case "moved":
            return f"{it} got from {other} {records}" if mine else f"{it} gave {other} {records}"
        case "merged":
            one, of = (other, it) if mine else (it, other)
            return f"{one} was merged into {of}, with {records}"
        case "left":
            return f"{it} lost {records} (in no source any more)"
        case "retired":
            return f"{it} ended, as no source has its records any more ({records})"
        case "erased":
            return f"{it} was erased, with {count(len(entry.records), 'record')}"
    said = decision(entry, *found.values.get(entry.mark or 0, (entry.type or "", "a value")))
    return said if entry.kind == "undone" else f"decided: {said}"


def decision(entry: Entry, type_: str = "", value: str = "") -> str:
    """What was decided; of a block, about which value."""
    match entry.kind:
        case "asserted":
            return f"{_records(entry.records[: entry.left])} and {_records(entry.records[entry.left :])} are one person"
        case "refused":
            return f"{_records(entry.records[: entry.left])} and {_records(entry.records[entry.left :])} are two people"
        case "blocked":
            return f"{type_} {safe(value)} never links"
    return f"decision {entry.undoes} was taken back"


def _records(records: Sequence[str | None]) -> str:
    known = [safe(record) for record in records if record]
    more, erased = len(known) - NAMED, len(records) - len(known)
    parts = (
        ", ".join(known[:NAMED]),
        f"{more:,} more" if more > 0 else "",
        f"{erased:,} that {'was' if erased == 1 else 'were'} erased" if erased else "",
    )
    return " and ".join(part for part in parts if part)


def was(found: Was) -> Group:
    """Who somebody was."""
    stood = Text(f"By the answer of {minute(found.published)} (run {found.run_id}), which stood at {minute(found.at)}:")
    if found.customer_id is None:
        held = f"{safe(found.asked)} is held by {count(len(found.through), 'record')}"
        ids = [
            (identifier, f"clew whois {identifier} --as-of {found.at:%Y-%m-%dT%H:%M:%S}")
            for identifier in found.several
        ]
        return lines(
            stood,
            Text(f"{held}, which were of {count(len(ids), 'customer')} then.", style="bold"),
            columns((), ids, whole=(0,)),
        )
    values = found.values
    name = f"{safe(values.name) or '(no name)'}  " if values else ""
    shown = found.records[:RECORDS]
    matches = [(safe(a), safe(b), safe(rule)) for a, b, rule in found.matches[:RECORDS]]
    return lines(
        stood,
        Text(f"{name}{found.customer_id}{_leads(found.leads_to)}", style="bold"),
        _facts(found),
        Text(_led(found), style="dim") if found.led else None,
        Text(f"found through {_records(found.through)}", style="dim") if found.through else None,
        heading("Records then"),
        columns(
            ("record", "since", "by"), [(r.record_id or ERASED, minute(r.since), f"entry {r.entry}") for r in shown]
        ),
        left_out(len(found.records) - RECORDS, "record"),
        heading("Why they belonged together") if matches else None,
        columns(("record", "record", "match"), matches) if matches else None,
        left_out(len(found.matches) - RECORDS, "match", "matches"),
        *decided(found.decisions),
    )


def decided(entries: Sequence[Entry]) -> list[RenderableType]:
    """What people decided, under a heading."""
    told: list[RenderableType] = [heading("Decided")] if entries else []
    for entry in entries:
        told.append(indented(Text(f"{day(entry.at)}, by {safe(entry.actor)} (entry {entry.seq}): {decision(entry)}")))
        if entry.reason:
            told.append(indented(Text(f"“{safe(entry.reason)}”"), 4))
    return told


def _facts(found: Was) -> Text:
    """The golden values of then, or why there are none."""
    if found.values is None:
        return Text(
            f"The tables of run {found.run_id} are no longer kept: who belonged together, and why, is of the ledger;"
            " names and addresses of then are gone."
        )
    facts = (found.values.email, found.values.phone, found.values.place)
    return Text(" · ".join(safe(fact) for fact in facts if fact) or "no address")


def _led(found: Was) -> str:
    return f"{' -> '.join(found.led)} led there already"


def verified(found: Verified) -> Group:
    """Whether the past adds up."""
    ledger: list[RenderableType]
    graph: list[RenderableType]
    if found.problems:
        ledger = [Text("The ledger doesn't add up:", style="bold"), *(indented(Text(safe(p))) for p in found.problems)]
    else:
        ledger = [
            Text(
                f"The ledger is whole: {count(found.entries, 'entry', 'entries')}, each sealing the one before,"
                f" make the {count(found.customers, 'customer')} of run {found.run_id}."
            )
        ]
    if found.erasing is not None:
        ledger += [
            Text(f"The erasure of entry {found.erasing} was stopped before its end:", style="bold"),
            indented(Text("earlier runs and models may still hold the person. The same `clew erase` or a run ends it")),
        ]
    if found.differences:
        graph = [Text("The graph isn't that run:", style="bold"), *(indented(Text(safe(d))) for d in found.differences)]
        graph.append(indented(Text("`clew publish --rebuild` builds it anew")))
    elif found.graph_run == found.run_id:
        graph = [Text("The graph shows that run, and all of it agrees.")]
    else:
        shows = f"shows run {found.graph_run}" if found.graph_run else "is not there"
        graph = [Text(f"The graph {shows}; the next question brings it up to date.")]
    return lines(*ledger, *graph)
