"""The questions of `GraphStore`, in Cypher. Each is one round trip, but where the answer is that there is none."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from graph import answers
from graph import search as searching
from graph.answers import moment
from graph.neo4j import rows
from graph.neo4j.connection import Connection
from graph.neo4j.reading import ask
from graph.neo4j.rows import (
    CONSENT_ROW,
    CUSTOMER_ROW,
    ENTRY_ROW,
    KNOWN_ROW,
    MATCH_ROW,
    RECORD_ID,
    RECORD_ROW,
    REFUSED_ROW,
    WINDOW_ROW,
)
from graph.neo4j.schema import CUSTOMER, IDENTIFIER, short, words_index
from graph.neo4j.wire import row_of, seen
from graph.search import JUDGED, REACH, Entry, Step, Word
from graph.store import (
    Customer,
    DeviceWindow,
    Finding,
    Hit,
    Holder,
    Match,
    Outline,
    Owner,
    Record,
    Redirect,
    Refusal,
    Retired,
)

_CUSTOMER = f"OPTIONAL MATCH (c:Customer {{id: $ref}}) WHERE {seen('c')}"
_MEMBERS = f"(c)<-[b:BELONGS_TO]-(r:Record) WHERE {seen('b')}"
_MATCHES = f"[(c)<-[b:BELONGS_TO]-(:Record)-[m:MATCHES]->(:Record) WHERE {seen('b')} AND {seen('m')} | {MATCH_ROW}]"
_WINDOWS = f"[(c)<-[u:USED_BY]-(v:Identifier) WHERE {seen('u')} | {WINDOW_ROW}]"

_WHOLE = f"""
    {_CUSTOMER}
    CALL (c, mark) {{ MATCH {_MEMBERS} RETURN collect({RECORD_ROW}) AS records }}
    WITH version, mark, collect([{CUSTOMER_ROW}, records,
        [(c)-[k:KNOWN_BY]->(v:Identifier) WHERE {seen("k")} | {KNOWN_ROW}],
        {_MATCHES}, {_WINDOWS},
        [(c)<-[a:ABOUT]-(l:LedgerEntry) WHERE {seen("a")} | {ENTRY_ROW}],
        [(c)-[p:CONSENTS]->(v:Identifier) WHERE {seen("p")} | {CONSENT_ROW}]])[0] AS answer"""
_EVIDENCE = f"{_CUSTOMER} WITH version, mark, collect([{CUSTOMER_ROW}, {_MATCHES}])[0] AS answer"
_REFUSALS = f"""
    {_CUSTOMER}
    CALL (c, mark) {{
        MATCH {_MEMBERS} MATCH (r)-[m:REFUSED]-(:Record) WHERE {seen("m")}
        WITH DISTINCT m RETURN collect({REFUSED_ROW}) AS refused
    }}
    WITH version, mark, collect([{CUSTOMER_ROW}, refused])[0] AS answer"""
_RECORDS = f"""
    CALL (mark) {{
        MATCH (r:Record) WHERE WHICH WITH r LIMIT $limit
        WITH r WHERE {seen("r")}
        OPTIONAL MATCH (r)-[b:BELONGS_TO]->(c:Customer) WHERE {seen("b")}
        RETURN collect({RECORD_ROW}) AS records
    }}"""
_RECORD = f"{_RECORDS.replace('WHICH', 'r.id = $ref')} WITH version, mark, records AS answer"
_OWNERS = f"""
    CALL (mark) {{
        UNWIND $refs AS ref
        MATCH (r:Record {{id: ref}})-[b:BELONGS_TO]->(c:Customer) WHERE {seen("b")}
        RETURN collect([{RECORD_ID.format("r")}, {RECORD_ID.format("c")}]) AS answer
    }}
    WITH version, mark, answer"""
_DEVICE = f"""
    OPTIONAL MATCH (v:Identifier {{type: 'device', value: $ref}})
    WITH version, mark, collect([(v)-[u:USED_BY]->(c:Customer) WHERE {seen("u")} | {WINDOW_ROW}])[0] AS answer"""
_VALUES = f"""
    CALL (mark) {{
        UNWIND $values AS given
        MATCH (v:Identifier {{type: given[1], value: given[2]}})
        CALL (v, mark) {{
            MATCH (v)<-[h:HAS]-(r:Record) WHERE {seen("h")} WITH r, h LIMIT $limit
            OPTIONAL MATCH (r)-[b:BELONGS_TO]->(c:Customer) WHERE {seen("b")}
            RETURN collect([{RECORD_ID.format("r")}, {RECORD_ID.format("c")}, h.status]) AS holders
        }}
        RETURN collect([given[0], {row_of("v", IDENTIFIER)},
            [(v)<-[k:KNOWN_BY]-(c:Customer) WHERE {seen("k")} | [{RECORD_ID.format("c")}, k.confidence]],
            [(v)-[u:USED_BY]->(c:Customer) WHERE {seen("u")} | [{RECORD_ID.format("c")}, u.confidence]],
            holders, CASE WHEN size(holders) < $limit THEN size(holders)
                ELSE COUNT {{ MATCH (v)<-[h:HAS]-() WHERE {seen("h")} }} END]) AS answer
    }}
    WITH version, mark, answer"""
_STEPS = f"""
    CALL (mark) {{
        UNWIND $refs AS ref
        MATCH (o:Customer {{id: ref}})
        CALL (o, mark) {{
            MATCH (o)-[s:MERGED_INTO|MOVED_TO]->(n:Customer) WHERE {seen("s")} RETURN s, n
            UNION ALL MATCH (o)<-[s:SPLIT_FROM]-(n:Customer) WHERE {seen("s")} RETURN s, n
        }}
        RETURN collect([{RECORD_ID.format("o")}, {RECORD_ID.format("n")}, s.kind, {rows.link("s", "MERGED_INTO")},
            {row_of("n", CUSTOMER)}, {row_of("o", CUSTOMER)}]) AS answer
    }}
    WITH version, mark, answer"""
_ID = f"""
    {_CUSTOMER} WITH version, mark, collect({CUSTOMER_ROW})[0] AS customer
    {_RECORDS.replace("WHICH", "r.key = $ref OR r.id = $ref")}
    CALL (mark) {{
        MATCH (v:Identifier) WHERE v.value = $ref OR v.bare = $ref
        WITH v LIMIT $limit RETURN collect({row_of("v", IDENTIFIER)}) AS found
    }}
    WITH version, mark, [customer, records, found] AS answer"""
_OUTLINES = f"""
    CALL (mark) {{
        UNWIND $refs AS ref
        OPTIONAL MATCH (c:Customer {{id: ref}}) WHERE {seen("c")}
        RETURN collect([{CUSTOMER_ROW}]) AS answer
    }}
    WITH version, mark, answer"""
_SEARCH = f"""
    CALL (mark) {{
        CALL db.index.fulltext.queryNodes('{words_index(CUSTOMER)}', $query, {{limit: {REACH}}}) YIELD node AS c
        WITH c WHERE {seen("c")} AND c.retired IS NULL
        WITH c ORDER BY c.records DESC, c.id LIMIT {JUDGED}
        RETURN collect({CUSTOMER_ROW}) AS answer
    }}
    WITH version, mark, answer"""


def customer(connection: Connection, customer_id: str) -> Customer:
    """A whole living customer."""
    answer = ask(connection, _WHOLE, id=customer_id, ref=short(customer_id))
    fields = _living(connection, customer_id, answer)
    _, held, known, matches, windows, entries, consents = answer
    records = sorted(map(rows.record, held), key=lambda r: r.record_id)
    return Customer(
        customer_id,
        fields["anchor"],
        fields["name"],
        fields["email"],
        fields["phone"],
        fields["place"],
        moment(fields["first_seen"]),
        moment(fields["last_seen"]),
        tuple(records),
        rows.known_by(known, records),
        answers.in_order(map(rows.match, matches)),
        rows.windows(windows),
        rows.entries(entries),
        rows.permissions(consents),
    )


def evidence(connection: Connection, customer_id: str) -> tuple[Match, ...]:
    """The admitted matches of a customer."""
    answer = ask(connection, _EVIDENCE, ref=short(customer_id))
    _living(connection, customer_id, answer)
    return answers.in_order(map(rows.match, answer[1]))


def refusals(connection: Connection, customer_id: str) -> tuple[Refusal, ...]:
    """Refused pairs of a customer's records, strongest first."""
    answer = ask(connection, _REFUSALS, ref=short(customer_id))
    _living(connection, customer_id, answer)
    return answers.strongest_first(Refusal(rows.match(row), row[-1] or "") for row in answer[1])


def outlines(connection: Connection, customer_ids: Sequence[str]) -> list[Outline]:
    """Living customers in short, in the order of their ids here."""
    found = []
    for customer_id, row in zip(
        customer_ids, ask(connection, _OUTLINES, refs=[short(i) for i in customer_ids]), strict=True
    ):
        f = _living(connection, customer_id, row)
        found.append(Outline(customer_id, f["name"], f["email"], f["phone"], f["place"], f["records"]))
    return found


def search(connection: Connection, text: str, limit: int) -> tuple[Hit, ...]:
    """The customers who answer best to words."""

    def find_all(words: tuple[Word, ...], step: Step) -> list[Entry]:
        asked = " AND ".join(_alternatives(word, step) for word in words)
        found = map(rows.customer_fields, ask(connection, _SEARCH, query=asked))
        return [
            Entry(
                f["id"], f["name"], f["email"], f["phone"], f["place"], f["records"], moment(f["last_seen"]),
                f["names"], f["others"],
            )
            for f in found if not f["retired"]
        ]  # fmt: skip

    return searching.search(text, limit, find_all)


def _alternatives(word: Word, step: Step) -> str:
    """What answers to a word, in Lucene's language."""
    wanted = [*word.forms]
    if step != "same":
        wanted.append(f"{word.text}*")
    if step == "misspelt" and word.spelt:
        wanted.append(_slips(word.text))
    return f"({' OR '.join(wanted)})"


def _slips(word: str) -> str:
    """The words that `graph.search.slips` lists, as an expression.

    Lucene's own `word~1` takes a digit for a letter, and no more than 50 of the words that it finds.
    """
    cuts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    found = [f"{a}[a-z]{b}" for a, b in cuts] + [f"{a}[a-z]?{b[1:]}" for a, b in cuts if b]
    found += [a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1]
    return f"/{'|'.join(found)}/"


def record(connection: Connection, record_id: str) -> Record:
    """A record with its identifiers."""
    found = ask(connection, _RECORD, ref=short(record_id), limit=1)
    if not found:
        raise answers.no_record(record_id)
    return rows.record(found[0])


def owners(connection: Connection, record_ids: Iterable[str]) -> dict[str, str]:
    """The customers of records; without those that aren't there, or are nobody's."""
    return dict(ask(connection, _OWNERS, refs=[short(record_id) for record_id in record_ids]))


def windows(connection: Connection, device: str) -> tuple[DeviceWindow, ...]:
    """Whose a device was, and when."""
    return rows.windows(ask(connection, _DEVICE, ref=short(device)) or ())


def find(connection: Connection, candidates: Iterable[tuple[str, str]], limit: int) -> list[Finding]:
    """What the graph knows of some values, in their order, unknown ones too."""
    wanted = list(candidates)
    given = [[n, short(type_), short(value)] for n, (type_, value) in enumerate(wanted)]
    found = {row[0]: row[1:] for row in ask(connection, _VALUES, values=given, limit=limit)}
    return [_finding(type_, value, found.get(n)) for n, (type_, value) in enumerate(wanted)]


def find_id(connection: Connection, text: str, limit: int) -> list[Finding]:
    """The customer, records and identifiers that answer to an id."""
    found_customer, records, identifiers = ask(connection, _ID, ref=short(text), limit=limit)
    findings = []
    fields = rows.customer_fields(found_customer)
    if fields["id"] is not None and not fields["retired"]:
        findings.append(answers.found_customer(text, None))
    elif fields["id"] is not None and (went := retired(connection, text)):
        findings.append(answers.found_customer(text, went))
    held = sorted(map(rows.record, records), key=lambda r: r.record_id)
    findings += [answers.found_record(r) for r in held]
    values = sorted((v["type"], v["value"]) for v in map(rows.named_value, identifiers))
    return findings + [f for f in (find(connection, values, limit) if values else ()) if f.status != "unknown"]


def retired(connection: Connection, customer_id: str) -> Retired | None:
    """Where a retired id went, or None if the id isn't retired."""
    living: set[str] = set()

    def steps_from(ids: Collection[str]) -> list[Redirect]:
        found = ask(connection, _STEPS, refs=[short(i) for i in ids])
        for old, new, *_, of_new, of_old in found:
            ends = ((new, of_new), (old, of_old))
            living.update(end for end, values in ends if not rows.customer_fields(values)["retired"])
        return [Redirect(old, new, kind or "", moment(at)) for old, new, kind, _, at, *_ in found]

    steps = answers.follow(customer_id, steps_from)
    # An id lives on after a split, which is a step from it.
    if not steps or customer_id in living:
        return None
    return Retired(customer_id, steps, tuple(sorted(living & {step.new_id for step in steps})))


def _living(connection: Connection, customer_id: str, answer: Any) -> dict[str, Any]:
    """The fields of a living customer, of an answer that begins with its row. NotFoundError if it isn't one."""
    fields = rows.customer_fields(answer[0])
    if fields["id"] is not None and not fields["retired"]:
        return fields
    raise answers.no_customer(customer_id, retired(connection, customer_id))


def _finding(type_: str, value: str, row: list[Any] | None) -> Finding:
    if row is None:
        return answers.found_value(type_, value, (), (), 0, None)
    values, known, used, held, records = row
    owners: dict[str, Owner] = {}
    for customer_id, confidence in (*known, *used):
        if customer_id not in owners or owners[customer_id].confidence < (confidence or 0.0):
            owners[customer_id] = Owner(customer_id, confidence or 0.0)
    node_ = rows.named_value(values)
    shared = (node_["shared_because"] or "") if node_["status"] else None
    holders = [Holder(record_id, customer_id, status or "") for record_id, customer_id, status in held]
    return answers.found_value(type_, value, owners.values(), holders, records, shared)
