"""Between columns, Bolt and properties: how each kind of property is sent, written, read and put back.

A row is sent as a list, in the order of `sent`; times and dates go as ISO texts. It is read as plain numbers and texts,
in the order of `read`: times come back as microseconds, since a number costs a fraction of a temporal object.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from engine.compute import quote
from graph.neo4j.schema import IDENTIFIER, Kind, Node, Property, short_sql
from graph.store import Reason

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

#: One text a reason: ["comparison", "level", weight], and the two records where the reason names them.
_REASONS = """list_transform({0}, lambda r: '[' || concat_ws(', ', to_json(r.comparison), to_json(r.level),
    CASE WHEN r.weight IS NULL THEN 'null' WHEN isfinite(r.weight) THEN r.weight::VARCHAR
        ELSE '"' || r.weight::VARCHAR || '"' END,
    CASE WHEN r.record_a IS NOT NULL OR r.record_b IS NOT NULL
        THEN coalesce(to_json(r.record_a)::VARCHAR, 'null') || ', ' || coalesce(to_json(r.record_b)::VARCHAR, 'null')
    END) || ']')"""
_REASONS_BACK = """list_transform({0}, lambda r: struct_pack(comparison := r ->> '$[0]', level := r ->> '$[1]',
    weight := (r ->> '$[2]')::DOUBLE, record_a := r ->> '$[3]', record_b := r ->> '$[4]'))"""


def whole(name: str) -> str:
    """The property that keeps a text which is abridged in the property `name`."""
    return f"whole_{name}"


def sent(properties: Sequence[Property]) -> list[tuple[str, str, str]]:
    """What a row holds: (property, the SQL of what is sent, the Cypher that makes the property's value of `{}`)."""
    result = []
    for p in properties:
        if p.kind == "indexed":
            result.append((p.name, short_sql(p.sql), "{}"))
            result.append((whole(p.name), f"CASE WHEN {short_sql(p.sql)} <> {p.sql} THEN {p.sql} END", "{}"))
        elif p.kind == "time":
            result.append((p.name, f"strftime({p.sql}, '%Y-%m-%dT%H:%M:%S.%fZ')", "datetime({})"))
        elif p.kind == "date":
            result.append((p.name, f"strftime({p.sql}, '%Y-%m-%d')", "date({})"))
        elif p.kind == "reasons":
            result.append((p.name, _REASONS.format(p.sql), "{}"))
        else:
            result.append((p.name, p.sql, "{}"))
    return result


def assignments(properties: Sequence[Property], start: int = 0) -> str:
    """`name: value, ...` of a map in Cypher that takes its values from `row`, from position `start` on."""
    return ", ".join(
        f"{name}: {cypher.format(f'row[{start + n}]')}" for n, (name, _, cypher) in enumerate(sent(properties))
    )


def read(variable: str, p: Property) -> str:
    """The Cypher that reads a property as it is answered."""
    name = f"{variable}.{p.name}"
    if p.kind == "indexed":
        return f"coalesce({variable}.{whole(p.name)}, {name})"
    if p.kind == "time":
        return f"{name}.epochSeconds * 1000000 + {name}.nanosecond / 1000"
    if p.kind == "date":
        return f"toString({name})"
    return name


def reads(variable: str, properties: Sequence[Property]) -> str:
    """A list, in Cypher, of the properties as they are answered."""
    return ", ".join(read(variable, p) for p in properties)


def display(variable: str, identifier: str) -> str:
    """The Cypher of what people see of a value: kept on the relationship where it isn't the value itself."""
    return f"coalesce({variable}.display, {read(identifier, IDENTIFIER.named('value'))})"


def row_of(variable: str, node: Node) -> str:
    """A list, in Cypher, of all that is known of a node, for `answered`.

    What the node turns to with the run that readers see (JSON, or null) comes first and is read first: if that is gone
    already, the properties, read after it, are the new ones. The other way round they might still be the old ones.
    """
    pending = f"CASE WHEN {variable}.turns <= mark THEN {variable}.next END"
    return f"[{pending}, {reads(variable, node.properties)}]"


def seen(variable: str) -> str:
    """Whether a node or relationship belongs to the run that readers see.

    What is deleted between the two looks has lost both properties, and is left out since `born` is looked at last. CASE
    keeps that order, which AND does not.
    """
    return f"CASE WHEN coalesce({variable}.gone, mark + 1) > mark THEN coalesce({variable}.born <= mark, false) END"


def answered(node: Node, values: Sequence[Any]) -> list[Any]:
    """The properties of a node in the run that readers see, of what `row_of` has read."""
    following, *found = values
    if following is None:
        return found
    turned = iter(json.loads(following))
    result: list[Any] = []
    for p in node.properties:
        value = next(turned)
        if p.kind == "indexed":
            full = next(turned)
            value = value if full is None else full
        elif p.kind == "time" and value is not None:
            value = (datetime.fromisoformat(value) - _EPOCH) // _MICROSECOND
        result.append(value)
    return result


def back(column: str, kind: Kind) -> str:
    """The SQL that makes the run table's column of what was read."""
    name = quote(column)
    if kind == "time":
        return f"make_timestamp({name})"
    if kind == "date":
        return f"{name}::DATE"
    if kind == "reasons":
        return _REASONS_BACK.format(name)
    return name


def day(text: str | None) -> date | None:
    """A date, of its ISO form."""
    return None if text is None else date.fromisoformat(text)


def reason(text: str) -> Reason:
    """A reason of a match, of its text."""
    comparison, level, weight, *records = json.loads(text)
    return Reason(comparison, level, None if weight is None else float(weight), *records)
