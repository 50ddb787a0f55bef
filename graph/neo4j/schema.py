"""The graph in Neo4j, declared once: nodes, relationships, what each property holds, what is unique and indexed.

All else is derived from here: constraints and indexes, the Cypher that writes and reads, the headers of an export.

    (:Customer) (:Record) (:LedgerEntry) (:Identifier:Email) (:Identifier:Phone) ...
    (Record)-[:BELONGS_TO]->(Customer)          (Record)-[:HAS]->(Identifier)
    (Record)-[:MATCHES]->(Record)               (Record)-[:REFUSED]->(Record)
    (Customer)-[:KNOWN_BY]->(Identifier)        (Identifier:Device)-[:USED_BY]->(Customer)
    (Customer)-[:CONSENTS]->(Identifier)
    (Customer)-[:MERGED_INTO|MOVED_TO]->(Customer)<-[:SPLIT_FROM]-(Customer)
    (LedgerEntry)-[:ABOUT]->(Customer)

A retired customer is a node of its id alone, with `retired`; a shared value has `status` "shared". An index takes no
text of more than about 8 KB, so long texts are abridged in the properties that are indexed, ending in their hash, and
kept whole beside (`id` and `whole_id`).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

from engine import tables
from graph.tables import GRAPH_TABLES

#: The layout below. A database of a newer one is refused, one of an older one is filled anew.
SCHEMA_VERSION = 2

#: Texts of more characters than this are abridged where they are indexed, to something that is longer than this, so
#: that no other text can be the same.
LONGEST, _KEPT = 500, 440

Kind = Literal["text", "indexed", "int", "float", "flag", "time", "date", "texts", "reasons"]
_KINDS: dict[str, Kind] = {
    "VARCHAR": "text",
    "BIGINT": "int",
    "DOUBLE": "float",
    "BOOLEAN": "flag",
    "TIMESTAMP": "time",
    "DATE": "date",
    "VARCHAR[]": "texts",
    tables.REASONS: "reasons",
}


def short(text: str) -> str:
    """A text as the indexed properties hold it."""
    if len(text) <= LONGEST:
        return text
    return f"{text[:_KEPT]}…{hashlib.sha256(text.encode()).hexdigest()}"


def short_sql(sql: str) -> str:
    """The SQL of `short`."""
    return (
        f"CASE WHEN length({sql}) <= {LONGEST} THEN {sql} ELSE substring({sql}, 1, {_KEPT}) || '…' || sha256({sql}) END"
    )


@dataclass(frozen=True)
class Property:
    """A property: SQL over the columns of its table, and the column that it gives back when read, if any."""

    name: str
    sql: str
    kind: Kind
    column: str | None = None


@dataclass(frozen=True)
class Node:
    """Nodes of one label. A row of `table` fills one; `uses` are the tables that need it, and its key in them.

    `key` are the properties that are unique together; `present` is the one that tells a node with a row from one
    without, `indexes` are the other properties by which nodes are found, `searched` those that are indexed by
    word.
    """

    label: str
    table: str
    properties: tuple[Property, ...]
    key: tuple[str, ...]
    uses: tuple[tuple[str, tuple[str, ...]], ...]
    indexes: tuple[str, ...] = ()
    searched: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the key in `table`."""
        return GRAPH_TABLES[self.table].key

    def named(self, name: str) -> Property:
        """One of the properties."""
        return next(p for p in self.properties if p.name == name)


@dataclass(frozen=True)
class End:
    """Where a relationship starts or ends: the SQL of each of the node's key properties, over the table's columns."""

    node: Node
    key: tuple[str, ...]


@dataclass(frozen=True)
class Relationship:
    """Relationships of one type, one for each row of `table` that `where` admits.

    `identity` are the properties that tell apart two between the same nodes, `indexes` those by which they are found.
    `source` is the rows' SQL, in which
    `{table}` stands for the table.
    """

    type: str
    table: str
    start: End
    end: End
    properties: tuple[Property, ...] = ()
    identity: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    source: str = "{table}"


def _properties(table: str, *leave_out: str, indexed: tuple[str, ...] = (), **names: str) -> tuple[Property, ...]:
    """The properties of a table's columns, called as those are, or as `names` (column=property) says."""
    return tuple(
        Property(names.get(c, c), f'"{c}"', "indexed" if c in indexed else _KINDS[kind], c)
        for c, kind in GRAPH_TABLES[table].columns.items()
        if c not in leave_out
    )


#: What follows the system in the value of an account.
_BARE = "substring(value, instr(value, ':') + 1)"
#: What people see, kept where it isn't the value itself.
_DISPLAY = Property("display", "nullif(display, value)", "text", "display")

RECORD = Node(
    "Record",
    "records",
    _properties("records", indexed=("record_id", "key"), record_id="id"),
    ("id",),
    (("records", ("record_id",)),),
    ("key",),
)
CUSTOMER = Node(
    "Customer",
    "customers",
    (
        *_properties("customers", indexed=("customer_id",), customer_id="id"),
        Property("retired", "CASE WHEN NOT present THEN true END", "flag"),
    ),
    ("id",),
    (
        ("customers", ("customer_id",)),
        ("redirects", ("old_id",)),
        ("redirects", ("new_id",)),
        ("ledger", ("unnest(customer_ids)",)),
    ),
    ("retired",),
    ("names", "others"),
)
IDENTIFIER = Node(
    "Identifier",
    "shared_values",
    (
        *_properties(
            "shared_values",
            indexed=("type", "value"),
            reason="shared_because",
            records="shared_records",
            customers="shared_customers",
        ),
        Property("status", "CASE WHEN present THEN 'shared' END", "text"),
        # An account's value is "system:id": this finds it by the bare id.
        Property(
            "bare",
            f"CASE WHEN contains(value, ':') THEN {short_sql(_BARE)} END",
            "text",
        ),
    ),
    ("type", "value"),
    (
        ("identifiers", ("type", "value")),
        ("known_by", ("type", "value")),
        ("permissions", ("type", "value")),
        ("shared_values", ("type", "value")),
        ("device_windows", ("'device'", "device")),
    ),
    ("value", "bare", "status"),
)
LEDGER_ENTRY = Node("LedgerEntry", "ledger", _properties("ledger", run_id="run"), ("seq",), (("ledger", ("seq",)),))
NODES = (RECORD, CUSTOMER, IDENTIFIER, LEDGER_ENTRY)

_RECORD, _CUSTOMER = End(RECORD, ("record_id",)), End(CUSTOMER, ("customer_id",))
_VALUE = End(IDENTIFIER, ("type", "value"))
_A, _B = End(RECORD, ("record_a",)), End(RECORD, ("record_b",))
_OLD, _NEW = End(CUSTOMER, ("old_id",)), End(CUSTOMER, ("new_id",))
_STEP = _properties("redirects", "old_id", "new_id")

RELATIONSHIPS = (
    Relationship("BELONGS_TO", "members", _RECORD, _CUSTOMER, _properties("members", "record_id", "customer_id")),
    Relationship(
        "HAS",
        "identifiers",
        _RECORD,
        _VALUE,
        (_DISPLAY, *_properties("identifiers", "record_id", "type", "value", "display")),
    ),
    Relationship(
        "KNOWN_BY",
        "known_by",
        _CUSTOMER,
        _VALUE,
        (_DISPLAY, *_properties("known_by", "customer_id", "type", "value", "display")),
    ),
    Relationship(
        "CONSENTS",
        "permissions",
        _CUSTOMER,
        _VALUE,
        _properties("permissions", "customer_id", "type", "value"),
        identity=("channel",),
        indexes=("conflict",),
    ),
    Relationship("MATCHES", "matches", _A, _B, _properties("matches", "record_a", "record_b")),
    Relationship(
        "REFUSED", "refusals", _A, _B, _properties("refusals", "record_a", "record_b"), identity=("stage", "rule")
    ),
    Relationship(
        "USED_BY",
        "device_windows",
        End(IDENTIFIER, ("'device'", "device")),
        _CUSTOMER,
        _properties("device_windows", "device", "customer_id", record_id="record"),
        identity=("since",),
    ),
    Relationship(
        "MERGED_INTO",
        "redirects",
        _OLD,
        _NEW,
        _STEP,
        identity=("at",),
        source="(SELECT * FROM {table} WHERE kind = 'merged')",
    ),
    Relationship(
        "SPLIT_FROM",
        "redirects",
        _NEW,
        _OLD,
        _STEP,
        identity=("at",),
        source="(SELECT * FROM {table} WHERE kind = 'split')",
    ),
    Relationship(
        "MOVED_TO",
        "redirects",
        _OLD,
        _NEW,
        _STEP,
        identity=("at",),
        source="(SELECT * FROM {table} WHERE coalesce(kind, '') NOT IN ('merged', 'split'))",
    ),
    Relationship(
        "ABOUT",
        "ledger",
        End(LEDGER_ENTRY, ("seq",)),
        _CUSTOMER,
        source="(SELECT DISTINCT seq, unnest(customer_ids) AS customer_id FROM {table})",
    ),
)

#: Nodes of the store itself: the marker with the run that readers see, the publish under way, and who is at it.
MARKER, PUBLISH, PUBLISHER = "Clew", "ClewPublish", "ClewPublisher"


def constraints() -> list[str]:
    """The statements that make the constraints: what readers and the publisher find nodes by."""
    unique = {node.label: node.key for node in NODES}
    unique |= dict.fromkeys((MARKER, PUBLISH, PUBLISHER), ("name",))
    return [
        f"CREATE CONSTRAINT clew_{label.lower()} IF NOT EXISTS FOR (n:{label}) "
        f"REQUIRE ({', '.join(f'n.{p}' for p in key)}) IS UNIQUE"
        for label, key in unique.items()
    ]


def indexes() -> list[str]:
    """The statements that make the indexes.

    `fresh`, `gone` and `turns` are on what a publish has under way and on nothing else: these indexes are empty between
    publishes.
    """
    made = [
        f"CREATE INDEX clew_{node.label.lower()}_{name} IF NOT EXISTS FOR (n:{node.label}) ON (n.{name})"
        for node in NODES
        for name in (*node.indexes, "fresh", "gone", "turns")
    ]
    made += [
        f"CREATE INDEX clew_{kind.type.lower()}_{name} IF NOT EXISTS FOR ()-[r:{kind.type}]-() ON (r.{name})"
        for kind in RELATIONSHIPS
        for name in (*kind.indexes, "fresh", "gone")
    ]
    # The words are folded already.
    made += [
        f"CREATE FULLTEXT INDEX {words_index(node)} IF NOT EXISTS FOR (n:{node.label}) "
        f"ON EACH [{', '.join(f'n.{name}' for name in node.searched)}] "
        "OPTIONS {indexConfig: {`fulltext.analyzer`: 'whitespace'}}"
        for node in NODES
        if node.searched
    ]
    return made


def words_index(node: Node) -> str:
    """The name of the full-text index by which nodes of a kind are found."""
    return f"clew_{node.label.lower()}_words"


def index_name(statement: str) -> str:
    """What is made by one of these statements."""
    return statement.split(" IF NOT EXISTS")[0].split()[-1]


def second_label(type_: str) -> str | None:
    """The second label of identifiers of a type: `customer_no` is CustomerNo. None for types that are no plain word."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*([ _-][A-Za-z0-9]+)*", type_) or len(type_) > 40:
        return None
    label = "".join(word[0].upper() + word[1:] for word in re.split("[ _-]", type_))
    taken = {node.label for node in NODES} | {MARKER, PUBLISH, PUBLISHER}
    return f"{label}Value" if label in taken else label
