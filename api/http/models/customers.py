"""Customers: who is behind an identifier, the golden record, what happened, and who somebody was."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from api.answers import Asked
from api.http.models.evidence import Entry, KnownBy, Match, Record, Refusal, Sent, Thread, Understood, Wire


class Permission(Wire):
    """What one address of a customer may be used for; `why_not` is empty where it may be used."""

    channel: str
    type: str
    value: str
    state: str
    conflict: bool
    at: datetime | None
    source: str
    said_in: list[str]
    said_out: list[str]
    confidence: float
    why_not: str | None


class DeviceWindow(Wire):
    """When a device was a customer's, and what says so."""

    device: str
    customer_id: str
    since: datetime | None
    until: datetime | None
    because: str
    record_id: str | None
    confidence: float | None


class LedgerEntry(Wire):
    """One line of the ledger about a customer."""

    seq: int
    at: datetime
    kind: str
    run_id: str
    actor: str
    reason: str
    hash: str
    customer_ids: list[str]
    record_ids: list[str]


class Customer(Wire):
    """A customer: the best values, the records, and every identifier with its confidence."""

    customer_id: str
    anchor: str
    name: str | None
    email: str | None
    phone: str | None
    place: str | None
    first_seen: datetime | None
    last_seen: datetime | None
    records: list[Record]
    identifiers: list[KnownBy]
    devices: list[DeviceWindow]
    entries: list[LedgerEntry]
    permissions: list[Permission]


class Candidate(Wire):
    """One of several customers that answer, `by` which value, and how surely."""

    customer_id: str
    name: str | None
    email: str | None
    phone: str | None
    place: str | None
    records: int
    by: Understood
    confidence: float


class Also(Wire):
    """What else was asked for at once, and the customers that it leads to; without any, why."""

    asked: str
    understood: Understood | None
    customers: list[str]
    why: str | None


class Answer(Wire):
    """The customer behind what was asked, or `several` of whom none is to be preferred, with the reasons.

    `threads` lead from what was asked to each other identifier; `hangs_on` is the match without which a part of the
    customer would be somebody else, `apart` what looked alike and was refused.
    """

    asked: str
    understood: Understood
    notes: list[str]
    customer: Customer | None
    threads: list[Thread]
    more: int
    weakest: Match | None
    hangs_on: Match | None
    apart: list[Refusal]
    several: list[Candidate]
    also: list[Also]


class Brief(Wire):
    """The customer behind what was asked, or `several` of whom none is to be preferred, in short."""

    asked: str
    understood: Understood
    notes: list[str]
    customer: Candidate | None
    several: list[Candidate]
    more: int
    also: list[Also]


class Found(Wire):
    """Who is behind one text of a batch: one customer, several, or nobody and `why`."""

    asked: str
    status: Literal["found", "several", "nobody"]
    customers: list[Candidate]
    why: Literal["unknown", "shared", "unlinkable", "retired"] | None = None


class Batch(Wire):
    """Answers in the order of the questions."""

    answers: list[Found]


class GoldenValue(Wire):
    """A value of the golden record, and where it comes from."""

    value: str
    source: str
    record_id: str
    at: datetime | None


class Golden(Wire):
    """A field of the golden record: the value that survives, what else was said, and whether that contradicts it."""

    field: str
    value: GoldenValue
    others: list[GoldenValue]
    conflict: bool


class State(Wire):
    """What a trigger needs to know of a customer; each channel says yes, or why not. See docs/measures.md."""

    as_of: datetime
    buyer: str
    stage: str
    purchases: int
    last_order_at: datetime | None
    last_order: str | None
    last_order_value: float | None
    last_order_currency: str | None
    days_since_order: int | None
    last_active_at: datetime | None
    days_since_active: int | None
    cart_at: datetime | None
    days_since_cart: int | None
    cart_kind: str | None
    cart_items: list[str] | None
    cart_value: float | None
    cart_currency: str | None
    cart_confidence: float | None
    interest: str | None
    interest_share: float | None
    language: str | None
    place: str | None
    conversation_at: datetime | None
    conversation_subject: str | None
    conversation_status: str | None
    email: str
    sms: str
    phone: str
    ads: str


class Card(Wire):
    """A customer on one page: the golden record with where each value comes from, identifiers, permissions, state."""

    customer_id: str
    name: str | None
    email: str | None
    phone: str | None
    place: str | None
    first_seen: datetime | None
    last_seen: datetime | None
    records: int
    sources: list[str]
    fields: list[Golden]
    identifiers: list[KnownBy]
    devices: list[DeviceWindow]
    permissions: list[Permission]
    state: State
    hangs_on: Match | None


class Records(Wire):
    """The records of a customer."""

    customer_id: str
    records: list[Record]


class Moment(Wire):
    """Something that happened with a customer, what ties it to them, and how sure that is."""

    at: datetime | None
    kind: str
    source: str
    key: str
    name: str | None
    item: str | None
    status: str | None
    session: str | None
    value: float | None
    refunded: float | None
    currency: str | None
    because: str
    confidence: float
    addresses: list[str]


class TimelinePage(Wire):
    """A part of what happened, how sure service has to be of what it speaks of, and the cursor of the next part."""

    customer_id: str
    name: str | None
    moments: list[Moment]
    service: float
    total: int
    next: str | None


class History(Wire):
    """What became of a customer, oldest first; `leads_to` is where its id leads now, if it has ended.

    It ends with "" where that is nowhere: all records are gone or were erased.
    """

    asked: str
    customer_id: str
    leads_to: list[str]
    at: datetime | None
    entries: list[Entry]
    values: dict[str, tuple[str, str]]


class Held(Wire):
    """A record that a customer held, since when, and the entry that brought it."""

    record_id: str | None
    since: datetime
    entry: int


class Values(Wire):
    """Golden values of a run that is kept."""

    name: str | None
    email: str | None
    phone: str | None
    place: str | None


class Was(Wire):
    """Who somebody was at a time, by the answer that stood then."""

    asked: str
    at: datetime
    run_id: str
    published: datetime
    customer_id: str | None
    several: list[str]
    through: list[str]
    led: list[str]
    leads_to: list[str]
    records: list[Held]
    matches: list[tuple[str, str, str]]
    decisions: list[Entry]
    values: Values | None


Text = Annotated[str, Field(min_length=1, max_length=500)]
#: Texts that may be asked for at once.
_AT_ONCE = 20
_Texts = Annotated[tuple[Text, ...], Field(max_length=_AT_ONCE, fail_fast=True)]


_KINDS = ("q", "email", "phone", "account", "loyalty", "device", "record")


class Question(Sent):
    """What a customer is asked for by: one identifier or several, each text in any format that people write."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": [kind], "properties": {kind: {"minItems": 1}}} for kind in _KINDS],
        },
    )

    q: _Texts = Field((), description="anything: an e-mail, a phone number, an id, a record")
    email: _Texts = ()
    phone: _Texts = Field((), description="in any format; its country, or the project's")
    account: _Texts = Field((), description="system:id, or an id of any system")
    loyalty: _Texts = ()
    device: _Texts = ()
    record: _Texts = Field((), description="source:key")

    @model_validator(mode="after")
    def _something(self) -> Question:
        if not 0 < sum(len(texts) for _, texts in self) <= _AT_ONCE:
            raise ValueError(f"ask by 1 to {_AT_ONCE} of {', '.join(_KINDS)}")
        return self

    @property
    def asked(self) -> list[Asked]:
        """What is asked for, each text with its type, if that is known."""
        return [Asked(text, None if type_ == "q" else type_) for type_, texts in self for text in texts]


class Questions(Sent):
    """Many texts, each of which may mean anything."""

    asked: list[Text] = Field(min_length=1, fail_fast=True)
