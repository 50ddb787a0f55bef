"""The merges that other systems would have to follow, and what stands against them there."""

from __future__ import annotations

from engine.compare.result import Elsewhere, Merge, Verdict
from engine.compare.systems import SYSTEMS, System
from engine.compute import Compute, literal
from engine.runs import RunTables

#: customer_id, system, keep, merge VARCHAR[] (account ids in that system's own form), verdict.
MERGES = "merges_elsewhere"
#: So many of a system's merges are named.
NAMED = 20

_HELD = "merges_held"
_SYSTEMS = ", ".join(literal(system.id) for system in SYSTEMS)
_MOST = " ".join(f"WHEN {literal(s.id)} THEN {s.most}" for s in SYSTEMS if s.most)
_ONE_EMAIL = ", ".join(literal(system.id) for system in SYSTEMS if "choose" in system.why)
#: The verdict that needs most work comes first.
ORDER: tuple[Verdict, ...] = ("refuses", "choose", "check")


def find_merges(compute: Compute, run: RunTables) -> None:
    """Make MERGES of a run: one row for each customer with several accounts of one system.

    An account's e-mails are those of its own record or, where there is none, of any record that names it. To keep is
    the one with the customer's own e-mail, then one that has any, then the one seen last.
    """
    for table in ("members", "identifiers", "records", "customers"):
        compute.read_parquet(f"merges_{table}", run.path(table))
    # What several customers hold is nobody's account.
    compute.table(
        _HELD,
        f"""
        WITH held AS (
            SELECT m.customer_id, split_part(i.value, ':', 1) AS system, i.value AS account, i.record_id, r.seen_at,
                i.value = split_part(i.value, ':', 1) || ':' || r.key AS own
            FROM merges_identifiers i JOIN merges_members m USING (record_id) JOIN merges_records r USING (record_id)
            WHERE i.type = 'account' AND i.status IN ('ok', 'weak') AND split_part(i.value, ':', 1) IN ({_SYSTEMS})
            QUALIFY min(m.customer_id) OVER (PARTITION BY i.value) = max(m.customer_id) OVER (PARTITION BY i.value)
        ), several AS (
            SELECT customer_id, system FROM held GROUP BY ALL HAVING count(DISTINCT account) > 1
        )
        SELECT * FROM held SEMI JOIN several USING (customer_id, system)
        QUALIFY own = max(own) OVER (PARTITION BY account)
        """,
    )
    compute.table(
        MERGES,
        f"""
        WITH mails AS (
            SELECT h.account, list_sort(list(DISTINCT lower(i.display))) AS emails
            FROM {_HELD} h JOIN merges_identifiers i USING (record_id)
            WHERE i.type = 'email' AND i.status <> 'invalid' GROUP BY h.account
        ), accounts AS (
            SELECT h.customer_id, h.system, h.account, max(h.seen_at) AS seen_at, any_value(m.emails) AS emails
            FROM {_HELD} h LEFT JOIN mails m USING (account) GROUP BY ALL
        ), ordered AS (
            SELECT a.customer_id, a.system, count(*) AS accounts, count(DISTINCT a.emails) AS addressed,
                list(substr(a.account, length(a.system) + 2) ORDER BY
                    coalesce(list_contains(a.emails, lower(c.email)), false) DESC, a.emails IS NOT NULL DESC,
                    a.seen_at DESC NULLS LAST, a.account) AS ids
            FROM accounts a JOIN merges_customers c USING (customer_id) GROUP BY ALL
        )
        SELECT customer_id, system, ids[1] AS keep, ids[2:] AS merge, CASE
            WHEN accounts > CASE system {_MOST} END THEN 'refuses'
            WHEN system IN ({_ONE_EMAIL}) AND addressed > 1 THEN 'choose' ELSE 'check' END AS verdict
        FROM ordered
        """,
    )


def tell_merges(compute: Compute, run: RunTables) -> tuple[Elsewhere, ...]:
    """The merges that are new since the run before, by system, those with most at stake first.

    Reads `before_members` and `compare_worth` of a comparison.
    """
    find_merges(compute, run)
    # An account that was nobody's before is new, and apart from every other.
    compute.table(
        "merges_new",
        f"""
        WITH was AS (
            SELECT h.customer_id, h.system, h.account, coalesce(min(b.customer_id), h.account) AS holder
            FROM {_HELD} h LEFT JOIN before_members b USING (record_id) GROUP BY h.customer_id, h.system, h.account
        ), joined AS (SELECT customer_id, system FROM was GROUP BY ALL HAVING count(DISTINCT holder) > 1)
        SELECT m.*, round(coalesce(w.revenue, 0), 4)::DOUBLE AS revenue
        FROM {MERGES} m SEMI JOIN joined USING (customer_id, system)
        LEFT JOIN (SELECT customer_id, sum(revenue) AS revenue FROM compare_worth WHERE later GROUP BY customer_id) w
            USING (customer_id)
        """,
    )
    found = (_system(compute, system) for system in SYSTEMS)
    return tuple(one for one in found if one.customers)


def _system(compute: Compute, system: System) -> Elsewhere:
    counts = dict(
        compute.rows("SELECT verdict, count(*) FROM merges_new WHERE system = $id GROUP BY verdict", {"id": system.id})
    )
    rows = compute.rows(
        f"""SELECT customer_id, keep, merge, verdict, revenue FROM merges_new WHERE system = $id
        ORDER BY list_position($order, verdict), revenue DESC, customer_id LIMIT {NAMED}""",
        {"id": system.id, "order": list(ORDER)},
    )
    return Elsewhere(
        system=system.name,
        customers=sum(counts.values()),
        verdicts={verdict: counts[verdict] for verdict in ORDER if verdict in counts},
        named=tuple(
            Merge(customer, keep, tuple(merge), verdict, worth) for customer, keep, merge, verdict, worth in rows
        ),
        because={verdict: system.why[verdict] for verdict in ORDER if verdict in counts},
        unseen=system.unseen,
        sources=system.sources,
    )


def explanations() -> list[tuple[str, Verdict, str, str]]:
    """(system, verdict, why in words, the page that says so), for all that there are."""
    return [(s.id, verdict, why.words, why.source) for s in SYSTEMS for verdict, why in s.why.items()]
