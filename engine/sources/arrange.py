"""Which rows of the staging table carry a record or an event, and under what key: grouped, numbered, deduplicated."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.sources.columns import Arguments, references, when_sql
from engine.sources.mapping import columns_of
from engine.sources.stage import STAGE, Stage

#: (row, key) of the rows that carry a record; for grouped rows the first of each group.
RECORDS = "stage_records"
#: (row, head, whole): every row of a group, the row that carries it, and whether that row is there.
GROUPED = "stage_grouped"
#: (row, key) of the rows that carry an event.
EVENTS = "stage_events"
#: What spreadsheets make of long numbers: 7.06445E+12, 7,06445E+12. Tools have ids like 1E5, and none with such a plus.
_ROUNDED = r"\d(?:[.,]\d+)?[Ee]\+\d{2,3}"
#: The fields that hold ids, beside the keys of records.
_IDS = ("key", "identifiers", "accounts", "device", "order_key")


@dataclass
class Filled:
    """What one source yielded."""

    records: int = 0
    orders: int = 0
    events: int = 0
    duplicates: int = 0
    #: Rows without what makes them rows of this source: row number -> reason.
    without: list[tuple[int, str]] = field(default_factory=list)
    #: Rows whose key a spreadsheet has rounded, and so has taken.
    rounded: set[int] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)


def _when(stage: Stage, section: str, arguments: Arguments) -> str:
    part = getattr(stage.mapping, section)
    return when_sql(str(stage.at(f"{section}.when.column")), part.when, arguments) if part.when else "true"


def warn_of_others(stage: Stage, filled: Filled) -> None:
    """Count the rows that no section is about, such as Segment's group calls."""
    sections = [s for s in ("record", "event") if getattr(stage.mapping, s) is not None]
    arguments = Arguments()
    about = " OR ".join(_when(stage, s, arguments) for s in sections)
    others = stage.compute.value(f"SELECT count(*) FROM {STAGE} WHERE NOT ({about})", arguments.values)
    if others:
        rows, were = ("row is", "was") if others == 1 else ("rows are", "were")
        filled.warnings.append(f"{others:,} {rows} neither a record nor an event of this map, and {were} left out")


def drop_rounded(stage: Stage, filled: Filled) -> None:
    """Take away the ids that a spreadsheet has rounded: all that is left of them is what several people's share."""
    identifiers = stage.mapping.record.identifiers if stage.mapping.record else ()
    contacts = [i.column for i in identifiers if i.type in ("email", "phone")]  # phones are mended, where they can be
    for place, column in columns_of(stage.mapping):
        section, field_, *_ = place.split(".")
        whole = place in ("record.key", "group.by")
        if not whole and (field_ not in _IDS or column in contacts or section not in ("record", "event")):
            continue
        cell = stage.at(place)
        # A plain text is looked for first, as nearly all columns have none.
        is_rounded = f"contains({cell}, '+') AND regexp_full_match({cell}, '{_ROUNDED}')"
        rows = {row for (row,) in stage.compute.rows(f"SELECT rowid FROM {STAGE} WHERE {is_rounded}")}
        if not rows:
            continue
        stage.compute.run(f"UPDATE {STAGE} SET {cell} = NULL WHERE {is_rounded}")
        if whole:
            filled.rounded |= rows
        elif others := len(rows - filled.rounded):
            named = ", ".join(dict.fromkeys(r.top for r in references(column, stage.names)))
            ids = "1 id was" if others == 1 else f"{others:,} ids were"
            filled.warnings.append(f"{ids} rounded by a spreadsheet ({named}) and not taken: export it again")


def _lost(filled: Filled, row: int, reason: str) -> tuple[int, str]:
    """A row that is set aside: for this reason, or because a spreadsheet has taken its key."""
    return row, "the key was rounded by a spreadsheet: export it again" if row in filled.rounded else reason


def list_rows(stage: Stage, table: str, section: str, filled: Filled) -> None:
    """Table (row, key) of the rows of a section; those without a key are noted. Events may have a hash for a key."""
    arguments = Arguments()
    key = stage.at(f"{section}.key")
    if section == "event":
        key = _event_keys(stage, key)
    where = _when(stage, section, arguments)
    if stage.mapping.group is not None:
        where += f" AND s.rowid IN (SELECT head FROM {GROUPED} WHERE whole)"
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
        filled.without += [_lost(filled, r, f"nothing in {named}, the key") for (r,) in missing if r not in known]
        stage.compute.run(f"DELETE FROM {table} WHERE key IS NULL")


def group_rows(stage: Stage, filled: Filled) -> None:
    """Put the rows of one order together, before anything is deduplicated.

    Shopify writes an order's own fields in its first row only; other tools repeat them in every row. So a row with a
    key starts an order unless it follows a row with the same key directly and differs from it in its line. Somebody may
    have sorted the rows: those before the first that starts their order belong to it, too.
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
        GROUPED,
        """
        SELECT row, member, min(row) FILTER (starts) OVER (PARTITION BY part, member, greatest(nth, 1)) AS head,
            head IS NOT NULL AS whole
        FROM (
            SELECT *, sum(CAST(starts AS INTEGER)) OVER (PARTITION BY part, member ORDER BY row) AS nth
            FROM stage_marked WHERE member IS NOT NULL
        )
        """,
    )
    names = " or ".join(stage.mapping.group.by.column) if stage.mapping.group else ""
    keys = " or ".join(name for p, c in columns_of(stage.mapping) if p == "record.key" for name in c.column)
    lost = compute.rows("SELECT row FROM stage_marked WHERE member IS NULL ORDER BY row")
    nothing = f"nothing in {names}, which says what order the row belongs to"
    filled.without += [_lost(filled, row, nothing) for (row,) in lost]
    orphans = compute.rows(f"SELECT row, member FROM {GROUPED} WHERE NOT whole ORDER BY row")
    filled.without += [
        _lost(filled, row, f"belongs to {member}, of which no row has {keys}") for row, member in orphans
    ]
    compute.table(
        RECORDS,
        f"SELECT s.rowid AS row, s.{key} AS key, s.rowid AS head FROM {STAGE} s JOIN {GROUPED} g ON g.row = s.rowid "
        "WHERE g.row = g.head AND g.whole",
    )
    compute.drop("stage_marked")


def deduplicate(stage: Stage, table: str, seen: str) -> int:
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
