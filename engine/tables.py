"""The columns of every table that crosses a stage, declared once, and one check that names every wrong column at once.

Types are DuckDB's. *Raw* tables are what `sources` hands to `standardise`: text as it was read, in Clew's column names.
The others are run tables: they are written as Parquet and are all that a later stage, a store or a notebook may read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.errors import TableError

if TYPE_CHECKING:
    from engine.compute import Compute

#: Extra columns that a user wants to compare carry this prefix in RAW_RECORDS and RECORDS.
EXTRA = "x_"


@dataclass(frozen=True)
class Table:
    """A declared table: its name, its columns (name -> DuckDB type) and whether `x_` columns may follow."""

    name: str
    columns: dict[str, str]
    extras: bool = False


def _text(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "VARCHAR")


# --- raw: sources -> standardise -------------------------------------------------------------------------------------

#: One row per record as read. `row` is the reading order within its source: of two rows with one key the later wins.
#: `seen_at`/`created_at`/`birth_date` are text in the source's own form (epochs already turned into ISO 8601 UTC).
RAW_RECORDS = Table(
    "raw_records",
    {
        **_text("source", "key", "kind"),  # kind: contact | order | checkout
        "row": "BIGINT",
        **_text("seen_at", "created_at", "name", "first_name", "last_name", "birth_date", "gender"),
        **_text("street", "city", "postcode", "state", "country", "company"),
    },
    extras=True,
)
#: type: email | phone | account | loyalty | device | a type of the project's own; `system` namespaces account ids.
RAW_IDENTIFIERS = Table("raw_identifiers", _text("source", "key", "type", "system", "value"))
#: channel: email | sms | phone | ads | analytics; state: in | out | unknown.
RAW_CONSENTS = Table("raw_consents", _text("source", "key", "channel", "state", "at"))
RAW_ORDERS = Table(
    "raw_orders",
    _text(
        "source", "key", "number", "at", "currency", "total", "subtotal", "shipping", "tax", "discount", "refunded",
        "cost", "discount_code", "status", "channel", "cancelled_at",
    ),
)  # fmt: skip
RAW_ORDER_LINES = Table(
    "raw_order_lines",
    {**_text("source", "key"), "line": "INTEGER", **_text("sku", "item", "category", "quantity", "price")},
)
#: What a contact's own tool says that it has bought.
RAW_CLAIMS = Table("raw_claims", _text("source", "key", "currency", "revenue", "orders"))
#: `kind` is one of EVENT_KINDS, `name` the tool's own word. `account` is already namespaced by `system`.
RAW_EVENTS = Table(
    "raw_events",
    _text(
        "source", "key", "kind", "name", "at", "device", "session", "system", "account", "email", "phone", "order_key",
        "url", "campaign", "utm_source", "utm_medium", "item", "category", "quantity", "value", "currency", "subject",
        "status", "language",
    ),
)  # fmt: skip
#: Rows that could not be read, kept with the place and the reason.
REJECTS = Table("rejects", {**_text("source", "file"), "line": "BIGINT", **_text("reason", "text")})
#: Every file or table that was read, for the manifest: bytes and SHA-256 of its content, rows kept and rejected.
SOURCE_FILES = Table(
    "source_files",
    {**_text("source", "file", "sha256"), "bytes": "BIGINT", "rows": "BIGINT", "rejected": "BIGINT"},
)
#: Every column that a source's files had: `place` is what of its map reads it (`record.first_name`; a row for each),
#: NULL where nothing does. Of the texts that the place yields `filled` of `rows` aren't blank, and of those in a sample
#: so many look like what.
SOURCE_COLUMNS = Table(
    "source_columns",
    {
        **_text("source", "column", "place"),
        **dict.fromkeys(("rows", "filled", "emails", "dates", "numbers", "phones", "texts"), "BIGINT"),
    },
)

EVENT_KINDS = (
    "session", "view", "add_to_cart", "begin_checkout", "purchase", "login", "signup", "sent", "open", "click",
    "unsubscribe", "bounce", "ticket", "review", "deal", "other",
)  # fmt: skip

# --- run tables ------------------------------------------------------------------------------------------------------

#: One row per record. `record_id` is "source:key". Name and address fields are folded (lower case, no accents) for
#: comparison; `name` and `place` are for people to read. `middle_name` ends in jr, sr, 3 or 4 where a name tells father
#: and son apart. Times are UTC.
RECORDS = Table(
    "records",
    {
        **_text("record_id", "source", "key", "kind"),
        "seen_at": "TIMESTAMP",
        "created_at": "TIMESTAMP",
        **_text("name", "first_name", "first_root", "middle_name", "last_name"),
        "birth_date": "DATE",
        **_text("gender", "street", "city", "postcode", "state", "country", "company", "place"),
    },
    extras=True,
)
#: One row per record, type and canonical value. `value` is what links ("+15551234567", "john@x.com", "shopify:123");
#: `display` is what people see; status: ok | weak | placeholder | role | disposable | blocked | invalid.
#: Only `ok` and `weak` values may link. `detail` holds the line type of a phone.
IDENTIFIERS = Table("identifiers", _text("record_id", "type", "value", "display", "status", "detail"))
#: One row per thing said about a channel (email | sms | phone | ads | analytics) and an address: `state` in | out |
#: unknown, said by the record or event `key`. `type` and `value` are the address, NULL where what says it holds none;
#: `current` is false for what an earlier run read and this one no longer did.
CONSENTS = Table(
    "consents",
    {**_text("source", "key", "channel", "type", "value", "state"), "at": "TIMESTAMP", "current": "BOOLEAN"},
)
#: Amounts are in `currency`; the `base_` ones in the project's currency, NULL where no rate is known.
ORDERS = Table(
    "orders",
    {
        **_text("record_id", "source", "key", "number"),
        "at": "TIMESTAMP",
        **_text("currency"),
        **dict.fromkeys(("total", "subtotal", "shipping", "tax", "discount", "refunded", "cost"), "DOUBLE"),
        **dict.fromkeys(("base_total", "base_refunded"), "DOUBLE"),
        **_text("discount_code", "status", "channel"),
    },
)
ORDER_LINES = Table(
    "order_lines",
    {
        **_text("record_id"),
        "line": "INTEGER",
        **_text("sku", "item", "category"),
        "quantity": "DOUBLE",
        "price": "DOUBLE",
    },
)
#: What other tools than the shop say was bought: compared with the shop's orders, never added to them. Either the total
#: of a contact (`record_id`; `at` is NULL) or a sale that a CRM booked (an event of kind `deal`, by source and key).
#: `base_revenue` is in the project's currency, NULL where no rate is known.
CLAIMS = Table(
    "claims",
    {
        **_text("record_id", "source", "key"),
        "at": "TIMESTAMP",
        **_text("currency"),
        "revenue": "DOUBLE",
        "base_revenue": "DOUBLE",
        "orders": "BIGINT",
    },
)
#: `account`, `email` and `phone` are canonical, as in IDENTIFIERS.value, NULL where they may not link. `status` is the
#: tool's own word for how it stands (a conversation is open or solved, a checkout recovered), `language` the device's.
EVENTS = Table(
    "events",
    {
        **_text("source", "key", "kind", "name"),
        "at": "TIMESTAMP",
        **_text("device", "session", "account", "email", "phone", "order_key", "url"),
        **_text("campaign", "utm_source", "utm_medium", "item", "category"),
        "quantity": "DOUBLE",
        "value": "DOUBLE",
        **_text("currency", "subject", "status", "language"),
    },
)
#: One comparison's share of a match: `level` in words, `weight` in bits (log2 of the Bayes factor);
#: `record_a`/`record_b` name the records that the piece comes from, where that is not the match's own pair.
REASONS = "STRUCT(comparison VARCHAR, level VARCHAR, weight DOUBLE, record_a VARCHAR, record_b VARCHAR)[]"
#: How the rule of a match, or what is said of a refusal, begins where somebody decided it.
DECIDED_BY = "decided by "
#: Admitted matches, record_a < record_b. stage: identical | identifier | probabilistic | collective | decision;
#: `rule` is what proposed the pair. Within a customer matches were admitted in the order of `step` (0: records that are
#: alike, 1: pairs, then one for each join of groups), and within a step strongest first.
MATCHES = Table(
    "matches",
    {
        **_text("record_a", "record_b", "stage", "rule"),
        "weight": "DOUBLE",
        "probability": "DOUBLE",
        "reasons": REASONS,
        "step": "BIGINT",
    },
)
#: Pairs that scored as matches and were refused: `refusal` says in words what forbade it.
REFUSALS = Table("refusals", {**MATCHES.columns, **_text("refusal")})
#: How the reason of a shared value begins that somebody blocked.
BLOCKED_BY = "blocked by "
#: Values held by more customers than their policy allows, and how many hold each.
SHARED_VALUES = Table("shared_values", {**_text("type", "value", "reason"), "records": "BIGINT", "customers": "BIGINT"})
#: Who belongs to whom. `confidence`: probability of the weakest hop on the widest path to the anchor record.
MEMBERS = Table("members", {**_text("record_id", "customer_id"), "confidence": "DOUBLE", "since": "TIMESTAMP"})
#: One row per customer: its anchor record, how many records it holds, and the golden fields that every face shows.
CUSTOMERS = Table(
    "customers",
    {
        **_text("customer_id", "anchor", "name", "email", "phone", "place"),
        "records": "BIGINT",
        "first_seen": "TIMESTAMP",
        "last_seen": "TIMESTAMP",
    },
)
#: A customer's identifiers. `sources` is sorted; a shared value has no row.
KNOWN_BY = Table(
    "known_by",
    {
        **_text("customer_id", "type", "value", "display"),
        "confidence": "DOUBLE",
        "sources": "VARCHAR[]",
        "first_seen": "TIMESTAMP",
        "last_seen": "TIMESTAMP",
    },
)
#: What a customer's addresses may be used for: one row per customer, channel and address that anybody spoke of.
#: `state` (in | out) is decided by the project's precedence; `at` and `source` are of the statement that decided it.
#: `said_in` and `said_out` are the sources whose latest word on this address is that; `conflict` is true where
#: sources, or the customer's addresses, disagree about the channel. `confidence` is that of the address in KNOWN_BY.
#: `why_not` is opted out | conflict (a person has to look) | not sure enough, NULL where the address may be used.
PERMISSIONS = Table(
    "permissions",
    {
        **_text("customer_id", "channel", "type", "value", "state"),
        "conflict": "BOOLEAN",
        "at": "TIMESTAMP",
        **_text("source"),
        "said_in": "VARCHAR[]",
        "said_out": "VARCHAR[]",
        "confidence": "DOUBLE",
        "why_not": "VARCHAR",
    },
)
#: When a device was whose: [since, until), by what (login | order | click), and the record or account that says so.
DEVICE_WINDOWS = Table(
    "device_windows",
    {
        **_text("device", "customer_id"),
        "since": "TIMESTAMP",
        "until": "TIMESTAMP",
        **_text("because", "record_id"),
        "confidence": "DOUBLE",
    },
)
#: Whose an event was, for those of which that is known. because: order | login | click | address (it was sent to, or is
#: about, an address or account of the customer's) | session (somebody was known in it) | device (DEVICE_WINDOWS).
EVENT_OWNERS = Table(
    "event_owners", {**_text("source", "key", "customer_id"), "confidence": "DOUBLE", **_text("because")}
)

#: Every ledger entry up to the run, `seq` counting from 1 in the order of the hash chain. `customer_ids` are the
#: customers that an entry is about, retired ones too, `record_ids` the records that moved.
LEDGER = Table(
    "ledger",
    {
        "seq": "BIGINT",
        "at": "TIMESTAMP",
        **_text("kind", "run_id", "actor", "reason", "hash"),
        **dict.fromkeys(("customer_ids", "record_ids"), "VARCHAR[]"),
    },
)
#: Where an id went, or came from. kind: merged (`old_id` leads to `new_id`), retired (`old_id` leads nowhere: all of
#: its records left the sources), split (`new_id` was part of `old_id`, which lives on or went elsewhere).
REDIRECTS = Table("redirects", {**_text("old_id", "new_id", "kind"), "at": "TIMESTAMP"})

#: What was measured of a run's data; engine/quality/metrics.py has the metrics. `source` is NULL for the whole shop,
#: `subject` what of it is meant (a type of identifier, a channel, a field, the last day of a period), NULL for all of
#: it; `whole` is what `value` is a part of, or an average over; NULL where it is neither. It holds no personal value.
HEALTH = Table("health", {**_text("metric", "source", "subject"), "value": "DOUBLE", "whole": "DOUBLE"})

_ARROW = {
    "VARCHAR": pa.string(),
    "DOUBLE": pa.float64(),
    "BIGINT": pa.int64(),
    "TIMESTAMP": pa.timestamp("us"),
    "VARCHAR[]": pa.list_(pa.string()),
}


def check(compute: Compute, table: Table, name: str | None = None) -> dict[str, str]:
    """Raise TableError naming every missing, unexpected and mistyped column of `name` (default: its own).

    Returns its columns.
    """
    name = name or table.name
    found = compute.columns(name)
    wrong = [f"no column {c} ({t})" for c, t in table.columns.items() if c not in found]
    wrong += [
        f"column {c} is {found[c]}, not {t}"
        for c, t in table.columns.items()
        if c in found and found[c].replace('"', "") != t
    ]
    wrong += [
        f"unexpected column {c}" for c in found if c not in table.columns and not (table.extras and c.startswith(EXTRA))
    ]
    if wrong:
        raise TableError(f"table {name}: " + "; ".join(wrong))
    return found


def create_sql(table: Table, name: str, extras: tuple[str, ...] = ()) -> str:
    """The CREATE TABLE statement of an empty `table` called `name` (a quoted name), with text columns `extras`."""
    columns = [f'"{c}" {t}' for c, t in table.columns.items()] + [f'"{c}" VARCHAR' for c in extras]
    return f"CREATE OR REPLACE TABLE {name} ({', '.join(columns)})"


def arrow_schema(table: Table) -> pa.Schema:
    """The Arrow schema of a table whose rows are not made in SQL: of text, whole numbers, times and lists of text."""
    return pa.schema([(column, _ARROW[kind]) for column, kind in table.columns.items()])
