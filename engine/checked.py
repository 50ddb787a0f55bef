"""What all settings of a project file have in common, and text that must be more than text: it says what is wanted."""

from __future__ import annotations

import codecs
import difflib
import re
from collections.abc import Iterable
from typing import Annotated, Any
from zoneinfo import available_timezones

import phonenumbers
from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from engine.currencies import CURRENCIES


class Model(BaseModel):
    """Unknown keys are errors: a misspelt setting must not be silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _empty_is_absent(cls, data: Any) -> Any:
        """Let a setting whose value is left empty keep its default."""
        if not isinstance(data, dict):
            return data
        wanted = {name for name, field in cls.model_fields.items() if field.default is not None}
        return {name: value for name, value in data.items() if value is not None or name not in wanted}


def _region(value: str) -> str:
    value = value.upper()
    if value not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f"is not a country code such as {_near(value, phonenumbers.SUPPORTED_REGIONS, 'US')}")
    return value


def _time_zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError(f"is not a time zone such as {_near(value, available_timezones(), 'Europe/Berlin')}")
    return value


def _currency(value: str) -> str:
    value = value.upper()
    if value not in CURRENCIES:
        raise ValueError(f"is not a currency code such as {_near(value, CURRENCIES, 'USD')}")
    return value


def _encoding(value: str) -> str:
    try:
        codecs.lookup(value)
    except LookupError:
        raise ValueError("is not a text encoding such as utf-8, utf-16 or cp1252") from None
    return value


def _delimiter(value: str) -> str:
    value = {"tab": "\t", "\\t": "\t"}.get(value, value)
    if len(value) != 1:
        raise ValueError("is not one character; write tab for a tab")
    return value


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from error
    return value


def _near(value: str, good: Iterable[str], otherwise: str) -> str:
    close = difflib.get_close_matches(value, list(good), n=1)
    return close[0] if close else otherwise


Region = Annotated[str, AfterValidator(_region)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Currency = Annotated[str, AfterValidator(_currency)]
Pattern = Annotated[str, AfterValidator(_pattern)]
Encoding = Annotated[str, AfterValidator(_encoding)]
Delimiter = Annotated[str, AfterValidator(_delimiter)]
