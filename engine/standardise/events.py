"""RAW_EVENTS -> EVENTS: there are ten times as many as records, so all of it is SQL over what is already known."""

from __future__ import annotations

from engine.compute import Compute
from engine.standardise.identifiers import KNOWN, event_key
from engine.standardise.money import amount, currency
from engine.standardise.sources import TABLE as SOURCES
from engine.standardise.times import utc
from engine.standardise.values import LINKING
from engine.tables import EVENT_KINDS

#: By what a message went, or what somebody unsubscribed from, as SQL over EVENTS: the tool's own word says it, else
#: what the tool is for (many name both addresses of a person), else which address is there.
MESSAGE = """CASE WHEN name ILIKE '%sms%' THEN 'sms' WHEN name ILIKE '%mail%' THEN 'email'
    WHEN account LIKE 'sms:%' OR phone IS NOT NULL AND email IS NULL THEN 'sms' ELSE 'email' END"""


def make_events(compute: Compute) -> None:
    """Make EVENTS; an identifier that may not link is NULL, and one in the wrong column moves to its own."""
    kinds = ", ".join(f"'{kind}'" for kind in EVENT_KINDS)
    may_link = ", ".join(f"'{status}'" for status in LINKING)
    joins = ""
    for column in ("device", "account", "email", "phone"):
        keys = " AND ".join(f"{column}_.{name} = {sql}" for name, sql in event_key(column).items())
        joins += f" LEFT JOIN {KNOWN} {column}_ ON {column}_.status IN ({may_link}) AND {keys}"
    compute.table(
        "events",
        f"""
        SELECT e.source, e.key,
            CASE WHEN lower(trim(e.kind)) IN ({kinds}) THEN lower(trim(e.kind)) ELSE 'other' END AS kind,
            nullif(trim(e.name), '') AS name, {utc("e.at", "s.zone", "s.region")} AS at,
            device_.value AS device, nullif(trim(e.session), '') AS session, account_.value AS account,
            {_either("email", "phone")} AS email, {_either("phone", "email")} AS phone,
            nullif(trim(e.order_key), '') AS order_key, nullif(trim(e.url), '') AS url,
            {_campaign("campaign", "utm_campaign")} AS campaign,
            {_campaign("utm_source", "utm_source")} AS utm_source,
            {_campaign("utm_medium", "utm_medium")} AS utm_medium,
            nullif(trim(e.item), '') AS item, nullif(trim(e.category), '') AS category,
            {amount("e.quantity")} AS quantity, {amount("e.value")} AS value,
            CASE WHEN e.value IS NOT NULL OR e.currency IS NOT NULL THEN {currency("e.currency", "s.currency")} END
                AS currency,
            nullif(trim(e.subject), '') AS subject, nullif(lower(trim(e.status)), '') AS status,
            nullif(lower(trim(e.language)), '') AS language
        FROM raw_events e JOIN {SOURCES} s ON s.source = e.source{joins}
        """,
    )


def _either(own: str, other: str) -> str:
    return (
        f"coalesce(CASE WHEN {own}_.type = '{own}' THEN {own}_.value END,"
        f" CASE WHEN {other}_.type = '{own}' THEN {other}_.value END)"
    )


def _campaign(column: str, parameter: str) -> str:
    """Make the SQL of a campaign field: the tool's own word, else the parameter of the URL."""
    found = f"regexp_extract(e.url, '[?&]{parameter}=([^&#]*)', 1)"
    decoded = f"nullif(trim(url_decode(replace({found}, '+', ' '))), '')"
    return f"coalesce(nullif(trim(e.{column}), ''), CASE WHEN contains(e.url, '{parameter}=') THEN {decoded} END)"
