"""Fold: records of one source that say exactly the same about a person become one node, and nodes are what is compared.

A customer with thirty orders would otherwise be compared thirty times with everyone, and would make his own e-mail look
common. A record folds only when it says enough to stand for a person: an identifier that may link, or a full name with
a birth date, street or postcode; and never where its source is said to hold nobody twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.compute import Compute, quote
from engine.ledger.decided import NOTHING, Decided
from engine.link.guess import fill_names
from engine.tables import BLOCKED_BY, EXTRA

if TYPE_CHECKING:
    from engine.config import Config

#: Fields of a record that are compared as they are.
FIELDS = (
    "first_name", "first_root", "middle_name", "last_name", "birth_date", "gender",
    "street", "city", "postcode", "state", "country", "company",
)  # fmt: skip


def extra_columns(compute: Compute, wanted: tuple[str, ...]) -> list[str]:
    """Those columns of the project's own in `records`, with their prefix, that it wants compared."""
    return [c for c in compute.columns("records") if c.startswith(EXTRA) and c.removeprefix(EXTRA) in wanted]


def held_once(config: Config) -> list[str]:
    """Names of the sources that never hold a person twice, by the project's word."""
    return [source.title for source in config.sources if config.linkage.link_only or not source.duplicates]


def build_nodes(compute: Compute, config: Config, decided: Decided = NOTHING) -> int:
    """Make `links` (the values that may link), `shared_values`, `node_records` and `nodes`; returns how many nodes.

    A record that somebody decided of folds with no other, and a value that was blocked links nothing; the former stand
    in `decided` then.

    nodes: node_id BIGINT (dense, in the order of the smallest record id), source, kind, FIELDS, x_ columns, and
    email/phone/account/other values as sorted lists, with the first e-mail and phone taken out for comparison, and
    `generation`, the Jr or Sr at the end of a name, and `organisation`, the company where nobody is named.
    """
    compute.load("decided", decided.records)
    _build_links(compute, config, decided)
    fields = [*FIELDS, *extra_columns(compute, config.linkage.compare)]
    compute.table(
        "_values",
        # Lists sorted afterwards take two thirds of the time of list(... ORDER BY ...).
        f"""
        SELECT record_id, {_listed("weak", "x.value", "type = 'email'")} AS emails,
            {_listed("weak", "x.value", "type = 'phone'")} AS phones,
            bool_and(weak) FILTER (type = 'phone') AS phone_weak,
            {_listed("type", "x.type || ':' || x.value", "type NOT IN ('email', 'phone')")} AS accounts
        FROM links GROUP BY record_id
        """,
    )
    said = ", ".join(f"r.{quote(f)}" for f in fields)
    compute.table(
        "_said",
        f"""
        SELECT r.record_id, r.source, r.kind, {said}, v.emails, v.phones, v.phone_weak, v.accounts,
            CASE WHEN NOT list_contains($once::VARCHAR[], r.source)
                AND r.record_id NOT IN (SELECT record_id FROM decided)
                AND (v.emails IS NOT NULL OR v.phones IS NOT NULL OR v.accounts IS NOT NULL
                    OR (r.first_name IS NOT NULL AND r.last_name IS NOT NULL
                        AND coalesce(r.birth_date::VARCHAR, r.street, r.postcode) IS NOT NULL))
            THEN hash(r.source, {said}, v.emails, v.phones, v.accounts)::VARCHAR ELSE r.record_id END AS fold
        FROM records r LEFT JOIN _values v USING (record_id)
        """,
        {"once": held_once(config)},
    )
    compute.table(
        "node_records",
        """
        SELECT record_id, dense_rank() OVER (ORDER BY head) AS node_id, record_id = head AS is_head
        FROM (SELECT record_id, min(record_id) OVER (PARTITION BY source, fold) AS head FROM _said)
        """,
    )
    fill_names(compute)
    compute.table(
        "_domain",
        """SELECT split_part(value, '@', 2) AS domain, count(DISTINCT value) AS mails
           FROM links WHERE type = 'email' GROUP BY ALL""",
    )
    count = compute.table(
        "nodes",
        f"""
        SELECT n.node_id, s.* EXCLUDE (record_id, fold), s.record_id AS head,
            s.emails[1] AS email, split_part(s.emails[1], '@', 1) AS email_local,
            split_part(s.emails[1], '@', 2) AS email_domain, s.phones[1] AS phone,
            CASE WHEN d.mails <= greatest(3, (SELECT 0.002 * sum(mails) FROM _domain)) THEN d.domain END AS rare_domain,
            nullif(regexp_extract(s.middle_name, '(?:^| )(jr|sr|3|4)$', 1), '') AS generation,
            CASE WHEN coalesce(s.first_name, s.last_name) IS NULL THEN s.company END AS organisation,
            s.birth_date::VARCHAR AS birth_text, coalesce(f.uses, 0) AS first_count, coalesce(l.uses, 0) AS last_count,
            {_beyond_the_name("split_part(s.emails[1], '@', 1)", "s")} AS email_rest
        FROM node_records n JOIN _said s USING (record_id)
        LEFT JOIN _first_name f USING (first_name) LEFT JOIN _last_name l USING (last_name)
        LEFT JOIN _domain d ON d.domain = split_part(s.emails[1], '@', 2)
        WHERE n.is_head ORDER BY n.node_id
        """,
    )
    compute.drop("_values", "_said", "_first_name", "_last_name", "_domain")
    return count


def _listed(first: str, shown: str, when: str) -> str:
    """SQL of the values of a group `when` that holds, by `first`, then by value, each as `shown`."""
    return f"list_transform(list_sort(list({{'{first}': {first}, 'value': value}}) FILTER ({when})), lambda x: {shown})"


def _beyond_the_name(local: str, row: str) -> str:
    """SQL: what an e-mail's local part holds besides its owner's names, separators and a lone initial; '' if nothing.

    A local part that is made of the name alone proves nothing that the name doesn't.
    """
    rest = local
    for name in ("first_name", "last_name", "first_root", "middle_name"):
        rest = f"CASE WHEN length({row}.{name}) > 1 THEN replace({rest}, {row}.{name}, ' ') ELSE {rest} END"
    return f"regexp_replace(regexp_replace({rest}, '(^|[^a-z])[a-z]([^a-z]|$)', ' ', 'g'), '[^a-z0-9]', '', 'g')"


def _build_links(compute: Compute, config: Config, decided: Decided) -> None:
    """`links`: record_id, type, value, weak: identifier values that may link; `shared_values`: those that may not."""
    compute.run(
        "CREATE OR REPLACE TABLE _policy (type VARCHAR, trust VARCHAR, max_customers BIGINT, max_records BIGINT)"
    )
    for (kind,) in compute.rows("SELECT DISTINCT type FROM identifiers ORDER BY type"):
        policy = config.policy(kind)
        given = [kind, policy.trust, policy.max_customers, policy.max_records]
        compute.run("INSERT INTO _policy VALUES (?, ?, ?, ?)", given)
    # How many people stand behind a value is counted in first names that can't be the same: initials and missing names
    # are compatible with any, and only the first three letters are held against each other. Only few values have so
    # many records that it matters.
    compute.table(
        "shared_values",
        """
        WITH held AS (
            SELECT type, value FROM identifiers JOIN _policy USING (type)
            WHERE status IN ('ok', 'weak') AND type <> 'device'
            GROUP BY type, value HAVING count(*) > any_value(least(max_customers, max_records)))
        SELECT type, value,
            CASE WHEN count(DISTINCT record_id) > any_value(max_records) THEN 'held by more records than its limit'
                 ELSE 'held under more names than its limit' END AS reason,
            count(DISTINCT record_id) AS records,
            count(DISTINCT CASE WHEN length(first_root) > 1 THEN left(first_root, 3) END) AS customers
        FROM identifiers SEMI JOIN held USING (type, value) JOIN records USING (record_id) JOIN _policy USING (type)
        WHERE status IN ('ok', 'weak') AND type <> 'device'
        GROUP BY type, value
        HAVING records > any_value(max_records) OR customers > any_value(max_customers)
        """,
    )
    compute.load("_blocked", decided.values)
    compute.run("DELETE FROM shared_values WHERE (type, value) IN (SELECT (type, value) FROM _blocked)")
    compute.run(
        f"""INSERT INTO shared_values
        SELECT b.type, b.value, format('{BLOCKED_BY}{{}} (entry {{}})', any_value(b.actor), any_value(b.entry)),
            count(DISTINCT record_id), count(DISTINCT CASE WHEN length(first_root) > 1 THEN left(first_root, 3) END)
        FROM _blocked b LEFT JOIN identifiers USING (type, value) LEFT JOIN records USING (record_id)
        GROUP BY b.type, b.value"""
    )
    compute.table(
        "links",
        """
        SELECT record_id, type, value, bool_and(status = 'weak') AS weak
        FROM identifiers JOIN _policy USING (type) ANTI JOIN shared_values USING (type, value)
        WHERE status IN ('ok', 'weak') AND type <> 'device' AND trust <> 'weak' GROUP BY ALL
        """,
    )
    compute.drop("_policy", "_blocked")
