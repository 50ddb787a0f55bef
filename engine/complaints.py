"""What pydantic found wrong with a file of settings, in words for the person who wrote the file."""

from __future__ import annotations

import difflib
import re
import typing
from collections.abc import Callable, Collection, Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from engine.document import Keys
from engine.errors import ConfigError

#: More than this many errors at once help nobody.
SHOWN = 10

_GROUP = "should be a group of settings, one `name: value` a line"
_LIST = "should be a list: [a, b], or one `- a` a line"
#: pydantic's error types, in other words.
_WORDS = {
    "missing": "is missing",
    "too_short": "needs at least one",
    "model_type": _GROUP,
    "model_attributes_type": _GROUP,
    "dict_type": _GROUP,
    "tuple_type": _LIST,
    "list_type": _LIST,
    "string_type": "should be text",
    "bool_parsing": "should be true or false",
    "bool_type": "should be true or false",
    "int_parsing": "should be a whole number",
    "int_type": "should be a whole number",
    "float_parsing": "should be a number",
    "float_type": "should be a number",
    "finite_number": "should be a number",
    "date_from_datetime_parsing": "should be a date such as 2026-01-31",
    "date_parsing": "should be a date such as 2026-01-31",
}


def complaints(
    model: type[BaseModel], error: ValidationError, place: Callable[[Keys], str] = lambda keys: ""
) -> Iterator[str]:
    """One line for each error: where it stands (`place`), key, bad value, and what would be right."""
    found_wrong = error.errors(include_url=False)
    # A list that is short for want of its wrong items is no further mistake.
    inside = {wrong["loc"][:depth] for wrong in found_wrong for depth in range(1, len(wrong["loc"]))}
    errors = [wrong for wrong in found_wrong if wrong["type"] != "too_short" or wrong["loc"] not in inside]
    for found in errors[:SHOWN]:
        keys = found["loc"]
        key = re.sub(r"\.(\d+)", r"[\1]", ".".join(map(str, keys)))
        yield ": ".join(part for part in (place(keys), key, _said(model, dict(found))) if part)
    if len(errors) > SHOWN:
        yield f"... and {len(errors) - SHOWN} more"


def _said(model: type[BaseModel], found: dict[str, Any]) -> str:
    kind, value, keys = found["type"], found["input"], found["loc"]
    if kind == "extra_forbidden":
        return _unknown(model, keys)
    if kind == "missing":
        return _WORDS[kind]
    message = _WORDS.get(kind) or re.sub("^(Value error, |(Input|String) (?=should))", "", found["msg"])
    if kind == "literal_error":
        message = _choice(str(value), found["ctx"]["expected"])
    if value is None:
        return f"is empty; {message}"
    # A whole group of settings isn't repeated, and neither is a very long text.
    return message if isinstance(value, dict | list | tuple) else f"{_short(value)} {message}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _choice(value: str, expected: str) -> str:
    """List the good values and the nearest; `expected` is pydantic's: 'csv', 'parquet' or 'jsonl'."""
    options = re.findall(r"'([^']*)'", expected)
    close = difflib.get_close_matches(value, options, n=1)
    return f"should be {expected.replace(chr(39), '')}" + (f"; did you mean {close[0]}?" if close else "")


def check_choice(what: str, value: str, options: Collection[str]) -> None:
    """Raise ConfigError for a word that is none of those that there are."""
    if value not in options:
        *most, last = map(repr, options)
        raise ConfigError(f"{what}: {value!r} {_choice(str(value), ', '.join(most) + ' or ' + last)}")


def _unknown(model: type[BaseModel], keys: Keys) -> str:
    """Name the setting nearest to one that doesn't exist, or all."""
    fields = list(_model_at(model, keys[:-1]).model_fields)
    close = difflib.get_close_matches(str(keys[-1]), fields, n=1)
    return "is not a setting; " + (f"did you mean {close[0]}?" if close else f"there are {', '.join(fields)}")


def _model_at(model: type[BaseModel], keys: Keys) -> type[BaseModel]:
    """Find the model that the settings under `keys` are read with; indices and free names lead to no other."""
    for key in keys:
        field = model.model_fields.get(str(key))
        if field is not None:
            model = next(models_in(field.annotation), model)
    return model


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in a type: of a field that is a list of settings, that of these."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in typing.get_args(annotation):
        yield from models_in(part)
