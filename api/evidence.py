"""Why two ends are one customer or aren't, by which path, and how a customer grew.

Pure over a `GraphStore`, so that the command line, notebooks and HTTP give one answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from api.ends import End, Numbered, find_end, no_orders
from api.plain import Plain
from api.shown import Shown
from engine.errors import NotFoundError
from engine.ledger.entries import Entry
from graph.paths import Cut, Path, bridges, joins, smallest_cut, widest
from graph.store import Customer, GraphStore, Match, Reason, Refusal

#: What the model says of all records of two customers together; None where no pair of them is worth a word.
Weigh = Callable[[Customer, Customer], Match | None]
#: What people decided that holds two customers apart.
Decided = Callable[[Customer, Customer], tuple[Entry, ...]]


class Evidence(NamedTuple):
    """What a comparison says of a match, the `match`-th of those that are spoken of."""

    match: int
    record_a: str
    record_b: str
    rule: str
    comparison: str
    level: str
    bits: float | None


@dataclass(frozen=True)
class Between(Plain, Shown, page="evidence:why", rows="evidence"):
    """What joins two ends, or keeps them apart.

    Of one customer: `path` is the widest between them, `bridges` those of its hops that nothing else could stand in
    for, `cut` the fewest matches that part the two if removed (None where one record stands at both ends). Of two:
    `path` is None, `decisions` are those that they are two people, and `refusals` are the pairs of their records that
    looked alike and were refused, strongest first; without any, `weighed` is what the model says of all of their
    records together. `decisions` and `weighed` are there where they were asked for.
    `names` holds the name on each record that is spoken of.
    """

    a: End
    b: End
    path: Path | None
    bridges: tuple[Match, ...]
    cut: Cut | None
    refusals: tuple[Refusal, ...]
    names: dict[str, str]
    weighed: Match | None = None
    decisions: tuple[Entry, ...] = ()

    @property
    def same(self) -> bool:
        """Whether both ends are one customer."""
        return self.a.customer_id == self.b.customer_id

    @property
    def evidence(self) -> list[Evidence]:
        """What speaks for and against, a row a comparison of each match that is spoken of, in order."""
        found = [r.match for r in self.refusals] + [self.weighed] * (self.weighed is not None)
        hops = list(self.path.hops) if self.path else [m for m in found if m]
        return [
            Evidence(n, m.record_a, m.record_b, m.rule, reason.comparison, reason.level, reason.weight)
            for n, m in enumerate(hops, 1)
            for reason in m.reasons
        ]

    def shape(self) -> dict[str, Any]:
        """A path with its probability and its weakest hop."""
        found = {"same": self.same, **super().shape()}
        if (path := self.path) is not None:
            weakest = {"probability": path.probability, "weakest": path.weakest}
            found["path"] = {"records": path.records, "hops": path.hops, **weakest}
        return found


@dataclass(frozen=True)
class Join(Plain):
    """One step in which a customer grew: the match that joined two parts, and the records of each at that time."""

    match: Match
    left: tuple[str, ...]
    right: tuple[str, ...]


@dataclass(frozen=True)
class Growth(Plain, Shown, page="evidence:how", rows="joins"):
    """How a customer's records came together, in the order of admission."""

    customer_id: str
    name: str | None
    records: int
    joins: tuple[Join, ...]
    names: dict[str, str]


def between(
    graph: GraphStore,
    a: str,
    b: str,
    region: str,
    priorities: Mapping[str, int],
    numbered: Numbered = no_orders,
    weigh: Weigh | None = None,
    decided: Decided | None = None,
) -> Between:
    """What ties two texts (identifiers, records or customers) together or keeps them apart.

    `weigh` is asked about two customers of whose records no pair was refused, `decided` about any two. Raises
    NotFoundError for a text that leads to nobody or to several customers; see `whois` for the rest.
    """
    known: dict[str, Customer] = {}
    left, right = (find_end(graph, text, region, priorities, known, numbered) for text in (a, b))
    names = {record: name for customer in known.values() for record, name in customer.names.items()}
    if left.customer_id != right.customer_id:
        ours, theirs = known[left.customer_id], known[right.customer_id]
        refusals = _refused(graph, left, theirs)
        weighed = weigh(ours, theirs) if weigh and not refusals else None
        decisions = decided(ours, theirs) if decided else ()
        return Between(left, right, None, (), None, refusals, names, weighed, decisions)
    matches = known[left.customer_id].matches
    path = widest(matches, left.records, right.records)
    if path is None:
        raise NotFoundError(
            f"no evidence joins {a} and {b} though both are {left.customer_id}: run `clew publish --verify`",
            told="No evidence joins the two, though they are one customer: run `clew publish --verify`.",
        )
    on_path = set(path.hops)
    alone = tuple(m for m in bridges(matches) if m in on_path)
    return Between(left, right, path, alone, smallest_cut(matches, left.records, right.records), (), names)


def path_between(
    graph: GraphStore, a: str, b: str, region: str, priorities: Mapping[str, int], numbered: Numbered = no_orders
) -> Between:
    """The widest path between two texts. Raises NotFoundError where they are two customers."""
    found = between(graph, a, b, region, priorities, numbered)
    if not found.same:
        raise NotFoundError(
            f"{a} is {found.a.customer_id} and {b} is {found.b.customer_id}: no path joins two customers; "
            "`clew why` says what speaks for and against",
            told="They are two customers, whom no path joins: `why` says what speaks for and against.",
        )
    return found


def match_of(row: Mapping[str, Any]) -> Match:
    """What was weighed on demand, in the form of a match that nobody admitted."""
    reasons = tuple(Reason(**reason) for reason in row["reasons"])
    return Match(row["record_a"], row["record_b"], row["weight"], row["probability"], reasons=reasons)


def how(
    graph: GraphStore, text: str, region: str, priorities: Mapping[str, int], numbered: Numbered = no_orders
) -> Growth:
    """How the customer behind a text came together: each join, and the records on either side of it."""
    known: dict[str, Customer] = {}
    end = find_end(graph, text, region, priorities, known, numbered)
    customer = known[end.customer_id]
    part: dict[str, tuple[str, ...]] = {r.record_id: (r.record_id,) for r in customer.records}
    grown = []
    for match in joins(customer.matches):
        left, right = part[match.record_a], part[match.record_b]
        grown.append(Join(match, left, right))
        whole = tuple(sorted((*left, *right)))
        part.update((record, whole) for record in whole)
    return Growth(customer.customer_id, customer.name, len(customer.records), tuple(grown), customer.names)


def _refused(graph: GraphStore, left: End, right: Customer) -> tuple[Refusal, ...]:
    theirs = {r.record_id for r in right.records}
    return tuple(r for r in graph.refusals(left.customer_id) if theirs & {r.match.record_a, r.match.record_b})
