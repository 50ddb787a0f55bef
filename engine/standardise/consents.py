"""What was said about consent: by records, in a column of theirs, and by events, in the act of unsubscribing."""

from __future__ import annotations

from pathlib import Path

from engine.compute import Compute
from engine.sources.mapping import Channel
from engine.standardise.events import MESSAGE
from engine.standardise.sources import TABLE as SOURCES
from engine.standardise.times import utc
from engine.standardise.values import LINKING

#: The types of identifier that are a channel's addresses.
ADDRESSES: dict[Channel, tuple[str, ...]] = {
    "email": ("email",),
    "sms": ("phone",),
    "phone": ("phone",),
    "ads": ("email", "phone"),
    "analytics": ("device", "account", "email"),
}
#: A role inbox or a throwaway address doesn't tell people apart, but it can opt out.
_REAL = (*LINKING, "role", "disposable")


def addresses() -> str:
    """Make the SQL of a table `address` (channel, type)."""
    pairs = ", ".join(f"('{channel}', '{kind}')" for channel, kinds in ADDRESSES.items() for kind in kinds)
    return f"(VALUES {pairs}) AS address(channel, type)"


def make_consents(compute: Compute) -> None:
    """Make CONSENTS of `raw_consents`, `identifiers` and `events`; what isn't clearly in or out is unknown.

    A record speaks for each of its addresses of the channel, or for the person where it holds none. An event speaks for
    the address it went to, or for the account; one that names an e-mail and a phone, and not which of them, for both.
    """
    real = ", ".join(f"'{status}'" for status in _REAL)
    compute.table(
        "consents",
        f"""
        WITH said AS (
            SELECT DISTINCT r.source, r.key, lower(trim(r.channel)) AS channel,
                CASE WHEN lower(trim(r.state)) IN ('in', 'out') THEN lower(trim(r.state)) ELSE 'unknown' END AS state,
                {utc("r.at", "s.zone", "s.region")} AS "at"
            FROM raw_consents r LEFT JOIN {SOURCES} s ON s.source = r.source
            WHERE r.channel IS NOT NULL
        ), held AS (
            SELECT i.record_id, address.channel, i.type, i.value
            FROM identifiers i JOIN {addresses()} ON address.type = i.type WHERE i.status IN ({real})
        ), unsubscribed AS (
            SELECT * REPLACE (CASE WHEN channel = 'email' THEN email END AS email,
                CASE WHEN channel = 'sms' THEN phone END AS phone)
            FROM (
                SELECT *, unnest(CASE WHEN email IS NOT NULL AND phone IS NOT NULL AND account IS NULL
                        AND NOT regexp_matches(coalesce(name, ''), 'mail|sms', 'i')
                    THEN ['email', 'sms'] ELSE [{MESSAGE}] END) AS channel
                FROM events WHERE kind = 'unsubscribe')
        )
        SELECT s.source, s.key, s.channel, h.type, h.value, s.state, s."at", true AS current
        FROM said s LEFT JOIN held h ON h.record_id = s.source || ':' || s.key AND h.channel = s.channel
        UNION
        SELECT source, key, channel,
            CASE WHEN phone IS NOT NULL THEN 'phone' WHEN email IS NOT NULL THEN 'email'
                 WHEN account IS NOT NULL THEN 'account' END,
            coalesce(phone, email, account), 'out', "at", true
        FROM unsubscribed
        """,
    )


def keep_earlier(compute: Compute, path: Path) -> None:
    """Add to CONSENTS what an earlier run's, in the file at `path`, holds and these don't, as no longer current.

    What was said again in the same words at a later time replaces what was said before.
    """
    compute.run(
        """
        INSERT INTO consents BY NAME
        SELECT old.* REPLACE (false AS current) FROM read_parquet($path) old
        WHERE NOT EXISTS (
            FROM consents new
            WHERE new.source = old.source AND new.key = old.key AND new.channel = old.channel
                AND new.type IS NOT DISTINCT FROM old.type AND new.value IS NOT DISTINCT FROM old.value
                AND new.state = old.state AND (old.current OR new."at" IS NOT DISTINCT FROM old."at"))
        """,
        {"path": str(path)},
    )
