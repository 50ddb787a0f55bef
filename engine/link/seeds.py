"""Cautious first groups, formed by rule before any model exists.

They are not the answer: they are what the model is taught from. Counting people in place of rows keeps a good customer
with thirty orders from making his e-mail or his name look common, so *u*, the term frequencies and the prior are all
taken from one representative a group.
"""

from __future__ import annotations

from engine.compute import Compute
from engine.link import names


def _contradicted(left: str, right: str) -> str:
    """SQL for whether two or more fields that both rows know disagree. Then one shared value is not enough to begin."""
    pairs = [f"list_has_any({left}.{c}, {right}.{c})" for c in ("emails", "phones")]
    pairs += [f"{left}.{c} = {right}.{c}" for c in ("birth_date", "street", "postcode", "company")]
    agree = " + ".join(f"coalesce(({p})::INT, 0)" for p in pairs)
    known = " + ".join(f"(({p}) IS NOT NULL)::INT" for p in pairs)
    # One agreement is what brought the rows together, unless they came by an account.
    return f"({known} - ({agree}) >= 2 AND ({agree}) <= 1)"


def build_seeds(compute: Compute, block_size: int) -> int:
    """Make `seeds` (node_id, seed_id, is_head): first groups over `nodes`; returns their number.

    Two nodes start in one group when they share a linkable value and their first names are compatible, or when they
    share the full name and a birth date, street or postcode.
    """
    compute.table(
        "_shared",
        """
        SELECT DISTINCT n.node_id, l.type || ':' || l.value AS value
        FROM links l JOIN node_records n USING (record_id)
        UNION ALL
        SELECT node_id, 'name:' || first_root || ' ' || last_name || unnest([
            ' born ' || birth_date::VARCHAR, ' at ' || street, ' in ' || postcode])
        FROM nodes WHERE length(first_name) > 1 AND last_name IS NOT NULL
        """,
    )
    # Two nodes mostly share several values, and are judged once.
    compute.table(
        "_edges",
        f"""
        WITH small AS (
            SELECT value FROM _shared WHERE value IS NOT NULL
            GROUP BY value HAVING count(*) BETWEEN 2 AND {int(block_size)}
        ), held AS (SELECT node_id, value FROM _shared SEMI JOIN small USING (value)),
        met AS (SELECT DISTINCT l.node_id AS a, r.node_id AS b
                FROM held l JOIN held r ON l.value = r.value AND l.node_id < r.node_id)
        SELECT a, b FROM met JOIN nodes l ON l.node_id = a JOIN nodes r ON r.node_id = b
        WHERE {names.compatible("l", "r")} AND NOT {_contradicted("l", "r")}
        """,
    )
    compute.components("seeds_of", "SELECT node_id FROM nodes", "SELECT a, b FROM _edges")
    compute.table(
        "seeds",
        """
        SELECT s.node_id, s.component AS seed_id,
            row_number() OVER (PARTITION BY s.component ORDER BY hash(s.node_id), s.node_id) = 1 AS is_head
        FROM seeds_of s
        """,
    )
    compute.drop("_shared", "_edges", "seeds_of")
    return int(compute.value("SELECT count(*) FROM seeds WHERE is_head"))
