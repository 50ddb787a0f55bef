"""`clew init`: look at a folder of exports and write a project file that runs as it is."""

from __future__ import annotations

import fnmatch
import json
import logging
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from engine.compute import Compute
from engine.errors import ConfigError, SourceError
from engine.sources.files import FORMATS, Export, look, prepare
from engine.sources.guess import currency_of, regions_of, zone_of
from engine.sources.mapping import columns_of
from engine.sources.presets import Preset, candidates, lists_people, presets
from engine.sources.stage import STAGE, Stage

log = logging.getLogger("clew")

FILE = "clew.yaml"
#: What SQLite's files are called, and what they begin with.
_DATABASES = (".db", ".db3", ".sqlite", ".sqlite3")
_MAGIC = b"SQLite format 3\0"
#: How many rows of each file are looked at to guess region, currency and time zone.
LOOKED_AT = 20_000
#: The numbers and dates that tell the parts of one export apart: orders_export_2.csv, ga4_2026-01-31.json, web20260131.
_NUMBER = re.compile(r"(?<![A-Za-z\d])\d(?:[\d_-]*\d)?|\d{6,}")
_PACKED = ".gz"
#: What is no column's name, but somebody's.
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
#: The columns of a file of known persons, for `clew evaluate`.
_TRUTH = ("source", "key", "person")
#: Presets whose user ids are the shop's own customer ids, and the presets that say which shop it is.
_SHOP_IDS = ("ga4_events", "segment_events")
_SHOPS = {"shopify": "shopify", "woocommerce": "woocommerce", "magento": "magento"}


@dataclass(frozen=True)
class _Table:
    """A table of an SQLite file in the folder."""

    folder: Path
    file: str
    table: str
    names: tuple[str, ...]

    @property
    def shown(self) -> str:
        """How people know it."""
        return f"table {self.table} of {self.file}"

    @property
    def place(self) -> dict[str, str]:
        """Where it is, as a source says it."""
        if "." not in self.table:
            return {"url": f"sqlite:///{self.file}", "table": self.table}
        name = self.table.replace('"', '""')
        return {"url": f"sqlite:///{self.file}", "query": f'SELECT * FROM "{name}"'}


@dataclass
class _Found:
    """What a folder holds; `lists` are of people, and no known exports."""

    known: list[tuple[Export | _Table, Preset]] = field(default_factory=list)
    lists: list[Export | _Table] = field(default_factory=list)
    unknown: list[Export | _Table] = field(default_factory=list)
    truths: list[Export] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)

    def sort_in(self, export: Export | _Table, best: list[tuple[Preset, float]]) -> None:
        """Take note of a file or table by what its columns say that it is."""
        if best:
            self.known.append((export, best[0][0]))
        elif lists_people(export.names):
            self.lists.append(export)
        else:
            self.unknown.append(export)


def write_project(folder: Path, name: str | None = None) -> Path:
    """Write `folder`/clew.yaml for the exports in the folder; returns its path.

    Raises ConfigError when there is one already or the folder isn't there, SourceError when no file in it is known.
    """
    target = folder / FILE
    if target.exists():
        raise ConfigError(f"{target} is there already. Change it by hand, or move it away first.")
    if not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder.")
    found = _look(folder)
    if not found.known:
        # Beside well-known exports a list may be of staff or suppliers; alone in a folder it is what is to be read.
        found.known = [(e, presets()["contacts"]) for e in found.lists]
        found.lists = []
    if not found.known:
        seen = [*(e.shown for e in found.unknown), *found.unreadable.values()]
        there = "; ".join(seen[:20]) or "no CSV, JSON or Parquet file and no SQLite database"
        known = ", ".join(p.name for p in presets().values() if p.recognise.columns)
        raise SourceError(
            f"No file in {folder} is an export that Clew knows. There is: {there}. Clew knows: {known}. "
            f"Anything else can be mapped by hand in a {FILE} (docs/sources.md)."
        )
    text = _text(name or folder.resolve().name or "shop", found)
    try:
        with target.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError as error:
        raise ConfigError(f"{target} is there already. Change it by hand, or move it away first.") from error
    except OSError as error:
        raise ConfigError(f"{target} can't be written: {error.strerror}.") from error
    if left := [*(e.shown for e in (*found.lists, *found.unknown)), *found.unreadable]:
        log.warning("Left out, for reasons that %s gives: %s.", target, ", ".join(left))
    return target


def _look(folder: Path) -> _Found:
    found = _Found()
    for path in sorted(folder.iterdir()):
        database = path.suffix.lower() in _DATABASES
        if not path.is_file() or not (database or any(s.lower() in FORMATS for s in path.suffixes)):
            continue
        try:
            if database:
                _look_into(path, found)
                continue
            export = look(path, path.name)
        except SourceError as error:
            found.unreadable[path.name] = str(error)
            continue
        if export.empty:
            found.unreadable[path.name] = f"{export.shown} is empty: export it again"
        elif any(_MAIL.fullmatch(name) for name in export.names):
            header = "names no columns: write a line above the first that says what each is, such as `email`"
            found.unreadable[path.name] = f"{export.shown} {header}"
        elif export.names[:3] == _TRUTH:
            found.truths.append(export)
        else:
            found.sort_in(export, candidates(export.names, export.format))
    found.known.sort(key=lambda item: (item[1].rank, item[0].shown))
    return found


def _look_into(path: Path, found: _Found) -> None:
    """Take note of the tables of an SQLite file. Errors: SourceError for one that can't be read or named."""
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                return
    except OSError as error:
        raise SourceError(f"{path.name} can't be read ({error.strerror})") from error
    if "?" in path.name or "${" in path.name:
        raise SourceError(f"{path.name} can't stand in a database's URL: give it a name without ? and $")
    # SQLAlchemy takes half a second to import, and most shops have files alone.
    from engine.sources.database import tables_of

    for table, names in tables_of(path, path.name).items():
        found.sort_in(_Table(path.parent, path.name, table, names), candidates(names))


def _text(name: str, found: _Found) -> str:
    countries, currencies, times = _sample(found.known)
    region, *others = regions_of(countries)
    lines = [
        "# What Clew reads and how far it believes it. Made by `clew init`; every line may be changed.",
        "version: 1",
        f"name: {json.dumps(name, ensure_ascii=False)}",
        f"region: {region}        # phone numbers without a country code are from here",
        f"regions: [{', '.join(others)}]   # the other countries where customers live",
        f"time_zone: {zone_of(region, times)}   # times that don't say their own",
        f"currency: {currency_of(currencies, region)}      # what amounts are reported in; others need `rates`",
        "",
        "# The first source is believed first. A source's name is its file's name, unless `name:` says otherwise.",
        "# mode: snapshot (the default): the file is all there is, what is gone was deleted; append: never forget.",
        "sources:",
    ]
    shop = next((s for e, p in found.known for key, s in _SHOPS.items() if p.name.startswith(key)), "shopify")
    titles: set[str] = set()
    for place, preset in _places(found):
        if isinstance(place, _Table):
            path, own = place.table, ""
            lines.append(f"  - database: {json.dumps(place.place, ensure_ascii=False)}")
        else:
            path, own = place, _stem(place)
            lines.append(f"  - path: {json.dumps(path, ensure_ascii=False)}")
        lines.append(f"    preset: {preset.name}   # {preset.product}: {preset.about}")
        title = _title(path, preset.name, titles)
        if title != own:
            lines.append(f"    name: {json.dumps(title, ensure_ascii=False)}")
        if preset.name in _SHOP_IDS and shop != "shopify":
            lines.append(f"    map: {{systems: {{shopify: {shop}}}}}   # whose customer ids its user ids are")
        if preset.map.record is None:
            lines.append("    mode: append")
    lines += _unknown(found)
    return "\n".join(lines) + "\n"


def _places(found: _Found) -> Iterator[tuple[str | _Table, Preset]]:
    """The known tables and files, those that differ in a number alone as one pattern; first where the first stands."""
    parts: dict[tuple[str | _Table, str], list[str]] = {}
    for export, preset in found.known:
        pattern = export if isinstance(export, _Table) else _pattern(export.shown)
        parts.setdefault((pattern, preset.name), []).append(export.shown)
    every = [e.shown for e in (*(e for e, _ in found.known), *found.lists, *found.unknown, *found.truths)]
    every += found.unreadable
    for (pattern, name), files in parts.items():
        if isinstance(pattern, _Table):
            yield pattern, presets()[name]
            continue
        if packed := sum(file.endswith(_PACKED) for file in files):
            pattern += _PACKED if packed == len(files) else "*"
        alike = sorted(files) == sorted(fnmatch.filter(every, pattern))
        for path in [pattern] if len(files) > 1 and alike else files:
            yield path, presets()[name]


def _pattern(file: str) -> str:
    """What a file is called but for its numbers and, where it has any, for being packed."""
    plain = _NUMBER.sub("*", file.removesuffix(_PACKED))
    return plain if "*" in plain else file


def _unknown(found: _Found) -> Iterator[str]:
    for export in found.lists:
        yield from _place(export, "If it is a list of customers, take the # away:")
        yield "  #   preset: contacts"
    for export in found.unknown:
        yield from _place(export, "If it is a list of people or of events, say what its columns are (docs/sources.md):")
        yield "  #   preset: contacts   # or events"
        yield "  #   map: {record: {key: ID, identifiers: [{type: email, column: E-mail}]}}"
    if truths := [_comment(export.shown) for export in found.truths]:
        yield ""
        say = "say" if truths[1:] else "says"
        yield f"  # {' and '.join(truths)} {say} who is who. `clew evaluate --truth` judges by one"
        yield "  # that names records; with one that names events, compare what `clew export events` writes."
    for message in found.unreadable.values():
        yield ""
        yield f"  # {_comment(message)}"


def _place(export: Export | _Table, to_do: str) -> Iterator[str]:
    """Where a file or table is that Clew doesn't know, and what to do about it."""
    yield ""
    columns = _comment(", ".join(export.names[:12]))
    yield f"  # {_comment(export.shown)} is not an export that Clew knows. Its columns: {columns}"
    yield f"  # {to_do}"
    if isinstance(export, _Table):
        yield f"  # - database: {_comment(json.dumps(export.place, ensure_ascii=False))}"
        yield f"  #   name: {_comment(json.dumps(export.table, ensure_ascii=False))}"
    else:
        yield f"  # - path: {_comment(json.dumps(export.shown, ensure_ascii=False))}"


def _stem(path: str) -> str:
    """What a source of this path is called unless it has a name: see engine.config.Source."""
    return path.split(".")[0].replace("*", "").strip("_- ")


def _title(path: str, preset: str, taken: set[str]) -> str:
    """Name a source after its file: something that may stand before the colon of a record's id, and only once."""
    stem = _stem(path).replace(":", " ").strip() or preset
    title, number = stem, 1
    while title in taken:
        number += 1
        title = f"{stem} {number}"
    taken.add(title)
    return title


def _comment(text: str) -> str:
    """A text that can't leave its comment."""
    return " ".join(text.split())


def _sample(known: list[tuple[Export | _Table, Preset]]) -> tuple[Counter[str], Counter[str], list[str]]:
    """Countries, currencies and times in the first rows of the known files."""
    countries: Counter[str] = Counter()
    currencies: Counter[str] = Counter()
    times: list[str] = []
    with Compute(memory_limit="1GB") as compute:
        for export, preset in known:
            try:
                stage = _stage(compute, export, preset)
            except SourceError:  # a file that is known but damaged: the run will say so, in full
                continue
            for path, into in (
                ("record.country", countries),
                ("order.currency", currencies),
                ("event.currency", currencies),
            ):
                if column := stage.at(path):
                    found = compute.rows(
                        f"SELECT {column}, count(*) FROM {STAGE} WHERE {column} IS NOT NULL GROUP BY 1"
                    )
                    into.update(dict(found))
            for path in ("record.created_at", "order.at", "event.at"):
                if column := stage.at(path):
                    times += [
                        t
                        for (t,) in compute.rows(
                            f"SELECT DISTINCT {column} FROM {STAGE} WHERE {column} IS NOT NULL LIMIT 2000"
                        )
                    ]
    return countries, currencies, times


def _stage(compute: Compute, export: Export | _Table, preset: Preset) -> Stage:
    stage = Stage(compute, export.shown, preset.map, [c for _, c in columns_of(preset.map)], [])
    if isinstance(export, Export):
        stage.add_file(prepare(export, compute.folder), limit=LOOKED_AT)
        return stage
    from engine.config import DatabaseTable
    from engine.sources.database import read_database

    with closing(read_database(DatabaseTable(**export.place), export.folder, export.table)) as parts:
        stage.add_arrow(export.shown, next(parts).slice(0, LOOKED_AT))
    return stage
