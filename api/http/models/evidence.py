"""Records, the identifiers that they hold, the matches that tie them together, and entries of the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Wire(BaseModel):
    """What a program reads that was written for this version: what a later one says beside it is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Sent(BaseModel):
    """What a caller sends: a field that isn't known may be a slip, and is refused."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _known(cls, sent: Any) -> Any:
        # Not by their names, which may hold a value as well; and of very many, one by one, it would take seconds.
        unknown = len(sent.keys() - cls.model_fields.keys()) if isinstance(sent, dict) else 0
        if unknown:
            which = "1 field isn't" if unknown == 1 else f"{unknown:,} fields aren't"
            raise ValueError(f"{which} known: there are {', '.join(cls.model_fields)}")
        return sent


class Reason(Wire):
    """One comparison's share of a match, in bits; the records are named where they are not the match's own pair."""

    comparison: str
    level: str
    weight: float | None
    record_a: str | None = None
    record_b: str | None = None


class Match(Wire):
    """Two records that were joined, or scored alike: `weight` in bits, `step` the order of admission."""

    record_a: str
    record_b: str
    weight: float
    probability: float
    stage: str
    rule: str
    step: int
    reasons: list[Reason]


class Refusal(Wire):
    """A pair that scored as a match and was refused, and what forbade it."""

    match: Match
    refusal: str


class Identifier(Wire):
    """A value that a record holds: ok, weak, shared (nobody's), or a status that never links."""

    type: str
    value: str
    display: str
    status: str
    detail: str | None = None


class Record(Wire):
    """One row of one source, and whose it is."""

    record_id: str
    source: str
    key: str
    kind: str
    seen_at: datetime | None
    created_at: datetime | None
    fields: dict[str, str]
    customer_id: str | None
    confidence: float | None
    since: datetime | None
    identifiers: list[Identifier]


class KnownBy(Wire):
    """An identifier of a customer: in which sources, and how sure it is that it is theirs (0 to 1)."""

    type: str
    value: str
    display: str
    confidence: float
    sources: list[str]
    first_seen: datetime | None
    last_seen: datetime | None
    status: str


class Understood(Wire):
    """What a text was found as."""

    type: str
    value: str
    status: str


class Value(Wire):
    """An identifier's type and canonical value."""

    type: str
    value: str


class Thread(Wire):
    """The strongest path of evidence from what was asked to another identifier of the customer."""

    to: Value
    records: list[str]
    hops: list[Match]
    probability: float | None


class End(Wire):
    """One end of a path: whose it is, and the records that stand for it."""

    asked: str
    understood: Understood
    customer_id: str
    records: list[str]


class Path(Wire):
    """The strongest path between two ends: `hops[i]` joins `records[i]` and `records[i + 1]`."""

    records: list[str]
    hops: list[Match]
    probability: float
    weakest: Match | None


class Cut(Wire):
    """The fewest matches whose removal would part two ends."""

    matches: list[Match]
    weight: float


class Entry(Wire):
    """An entry of the ledger as people read it."""

    seq: int
    at: datetime
    run_id: str | None
    actor: str
    starter: str | None
    kind: str
    origin: str | None
    target: str | None
    records: list[str | None]
    matches: list[tuple[str | None, str | None, str]]
    refusals: list[tuple[str | None, str | None, str]]
    ended: list[tuple[str | None, str | None, str]]
    more_matches: int
    left: int
    type: str | None
    mark: int | None
    undoes: int | None
    reason: str | None
    hash: str


class Between(Wire):
    """What joins two ends, or keeps them apart; `names` holds the name on each record that is spoken of."""

    same: bool
    a: End
    b: End
    path: Path | None
    bridges: list[Match]
    cut: Cut | None
    refusals: list[Refusal]
    names: dict[str, str]
    weighed: Match | None = None
    decisions: list[Entry]


class Join(Wire):
    """A step in which a customer grew, and the records of either part at that time."""

    match: Match
    left: list[str]
    right: list[str]


class Growth(Wire):
    """How a customer's records came together, in the order of admission."""

    customer_id: str
    name: str | None
    records: int
    joins: list[Join]
    names: dict[str, str]


class Node(Wire):
    """A record or an identifier, to be drawn. Confidence is measured from the `anchor`."""

    id: str
    kind: Literal["record", "identifier"]
    type: str = Field(description="the source of a record, the type of an identifier")
    label: str
    anchor: bool
    confidence: float | None


class Edge(Wire):
    """A match of two records (`matches`), or an identifier that a record `has`.

    `bridge`: without it the customer would fall apart; `weakest`: the weakest of these. `match` has the reasons.
    """

    start: str
    end: str
    kind: Literal["matches", "has"]
    weight: float | None
    probability: float | None
    bridge: bool
    weakest: bool
    match: Match | None


class Drawing(Wire):
    """A customer as a graph. Where there are more nodes than were asked for, `left_out` counts them."""

    customer_id: str
    nodes: list[Node]
    edges: list[Edge]
    left_out: int


Plain = dict[str, Any]
