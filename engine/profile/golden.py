"""The golden record: of all that a customer's records say, what is shown, and the identifiers it is known by.

Each field has a list of rules (the project file's `survivorship`), tried in order; a tie goes to the record
of the better source, then of the smaller id.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from engine.compute import Compute, quote
from engine.config import Config
from engine.profile.priorities import load_priorities
from engine.standardise.times import AHEAD, OLDEST, right
from engine.tables import CUSTOMERS, EXTRA, KNOWN_BY, check

#: Each rule as the order of the candidates of one customer and field, best first.
RULES = {
    "strong": "weak",
    "priority": "priority NULLS LAST",
    "recent": "seen_at DESC NULLS LAST",
    "frequent": "frequency DESC",
    "longest": "length(shown) DESC",
    "complete": "completeness",
}

#: Fields of which a weak value is shown only where there is no better.
_WEAK = ("email", "phone")
#: "john d", "j doe" and "john" say less than "john doe": whole names first, then those with an initial.
_COMPLETE = """CASE WHEN length(first_name) > 1 AND length(last_name) > 1 THEN 0
    WHEN length(first_name) > 0 AND length(last_name) > 0 THEN 1 ELSE 2 END"""

#: "Bonn, DE" says more than "Bonn", and that more than "DE".
_WHOLE_PLACE = "CASE WHEN contains(place, ',') THEN 0 WHEN length(place) > 2 THEN 1 ELSE 2 END"
#: Where the values of the fields of CUSTOMERS come from: `value` is equal for what is written alike.
CANDIDATES = {
    **{
        field: f"SELECT * REPLACE ({completeness} AS completeness), lower(trim({field})) AS value,"
        f" trim({field}) AS shown FROM golden_records WHERE trim({field}) <> ''"
        for field, completeness in (("name", "completeness"), ("place", _WHOLE_PLACE))
    },
    **{field: f"FROM golden_linkable WHERE type = '{field}'" for field in ("email", "phone")},
}

_SCRATCH = tuple(
    f"golden_{part}"
    for part in ("priorities", "ids", "records", "linkable", "name", "place", "email", "phone", "customers")
)


def anchors(compute: Compute, config: Config) -> None:
    """Make table `anchors` (group_id, record_id) from `groups` (record_id, group_id) and `records`.

    A group's anchor, from which confidence is measured, is its record of best source priority, then the oldest
    (by created_at, then by seen_at; no time counts as the youngest), then of the smallest id.
    """
    load_priorities(compute, config, "golden_priorities")
    compute.table(
        "anchors",
        """SELECT g.group_id, g.record_id
        FROM groups g JOIN records r USING (record_id) LEFT JOIN golden_priorities USING (source)
        QUALIFY row_number() OVER (PARTITION BY g.group_id ORDER BY
            priority NULLS LAST, r.created_at NULLS LAST, r.seen_at NULLS LAST, g.record_id) = 1""",
    )
    compute.drop("golden_priorities")


def build_customers(compute: Compute, config: Config, now: datetime) -> None:
    """Make tables `customers` (CUSTOMERS) and `known_by` (KNOWN_BY), at `now` (UTC, naive).

    Reads `records`, `identifiers`, `members`, `shared_values`, `orders` and `anchors` (see `anchors`).
    """
    load_priorities(compute, config, "golden_priorities")
    load_candidates(compute, now)
    for field, candidates in CANDIDATES.items():
        best = rank(rules_of(config, field), candidates, best=True)
        compute.table(f"golden_{field}", f"SELECT customer, shown FROM ({best})")
    _build_customers(compute)
    _build_known_by(compute)
    compute.drop(*_SCRATCH)
    check(compute, CUSTOMERS)
    check(compute, KNOWN_BY)


def load_candidates(compute: Compute, now: datetime) -> None:
    """Make golden_records and golden_linkable, where all values come from, and golden_ids.

    Customers and records are numbers in them, which sort and group much faster. A time that can't be right at `now`
    (UTC, naive) makes no value recent. Reads `golden_priorities`.
    """
    compute.table(
        "golden_ids",
        "SELECT customer_id, row_number() OVER () AS customer FROM (SELECT DISTINCT customer_id FROM members)",
    )
    # An order is the latest sign of life of its record. `rank` puts the sources that are believed first in front.
    compute.table(
        "golden_records",
        f"""SELECT customer, record_id, r.name, r.place, {_COMPLETE} AS completeness, priority, r.source, m.confidence,
            coalesce(greatest({right("r.seen_at")}, o.at), {right("r.created_at")}) AS seen_at,
            coalesce(least({right("r.created_at")}, o.at), {right("r.seen_at")}) AS created_at,
            row_number() OVER (ORDER BY priority NULLS LAST, record_id) AS rank
        FROM members m JOIN golden_ids USING (customer_id) JOIN records r USING (record_id)
            LEFT JOIN golden_priorities USING (source)
            LEFT JOIN (SELECT record_id, max({right('"at"')}) AS "at" FROM orders GROUP BY record_id) o
                USING (record_id)""",
        {"oldest": OLDEST, "latest": now + AHEAD},
    )

    compute.table(
        "golden_linkable",
        """SELECT r.customer, r.record_id, r.rank, r.priority, r.source, r.created_at, r.seen_at, r.confidence,
            i.type, i.value, coalesce(nullif(i.display, ''), i.value) AS shown, (i.status = 'weak')::INTEGER AS weak,
            0 AS completeness
        FROM identifiers i JOIN golden_records r USING (record_id) ANTI JOIN shared_values USING (type, value)
        WHERE i.status IN ('ok', 'weak') AND i.value <> ''""",
    )


def rules_of(config: Config, field: str) -> tuple[str, ...]:
    """The rules of a field, names of RULES."""
    before = ("strong",) if field in _WEAK else ()
    return (*before, *config.survivorship.of(field.removeprefix(EXTRA)))


def rank(rules: Sequence[str], candidates: str, by: str = "customer", best: bool = False) -> str:
    """SQL: the values of one field, each once a customer, with `place_in_line` from 1 on; with `best` the first only.

    `candidates` is a query of customer, record_id, rank, priority, source, seen_at, completeness, value and shown, and
    of `weak` for an identifier; so is the result. By `customer, field` they are those of several fields.
    """
    # Counting is a window of its own, so it is done only where a rule asks for it.
    count = f", count(*) OVER (PARTITION BY {by}, value) AS frequency" if "frequent" in rules else ""
    order = f"{''.join(f'{RULES[rule]}, ' for rule in rules)}rank, value, shown"
    line = f"row_number() OVER (PARTITION BY {by} ORDER BY {order}) AS place_in_line"
    counted = f"SELECT *{count} FROM ({candidates})"
    if best:
        return f"SELECT *, {line} FROM ({counted}) QUALIFY place_in_line = 1"
    each = f"QUALIFY row_number() OVER (PARTITION BY {by}, value ORDER BY {order}) = 1"
    return f"SELECT *, {line} FROM (SELECT * FROM ({counted}) {each})"


def _build_customers(compute: Compute) -> None:
    compute.table(
        "golden_customers",
        """SELECT customer, count(*) AS records, min(created_at) AS first_seen, max(seen_at) AS last_seen,
            min(a.record_id) AS anchor
        FROM golden_records r LEFT JOIN anchors a USING (record_id) GROUP BY customer""",
    )
    joins = "".join(f" LEFT JOIN {quote(f'golden_{field}')} AS {field} USING (customer)" for field in CANDIDATES)
    compute.table(
        "customers",
        f"""SELECT customer_id, anchor, name.shown AS name, email.shown AS email, phone.shown AS phone,
            place.shown AS place, records, first_seen, last_seen
        FROM golden_customers JOIN golden_ids USING (customer){joins}""",
    )


def _build_known_by(compute: Compute) -> None:
    # Of several spellings, that of the source that is believed first is displayed.
    compute.table(
        "known_by",
        """SELECT customer_id, * EXCLUDE (customer, customer_id) FROM (
            SELECT customer, type, value, arg_min(shown, weak * (1::BIGINT << 48) + rank) AS display,
                max(confidence) AS confidence, list_sort(list_distinct(list(source))) AS sources,
                min(created_at) AS first_seen, max(seen_at) AS last_seen
            FROM golden_linkable GROUP BY customer, type, value) JOIN golden_ids USING (customer)""",
    )
