"""From a source's staging table to the raw tables: group, deduplicate, and write records, orders, lines and events."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.compute import quote
from engine.sources.columns import Arguments, when_sql
from engine.sources.mapping import Consent, Person
from engine.sources.stage import STAGE, Stage
from engine.tables import EXTRA, RAW_CONSENTS, RAW_EVENTS, RAW_IDENTIFIERS, RAW_ORDER_LINES, RAW_ORDERS, RAW_RECORDS

#: The rows that carry a record, with their keys; for grouped rows the first of each group.
_RECORDS = "stage_records"
#: Every row of a group with the row that carries it and its place in the group.
_GROUPED = "stage_grouped"
_EVENTS = "stage_events"


@dataclass
class Filled:
    """What one source yielded."""

    records: int = 0
    orders: int = 0
    events: int = 0
    duplicates: int = 0
    #: Rows without what makes them rows of this source: row number -> reason.
    without: list[tuple[int, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def fill(stage: Stage) -> Filled:
    """Write everything that a source's rows yield into the raw tables."""
    filled = Filled()
    mapping, compute = stage.mapping, stage.compute
    if mapping.record is not None:
        if mapping.group is not None:
            _group(stage, filled)
        else:
            _list(stage, _RECORDS, "record", filled)
        if not mapping.record.merge:
            filled.duplicates += _deduplicate(stage, _RECORDS, "record.seen_at")
        filled.records = _write_records(stage)
        _write_identifiers(stage)
        _write_consents(stage)
        if mapping.order is not None:
            filled.orders = _write_orders(stage)
        if mapping.lines is not None:
            _write_lines(stage)
    if mapping.event is not None:
        _list(stage, _EVENTS, "event", filled)
        filled.duplicates += _deduplicate(stage, _EVENTS, "event.at")
        filled.events = _write_events(stage)
    if mapping.record is None or mapping.record.when:
        _warn_of_others(stage, filled)
    compute.drop(_RECORDS, _GROUPED, _EVENTS)
    return filled


def _when(stage: Stage, section: str, arguments: Arguments) -> str:
    part = getattr(stage.mapping, section)
    return when_sql(str(stage.at(f"{section}.when.column")), part.when, arguments) if part.when else "true"


def _warn_of_others(stage: Stage, filled: Filled) -> None:
    """Count the rows that no section is about, such as Segment's group calls."""
    sections = [s for s in ("record", "event") if getattr(stage.mapping, s) is not None]
    arguments = Arguments()
    about = " OR ".join(_when(stage, s, arguments) for s in sections)
    others = stage.compute.value(f"SELECT count(*) FROM {STAGE} WHERE NOT ({about})", arguments.values)
    if others:
        filled.warnings.append(f"{others} rows are neither a record nor an event of this map, and were left out")


def _list(stage: Stage, table: str, section: str, filled: Filled) -> None:
    """Table (row, key) of the rows of a section; those without a key are noted. Events may have a hash for a key."""
    arguments = Arguments()
    key = stage.at(f"{section}.key")
    if section == "event":
        key = _event_keys(stage, key)
    where = _when(stage, section, arguments)
    if stage.mapping.group is not None:
        where += f" AND s.rowid IN (SELECT head FROM {_GROUPED} WHERE whole)"
    stage.compute.table(
        table, f"SELECT s.rowid AS row, {key} AS key, s.rowid AS head FROM {STAGE} s WHERE {where}", arguments.values
    )
    if section == "event":
        _number_equal_events(stage, table)
    missing = stage.compute.rows(f"SELECT row FROM {table} WHERE key IS NULL ORDER BY row")
    if missing:
        column = getattr(stage.mapping, section).key
        named = " or ".join(column.column)
        known = {row for row, _ in filled.without}
        filled.without += [(r, f"nothing in {named}, the key") for (r,) in missing if r not in known]
        stage.compute.run(f"DELETE FROM {table} WHERE key IS NULL")


def _group(stage: Stage, filled: Filled) -> None:
    """Put the rows of one order together, before anything is deduplicated.

    Shopify writes an order's own fields in its first row only; other tools repeat them in every row. So a row with a
    key starts an order unless it follows a row with the same key directly and differs from it in its line.
    """
    compute = stage.compute
    by, key = stage.at("group.by"), stage.at("record.key")
    line = [p for p in stage.places if p.startswith("lines.")]
    content = f"concat_ws(chr(31), {', '.join(f'coalesce({stage.at(p)}, chr(30))' for p in line)})" if line else "''"
    compute.table(
        "stage_marked",
        f"""
        SELECT row, part, member,
               key IS NOT NULL AND NOT coalesce(
                   lag(row) OVER w = row - 1 AND lag(key) OVER w = key AND lag(content) OVER w <> content, false
               ) AS starts
        FROM (
            SELECT rowid AS row, file AS part, coalesce({by}, {key}) AS member, {key} AS key, {content} AS content
            FROM {STAGE}
        )
        WINDOW w AS (PARTITION BY part, member ORDER BY row)
        """,
    )
    compute.table(
        _GROUPED,
        """
        SELECT row, member, min(row) OVER (PARTITION BY part, member, nth) AS head, nth > 0 AS whole
        FROM (
            SELECT row, part, member, sum(CAST(starts AS INTEGER)) OVER (PARTITION BY part, member ORDER BY row) AS nth
            FROM stage_marked WHERE member IS NOT NULL
        )
        """,
    )
    names = " or ".join(stage.mapping.group.by.column) if stage.mapping.group else ""
    lost = compute.rows("SELECT row FROM stage_marked WHERE member IS NULL ORDER BY row")
    filled.without += [(row, f"nothing in {names}, which says what order the row belongs to") for (row,) in lost]
    orphans = compute.rows(f"SELECT row, member FROM {_GROUPED} WHERE NOT whole ORDER BY row")
    filled.without += [(row, f"belongs to {member}, whose first row is missing") for row, member in orphans]
    compute.table(
        _RECORDS,
        f"SELECT s.rowid AS row, s.{key} AS key, s.rowid AS head FROM {STAGE} s JOIN {_GROUPED} g ON g.row = s.rowid "
        "WHERE g.row = g.head AND g.whole",
    )
    compute.drop("stage_marked")


def _deduplicate(stage: Stage, table: str, seen: str) -> int:
    """Of rows with one key keep the one seen last, then the one read last; returns how many went."""
    compute = stage.compute
    before = compute.count(table)
    compute.table("stage_twice", f"SELECT key FROM {table} GROUP BY key HAVING count(*) > 1")
    if compute.count("stage_twice"):
        at = stage.at(seen)
        # A colon in the offset is all that keeps most tools' times from being read as they are.
        iso = f"regexp_replace({at}, ' ?([+-]\\d\\d):?(\\d\\d)$', '\\1:\\2')"
        order = f"TRY_CAST({iso} AS TIMESTAMPTZ) DESC NULLS LAST, {at} DESC NULLS LAST, " if at else ""
        compute.run(
            f"""
            DELETE FROM {table} WHERE row IN (
                SELECT row FROM (
                    SELECT t.row, row_number() OVER (PARTITION BY t.key ORDER BY {order} t.row DESC) AS place
                    FROM {table} t JOIN {STAGE} s ON s.rowid = t.row WHERE t.key IN (SELECT key FROM stage_twice)
                ) WHERE place > 1
            )
            """
        )
    compute.drop("stage_twice")
    return before - compute.count(table)


def _from(stage: Stage) -> str:
    return f"{STAGE} s JOIN {_RECORDS} r ON r.row = s.rowid"


def _write_records(stage: Stage) -> int:
    record = stage.mapping.record
    assert record is not None  # noqa: S101 - fill() has asked
    arguments = Arguments()
    source, kind = arguments.add(stage.source), arguments.add(record.kind)
    fields = [f for f in Person.model_fields if f in RAW_RECORDS.columns]
    wanted = {f: stage.at(f"record.{f}") for f in fields} | {
        EXTRA + name: stage.at(f"record.extras.{name}") for name in record.extras
    }
    wanted = {name: column for name, column in wanted.items() if column}
    if record.merge:
        latest = f"({stage.at('record.seen_at') or 'NULL'}, s.rowid)"
        values = [f"arg_max(s.{c}, {latest}) FILTER (s.{c} IS NOT NULL)" for c in wanted.values()]
        row, rest = "max(r.row)", "GROUP BY r.key"
    else:
        values, row, rest = [f"s.{c}" for c in wanted.values()], "r.row", ""
    before = stage.compute.count(RAW_RECORDS.name)
    stage.compute.run(
        f"INSERT INTO {RAW_RECORDS.name} (source, key, kind, row{''.join(', ' + quote(n) for n in wanted)}) "
        f"SELECT {', '.join([source, 'r.key', kind, row, *values])} FROM {_from(stage)} {rest}",
        arguments.values,
    )
    return stage.compute.count(RAW_RECORDS.name) - before


def _write_identifiers(stage: Stage) -> None:
    record = stage.mapping.record
    assert record is not None  # noqa: S101 - fill() has asked
    for index, identifier in enumerate(record.identifiers):
        column = f"s.{stage.at(f'record.identifiers.{index}.column')}"
        arguments = Arguments()
        value = column
        if identifier.column.split is not None:
            value = f"nullif(trim(unnest(string_split({column}, {arguments.add(identifier.column.split)}))), '')"
        _insert_identifiers(stage, identifier.type, identifier.system, value, arguments)


def _insert_identifiers(stage: Stage, type_: str, system: str | None, value: str, arguments: Arguments) -> None:
    source, named = arguments.add(stage.source), arguments.add(type_)
    owner = arguments.add(stage.mapping.system(system)) if system else "NULL"
    stage.compute.run(
        f"INSERT INTO {RAW_IDENTIFIERS.name} "
        f"SELECT DISTINCT {source}, key, {named}, {owner}, value "
        f"FROM (SELECT r.key, {value} AS value FROM {_from(stage)}) WHERE value IS NOT NULL",
        arguments.values,
    )


def _write_consents(stage: Stage) -> None:
    record = stage.mapping.record
    assert record is not None  # noqa: S101 - fill() has asked
    for channel, consent in record.consents.items():
        arguments = Arguments()
        source, named = arguments.add(stage.source), arguments.add(channel)
        state, at, there = _consent(stage, f"record.consents.{channel}", consent, arguments)
        latest = f"({stage.at('record.seen_at') or 'NULL'}, s.rowid)"
        one = f"QUALIFY row_number() OVER (PARTITION BY r.key ORDER BY {latest} DESC) = 1" if record.merge else ""
        stage.compute.run(
            f"INSERT INTO {RAW_CONSENTS.name} SELECT {source}, r.key, {named}, {state}, {at} "
            f"FROM {_from(stage)} WHERE {there} {one}",
            arguments.values,
        )


def _consent(stage: Stage, path: str, consent: Consent, arguments: Arguments) -> tuple[str, str, str]:
    """SQL of a consent's state and date, and of whether the row says anything at all."""
    word, at = stage.at(f"{path}.column"), stage.at(f"{path}.at")
    yes, no = stage.at(f"{path}.opted_in_at"), stage.at(f"{path}.opted_out_at")
    cases = []
    if word:
        for words, state in ((consent.opted_out, "out"), (consent.opted_in, "in")):
            if words:
                listed = ", ".join(arguments.add(w.lower()) for w in words)
                cases.append(f"WHEN lower({word}) IN ({listed}) THEN '{state}'")
    cases += [f"WHEN {no} IS NOT NULL THEN 'out'"] if no else []
    cases += [f"WHEN {yes} IS NOT NULL THEN 'in'"] if yes else []
    dates = [c for c in (at, no, yes) if c]
    said = [c for c in (word, no, yes) if c]
    return (
        f"CASE {' '.join(cases)} ELSE 'unknown' END",
        f"coalesce({', '.join(dates)})" if dates else "NULL",
        " OR ".join(f"{c} IS NOT NULL" for c in said),
    )


def _write_orders(stage: Stage) -> int:
    return _insert(stage, RAW_ORDERS.name, "order", list(RAW_ORDERS.columns)[2:], _from(stage))


def _write_lines(stage: Stage) -> None:
    compute, fields = stage.compute, list(RAW_ORDER_LINES.columns)[3:]
    columns = [c for f in fields if (c := stage.at(f"lines.{f}"))]
    if not columns:
        return
    arguments = Arguments()
    source = arguments.add(stage.source)
    texts = ", ".join(f"s.{c}" if (c := stage.at(f"lines.{f}")) else "NULL" for f in fields)
    if stage.mapping.group is not None:
        line = "row_number() OVER (PARTITION BY g.head ORDER BY g.row)"
        rows = f"{STAGE} s JOIN {_GROUPED} g ON g.row = s.rowid JOIN {_RECORDS} r ON r.row = g.head"
    else:
        line, rows = "1", _from(stage)
    there = " OR ".join(f"s.{c} IS NOT NULL" for c in columns)
    compute.run(
        f"INSERT INTO {RAW_ORDER_LINES.name} SELECT {source}, r.key, {line}, {texts} FROM {rows} WHERE {there}",
        arguments.values,
    )


def _insert(stage: Stage, table: str, section: str, fields: list[str], rows: str) -> int:
    arguments = Arguments()
    texts = [f"s.{c}" if (c := stage.at(f"{section}.{f}")) else "NULL" for f in fields]
    before = stage.compute.count(table)
    stage.compute.run(
        f"INSERT INTO {table} (source, key, {', '.join(quote(f) for f in fields)}) "
        f"SELECT {arguments.add(stage.source)}, r.key, {', '.join(texts)} FROM {rows}",
        arguments.values,
    )
    return stage.compute.count(table) - before


def _event_keys(stage: Stage, key: str | None) -> str:
    """SQL of an event's key; without one, a hash of everything that is known about it."""
    columns = sorted({c for p in stage.places if p.startswith("event.") and (c := stage.at(p)) and c != key})
    if stage.mapping.event is None or not columns:
        return key or "NULL"
    content = f"'h' || left(md5(concat_ws(chr(31), {', '.join(f'coalesce({c}, chr(30))' for c in columns)})), 24)"
    return f"coalesce({key}, {content})" if key else content


def _number_equal_events(stage: Stage, table: str) -> None:
    """Events without a key that are equal in everything are several events: the second gets -2, and so on."""
    key = stage.at("event.key")
    compute = stage.compute
    keyless = (
        f"SELECT t.row, t.key FROM {table} t JOIN {STAGE} s ON s.rowid = t.row WHERE s.{key} IS NULL" if key else None
    )
    if key and not compute.value(f"SELECT count(*) FROM {STAGE} WHERE {key} IS NULL"):
        return
    compute.table("stage_hashed", keyless or f"SELECT row, key FROM {table}")
    compute.run(
        f"""
        UPDATE {table} AS t SET key = t.key || '-' || n.place FROM (
            SELECT row, row_number() OVER (PARTITION BY key ORDER BY row) AS place FROM stage_hashed
            WHERE key IN (SELECT key FROM stage_hashed GROUP BY key HAVING count(*) > 1)
        ) n WHERE n.row = t.row AND n.place > 1
        """
    )
    compute.drop("stage_hashed")


def _write_events(stage: Stage) -> int:
    event = stage.mapping.event
    assert event is not None  # noqa: S101 - fill() has asked
    compute, arguments = stage.compute, Arguments()
    name = stage.at("event.name")
    if event.kind is not None:
        kind = arguments.add(event.kind)
    else:
        cases = " ".join(f"WHEN {arguments.add(w.lower())} THEN {arguments.add(k)}" for w, k in event.kinds.items())
        kind = f"CASE lower(s.{name}) {cases} ELSE 'other' END" if cases else "'other'"
    accounts = [f"s.{stage.at(f'event.accounts.{i}.column')}" for i in range(len(event.accounts))]
    systems = " ".join(
        f"WHEN {column} IS NOT NULL THEN {arguments.add(stage.mapping.system(account.system))}"
        for column, account in zip(accounts, event.accounts, strict=True)
    )
    special = {
        "source": arguments.add(stage.source),
        "key": "r.key",
        "kind": kind,
        "system": f"CASE {systems} END" if systems else "NULL",
        "account": f"coalesce({', '.join(accounts)})" if accounts else "NULL",
    }
    texts = [special.get(f) or (f"s.{c}" if (c := stage.at(f"event.{f}")) else "NULL") for f in RAW_EVENTS.columns]
    before = compute.count(RAW_EVENTS.name)
    compute.run(
        f"INSERT INTO {RAW_EVENTS.name} SELECT {', '.join(texts)} FROM {STAGE} s JOIN {_EVENTS} r ON r.row = s.rowid",
        arguments.values,
    )
    return compute.count(RAW_EVENTS.name) - before
