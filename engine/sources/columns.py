"""A map's columns as SQL over the columns that a file really has."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from engine.compute import quote
from engine.sources.mapping import Column, When

#: A list of {key, value} as GA4 writes its parameters; the value has one member for each type.
PAIRS = (
    'STRUCT("key" VARCHAR, "value" STRUCT(string_value VARCHAR, int_value VARCHAR, double_value VARCHAR, '
    "float_value VARCHAR))[]"
)
_PATH = re.compile(r"([^.\[\]]+)((?:\.[^.\[\]]+|\[[^\[\]]+\])+)")
_STEP = re.compile(r"\.([^.\[\]]+)|\[([^\[\]]+)\]")
_EPOCH = {"seconds": 1_000_000, "millis": 1_000, "micros": 1}


@dataclass
class Arguments:
    """The values of one statement, as numbered parameters; equal texts share a number."""

    values: list[Any] = field(default_factory=list)

    def add(self, value: Any) -> str:
        """The placeholder of a value."""
        for index, known in enumerate(self.values):
            if type(known) is type(value) and known == value:
                return f"${index + 1}"
        self.values.append(value)
        return f"${len(self.values)}"


@dataclass(frozen=True)
class Reference:
    """A column of a file and the steps into it: ('via', ('channel',)); a key look-up is marked by `pair`."""

    top: str
    steps: tuple[str, ...] = ()
    pair: bool = False


@cache
def fold(name: str) -> str:
    """A column's name without case, spaces and punctuation, for names that differ in nothing else."""
    return "".join(c for c in name.casefold() if c.isalnum()) or name


def find(name: str, names: Iterable[str]) -> str | None:
    """The column called `name`: exactly so, or the only one that differs in case, spaces and punctuation alone."""
    names = list(names)
    if name in names:
        return name
    alike = [n for n in names if fold(n) == fold(name)]
    return alike[0] if len(alike) == 1 else None


def refer(path: str, names: Iterable[str]) -> Reference | None:
    """What a name or path of a map refers to among a file's columns, or None."""
    names = list(names)
    whole = find(path, names)
    if whole is not None:
        return Reference(whole)
    parts = _PATH.fullmatch(path)
    top = find(parts[1], names) if parts else None
    if parts is None or top is None:
        return None
    steps = [m[1] if m[1] is not None else f"[{m[2]}]" for m in _STEP.finditer(parts[2])]
    if len(steps) == 1 and steps[0].startswith("[") and not steps[0][1:-1].isdigit():
        return Reference(top, (steps[0][1:-1],), pair=True)
    return Reference(top, tuple(steps))


def references(column: Column, names: Iterable[str]) -> list[Reference]:
    """Those of a map's names that the file has."""
    names = list(names)
    found = [r for path in column.column if (r := refer(path, names)) is not None]
    return found + references(column.otherwise, names) if column.otherwise else found


def nearest(column: Column, names: Sequence[str]) -> str | None:
    """The file's column whose name is most like what the map asks for."""
    folded = {fold(n): n for n in names}
    wanted = [fold(re.split(r"[.\[]", path)[0]) for path in column.column]

    def likeness(name: str) -> float:
        return max(max(difflib.SequenceMatcher(None, name, w).ratio(), 0.5 * (w in name or name in w)) for w in wanted)

    best = max(folded, key=likeness, default=None)
    return folded[best] if best is not None and likeness(best) >= 0.5 else None


def text_sql(column: Column, types: dict[str, str], arguments: Arguments) -> str:
    """SQL that yields a map's column as text, NULL where blank, from a relation of `types` (name -> type)."""
    if column.otherwise is not None:
        first = text_sql(column.model_copy(update={"otherwise": None}), types, arguments)
        return f"coalesce({first}, {text_sql(column.otherwise, types, arguments)})"
    parts = [_plain(r, types, arguments) for r in references(column, types)]
    if not parts or (column.whole and len(parts) < len(column.column)):
        return "CAST(NULL AS VARCHAR)"
    if column.join is not None and column.whole:
        there = " AND ".join(f"{p} IS NOT NULL" for p in parts)
        sql = f"CASE WHEN {there} THEN concat_ws({arguments.add(column.join)}, {', '.join(parts)}) END"
    elif column.join is not None:
        sql = f"nullif(concat_ws({arguments.add(column.join)}, {', '.join(parts)}), '')"
    else:
        sql = parts[0] if len(parts) == 1 else f"coalesce({', '.join(parts)})"
    if column.url_parameter is not None:
        sql = _url_parameter(sql, column.url_parameter, arguments)
    if column.extract is not None:
        sql = f"nullif(trim(regexp_extract({sql}, {arguments.add(column.extract)}, 1)), '')"
    if column.epoch is not None:
        sql = _epoch(sql, _EPOCH[column.epoch])
    if column.words:
        cases = " ".join(
            f"WHEN {arguments.add(word.lower())} THEN {arguments.add(becomes)}"
            for word, becomes in column.words.items()
        )
        sql = f"nullif(CASE lower({sql}) {cases} ELSE {sql} END, '')"
    return sql


def when_sql(text: str, when: When, arguments: Arguments) -> str:
    """SQL that is true for the rows that a section is about; `text` is the SQL of the section's column."""
    words = ", ".join(arguments.add(word.lower()) for word in when.words)
    return f"coalesce(lower({text}) IN ({words}), false)"


def pair_columns(tops: Iterable[str], types: dict[str, str]) -> list[str]:
    """The select list that splits lists of {key, value} into a list of keys and one of values, once for each row."""
    found = []
    for top in tops:
        pairs = quote(top) if types[top] == PAIRS else f"TRY_CAST({quote(top)} AS {PAIRS})"
        value = "coalesce(p.value.string_value, p.value.int_value, p.value.double_value, p.value.float_value)"
        found.append(f"list_transform({pairs}, lambda p: p.key) AS {quote(top + ' keys')}")
        found.append(f"list_transform({pairs}, lambda p: {value}) AS {quote(top + ' values')}")
    return found


def _plain(reference: Reference, types: dict[str, str], arguments: Arguments) -> str:
    name, kind = quote(reference.top), types[reference.top]
    if reference.pair and kind.startswith("MAP("):
        return f"nullif(trim(CAST({name}[{arguments.add(reference.steps[0])}] AS VARCHAR)), '')"
    if reference.pair:
        keys, values = quote(reference.top + " keys"), quote(reference.top + " values")
        return f"nullif(trim({values}[list_position({keys}, {arguments.add(reference.steps[0])})]), '')"
    if reference.steps:
        path = arguments.add("$" + "".join(s if s.startswith("[") else f'."{_in_path(s)}"' for s in reference.steps))
        if kind == "VARCHAR":
            return f"nullif(trim(CASE WHEN json_valid({name}) THEN json_extract_string({name}, {path}) END), '')"
        document = name if kind == "JSON" else f"to_json({name})"
        return f"nullif(trim(json_extract_string({document}, {path})), '')"
    if kind == "JSON":
        return f"nullif(trim(json_extract_string({name}, '$')), '')"
    if kind in {"DOUBLE", "FLOAT"}:
        # A whole number that went through a floating-point column (pandas does it to ids beside blanks) is still an id.
        whole = f"isfinite({name}) AND {name} = trunc({name}) AND abs({name}) < 1e15"
        return f"CASE WHEN {whole} THEN CAST(CAST({name} AS BIGINT) AS VARCHAR) ELSE CAST({name} AS VARCHAR) END"
    if kind != "VARCHAR":
        return f"nullif(trim(CAST({name} AS VARCHAR)), '')"
    # Shopify and spreadsheets put an apostrophe before numbers so that they stay text.
    bare = f"CASE WHEN starts_with({name}, '''') THEN regexp_replace({name}, '^''([0-9+=@-])', '\\1') ELSE {name} END"
    return f"nullif(trim({bare}), '')"


def _in_path(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')


def _url_parameter(sql: str, name: str, arguments: Arguments) -> str:
    # Most URLs don't carry the parameter: looking for the plain text first saves the regular expression.
    pattern = arguments.add(f"[?&#]{re.escape(name)}=([^&#]*)")
    taken = f"url_decode(replace(regexp_extract({sql}, {pattern}, 1), '+', ' '))"
    return f"nullif(trim(CASE WHEN contains({sql}, {arguments.add(name + '=')}) THEN {taken} END), '')"


def _epoch(sql: str, micros: int) -> str:
    number = (
        f"TRY_CAST({sql} AS BIGINT)" if micros == 1 else f"TRY_CAST(TRY_CAST({sql} AS DOUBLE) * {micros} AS BIGINT)"
    )
    return f"coalesce(strftime(TRY(make_timestamp({number})), '%Y-%m-%dT%H:%M:%S.%fZ'), {sql})"
