"""RAW_IDENTIFIERS -> IDENTIFIERS: each distinct value once, then the project's policy, then back to its records."""

from __future__ import annotations

import re

import pyarrow as pa

from engine.compute import Compute
from engine.config import Config
from engine.standardise import phone
from engine.standardise.bulk import Task, apply
from engine.standardise.identify import identify
from engine.standardise.records import LOCATED
from engine.standardise.sources import TABLE as SOURCES
from engine.standardise.text import fold
from engine.standardise.values import STATUSES

#: in_type, in_system, in_text, in_region -> type, value, display, status, detail; one row per distinct value read.
KNOWN = "std_known"
_GIVEN = "std_given"
_BLOCKED = "std_blocked"

#: A phone takes some fifty times as long as any other identifier, so workers pay sooner.
_POOL_ABOVE_PHONES = 20_000

_EVENT_COLUMNS = {"email": "email", "phone": "phone", "account": "account", "device": "device"}


def known_key(type: str, system: str, text: str, region: str) -> dict[str, str]:
    """Make the SQL of KNOWN's keys from SQL of what was read: everything that can't matter is taken off first.

    Ten ways of spacing a number, and a region that an e-mail address doesn't depend on, make one distinct value.
    """
    plain = (
        f"regexp_matches({text}, '{phone.PLAIN}') AND NOT regexp_matches({text}, '{phone.DECIMAL}')"
        f" AND regexp_matches({text}, '[0-9]')"
    )
    return {
        "in_type": type,
        "in_system": f"CASE WHEN {type} = 'account' THEN coalesce({system}, '') ELSE '' END",
        "in_text": f"""CASE
            WHEN {type} = 'phone' AND {plain} THEN regexp_replace({text}, '{phone.SEPARATORS}', '', 'g')
            WHEN {type} = 'email' AND {text} LIKE '%@%' THEN lower(trim({text}))
            ELSE trim({text}) END""",
        "in_region": f"""CASE
            WHEN {type} = 'phone' OR ({type} = 'email' AND {text} NOT LIKE '%@%') THEN {region} ELSE '' END""",
    }


def make_known(compute: Compute, config: Config) -> None:
    """Make KNOWN from the identifiers of records and events."""
    several = f"""CASE
        WHEN type = 'email' AND value LIKE '%@%@%' THEN regexp_split_to_array(value, '\\s*[;,|\\n]\\s*')
        WHEN type = 'phone' AND regexp_matches(value, '[;,|\\n]') AND regexp_matches(value, '{phone.SEVERAL}')
            THEN regexp_split_to_array(value, '\\s*[;,|\\n]\\s*')
        ELSE [value] END"""
    keys = known_key("type", "coalesce(system, source)", "text", "region")
    compute.table(
        _GIVEN,
        f"""
        SELECT record_id, {", ".join(f"{sql} AS {name}" for name, sql in keys.items())}
        FROM (
            SELECT i.source || ':' || i.key AS record_id, i.type, i.system, i.source, unnest({several}) AS text,
                coalesce(l.regions, s.regions, ?) AS region
            FROM raw_identifiers i
            LEFT JOIN {LOCATED} l ON l.source = i.source AND l.key = i.key
            LEFT JOIN {SOURCES} s ON s.source = i.source
            WHERE i.value IS NOT NULL AND i.type IS NOT NULL
        ) WHERE trim(text) <> ''
        """,
        [config.region],
    )
    columns = ", ".join(keys)
    compute.table(
        "std_asked",
        f"SELECT DISTINCT {columns} FROM {_GIVEN} UNION {_of_events()}",
    )
    arguments = "in_type AS type, in_system AS system, in_text AS text, in_region AS region"
    phones, others = "in_type = 'phone'", "in_type <> 'phone'"
    apply(
        compute, Task(f"SELECT {arguments} FROM std_asked WHERE {phones}", identify, "std_phones", _POOL_ABOVE_PHONES)
    )
    apply(compute, Task(f"SELECT {arguments} FROM std_asked WHERE {others}", identify, "std_others"))
    _make_blocked(compute, config)
    compute.table(
        KNOWN,
        f"""
        SELECT k.* REPLACE (CASE WHEN b.value IS NOT NULL THEN 'blocked' ELSE k.status END AS status)
        FROM (SELECT * FROM std_phones UNION ALL SELECT * FROM std_others) k
        LEFT JOIN {_BLOCKED} b ON b.type = k.type AND b.value = k.value
        """,
    )
    compute.drop("std_asked", "std_phones", "std_others", _BLOCKED)


def make_identifiers(compute: Compute) -> None:
    """Make IDENTIFIERS: of several ways in which a record writes one value, the best one stays."""
    keys = ("in_type", "in_system", "in_text", "in_region")
    rank = f"list_position([{', '.join(repr(status) for status in STATUSES)}], k.status)"
    compute.table(
        "identifiers",
        f"""
        SELECT record_id, type, value, best.display AS display, best.status AS status, best.detail AS detail
        FROM (
            SELECT g.record_id, k.type, k.value,
                min({{'rank': {rank}, 'display': k.display, 'detail': k.detail, 'status': k.status}}) AS best
            FROM {_GIVEN} g JOIN {KNOWN} k ON {" AND ".join(f"k.{key} = g.{key}" for key in keys)}
            GROUP BY ALL
        )
        """,
    )
    compute.drop(_GIVEN)


def event_key(column: str) -> dict[str, str]:
    """Make the SQL of KNOWN's keys for a column of `raw_events e`, with `s` as its source's row."""
    return known_key(f"'{_EVENT_COLUMNS[column]}'", "coalesce(e.system, e.source)", f"e.{column}", "s.regions")


def _of_events() -> str:
    parts = []
    for column in _EVENT_COLUMNS:
        keys = ", ".join(f"{sql} AS {name}" for name, sql in event_key(column).items())
        parts.append(
            f"SELECT DISTINCT {keys} FROM raw_events e JOIN {SOURCES} s ON s.source = e.source"
            f" WHERE trim(e.{column}) <> ''"
        )
    return " UNION ".join(parts)


def _make_blocked(compute: Compute, config: Config) -> None:
    """Make the table of values that the project file keeps from linking, by value or by pattern."""
    compute.run(f"CREATE OR REPLACE TABLE {_BLOCKED} (type VARCHAR, value VARCHAR)")
    types = [row[0] for row in compute.rows("SELECT DISTINCT type FROM (FROM std_phones UNION ALL FROM std_others)")]
    for kind in types:
        policy = config.policy(kind)
        regions = {config.region, *(source.region for source in config.sources if source.region)}
        blocked = {identify(kind, "", text, region).value for text in policy.block for region in regions}
        blocked |= {fold(text) for text in policy.block}
        patterns = [re.compile(text, re.IGNORECASE) for text in policy.block_patterns]
        if patterns:
            values = compute.rows(
                "SELECT DISTINCT value, display FROM (FROM std_phones UNION ALL FROM std_others) WHERE type = ?", [kind]
            )
            blocked |= {
                value for value, display in values if any(p.search(value) or p.search(display) for p in patterns)
            }
        if blocked:
            found = pa.table({"type": [kind] * len(blocked), "value": sorted(blocked)})
            compute.load("std_blocking", found)
            compute.run(f"INSERT INTO {_BLOCKED} SELECT * FROM std_blocking")
            compute.drop("std_blocking")
