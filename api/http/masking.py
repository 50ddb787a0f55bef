"""Personal values out of answers, for those who may not see them.

Whatever isn't known to be harmless is masked, so that a new field of an answer shows nothing before somebody says that
it may. Harmless are numbers, times, the words that Clew itself has, and ids of customers and runs. A record's id, a
device's and an account's can hold a phone number or a name: they become stand-ins, the same for the same id within a
project, so that paths and graphs still hang together.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from types import NoneType
from typing import Any

import orjson

from api.plain import plain, shape

#: Fields whose texts are Clew's own words, names of sources and staff, times, or ids of customers and runs.
_WORDS = frozenset({
    "type", "status", "source", "sources", "kind", "stage", "rule", "comparison", "level", "channel", "why",
    "why_not", "because", "field", "currency", "said_in", "said_out", "hash", "run_id", "actor", "starter",
    "customer_id", "customers", "customer_ids", "now", "led", "leads_to", "origin", "target", "several", "at",
    "first_seen", "last_seen", "since", "until", "seen_at", "created_at", "published", "started", "finished",
    "as_of", "entries", "next", "purpose",
})  # fmt: skip
#: Fields that hold ids of records, identifiers and devices.
_IDS = frozenset({
    "record_id", "record_a", "record_b", "anchor", "records", "record_ids", "left", "right", "through", "key",
    "device", "id", "start", "end", "session",
})  # fmt: skip
#: Fields that hold two records and, in Clew's words, why.
_PAIRS = ("matches", "refusals", "ended")
#: What a trigger is told in Clew's own words.
_STATE = frozenset({
    "as_of", "buyer", "stage", "last_order_at", "last_order_currency", "last_active_at", "cart_at", "cart_kind",
    "cart_currency", "conversation_at", "conversation_status", "email", "sms", "phone", "ads",
})  # fmt: skip
#: What holds nothing personal wherever it stands; what is written already are reasons, in Clew's words.
_HARMLESS = frozenset({bool, float, int, NoneType, orjson.Fragment})
#: What is shown by the name of its list, where it is an item of one.
_NAMED = frozenset({str, list, tuple, datetime})
_HIDDEN = "•••"


def mask(found: Any, secret: bytes) -> Any:
    """An answer in values to be encoded, without personal ones; `secret` makes the stand-ins this project's own."""
    return _Mask(secret).value("", found)


def masked(text: str) -> str:
    """What is left of a personal text: enough to tell one from another where somebody knows them, and no more."""
    if len(text) <= len(_HIDDEN):
        return _HIDDEN
    if "@" in text:
        return f"{text[0]}{_HIDDEN}@{_HIDDEN}"
    if not any(map(str.isalpha, text)):
        digits = [character for character in text if character.isdigit()]
        if len(digits) > 6:
            return _HIDDEN + "".join(digits[-2:])
    return f"{text[0]}{_HIDDEN}"


class _Texts(dict[str, str]):
    """Texts of an answer, masked: it says most of them many times."""

    def __missing__(self, text: str) -> str:
        return self.setdefault(text, masked(text))


class _StandIns(dict[str, str]):
    """What stands for ids. What comes before the first colon of one is a source or a type."""

    def __init__(self, secret: bytes) -> None:
        super().__init__()
        self.secret = secret

    def __missing__(self, text: str) -> str:
        before, colon, _ = text.partition(":")
        mark = blake2b(text.encode("utf-8", "surrogatepass"), key=self.secret, digest_size=6).hexdigest()
        return self.setdefault(text, f"{before}:~{mark}" if colon else f"~{mark}")


class _Mask:
    def __init__(self, secret: bytes) -> None:
        self.texts = _Texts()
        self.stand_ins = _StandIns(secret)

    def value(self, name: str, found: Any) -> Any:
        """What is shown of a value in the field of that name."""
        kind = type(found)
        if kind is str:
            if name in _WORDS:
                return found
            return self.stand_ins[found] if name in _IDS else self.texts[found]
        if kind in _HARMLESS:
            return found
        if kind is tuple or kind is list:
            return [self.item(name, item) for item in found]
        if kind is dict:
            return self.fields(name, found.copy())
        try:
            shaped = shape(found)
        except TypeError:  # what the encoder knows, such as a time
            shaped = plain(found)
        return self.fields(name, shaped) if type(shaped) is dict else self.value(name, shaped)

    def fields(self, name: str, found: dict[str, Any]) -> dict[str, Any]:
        """What is shown of an object in the field of that name, which is changed to that."""
        if name == "names":  # by record
            return {self.stand_ins[record]: self.texts[text] for record, text in found.items()}
        if name == "fields":  # of a record, by name
            return {field: self.texts[str(text)] for field, text in found.items()}
        for field, value in found.items():
            kind = type(value)
            if kind in _HARMLESS or (name == "state" and field in _STATE):
                continue
            if kind is str or kind is datetime:
                # A permission's state is a word; in the fields of a record, above, it is a part of an address.
                if field in _WORDS or field == "state":
                    continue
                if kind is str:
                    found[field] = self.stand_ins[value] if field in _IDS else self.texts[value]
                    continue
            found[field] = self.value(field, value)
        return found

    def item(self, name: str, found: Any) -> Any:
        """What is shown of an item of a list in the field of that name."""
        kind = type(found)
        if (kind is list or kind is tuple) and name in _PAIRS:  # two records, and what joined or parted them
            return [None if record is None else self.stand_ins[record] for record in found[:2]] + list(found[2:])
        shown = self.value(name if kind in _NAMED else "", found)
        if name == "fields" and type(shown) is dict and "name" in shown:
            # Of two records side by side it is a column's name.
            shown["name"] = found["name"] if kind is dict else found.name
        return shown
