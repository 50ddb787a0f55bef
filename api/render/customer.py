"""A customer's card: who it is, what it is known by, its records, and the thread that ties them together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from api.answers import Answer, Batch, Brief, Candidate, Found, Thread
from api.drawing import Drawing
from api.render.hop import listed
from api.render.layout import columns, heading, indented, left_out, lines
from api.render.profile import known_by
from api.render.words import NOTHING, bits, count, day, percent, safe
from graph.store import Customer, Match

#: More than this many of a kind are not shown on a card; `--json` has them all.
RECORDS, IDENTIFIERS, THREADS, REFUSED, BATCH = 30, 20, 12, 3, 40


def card(answer: Answer) -> Group:
    """The answer to a `whois`."""
    notes = [Text(f"Note: {safe(note)}.") for note in answer.notes]
    if answer.customer is None:
        return Group(*notes, _several(answer))
    customer = answer.customer
    return lines(
        *notes,
        _title(customer, answer),
        heading("Known by"),
        _identifiers(customer, answer),
        heading("Records"),
        _records(customer),
        *_thread(customer, answer),
        *_hangs_on(customer, answer),
        *_apart(answer),
    )


def brief(answer: Brief) -> Group:
    """The same in short."""
    notes = [Text(f"Note: {safe(note)}.") for note in answer.notes]
    return lines(*notes, _candidates([answer.customer]) if answer.customer else _several(answer))


def batch(found: Batch) -> Group:
    """Who is behind each of many texts, a line each; of several customers, the surest."""
    rows = [_short(answer) for answer in found.answers]
    behind = sum(answer.status == "found" for answer in found.answers)
    title = Text(f"{behind:,} of {count(len(rows), 'text')} lead to one customer", style="bold")
    rest = left_out(len(rows) - BATCH, "text")
    return lines(title, columns(("asked", "customer", "name", "records"), rows[:BATCH], right=(3,), whole=(1,)), rest)


def _short(answer: Found) -> tuple[str, str, str, str]:
    if not answer.customers:
        return answer.asked, NOTHING, f"nobody: {answer.why}", ""
    first, *others = answer.customers
    name = safe(first.name) + (f" and {count(len(others), 'other')}" if others else "")
    return answer.asked, first.customer_id, name, f"{first.records:,}"


def drawing(found: Drawing) -> Group:
    """What a drawing of a customer holds; a program draws it."""
    kinds = Counter((node.kind, node.type) for node in found.nodes)
    drawn = f"{count(len(found.nodes), 'node')} and {count(len(found.edges), 'edge')}"
    return lines(
        Text(f"{found.customer_id} as a graph: {drawn}", style="bold"),
        columns(("node", "of", "number"), [(*kind, f"{n:,}") for kind, n in kinds.items()], right=(2,)),
        indented(Text(f"{count(found.left_out, 'more node')} left out", style="dim")) if found.left_out else None,
    )


def asked(answer: Answer) -> Group:
    """The card, under the command that asks for it."""
    return Group(heading(f"$ clew whois {safe(answer.asked)}"), card(answer))


def _title(customer: Customer, answer: Answer) -> Group:
    title = Table.grid(expand=True)
    title.add_column(overflow="fold")
    title.add_column(justify="right", no_wrap=True)
    title.add_row(Text(safe(customer.name) or "(no name)", style="bold"), Text(customer.customer_id, style="bold"))
    sources = len({record.source for record in customer.records})
    facts = [
        safe(customer.place),
        f"{count(len(customer.records), 'record')} in {count(sources, 'source')}",
        _span(customer),
    ]
    asked = f"found by {answer.understood.type} {safe(answer.understood.value)}"
    return Group(title, Text(" · ".join(fact for fact in facts if fact)), Text(asked, style="dim"))


def _span(customer: Customer) -> str:
    first, last = day(customer.first_seen), day(customer.last_seen)
    return f"seen {first} to {last}" if first and first != last else f"seen {last}" if last else ""


def _identifiers(customer: Customer, answer: Answer) -> RenderableType:
    asked = (answer.understood.type, answer.understood.value)
    shown = sorted(customer.identifiers, key=lambda k: (k.type, k.value) != asked)[:IDENTIFIERS]
    held = {(k.type, k.value) for k in customer.identifiers}
    devices = sorted({w.device for w in customer.devices if ("device", w.device) not in held})
    few = devices[: IDENTIFIERS - len(shown)]
    windows = sorted((w for w in customer.devices if w.device in few), key=lambda w: w.device)
    left = len(customer.identifiers) - len(shown) + len(devices) - len(few)
    return lines(known_by(shown, windows), left_out(left, "identifier"))


def _records(customer: Customer) -> RenderableType:
    ordered = sorted(customer.records, key=lambda r: (r.source, r.key))
    rows = [
        (r.source if i == 0 or ordered[i - 1].source != r.source else "", r.key, r.kind, r.name, day(r.seen_at))
        for i, r in enumerate(ordered[:RECORDS])
    ]
    table = columns(("source", "key", "kind", "name", "seen"), rows, whole=(2, 4))
    return lines(table, left_out(len(ordered) - RECORDS, "record"))


def _thread(customer: Customer, answer: Answer) -> list[RenderableType]:
    """Every other identifier with its hops by number, then each hop once with its reasons."""
    if not answer.threads:
        return []
    names = customer.names
    # Each hop once, in the direction in which it is met first.
    met = {_pair(hop): (hop, ends) for t in reversed(answer.threads) for hop, ends in reversed(_steps(t))}
    shown = answer.threads[:THREADS]
    numbers: dict[tuple[str, str], int] = {}
    for thread in shown:
        for hop, _ in _steps(thread):
            numbers.setdefault(_pair(hop), len(numbers) + 1)
    if answer.weakest is not None:
        numbers.setdefault(_pair(answer.weakest), len(numbers) + 1)
    rows = [(t.type, t.display, _way(t, numbers), percent(t.path.probability) if t.path else "") for t in shown]
    table = columns(("to", "", "by way of", "sure"), rows, right=(3,), whole=(0,))
    rest = left_out(len(answer.threads) + answer.more - len(shown), "identifier")
    hops = [
        listed(f"hop {number}", *met[pair], names, met[pair][0] == answer.weakest) for pair, number in numbers.items()
    ]
    return [
        heading(f"The thread: how {safe(answer.understood.value)} leads to the rest"),
        lines(table, rest),
        *hops,
    ]


def _pair(hop: Match) -> tuple[str, str]:
    return hop.record_a, hop.record_b


def _steps(thread: Thread) -> list[tuple[Match, tuple[str, str]]]:
    """Every hop of a thread with the records that it leads from and to."""
    return [] if thread.path is None else list(zip(thread.path.hops, pairwise(thread.path.records), strict=True))


def _way(thread: Thread, hops: Mapping[tuple[str, str], int]) -> str:
    if thread.path is None:
        return "its visits alone"
    if not thread.path.hops:
        return f"the same record, {thread.path.records[0]}"
    numbers = [str(hops[_pair(hop)]) for hop in thread.path.hops]
    return ("hop " if len(numbers) == 1 else "hops ") + ", ".join(numbers)


def _hangs_on(customer: Customer, answer: Answer) -> list[RenderableType]:
    """The weakest hop of the whole customer, where the threads don't show it."""
    tie = answer.hangs_on
    if tie is None or tie in [found for thread in answer.threads[:THREADS] for found, _ in _steps(thread)]:
        return []
    return [heading("The weakest tie of the whole customer"), listed("", tie, _pair(tie), customer.names, False)]


def _apart(answer: Answer) -> list[RenderableType]:
    if not answer.apart:
        return []
    rows = [
        (f"{r.match.record_a} and {r.match.record_b}", bits(r.match.weight), r.refusal) for r in answer.apart[:REFUSED]
    ]
    parts: list[RenderableType] = [
        heading("Kept apart, though they look alike"),
        columns(("records", "bits", "because"), rows, right=(1,)),
    ]
    rest = left_out(len(answer.apart) - REFUSED, "pair")
    return [*parts, *([rest] if rest else [])]


def _several(answer: Answer | Brief) -> Group:
    total = len(answer.several) + answer.more
    title = Text(
        f"{count(total, 'customer')} answer to {safe(answer.asked)}. Ask again by one of their ids.", style="bold"
    )
    return lines(title, _candidates(answer.several), left_out(answer.more, "customer"))


def _candidates(found: Sequence[Candidate]) -> RenderableType:
    rows = [
        (c.customer_id, c.name, c.email or c.phone, c.records, f"{c.by.type} {c.by.value}", percent(c.confidence))
        for c in found
    ]
    return columns(("customer", "name", "reached at", "records", "by", "sure"), rows, right=(3, 5), whole=(0,))
