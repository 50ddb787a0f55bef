"""What people decide and do, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StrictBool, model_validator

from api.http.models.customers import Golden, LedgerEntry, Text
from api.http.models.evidence import Sent, Wire

_SAID = Annotated[str, Field(max_length=1_000)]


class Act(Sent):
    """What every act may say: why, and who wants it where one key serves several people."""

    reason: _SAID | None = Field(None, description="why, in your own words")
    actor: Annotated[str, Field(max_length=100)] | None = Field(None, description="who, if not the key's own name")


class Decide(Act):
    """Decide that `a` and `b` are one person (`same`) or two (`different`), or that `a` never links (`block`)."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"properties": {"kind": {"const": "block"}, "b": {"type": "null"}}},
                {"properties": {"kind": {"enum": ["same", "different"]}, "b": {"type": "string"}}, "required": ["b"]},
            ]
        },
    )

    kind: Literal["same", "different", "block"]
    a: Text
    b: Text | None = None

    @model_validator(mode="after")
    def _ends(self) -> Decide:
        if (self.b is None) != (self.kind == "block"):
            raise ValueError("same and different need a and b, block needs a alone")
        return self


class Decided(Wire):
    """A decision: which records are one person or two, or which value is blocked.

    It `waits` for the next run, and is `idle` while the current one holds no record of one of the two.
    """

    entry: int
    at: datetime
    actor: str
    kind: Literal["same", "different", "block", "erase"]
    reason: str | None
    customers: list[str]
    left: list[str]
    right: list[str]
    type: str | None
    value: str | None
    undone: int | None
    new: bool
    waits: bool
    idle: bool


class Decisions(Wire):
    """Decisions, oldest first."""

    decisions: list[Decided]


class Label(Act):
    """Two records are one person's or not: to judge answers by; no run goes by it."""

    record_a: Text
    record_b: Text
    same: StrictBool


class Labelled(Wire):
    """A label that was just given."""

    record_a: str
    record_b: str
    same: bool
    actor: str


class Compared(Wire):
    """What two records say of one thing."""

    name: str
    a: list[str]
    b: list[str]


class ReviewedPair(Wire):
    """Two records side by side."""

    record_a: str
    record_b: str
    fields: list[Compared]
    doubt: dict[str, Any] | None


class ReviewQueue(Wire):
    """The pairs that most need a look."""

    run_id: str
    blind: bool
    pairs: list[ReviewedPair]
    waiting: int


class Person(Sent):
    """Somebody, by anything that leads to one customer."""

    who: Text


class Erase(Act):
    """Say what would go with a person; with `really`, erase it for good."""

    who: Text
    really: StrictBool = False


class Erasing(Wire):
    """What goes with a person; `former` are records that only earlier runs hold."""

    customer_id: str
    record_ids: list[str]
    former: list[str]
    sources: dict[str, int]
    values: list[tuple[str, str]]
    shared: list[tuple[str, str]]
    orders: int
    events: int
    runs: list[str]
    plans: list[str]


class Erased(Wire):
    """What would go, or has gone: `run_id` is the run without the person, null where it was only asked."""

    person: Erasing
    run_id: str | None
    searched: int
    compared: bool


class Judged(Wire):
    """What somebody said of two records, and when."""

    record_a: str
    record_b: str
    same: bool
    at: datetime
    actor: str


class Accessed(Wire):
    """Somebody was shown something of a customer."""

    at: datetime
    key: str | None
    caller: str
    action: str
    customer_id: str
    personal: bool
    request: str


class Access(Wire):
    """Everything that is held about a person."""

    customer_id: str
    run_id: str
    at: datetime
    fields: list[Golden]
    held: dict[str, list[dict[str, Any]]]
    entries: list[LedgerEntry]
    decisions: list[Decided]
    labels: list[Judged]
    runs: list[str]
    accesses: list[Accessed]
