"""Pairs to look at: as a list, and one by one with the two records side by side."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from api.render.layout import columns, heading, indented, lines
from api.render.words import amount, bits, count, percent, safe
from api.review import Labelled, ReviewedPair, ReviewQueue

if TYPE_CHECKING:
    from engine.review import Doubt, Side

#: What is told of either side of a doubt.
_SIDE = ("customer", "records", "revenue")
#: Whether two records agree on something, as a sign.
_SIGNS = {True: "=", False: "\N{NOT EQUAL TO}", None: ""}


def listed(found: ReviewQueue) -> Group:
    """The page of `clew review`."""
    if not found.pairs:
        return lines(
            Text("Nothing is left to look at: no match of this run is in doubt that wasn't decided or labelled.")
        )
    order = "in no order" if found.blind else "most consequential first"
    title = Text(f"{len(found.pairs)} of {count(found.waiting, 'doubtful pair')}, {order}", style="bold")
    parts: list[RenderableType] = [title]
    for number, pair in enumerate(found.pairs, 1):
        parts += [Text(), *_listed(number, pair)]
    if found.blind:
        return lines(*parts, Text("\n`clew review --ask --blind` asks about them one by one."))
    return lines(
        *parts,
        Text(
            "\nThe command below a pair changes the answer; `same` in place of `different`, or the other way round,"
            " confirms it. `clew review --ask` asks about the pairs one by one, `clew why A B` shows the evidence."
        ),
    )


def asked(number: int, found: ReviewQueue) -> Group:
    """One pair, to be judged."""
    return lines(heading(f"{number} of {len(found.pairs)}"), pair(found.pairs[number - 1]))


def pair(found: ReviewedPair) -> Group:
    """The two records of a pair, side by side."""
    rows = [(f.name, "; ".join(f.a), _SIGNS[f.same], "; ".join(f.b)) for f in found.fields]
    told: list[RenderableType] = []
    if (doubt := found.doubt) is not None:
        sides = zip(_SIDE, _side(doubt.a), _side(doubt.b), strict=True)
        rows += [(name, a, "", b) for name, a, b in sides]
        told = [indented(Text(line)) for line in (_why(doubt), _score(doubt))]
    return lines(columns(("", found.record_a, "", found.record_b), rows), *told)


def labelled(found: Labelled) -> Text:
    """A label that was just given."""
    said = "one person" if found.same else "two people"
    return Text(f"{safe(found.record_a)} and {safe(found.record_b)} are labelled {said}, by {safe(found.actor)}.")


def ended(judged: int, later: int, blind: bool) -> Text:
    """What came of asking."""
    left = f", {count(later, 'pair')} left for later" if later else ""
    if blind:
        then = " `clew evaluate --labels` judges the answer by all labels." if judged else ""
        return Text(f"{count(judged, 'pair')} labelled{left}.{then}")
    then = " The next `clew run` goes by it; `clew plan` shows first what that would do." if judged else ""
    return Text(f"{count(judged, 'pair')} decided{left}.{then}")


def _listed(number: int, pair: ReviewedPair) -> list[RenderableType]:
    name = next((f for f in pair.fields if f.name == "name"), None)
    ends = [
        (pair.record_a, "; ".join(name.a) if name else ""),
        (pair.record_b, "; ".join(name.b) if name else ""),
    ]
    doubt = pair.doubt
    if doubt is None:
        return [Text(str(number), style="bold"), columns((), ends)]
    sides = [(*end, *_side(side)) for end, side in zip(ends, (doubt.a, doubt.b), strict=True)]
    other = "same" if doubt.kind == "refused" else "different"
    command = f"clew decide {other} {shlex.quote(pair.record_a)} {shlex.quote(pair.record_b)}"
    return [
        Text(f"{number}  {_why(doubt)}", style="bold"),
        columns(("record", "name", *_SIDE), sides, right=(3, 4)),
        indented(Text(_score(doubt))),
        indented(Text(safe(command))),
    ]


def _why(doubt: Doubt) -> str:
    if doubt.kind == "refused":
        return f"refused: {safe(doubt.why)}"
    return f"{doubt.kind}: held together by {safe(doubt.why)}, and nothing stronger"


def _score(doubt: Doubt) -> str:
    score = f"{bits(doubt.weight)} bits, {percent(doubt.probability)} sure by score"
    stake = doubt.stake
    return f"{score}; at stake: {count(stake.records, 'record')}, revenue {amount(stake.revenue)}"


def _side(side: Side) -> tuple[str, str, str]:
    return side.customer_id, f"{side.records:,}", amount(side.revenue)
