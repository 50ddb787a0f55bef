"""What a customer's addresses may be used for, of all that was said about them.

An address has one answer, whoever holds it: two customers with one inbox get mail there only if it may be sent to. What
is said without an address, or about an account, is said by a person; an opt-out of that kind counts for all of the
person's addresses of the channel, an opt-in for none.
"""

from __future__ import annotations

from datetime import datetime

from engine.compute import Compute
from engine.config import Config
from engine.profile.priorities import load_priorities
from engine.sources.mapping import Channel
from engine.standardise.consents import ADDRESSES, addresses
from engine.standardise.times import AHEAD, OLDEST, right
from engine.tables import PERMISSIONS, check

#: The order of the words of the sources on one address, the one to follow first. An opt-out wins a tie.
_FIRST = {
    "restrictive": """state = 'out' DESC, "at" DESC NULLS LAST""",
    "recent": """"at" DESC NULLS LAST, state = 'out' DESC""",
    "priority": """priority NULLS LAST, state = 'out' DESC""",
}


def build_permissions(compute: Compute, config: Config, now: datetime) -> None:
    """Make table `permissions` (PERMISSIONS) of `consents`, `members` and `known_by`, at `now` (UTC, naive).

    A source's word on an address is the latest of its statements. One that is no longer current counts if it is an
    opt-out: that outlives the record that said it, an opt-in doesn't. Of an opt-out whose time isn't known, or can't be
    right, nobody can say that it was taken back; such an opt-in takes none back.
    """
    load_priorities(compute, config, "_priorities")
    compute.table(
        "_counting",
        f"""
        SELECT c.* EXCLUDE (current) REPLACE ({right('c."at"')} AS "at"),
            address.type IS NOT NULL AS addressed
        FROM consents c LEFT JOIN {addresses()} ON address.channel = c.channel AND address.type = c.type
        WHERE state <> 'unknown' AND (current OR state = 'out' AND NOT EXISTS (
            FROM consents n WHERE n.current AND n.source = c.source AND n.key = c.key AND n.channel = c.channel
                AND n.type IS NOT DISTINCT FROM c.type AND n.value IS NOT DISTINCT FROM c.value))
        """,
        {"oldest": OLDEST, "latest": now + AHEAD},
    )
    latest = """arg_max({'state': state, 'at': "at"},
        ("at" IS NULL AND state = 'out', "at" IS NOT NULL, "at", state = 'out'))"""
    compute.table(
        "_words",
        f"""
        WITH addressed AS (
            SELECT channel, type, value, source, {latest} AS said FROM _counting WHERE addressed GROUP BY ALL
        ), person AS (
            SELECT customer_id, channel, source, {latest} AS said
            FROM (SELECT m.customer_id, c.* FROM _counting c JOIN members m ON m.record_id = c.source || ':' || c.key
                  WHERE c.value IS NULL
                  UNION ALL BY NAME
                  SELECT k.customer_id, c.* FROM _counting c JOIN known_by k USING (type, value) WHERE NOT addressed)
            GROUP BY customer_id, channel, source
        )
        SELECT k.customer_id, a.channel, k.type, k.value, k.confidence, a.source,
            a.said.state AS state, a.said."at" AS "at"
        FROM known_by k JOIN addressed a USING (type, value)
        UNION ALL
        SELECT k.customer_id, p.channel, k.type, k.value, k.confidence, p.source, p.said.state, p.said."at"
        FROM person p JOIN known_by k USING (customer_id)
            JOIN {addresses()} ON address.channel = p.channel AND address.type = k.type
        WHERE p.said.state = 'out'
        """,
    )
    decided = " UNION ALL ".join(_decide(config, channel) for channel in ADDRESSES)
    compute.table("permissions", decided)
    compute.drop("_priorities", "_counting", "_words")
    check(compute, PERMISSIONS)


def _decide(config: Config, channel: Channel) -> str:
    """SQL of the permissions of one channel, of `_words`."""
    precedence = config.consent.of(channel)
    # Somebody who opted out with one address hasn't opted in with another, unless the project says how to decide.
    torn = "conflict" if precedence == "restrictive" else "false"
    return f"""
        SELECT customer_id, channel, type, value, word.state AS state, conflict, word."at" AS "at",
            word.source AS source, said_in, said_out, confidence,
            CASE WHEN state = 'out' THEN CASE WHEN said_in IS NULL THEN 'opted out' ELSE 'conflict' END
                 WHEN {torn} THEN 'conflict'
                 WHEN confidence < {getattr(config.consent.confidence, channel)!r} THEN 'not sure enough' END AS why_not
        FROM (
            SELECT *, bool_or(said_in IS NOT NULL) OVER every AND bool_or(said_out IS NOT NULL) OVER every AS conflict
            FROM (
                SELECT customer_id, channel, type, value, confidence,
                    first({{'state': state, 'at': "at", 'source': source}}
                        ORDER BY {_FIRST[precedence]}, source) AS word,
                    list_sort(list(DISTINCT source) FILTER (state = 'in')) AS said_in,
                    list_sort(list(DISTINCT source) FILTER (state = 'out')) AS said_out
                FROM _words LEFT JOIN _priorities USING (source) WHERE channel = '{channel}'
                GROUP BY customer_id, channel, type, value, confidence)
            WINDOW every AS (PARTITION BY customer_id))
        """
