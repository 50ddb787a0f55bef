"""How the columns of an export become Clew's fields: the form of presets and of a project's own maps.

Wherever a map asks for a column it takes a name (`Email`), several names (the first that isn't blank), or a `Column`
with more to say. A name may be a path: `via.channel`, `items[0].item_name`, `event_params[page_location]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

#: The channels of a consent, and the kinds of event: the words of engine.tables, checked when the map is read.
Channel = Literal["email", "sms", "phone", "ads", "analytics"]
EventKind = Literal[
    "session", "view", "add_to_cart", "begin_checkout", "purchase", "login", "signup", "sent", "open", "click",
    "unsubscribe", "bounce", "ticket", "review", "deal", "other",
]  # fmt: skip


class Part(BaseModel):
    """Unknown keys are errors: a misspelt field must not be silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _column(data: Any) -> Any:
    """`Email` and `[Email, E-mail]` are short for a Column."""
    if isinstance(data, str):
        return {"column": (data,)}
    if isinstance(data, list | tuple):
        return {"column": tuple(data)}
    return data


class Column(Part):
    """Where a field's text comes from, and what is done to it. Steps run in the order of the fields below."""

    column: tuple[str, ...] = Field(min_length=1, description="names or paths; the first that isn't blank is taken")
    join: str | None = Field(None, description="put all the columns together, with this between them")
    whole: bool = Field(False, description="with join: nothing at all unless every part is there")
    url_parameter: str | None = Field(None, description="the text is a URL: take this parameter of its query")
    extract: str | None = Field(None, description="regular expression; its first group is taken")
    epoch: Literal["seconds", "millis", "micros"] | None = Field(None, description="a number since 1970, made a date")
    words: dict[str, str] = Field({}, description="the tool's words and what they become; other words stay")
    split: str | None = Field(None, description="identifiers only: several values in one cell, parted by this")
    otherwise: Column | None = Field(None, description="where to look when all this yields nothing")
    optional: bool = Field(False, description="true: a file without the column is fine")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: Any) -> Any:
        data = _column(data)
        if isinstance(data, dict) and isinstance(data.get("column"), str):
            return {**data, "column": (data["column"],)}
        return data

    @model_validator(mode="after")
    def _groups(self) -> Column:
        if self.extract is not None:
            try:
                groups = re.compile(self.extract).groups
            except re.error as error:
                raise ValueError(f"{self.extract!r} is not a regular expression: {error}") from error
            if groups != 1:
                raise ValueError(f"{self.extract!r} needs exactly one group in (round brackets): the part to take")
        return self


class When(Part):
    """Which rows a section is about: those whose column holds one of the words (case doesn't matter)."""

    column: Column
    words: tuple[str, ...] = Field(min_length=1)


class Identifier(Part):
    """One identifier of a record."""

    type: str = Field(pattern="^[a-z][a-z0-9_]*$", description="email, phone, account, loyalty, device, or your own")
    column: Column
    system: str | None = Field(None, description="accounts only: whose account ids these are, e.g. shopify")

    @model_validator(mode="after")
    def _system(self) -> Identifier:
        if (self.type == "account") != (self.system is not None):
            raise ValueError("an account, and only an account, needs a system: whose ids are these?")
        return self


class Consent(Part):
    """What a record says about one channel: a column of words, or the dates of opting in and out."""

    column: Column | None = None
    opted_in: tuple[str, ...] = ()
    opted_out: tuple[str, ...] = ()
    at: Column | None = None
    opted_in_at: Column | None = None
    opted_out_at: Column | None = None

    @model_validator(mode="after")
    def _says(self) -> Consent:
        if self.column is None and self.opted_in_at is None and self.opted_out_at is None:
            raise ValueError("needs a column of words, or opted_in_at / opted_out_at")
        if self.column is not None and not (self.opted_in or self.opted_out):
            raise ValueError("say which words mean yes (opted_in) and no (opted_out)")
        return self


class Claims(Part):
    """What the tool itself says that a contact has bought: compared with the shop's orders, never added to them."""

    revenue: Column | None = None
    orders: Column | None = None
    currency: Column | None = None


class Group(Part):
    """Rows that belong together, such as the lines of an order.

    Rows with the same text in `by` are one order; one of them carries the order's fields, the others may be blank.
    """

    by: Column


class Person(Part):
    """The fields that describe a person; shared by all records."""

    seen_at: Column | None = Field(None, description="when the row was true; of one key the last wins")
    created_at: Column | None = None
    name: Column | None = None
    first_name: Column | None = None
    last_name: Column | None = None
    birth_date: Column | None = None
    gender: Column | None = None
    street: Column | None = None
    city: Column | None = None
    postcode: Column | None = None
    state: Column | None = None
    country: Column | None = None
    company: Column | None = None


class RecordMap(Person):
    """A row that is about a person: a contact, an order's buyer, somebody at the checkout."""

    kind: Literal["contact", "order", "checkout"] = "contact"
    key: Column | None = Field(None, description="the tool's own id of the row")
    when: When | None = None
    merge: bool = Field(
        False, description="rows with one key are parts of one record: the latest text of each field wins"
    )
    identifiers: tuple[Identifier, ...] = ()
    consents: dict[Channel, Consent] = {}
    claims: Claims | None = None
    extras: dict[str, Column] = Field({}, description="further columns, to compare or to keep; they become x_<name>")

    @model_validator(mode="after")
    def _extra_names(self) -> RecordMap:
        for name in self.extras:
            if not re.fullmatch("[a-z][a-z0-9_]*", name):
                raise ValueError(f"the extra column {name!r} needs a name of small letters, digits and underscores")
        return self


class OrderMap(Part):
    """An order's own fields; its key is the record's. With anything in `cancelled_at` its status is `cancelled`."""

    number: Column | None = None
    at: Column | None = None
    currency: Column | None = None
    total: Column | None = None
    subtotal: Column | None = None
    shipping: Column | None = None
    tax: Column | None = None
    discount: Column | None = None
    refunded: Column | None = None
    cost: Column | None = None
    discount_code: Column | None = None
    status: Column | None = None
    channel: Column | None = None
    cancelled_at: Column | None = None


class LineMap(Part):
    """One line of an order: every row of its group."""

    sku: Column | None = None
    item: Column | None = None
    category: Column | None = None
    quantity: Column | None = None
    price: Column | None = None


class Account(Part):
    """An account id that an event carries."""

    system: str
    column: Column


class EventMap(Part):
    """Something that somebody did. Without a key, the event is known by a hash of its content."""

    key: Column | None = None
    when: When | None = None
    kind: EventKind | None = Field(None, description="what all rows are; else `name` is looked up in `kinds`")
    name: Column | None = None
    kinds: dict[str, EventKind] = Field({}, description="the tool's own word (case doesn't matter) and what it means")
    at: Column | None = None
    device: Column | None = None
    session: Column | None = None
    accounts: tuple[Account, ...] = Field((), description="the first that isn't blank is the event's account")
    email: Column | None = None
    phone: Column | None = None
    order_key: Column | None = None
    url: Column | None = None
    campaign: Column | None = None
    utm_source: Column | None = None
    utm_medium: Column | None = None
    item: Column | None = None
    category: Column | None = None
    quantity: Column | None = None
    value: Column | None = None
    currency: Column | None = None
    subject: Column | None = None
    status: Column | None = None
    language: Column | None = None


class Mapping(Part):
    """A map from a tool's columns to Clew's raw tables. One file may yield records, orders with lines, and events."""

    group: Group | None = None
    record: RecordMap | None = None
    order: OrderMap | None = None
    lines: LineMap | None = None
    event: EventMap | None = None
    systems: dict[str, str] = Field({}, description="account systems to call by another name, e.g. shopify: magento")

    @model_validator(mode="before")
    @classmethod
    def _short_group(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("group"), str | list | tuple):
            return {**data, "group": {"by": data["group"]}}
        return data

    def lacks(self) -> str | None:
        """What a whole map needs and this one doesn't say; None when it is complete.

        Parts of maps are fine beside a preset, so this is asked of the two together.
        """
        if self.record is None and self.event is None:
            return "a record or an event: what is a row about?"
        if self.record is not None and self.record.key is None:
            return "record.key: the column of the tool's own id"
        if self.event is not None and self.event.kind is None and self.event.name is None:
            return "event.kind, or event.name and event.kinds"
        if (self.order is not None or self.lines is not None) and self.record is None:
            return "a record beside the order: whose order is it?"
        return None

    def system(self, name: str) -> str:
        """What the project calls an account system."""
        return self.systems.get(name, name)


_P = TypeVar("_P", bound=Part)


def overlay(base: _P, over: _P) -> _P:
    """`base` with everything that `over` states put in its place; identifiers are replaced by type and system."""
    update: dict[str, Any] = {}
    for field in over.model_fields_set:
        old, new = getattr(base, field), getattr(over, field)
        if isinstance(old, Part) and isinstance(new, Part) and not isinstance(new, Column | Consent):
            update[field] = overlay(old, new)
        elif isinstance(old, dict) and isinstance(new, dict):
            update[field] = {**old, **new}
        elif field == "identifiers":
            stated = {(i.type, i.system) for i in new}
            update[field] = (*(i for i in old if (i.type, i.system) not in stated), *new)
        else:
            update[field] = new
    return base.model_copy(update=update)


def names_of(items: Sequence[Identifier | Account]) -> list[str]:
    """What people call each identifier or account of a map: `email`, `account shopify`; the second one `email 2`."""
    found: list[str] = []
    for item in items:
        kind, system = item.type if isinstance(item, Identifier) else "", item.system or ""
        name = f"{kind} {system}".strip()
        count = sum(other.rstrip(" 0123456789") == name for other in found)
        found.append(f"{name} {count + 1}" if count else name)
    return found


def columns_of(part: Part, path: str = "") -> Iterator[tuple[str, Column]]:
    """Every column that a map asks for, with the place in the map that asks for it (`record.first_name`)."""
    for field in type(part).model_fields:
        yield from _columns_in(getattr(part, field), f"{path}.{field}" if path else field)


def _columns_in(value: Any, path: str) -> Iterator[tuple[str, Column]]:
    if isinstance(value, Column):
        yield path, value
    elif isinstance(value, Part):
        yield from columns_of(value, path)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _columns_in(item, f"{path}.{key}")
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _columns_in(item, f"{path}.{index}")
