"""Presets: maps of well-known exports, one YAML file each, and the recognising of files by their columns."""

from __future__ import annotations

import difflib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import yaml
from pydantic import Field

from engine.errors import ConfigError, SourceError
from engine.sources.columns import refer, references
from engine.sources.files import FORMATS, look
from engine.sources.mapping import Column, Mapping, Part, columns_of, overlay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.config import Source


class Recognise(Part):
    """How a file of this kind is known: every entry is a column that it has, or several of which it has one."""

    columns: tuple[str | tuple[str, ...], ...] = Field((), description="none: never recognised, only named")
    unlike: tuple[str, ...] = Field((), description="columns that only other kinds of file have")


class Preset(Part):
    """A well-known export."""

    name: str
    product: str
    about: str
    rank: int = Field(description="where it usually stands in a list of sources; 1 is believed first")
    files: tuple[Literal["csv", "parquet", "jsonl"], ...] = ("csv", "parquet")
    recognise: Recognise = Recognise()
    map: Mapping

    def required(self) -> list[Column]:
        """Columns without which a file isn't what the preset says it is."""
        return [Column(column=(e,) if isinstance(e, str) else e) for e in self.recognise.columns]

    def known(self, columns: Sequence[str]) -> set[str]:
        """Those of a file's columns that its map reads."""
        return {r.top for _, c in columns_of(self.map) for name in c.column if (r := refer(name, columns))}

    def score(self, columns: Sequence[str]) -> float:
        """How well a file's columns fit: 0 is not at all; more than 0 recognises it, and more is better."""
        if not self.recognise.columns or any(refer(c, columns) for c in self.recognise.unlike):
            return 0.0
        if not all(references(column, columns) for column in self.required()):
            return 0.0
        known = self.known(columns)
        # Presets that ask for more are more certain; among equals the one that knows more of the file's columns.
        return len(self.recognise.columns) + len(known) / max(1, len(columns))


@cache
def presets() -> dict[str, Preset]:
    """All presets by name, in the order in which sources are usually believed."""
    folder = resources.files("engine.sources").joinpath("presets")
    texts = [file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".yaml")]
    found = [Preset.model_validate(yaml.safe_load(text)) for text in texts]
    return {p.name: p for p in sorted(found, key=lambda p: (p.rank, p.name))}


def candidates(columns: Sequence[str], format_: str | None = None) -> list[tuple[Preset, float]]:
    """The presets that fit these columns, best first, each with its score."""
    scored = [(p, p.score(columns)) for p in presets().values() if format_ is None or format_ in p.files]
    return sorted(((p, s) for p, s in scored if s > 0), key=lambda item: (-item[1], item[0].rank))


def lists_people(columns: Sequence[str]) -> bool:
    """Whether the preset `contacts` can read a file as it is: a key, an e-mail or phone, and no events.

    It must hold names as well, or nothing that the preset doesn't know: a list of e-mails alone.
    """
    contacts = presets()["contacts"]
    maps = [contacts.map, presets()["events"].map]
    has = {path for mapping in maps for path, column in columns_of(mapping) if references(column, columns)}
    things = {f"event.{part}" for part in ("name", "order_key", "item", "value", "quantity", "url")}
    named = not has.isdisjoint({"record.name", "record.first_name", "record.last_name"})
    return (
        "record.key" in has
        and (named or len(contacts.known(columns)) == len(columns))
        and any(path.startswith("record.identifiers") for path in has)
        and has.isdisjoint(things)
    )


def recognise(path: Path) -> Preset | None:
    """What well-known export a file is, by its columns (or the keys of its JSON); None when it is none of them."""
    if not any(s.lower() in FORMATS for s in path.suffixes):
        return None
    try:
        export = look(path, path.name)
    except SourceError:
        return None
    best = candidates(export.names, export.format)
    return best[0][0] if best else None


def resolve(source: Source) -> tuple[Mapping, list[Column], list[Column]]:
    """A source's whole map: its preset with the project's own map laid over it.

    Also the columns that come from the preset, which a file may lack, and those without which it isn't the preset's.
    """
    mapping, lenient, required = source.map or Mapping(), list[Column](), list[Column]()
    if source.preset is not None:
        preset = presets().get(source.preset)
        if preset is None:
            close = difflib.get_close_matches(source.preset, presets(), n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(presets())}."
            raise ConfigError(f"source {source.title}: there is no preset {source.preset!r}. {hint}")
        lenient, required = [c for _, c in columns_of(preset.map)], preset.required()
        mapping = overlay(preset.map, source.map) if source.map else preset.map
    stated = [n for _, c in columns_of(mapping) if c in lenient for n in c.column]
    required = [c for c in required if any(n in stated for n in c.column)]  # a project's own column stands in for it
    lacks = mapping.lacks()
    if lacks:
        raise ConfigError(f"source {source.title}: its map needs {lacks}.")
    return mapping, lenient, required
