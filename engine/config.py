"""The project file: YAML in, a checked `Config` out.

Every error names the file, the key, the bad value and, where there is one, the nearest good value.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from engine.checked import Currency, Delimiter, Encoding, Model, Pattern, Region, TimeZone
from engine.complaints import complaints
from engine.document import read_document
from engine.errors import ConfigError
from engine.limits import Health
from engine.sources.mapping import Channel, Mapping

#: The version of the project file that this program writes and reads.
SCHEMA_VERSION = 1

#: A project file larger than this isn't one.
MAX_BYTES = 1_000_000


#: Where people come from, as `engine/measure/views/01_spellings.sql` tells it.
CHANNELS = (
    "email", "sms", "push", "paid search", "paid social", "organic search", "social", "display", "affiliate",
    "referral", "direct", "other",
)  # fmt: skip


def _check_spelling(word: str, known: Collection[str], what: str, place: str = "") -> None:
    """Refuse what looks like a misspelt one of those `known`, as it would be taken for one of the project's own."""
    if word not in known:
        for close in difflib.get_close_matches(word, known, n=1, cutoff=0.75):
            raise ValueError(f"{place}{word!r} is {what}; did you mean {close}?")


def _version(value: int) -> int:
    if value > SCHEMA_VERSION:
        raise ValueError(f"is newer than this program, which reads version {SCHEMA_VERSION}: bring Clew up to date")
    if value < SCHEMA_VERSION:
        raise ValueError(f"is no version of the project file; there is {SCHEMA_VERSION}")
    return value


class DatabaseTable(Model):
    """A table (or query) of another database, read through SQLAlchemy."""

    url: str = Field(description="SQLAlchemy URL; ${NAME} is taken from the environment, so no password is in the file")
    table: str | None = Field(None, description="its name; schema.table where it is in another schema")
    query: str | None = Field(None, description="a SELECT in place of a table")

    @model_validator(mode="after")
    def _one_of(self) -> DatabaseTable:
        if (self.table is None) == (self.query is None):
            raise ValueError("give either table or query")
        return self


class Source(Model):
    """One export: where it is, what it is, and how far it is to be believed."""

    name: str = Field("", description="default: the file's name without its ending")
    path: str | None = Field(None, description="file or glob, relative to the project file; .gz is read as it is")
    database: DatabaseTable | None = Field(None, description="a table of a database, in place of a file")
    preset: str | None = Field(None, description="which well-known export it is")
    map: Mapping | None = Field(None, description="which column is what: by itself, or beside a preset what differs")
    format: Literal["csv", "parquet", "jsonl"] | None = Field(None, description="default: what it is found to be")
    encoding: Encoding | None = Field(None, description="default: what it is found to be")
    delimiter: Delimiter | None = Field(None, description="default: what it is found to be")
    priority: int | None = Field(None, ge=1, description="1 is believed first; default: the order in the file")
    region: Region | None = Field(None, description="default: the project's")
    time_zone: TimeZone | None = Field(None, description="default: the project's")
    currency: Currency | None = Field(None, description="of amounts that don't say theirs; default: the project's")
    mode: Literal["snapshot", "append"] = Field(
        "snapshot", description="snapshot: a row that is gone was deleted; append: nothing is forgotten"
    )
    duplicates: bool = Field(True, description="false: this source never holds a person twice")

    @model_validator(mode="after")
    def _complete(self) -> Source:
        if self.path is not None and self.database is not None:
            raise ValueError("give a path or a database, not both")
        if self.preset is None and self.map is None:
            raise ValueError("needs a preset or a map (clew init recognises presets)")
        if not self.name and self.path is None:
            raise ValueError("needs a name, as it has no path to take one from")
        if not self.title:
            raise ValueError(f"needs a name, as none can be taken from the path {self.path!r}")
        if ":" in self.title:
            # A record's id is "source:key": with a colon in the name, two records could have one id.
            raise ValueError(f"needs a name without a colon, not {self.title!r}")
        return self

    @field_validator("preset")
    @classmethod
    def _known(cls, preset: str | None, info: ValidationInfo) -> str | None:
        known = (info.context or {}).get("presets")
        if preset is not None and known is not None and preset not in known:
            close = difflib.get_close_matches(preset, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
            raise ValueError(f"is not a preset; {hint}")
        return preset

    @property
    def title(self) -> str:
        """The source's name: as given, else the stem of its file."""
        return self.name or Path(self.path or "").name.split(".")[0].replace("*", "").strip("_- ")


class IdentifierPolicy(Model):
    """How far a type of identifier may be trusted."""

    trust: Literal["unique", "strong", "weak"] = Field(
        "strong", description="unique: a person has one of them; weak: shown, but no reason to join"
    )
    max_customers: int = Field(
        5, ge=1, description="more people than this behind one value: it is shared, never a reason"
    )
    max_records: int = Field(10_000, ge=1, description="more records than this hold one value: the same")
    priority: int = Field(10, description="1 is shown first")
    block: tuple[str, ...] = Field((), description="values that never link")
    block_patterns: tuple[Pattern, ...] = Field((), description="regular expressions; a value that matches never links")


DEFAULT_IDENTIFIERS: dict[str, IdentifierPolicy] = {
    "account": IdentifierPolicy(trust="strong", priority=1),
    "loyalty": IdentifierPolicy(trust="unique", priority=2),
    "email": IdentifierPolicy(trust="strong", priority=3),
    "phone": IdentifierPolicy(trust="strong", priority=4),
    "device": IdentifierPolicy(trust="weak", priority=9),
}


class Linkage(Model):
    """How records are compared. Everything has a good default; give a Splink settings file to do it all yourself."""

    compare: tuple[str, ...] = Field(
        (), description="further columns to compare (they must be mapped as extra columns)"
    )
    blocking: tuple[str, ...] = Field((), description="further blocking rules, as SQL over l and r or as column names")
    threshold: float = Field(0.0, ge=-10, le=50, description="match weight in bits; 0 is even odds")
    settings: str | None = Field(None, description="a Splink settings or model JSON to use in place of Clew's own")
    link_only: bool = Field(False, description="true: no source holds a person twice, so only link between sources")


class Limits(Model):
    """What no customer may have more of. A match that would break a limit is refused, with the reason."""

    max_records: int = Field(5_000, ge=1, description="records in one customer")
    block_size: int = Field(300, ge=2, description="blocks of a blocking rule larger than this are not compared")


#: The fields of the golden record; each extra column is one, too, by its name.
GOLDEN = ("name", "email", "phone", "address", "place", "birth_date", "gender", "company")
Rule = Literal["priority", "recent", "frequent", "longest", "complete"]
#: One rule may stand without a list.
Rules = Annotated[tuple[Rule, ...], BeforeValidator(lambda said: (said,) if isinstance(said, str) else said)]


class Survivorship(Model):
    """Which record's value wins, per field: rules, the first that tells two values apart decides."""

    default: Rules = Field(("priority", "recent"), description="the rules of every field")
    fields: dict[str, Rules] = Field(
        {}, description="other rules for a field; of name, address and place the complete ones come first by default"
    )

    @field_validator("fields")
    @classmethod
    def _not_misspelt(cls, fields: dict[str, tuple[Rule, ...]]) -> dict[str, tuple[Rule, ...]]:
        for name in fields:
            _check_spelling(name, GOLDEN, "no field of the golden record")
        return fields

    def of(self, field: str) -> tuple[Rule, ...]:
        """The rules of a field."""
        first: tuple[Rule, ...] = ("complete",) if field in ("name", "address", "place") else ()
        return self.fields.get(field, (*first, *self.default))


#: Which of disagreeing statements about consent is followed.
Precedence = Literal["restrictive", "recent", "priority"]


class Confidence(Model):
    """How sure a link must be, as a probability, before an identifier may be used for a purpose."""

    analytics: float = Field(0.5, ge=0, le=1, description="an event, to count for the customer in measures")
    service: float = Field(0.8, ge=0, le=1, description="answering the customer, about an order for example")
    email: float = Field(0.9, ge=0, le=1, description="an address or a cart, for messages on this channel")
    sms: float = Field(0.95, ge=0, le=1, description="the same")
    phone: float = Field(0.95, ge=0, le=1, description="the same")
    ads: float = Field(0.9, ge=0, le=1, description="the same")


class Consent(Model):
    """Whose word counts when sources disagree about consent. Each source's latest statement is its word."""

    precedence: Precedence = Field("restrictive", description="restrictive: one opt-out is enough")
    channels: dict[Channel, Precedence] = Field({}, description="for these channels another precedence")
    confidence: Confidence = Field(Confidence(), description="how sure a link must be for a purpose")

    def of(self, channel: Channel) -> Precedence:
        """The precedence of a channel."""
        return self.channels.get(channel, self.precedence)


class Breakers(Model):
    """A run that would change more than this at once is held: it waits as a plan, to be looked at and applied."""

    changed_ids: float = Field(0.25, ge=0, le=1, description="share of customers that end, are joined or are parted")
    largest_growth: float = Field(3.0, ge=1, description="how many times as many records the largest customer gets")
    source_fall: float = Field(0.5, ge=0, le=1, description="share of its rows that a source loses")
    stitch_fall: float = Field(0.5, ge=0, le=1, description="share that the rate of stitched anonymous events loses")
    from_customers: int = Field(200, ge=0, description="in smaller shops than this nothing is held")


class Rate(Model):
    """From `since` on, one unit of `currency` is worth `rate` units of the project's currency."""

    currency: Currency = Field(description="a code of ISO 4217")
    rate: float = Field(gt=0, description="what one of it is worth")
    since: date = Field(date(1970, 1, 1), description="the first day that it holds on; default: ever")


def _channels(channels: dict[str, str]) -> dict[str, str]:
    """Words as measures compare them: letters and digits, in small ones. Refuses what looks like a misspelt channel."""
    found: dict[str, str] = {}
    for word, channel in channels.items():
        folded, channel = re.sub(r"[\W_]", "", word.lower()), channel.strip().lower()
        if not folded:
            raise ValueError(f"{word!r} is no word: a UTM source or medium has letters or digits")
        _check_spelling(channel, CHANNELS, "no channel", f"{word}: ")
        if found.setdefault(folded, channel) != channel:
            raise ValueError(f"{word!r} is said of two channels, {found[folded]} and {channel}")
    return found


class Config(Model):
    """A whole project file."""

    version: Annotated[int, AfterValidator(_version)] = Field(SCHEMA_VERSION, description="of the project file's form")
    name: str = Field("shop", min_length=1, description="what pages and reports call the shop")
    region: Region = Field("US", description="phone numbers without a country code are from here")
    regions: tuple[Region, ...] = Field((), description="the other countries where customers live, most of them first")
    time_zone: TimeZone = Field("UTC", description="of times that don't say their own")
    currency: Currency = Field("USD", description="what amounts are reported in")
    sources: tuple[Source, ...] = Field(
        min_length=1, description="the exports, the one that is believed first in front"
    )
    identifiers: dict[str, IdentifierPolicy] = Field(
        {}, description="by type (email, phone, account, loyalty, device, or one of one's own), how far it is trusted"
    )
    linkage: Linkage = Linkage()
    limits: Limits = Limits()
    survivorship: Survivorship = Survivorship()
    consent: Consent = Consent()
    breakers: Breakers = Breakers()
    approval: bool = Field(
        False, description="true: a run waits as a plan until somebody other than its author applies it"
    )
    rates: tuple[Rate, ...] = Field((), description="what other currencies are worth, from which day on")
    channels: Annotated[dict[str, Annotated[str, Field(min_length=1)]], AfterValidator(_channels)] = Field(
        {}, description="which channel a word means that is a UTM source or medium; one of one's own is fine"
    )
    health: Health = Health()
    graph: Literal["sqlite", "neo4j"] = Field(
        "sqlite", description="where the identity graph is kept; where Neo4j is comes from the environment"
    )
    store: str = Field(
        ".clew", min_length=1, description="folder of runs, state.db and graph.db, relative to the project file"
    )

    @field_validator("sources")
    @classmethod
    def _names(cls, sources: tuple[Source, ...]) -> tuple[Source, ...]:
        seen: set[str] = set()
        for source in sources:
            if source.title in seen:
                raise ValueError(f"two sources are called {source.title!r}: give one a name of its own")
            seen.add(source.title)
        return sources

    @model_validator(mode="after")
    def _health_of_sources(self) -> Config:
        titles = [source.title for source in self.sources]
        for name in self.health.sources:
            if name not in titles:
                close = difflib.get_close_matches(name, titles, n=1)
                hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(titles)}"
                raise ValueError(f"health.sources: there is no source {name!r}; {hint}")
        return self

    @field_validator("identifiers")
    @classmethod
    def _not_misspelt(cls, identifiers: dict[str, IdentifierPolicy]) -> dict[str, IdentifierPolicy]:
        for name in identifiers:
            _check_spelling(name, DEFAULT_IDENTIFIERS, "not a type of identifier")
        return identifiers

    def policy(self, identifier_type: str) -> IdentifierPolicy:
        """The policy of an identifier type: what the project says of it, and the default of that type for the rest."""
        default = DEFAULT_IDENTIFIERS.get(identifier_type, IdentifierPolicy())
        said = self.identifiers.get(identifier_type)
        if said is None:
            return default
        return default.model_copy(update={name: getattr(said, name) for name in said.model_fields_set})

    def priority(self, source: Source) -> int:
        """1 is believed first; sources without one come in the order of the file."""
        return source.priority if source.priority is not None else self.sources.index(source) + 1

    @property
    def all_regions(self) -> list[str]:
        """The project's region, its other regions and those of its sources: where a phone number may be from."""
        return list(dict.fromkeys([self.region, *self.regions, *(s.region for s in self.sources if s.region)]))

    def zone(self, source: Source) -> ZoneInfo:
        """Return the time zone of a source's times that don't carry one."""
        return ZoneInfo(source.time_zone or self.time_zone)


def _presets() -> Collection[str]:
    # Imported when needed: the presets are read with the models of this module.
    from engine.sources import presets

    return presets()


def load(path: Path, presets: Callable[[], Collection[str]] = _presets) -> Config:
    """Read a project file; `presets` gives the names that a source may ask for.

    Raises ConfigError, which lists everything that is wrong: file and line, key, bad value and the nearest good one.
    """
    document = read_document(path, MAX_BYTES)
    if document.values is None:
        raise ConfigError(f"{path}: is empty; `clew init FOLDER` writes a project file for a folder of exports")
    if not isinstance(document.values, dict):
        raise ConfigError(
            f"{document.place(())}: is not a project file; that has settings such as `sources:`, one a line"
        )
    try:
        return Config.model_validate(document.values, context={"presets": presets()})
    except ValidationError as error:
        raise ConfigError("\n".join(complaints(Config, error, document.place))) from error


def config_hash(config: Config) -> str:
    """SHA-256 of all settings in force, defaults too: the same for the same settings however their file is written."""
    settings = json.dumps(config.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(settings.encode()).hexdigest()
