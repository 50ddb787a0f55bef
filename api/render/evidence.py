"""Why two ends are one customer or aren't, by which path, and how a customer grew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count as counting
from itertools import groupby, pairwise

from rich.console import Group, RenderableType
from rich.text import Text

from api.ends import End
from api.evidence import Between, Growth
from api.render.hop import listed, waterfall
from api.render.layout import columns, heading, indented, left_out, lines
from api.render.past import decided
from api.render.words import bits, count, percent, reason, safe
from graph.store import Match

#: More than this many of a kind are not shown; `--json` has them all.
REFUSED, CUT, JOINS = 3, 5, 40

Draw = Callable[[str, Match, tuple[str, str], Mapping[str, str], bool], Group]


def path(found: Between) -> Group:
    """The page of `clew path`."""
    return lines(_title(found), *_hops(found, listed), *_parting(found))


def why(found: Between) -> Group:
    """The page of `clew why`."""
    if found.same:
        return lines(_title(found), *_hops(found, waterfall), *_parting(found))
    parts: list[RenderableType] = [_title(found), *decided(found.decisions)]
    if not found.refusals:
        parts.append(Text("No pair of their records came near enough to a match to be refused."))
        if found.weighed is not None:
            ends = (found.weighed.record_a, found.weighed.record_b)
            parts.append(heading("The best of each comparison over all pairs, and the closest of these"))
            parts.append(waterfall("", found.weighed, ends, found.names, False))
        return lines(*parts)
    parts.append(heading("What speaks for and against, and what refused it"))
    for number, refused in enumerate(found.refusals[:REFUSED], 1):
        match = refused.match
        parts += [
            waterfall(f"pair {number}", match, (match.record_a, match.record_b), found.names, False),
            indented(Text(f"refused: {safe(refused.refusal)}", style="bold"), 4),
        ]
    return lines(*parts, left_out(len(found.refusals) - REFUSED, "refused pair"))


def how(found: Growth) -> Group:
    """The page of `clew how`."""
    name = f"{safe(found.name)}, " if found.name else ""
    title = Text(f"{name}{found.customer_id}: {count(found.records, 'record')}", style="bold")
    if not found.joins:
        return lines(title, Text("One record alone: nothing was joined."))
    rows: list[tuple[str, str, str]] = []
    number = counting(1)
    for alike, joins in groupby(found.joins, key=lambda j: j.match.stage == "identical"):
        group = list(joins)
        if alike:
            rows.append(("", "", f"{count(len(group), 'record repeats', 'records repeat')} another in every field"))
            continue
        for join in group:
            match = join.match
            ends = " + ".join(_named(record, found.names) for record in (match.record_a, match.record_b))
            parts = f"{len(join.left)} + {len(join.right)} = {len(join.left) + len(join.right)} records"
            first = max(match.reasons, key=lambda r: r.weight or 0.0, default=None)
            because = f"; most by {reason(first)}" if first else ""
            rows.append((str(next(number)), bits(match.weight), f"{ends}\n{match.rule}{because}; {parts}"))
    shown = [(Text(a), Text(b), Text("\n".join(safe(line) for line in c.split("\n")))) for a, b, c in rows[:JOINS]]
    table = columns(("step", "bits", "joined"), shown, right=(0, 1))
    return lines(title, heading("How it came together"), table, left_out(len(rows) - JOINS, "step"))


def _named(record: str, names: Mapping[str, str]) -> str:
    return f"{record} ({names[record]})" if names.get(record) else record


def _title(found: Between) -> Text:
    if not found.same:
        whose = (
            end.customer_id if end.understood.type == "customer" else f"{end.customer_id} ({_end(end)})"
            for end in (found.a, found.b)
        )
        return Text(f"Two customers: {' and '.join(whose)}.", style="bold")
    sure = f", {percent(found.path.probability)} sure" if found.path else ""
    return Text(f"One customer, {found.a.customer_id}{sure}: {_end(found.a)} and {_end(found.b)}.", style="bold")


def _end(end: End) -> str:
    return f"{end.understood.type} {safe(end.understood.value)}"


def _hops(found: Between, draw: Draw) -> list[RenderableType]:
    if found.path is None:
        return []
    if not found.path.hops:
        return [Text(f"One record holds both: {safe(_named(found.path.records[0], found.names))}.")]
    steps = zip(found.path.hops, pairwise(found.path.records), strict=True)
    return [
        draw(f"hop {number}", match, ends, found.names, match == found.path.weakest and len(found.path.hops) > 1)
        for number, (match, ends) in enumerate(steps, 1)
    ]


def _parting(found: Between) -> list[RenderableType]:
    """What would part the two."""
    if found.cut is None or not found.cut.matches:
        return []
    title = heading("What would part them, if it were removed")
    table = columns(("records", "bits"), _pairs(found.cut.matches[:CUT]), right=(1,))
    rest = left_out(len(found.cut.matches) - CUT, "match", "matches")
    return [title, table, *([rest] if rest else [])]


def _pairs(matches: Sequence[Match]) -> list[tuple[str, str]]:
    return [(f"{m.record_a} and {m.record_b}", bits(m.weight)) for m in matches]
