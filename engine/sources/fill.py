"""From a source's staging table to the raw tables: records, their identifiers and consents, orders, lines, events."""

from __future__ import annotations

from engine.compute import quote
from engine.sources.arrange import (
    EVENTS,
    GROUPED,
    RECORDS,
    Filled,
    deduplicate,
    drop_rounded,
    group_rows,
    list_rows,
    warn_of_others,
)
from engine.sources.columns import Arguments, references
from engine.sources.mapping import Consent, EventMap, Person, RecordMap
from engine.sources.stage import STAGE, Stage
from engine.tables import (
    EXTRA,
    RAW_CLAIMS,
    RAW_CONSENTS,
    RAW_EVENTS,
    RAW_IDENTIFIERS,
    RAW_ORDER_LINES,
    RAW_ORDERS,
    RAW_RECORDS,
)


def fill(stage: Stage) -> Filled:
    """Write everything that a source's rows yield into the raw tables."""
    filled = Filled()
    mapping, compute = stage.mapping, stage.compute
    drop_rounded(stage, filled)
    if mapping.record is not None:
        if mapping.group is not None:
            group_rows(stage, filled)
        else:
            list_rows(stage, RECORDS, "record", filled)
        if not mapping.record.merge:
            _leave_out(stage, filled, RECORDS, "record", "record.seen_at")
        filled.records = _write_records(stage, mapping.record)
        _write_identifiers(stage, mapping.record)
        _warn_of_emails(stage, mapping.record, filled)
        _write_consents(stage, mapping.record)
        _write_claims(stage, mapping.record)
        if mapping.order is not None:
            filled.orders = _write_orders(stage)
        if mapping.lines is not None:
            _write_lines(stage)
    if mapping.event is not None:
        list_rows(stage, EVENTS, "event", filled)
        _leave_out(stage, filled, EVENTS, "event", "event.at")
        filled.events = _write_events(stage, mapping.event)
    if mapping.record is None or mapping.record.when:
        warn_of_others(stage, filled)
    compute.drop(RECORDS, GROUPED, EVENTS)
    return filled


def _leave_out(stage: Stage, filled: Filled, table: str, section: str, seen: str) -> None:
    """Of rows with one key leave the latest, and tell how many the others are."""
    gone = deduplicate(stage, table, seen)
    # Rows that are a record and an event at once are told of once.
    if not gone or gone == filled.duplicates:
        return
    filled.duplicates += gone
    key = ", ".join(dict.fromkeys(r.top for r in references(getattr(stage.mapping, section).key, stage.names)))
    were, others = (
        (f"{gone:,} {section}s were", "later ones have") if gone > 1 else (f"1 {section} was", "a later one has")
    )
    filled.warnings.append(f"{were} left out, as {others} the same key ({key})")


def _from(stage: Stage) -> str:
    return f"{STAGE} s JOIN {RECORDS} r ON r.row = s.rowid"


def _write_records(stage: Stage, record: RecordMap) -> int:
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


def _write_identifiers(stage: Stage, record: RecordMap) -> None:
    for index, identifier in enumerate(record.identifiers):
        column = f"s.{stage.at(f'record.identifiers.{index}.column')}"
        arguments = Arguments()
        value = column
        if identifier.column.split is not None:
            value = f"nullif(trim(unnest(string_split({column}, {arguments.add(identifier.column.split)}))), '')"
        _insert_identifiers(stage, identifier.type, identifier.system, value, arguments)


def _warn_of_emails(stage: Stage, record: RecordMap, filled: Filled) -> None:
    """Doubt a phone column that holds e-mail addresses for the most part, which are taken as such."""
    for index, identifier in enumerate(record.identifiers):
        if identifier.type != "phone":
            continue
        column = stage.at(f"record.identifiers.{index}.column")
        given, emails = stage.compute.rows(
            f"SELECT count({column}), count(*) FILTER ({column} LIKE '%_@_%') FROM {STAGE}"
        )[0]
        if 2 * emails > given:
            named = ", ".join(dict.fromkeys(r.top for r in references(identifier.column, stage.names)))
            filled.warnings.append(
                f"{emails:,} of {given:,} phone numbers are e-mail addresses, and are taken as such: "
                f"is {named} the right column?"
            )


def _insert_identifiers(stage: Stage, type_: str, system: str | None, value: str, arguments: Arguments) -> None:
    source, named = arguments.add(stage.source), arguments.add(type_)
    owner = arguments.add(stage.mapping.system(system)) if system else "NULL"
    stage.compute.run(
        f"INSERT INTO {RAW_IDENTIFIERS.name} "
        f"SELECT DISTINCT {source}, key, {named}, {owner}, value "
        f"FROM (SELECT r.key, {value} AS value FROM {_from(stage)}) WHERE value IS NOT NULL",
        arguments.values,
    )


def _write_consents(stage: Stage, record: RecordMap) -> None:
    for channel, consent in record.consents.items():
        arguments = Arguments()
        source, named = arguments.add(stage.source), arguments.add(channel)
        state, at, there = _consent(stage, f"record.consents.{channel}", consent, arguments)
        stage.compute.run(
            f"INSERT INTO {RAW_CONSENTS.name} SELECT {source}, r.key, {named}, {state}, {at} "
            f"FROM {_from(stage)} WHERE {there} {_latest(stage, record)}",
            arguments.values,
        )


def _latest(stage: Stage, record: RecordMap) -> str:
    """SQL that keeps the latest row of a record that is made of several."""
    latest = f"({stage.at('record.seen_at') or 'NULL'}, s.rowid)"
    return f"QUALIFY row_number() OVER (PARTITION BY r.key ORDER BY {latest} DESC) = 1" if record.merge else ""


def _write_claims(stage: Stage, record: RecordMap) -> None:
    columns = {f: f"s.{c}" for f in list(RAW_CLAIMS.columns)[2:] if (c := stage.at(f"record.claims.{f}"))}
    there = " OR ".join(f"{columns[f]} IS NOT NULL" for f in ("revenue", "orders") if f in columns)
    if not there:
        return
    arguments = Arguments()
    stage.compute.run(
        f"INSERT INTO {RAW_CLAIMS.name} (source, key, {', '.join(columns)}) "
        f"SELECT {arguments.add(stage.source)}, r.key, {', '.join(columns.values())} "
        f"FROM {_from(stage)} WHERE {there} {_latest(stage, record)}",
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
    arguments = Arguments()
    texts = [f"s.{c}" if (c := stage.at(f"order.{f}")) else "NULL" for f in list(RAW_ORDERS.columns)[2:]]
    before = stage.compute.count(RAW_ORDERS.name)
    stage.compute.run(
        f"INSERT INTO {RAW_ORDERS.name} SELECT {arguments.add(stage.source)}, r.key, {', '.join(texts)} "
        f"FROM {_from(stage)}",
        arguments.values,
    )
    return stage.compute.count(RAW_ORDERS.name) - before


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
        rows = f"{STAGE} s JOIN {GROUPED} g ON g.row = s.rowid JOIN {RECORDS} r ON r.row = g.head"
    else:
        line, rows = "1", _from(stage)
    there = " OR ".join(f"s.{c} IS NOT NULL" for c in columns)
    compute.run(
        f"INSERT INTO {RAW_ORDER_LINES.name} SELECT {source}, r.key, {line}, {texts} FROM {rows} WHERE {there}",
        arguments.values,
    )


def _write_events(stage: Stage, event: EventMap) -> int:
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
        f"INSERT INTO {RAW_EVENTS.name} SELECT {', '.join(texts)} FROM {STAGE} s JOIN {EVENTS} r ON r.row = s.rowid",
        arguments.values,
    )
    return compute.count(RAW_EVENTS.name) - before
