"""The project file: YAML in, a checked `Config` out.

Every error names the file, the key, the bad value and, where there is one, the nearest good value.
"""

from __future__ import annotations

import difflib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from engine.errors import ConfigError
from engine.sources.mapping import Mapping

#: The version of the project file that this program writes and reads.
SCHEMA_VERSION = 1

#: A project file larger than this isn't one.
MAX_BYTES = 1_000_000


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
    if len(value) != 3 or not value.isalpha():
        raise ValueError("is not a currency code such as USD")
    return value


def _near(value: str, good: Any, otherwise: str) -> str:
    close = difflib.get_close_matches(value, list(good), n=1)
    return close[0] if close else otherwise


Region = Annotated[str, AfterValidator(_region)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Currency = Annotated[str, AfterValidator(_currency)]


class Model(BaseModel):
    """Unknown keys are errors: a misspelt setting must not be silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseTable(Model):
    """A table (or query) of another database, read through SQLAlchemy."""

    url: str = Field(description="SQLAlchemy URL; ${NAME} is taken from the environment, so no password is in the file")
    table: str | None = None
    query: str | None = None

    @model_validator(mode="after")
    def _one_of(self) -> DatabaseTable:
        if (self.table is None) == (self.query is None):
            raise ValueError("give either table or query")
        return self


class Source(Model):
    """One export: where it is, what it is, and how far it is to be believed."""

    name: str = ""
    path: str | None = Field(None, description="file or glob, relative to the project file; .gz is read as it is")
    database: DatabaseTable | None = None
    preset: str | None = None
    map: Mapping | None = None
    format: Literal["csv", "parquet", "jsonl"] | None = None
    encoding: str | None = None
    delimiter: str | None = None
    priority: int | None = Field(None, description="1 is believed first; default: the order in the file")
    region: Region | None = None
    time_zone: TimeZone | None = None
    currency: Currency | None = None
    mode: Literal["snapshot", "append"] = "snapshot"
    duplicates: bool = Field(True, description="false: this source never holds a person twice")

    @model_validator(mode="after")
    def _complete(self) -> Source:
        if self.path is not None and self.database is not None:
            raise ValueError("give a path or a database, not both")
        if self.preset is None and self.map is None:
            raise ValueError("needs a preset or a map (clew init recognises presets)")
        if not self.name and self.path is None:
            raise ValueError("needs a name, as it has no path to take one from")
        return self

    @property
    def title(self) -> str:
        """The source's name: as given, else the stem of its file."""
        return self.name or Path(self.path or "").name.split(".")[0].replace("*", "").strip("_- ")


class IdentifierPolicy(Model):
    """How far a type of identifier may be trusted."""

    trust: Literal["unique", "strong", "weak"] = "strong"
    max_customers: int = Field(5, ge=1, description="more people than this behind one value: it is shared, never a reason")
    max_records: int = Field(10_000, ge=1)
    priority: int = Field(10, description="1 is shown first")
    block: tuple[str, ...] = Field((), description="values that never link")
    block_patterns: tuple[str, ...] = Field((), description="regular expressions; a value that matches never links")


DEFAULT_IDENTIFIERS: dict[str, IdentifierPolicy] = {
    "account": IdentifierPolicy(trust="strong", priority=1),
    "loyalty": IdentifierPolicy(trust="unique", priority=2),
    "email": IdentifierPolicy(trust="strong", priority=3),
    "phone": IdentifierPolicy(trust="strong", priority=4),
    "device": IdentifierPolicy(trust="weak", priority=9),
}


class Linkage(Model):
    """How records are compared. Everything has a good default; give a Splink settings file to do it all yourself."""

    compare: tuple[str, ...] = Field((), description="further columns to compare (they must be mapped as extra columns)")
    blocking: tuple[str, ...] = Field((), description="further blocking rules, as SQL over l and r or as column names")
    threshold: float = Field(0.0, description="match weight in bits; 0 is even odds")
    settings: str | None = Field(None, description="a Splink settings or model JSON to use in place of Clew's own")
    link_only: bool = Field(False, description="true: no source holds a person twice, so only link between sources")


class Limits(Model):
    """What no customer may have more of. A match that would break a limit is refused, with the reason."""

    max_records: int = Field(5_000, ge=1, description="records in one customer")
    block_size: int = Field(300, ge=2, description="blocks of a blocking rule larger than this are not compared")


class Survivorship(Model):
    """Which record's value wins, per field."""

    default: tuple[Literal["priority", "recent", "frequent", "longest"], ...] = ("priority", "recent")
    fields: dict[str, tuple[Literal["priority", "recent", "frequent", "longest"], ...]] = {}


class Rate(Model):
    """From `since` on, one unit of `currency` is worth `rate` units of the project's currency."""

    currency: Currency
    rate: float = Field(gt=0)
    since: date = date(1970, 1, 1)


class Config(Model):
    """A whole project file."""

    version: Literal[1] = SCHEMA_VERSION
    name: str = "shop"
    region: Region = "US"
    time_zone: TimeZone = "UTC"
    currency: Currency = "USD"
    sources: tuple[Source, ...] = Field(min_length=1)
    identifiers: dict[str, IdentifierPolicy] = {}
    linkage: Linkage = Linkage()
    limits: Limits = Limits()
    survivorship: Survivorship = Survivorship()
    rates: tuple[Rate, ...] = ()
    store: str = Field(".clew", description="folder of runs, state.db and graph.db, relative to the project file")

    @field_validator("sources")
    @classmethod
    def _names(cls, sources: tuple[Source, ...]) -> tuple[Source, ...]:
        seen: set[str] = set()
        for source in sources:
            if source.title in seen:
                raise ValueError(f"two sources are called {source.title!r}: give one a name of its own")
            seen.add(source.title)
        return sources

    def policy(self, identifier_type: str) -> IdentifierPolicy:
        """The policy of an identifier type: the project's, else the default."""
        if identifier_type in self.identifiers:
            return self.identifiers[identifier_type]
        return DEFAULT_IDENTIFIERS.get(identifier_type, IdentifierPolicy())

    def priority(self, source: Source) -> int:
        """1 is believed first; sources without one come in the order of the file."""
        return source.priority if source.priority is not None else self.sources.index(source) + 1

    def zone(self, source: Source) -> ZoneInfo:
        """The time zone of a source's times that don't carry one."""
        return ZoneInfo(source.time_zone or self.time_zone)
