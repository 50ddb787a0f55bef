"""What columns a source's files had, and what the texts in the mapped ones look like: enough to notice a change.

No value is kept, only how many look like what.
"""

from __future__ import annotations

from typing import Any

from engine.sources.columns import references
from engine.sources.mapping import Mapping, names_of
from engine.sources.stage import STAGE, Stage

#: So many rows, evenly spread, tell what a column holds.
LOOKED_AT = 2_000
#: What a text looks like, the first that fits; else it is one of `texts`. Regular expressions for the whole of it.
KINDS = {
    "emails": r"[^@\s]+@[^@\s]+[.][^@\s]+",
    "dates": r"(?:\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}).*",
    "numbers": r"-?\d+(?:[.,]\d+)*",
    "phones": r"[+]?[\d ()./-]{7,24}",
}


def shape(stage: Stage) -> list[tuple[Any, ...]]:
    """Rows of SOURCE_COLUMNS: each column of the files, with every place of the map that it is for."""
    rows, filled, kinds = _texts(stage)
    found: list[tuple[Any, ...]] = []
    unread = dict.fromkeys(stage.names)
    for place, number in stage.places.items():
        for name in dict.fromkeys(r.top for r in references(stage.columns[number], stage.names)):
            unread.pop(name, None)
            counts = [kinds.get((number, kind), 0) for kind in (*KINDS, "texts")]
            found.append((stage.source, name, _named(place, stage.mapping), rows, filled[number], *counts))
    nothing = (None,) * (len(KINDS) + 2)
    return found + [(stage.source, name, None, rows, *nothing) for name in unread]


def _named(place: str, mapping: Mapping) -> str:
    """A place by the names that people know: `record.identifiers.email`, not `record.identifiers.1.column`."""
    section, field, *rest = place.split(".")
    if field == "identifiers" and mapping.record:
        return f"{section}.{field}.{names_of(mapping.record.identifiers)[int(rest[0])]}"
    if field == "accounts" and mapping.event:
        return f"{section}.{field}.{names_of(mapping.event.accounts)[int(rest[0])]}"
    return place


def _texts(stage: Stage) -> tuple[int, list[int], dict[tuple[int, str], int]]:
    """Rows, filled cells of each column of the stage, and by column and kind how many of the looked at look like it."""
    columns = [f"c{i}" for i in range(len(stage.columns))]
    ((rows, *filled),) = stage.compute.rows(
        f"SELECT count(*), {', '.join(f'count({c})' for c in columns)} FROM {STAGE}"
    )
    cases = " ".join(f"WHEN regexp_full_match(text, '{pattern}') THEN '{kind}'" for kind, pattern in KINDS.items())
    # Not by the remainder of rowid: then every column would be read from end to end.
    some = f"rowid IN (SELECT * FROM range(0, {rows}, {max(1, rows // LOOKED_AT)}))"
    looked = stage.compute.rows(
        f"""SELECT number, CASE {cases} ELSE 'texts' END AS kind, count(*)
            FROM (SELECT unnest(range({len(columns)})) AS number, unnest([{", ".join(columns)}]) AS text
                  FROM {STAGE} WHERE {some})
            WHERE text IS NOT NULL GROUP BY ALL"""
    )
    return rows, filled, {(number, kind): count for number, kind, count in looked}
