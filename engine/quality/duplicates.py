"""Contacts that one source holds twice, and why that is likely to have happened."""

from __future__ import annotations

from collections import defaultdict

from engine.compute import Compute, quote
from engine.quality.prepare import WORK_HELD, WORK_RECORDS, WORK_SHARED, compatible, work
from engine.quality.result import Duplicates
from engine.tables import RAW_IDENTIFIERS

#: Causes, surest first. A contact counts under the first one that holds.
CAUSES = {
    "re-created": "same e-mail, created again more than a day later",
    "entered-twice": "same e-mail, entered twice",
    "case-or-spaces": "same e-mail but for case or spaces",
    "plus-tag": "same e-mail but for a plus tag",
    "dots-or-domain": "same e-mail but for dots or the domain's other name",
    "same-phone": "same phone",
    "phone-format": "same phone in another format",
    "name-and-birth-date": "same name and birth date",
    "name-and-address": "same name and address",
}

_PAIRS, _TEXTS = "audit_pairs", "audit_texts"


def duplicates(compute: Compute) -> dict[str, Duplicates]:
    """Duplicates per source, among contacts only: that a customer orders twice is no fault.

    A contact is a duplicate if its source's oldest contact with the same e-mail, phone, name and birth date, or name
    and address has a compatible first name. Shared values don't count. A chain of different reasons can hide a
    duplicate, so the number is a lower bound.
    """
    _pair(compute)
    _texts(compute)
    alike = "list_has_any(a.texts, b.texts)"
    rows = compute.rows(
        f"""WITH judged AS (
                SELECT p.source, p.rid, CASE
                    WHEN p.type = 'phone' AND {alike} THEN 'same-phone'
                    WHEN p.type = 'phone' THEN 'phone-format'
                    WHEN p.type <> 'email' THEN p.type
                    WHEN {alike} AND p.days > 1 THEN 're-created'
                    WHEN {alike} THEN 'entered-twice'
                    WHEN list_has_any(a.folded, b.folded) THEN 'case-or-spaces'
                    WHEN list_has_any(a.untagged, b.untagged) THEN 'plus-tag'
                    ELSE 'dots-or-domain' END AS cause
                FROM {_PAIRS} p LEFT JOIN {_TEXTS} a ON a.rid = p.rid AND a.type = p.type
                     LEFT JOIN {_TEXTS} b ON b.rid = p.older AND b.type = p.type),
            surest AS (
                SELECT source, rid, min(list_position($1::VARCHAR[], cause)) AS cause FROM judged GROUP BY ALL)
            SELECT source, list_extract($1::VARCHAR[], cause), count(*) FROM surest
            GROUP BY source, cause ORDER BY source, cause""",
        [list(CAUSES)],
    )
    contacts = compute.rows(f"SELECT source, count(*) FROM {WORK_RECORDS} WHERE kind = 'contact' GROUP BY source")
    compute.drop(_PAIRS, _TEXTS)
    causes: dict[str, dict[str, int]] = defaultdict(dict)
    for source, cause, count in rows:
        causes[source][cause] = count
    return {s: Duplicates(count, sum(causes[s].values()), dict(causes[s])) for s, count in contacts}


def _pair(compute: Compute) -> None:
    """Each contact with the oldest one of its source that has the same value or the same fields."""
    work(
        compute,
        _PAIRS,
        f"""WITH held AS (
                SELECT source, type, value, rid FROM {WORK_HELD} ANTI JOIN {WORK_SHARED} USING (type, value)
                WHERE kind = 'contact' AND linkable AND type IN ('email', 'phone')),
            repeated AS (SELECT source, type, value, min(rid) AS older FROM held GROUP BY ALL HAVING count(*) > 1),
            contacts AS (SELECT * FROM {WORK_RECORDS} WHERE kind = 'contact' AND first <> '' AND last <> ''),
            pairs AS (
                SELECT source, type, rid, older FROM held JOIN repeated USING (source, type, value)
                UNION ALL
                SELECT source, 'name-and-birth-date', unnest(rids[2:]), rids[1] FROM (
                    SELECT source, list(rid ORDER BY rid) AS rids FROM contacts
                    WHERE birth_date IS NOT NULL GROUP BY source, first, last, birth_date HAVING count(*) > 1)
                UNION ALL
                SELECT source, 'name-and-address', unnest(rids[2:]), rids[1] FROM (
                    SELECT source, list(rid ORDER BY rid) AS rids FROM contacts
                    WHERE street <> '' AND coalesce(postcode, city) <> ''
                    GROUP BY source, first, last, street, coalesce(postcode, city) HAVING count(*) > 1))
            SELECT DISTINCT p.source, p.type, p.rid, p.older, date_diff('hour', b.created_at, a.created_at) / 24 AS days
            FROM pairs p JOIN {WORK_RECORDS} a ON a.rid = p.rid JOIN {WORK_RECORDS} b ON b.rid = p.older
            WHERE p.rid <> p.older AND {compatible("a.first", "b.first")}""",
    )


def _texts(compute: Compute) -> None:
    """How the paired contacts' e-mails and phones were written: as read if the raw rows are there, else as shown."""
    if compute.exists(RAW_IDENTIFIERS.name):
        texts = f"""SELECT p.rid, p.type, i.value AS text FROM {quote(RAW_IDENTIFIERS.name)} i
                    JOIN keys p USING (source, key, type)"""
    else:
        texts = f"SELECT rid, type, display AS text FROM {WORK_HELD} SEMI JOIN keys USING (rid, type)"
    work(
        compute,
        _TEXTS,
        f"""WITH paired AS (SELECT rid, type FROM {_PAIRS} UNION SELECT older, type FROM {_PAIRS}),
            keys AS (
                SELECT p.rid, p.type, r.source, r.key FROM paired p JOIN {WORK_RECORDS} r USING (rid)
                WHERE p.type IN ('email', 'phone')),
            texts AS (SELECT rid, type, text, lower(trim(text)) AS folded FROM ({texts}) WHERE text IS NOT NULL)
            SELECT rid, type, list(DISTINCT text) AS texts, list(DISTINCT folded) AS folded,
                   list(DISTINCT regexp_replace(folded, '[+][^@]*@', '@')) AS untagged
            FROM texts GROUP BY rid, type""",
    )
