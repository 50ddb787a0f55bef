"""The files: every export as one query over `shown` and its companions, in the columns and formats of the real tool."""

from __future__ import annotations

from pathlib import Path

from engine.compute import Compute
from engine.demo import analytics, catalogue, rates

#: The offset of New York, where the shop is: summer time begins and ends at these moments (seconds since 1970).
_SUMMERS = ((1710054000, 1730613600), (1741503600, 1762063200), (1772953200, 1793512800))

_MACROS = (
    "CREATE OR REPLACE MACRO summer(moment) AS "
    + " OR ".join(f"moment BETWEEN {start} AND {end - 1}" for start, end in _SUMMERS),
    "CREATE OR REPLACE MACRO shop_time(moment) AS strftime(make_timestamp((moment - CASE WHEN summer(moment) THEN 14400"
    " ELSE 18000 END) * 1000000), '%Y-%m-%d %H:%M:%S') || CASE WHEN summer(moment) THEN ' -0400' ELSE ' -0500' END",
    "CREATE OR REPLACE MACRO utc(moment) AS strftime(make_timestamp(moment * 1000000), '%Y-%m-%dT%H:%M:%SZ')",
    "CREATE OR REPLACE MACRO land(country) AS "
    + f"CASE country {' '.join(f'WHEN {i} THEN {c!r}' for i, c in enumerate(rates.COUNTRIES))} END",
    "CREATE OR REPLACE MACRO currency(country) AS "
    + f"CASE country {' '.join(f'WHEN {i} THEN {c!r}' for i, c in enumerate(rates.CURRENCIES))} END",
    "CREATE OR REPLACE MACRO worth(country) AS "
    + f"CASE country {' '.join(f'WHEN {i} THEN {w}' for i, w in enumerate(rates.WORTH))} END",
    "CREATE OR REPLACE MACRO label(person) AS printf('p%07d', person + 1)",
    "CREATE OR REPLACE MACRO yes(b) AS CASE WHEN b THEN 'yes' ELSE 'no' END",
)

_CUSTOMERS = """
SELECT key AS "Customer ID", first AS "First Name", last AS "Last Name", email AS "Email",
    yes(email_ok) AS "Accepts Email Marketing", street AS "Default Address Address1", town AS "Default Address City",
    postcode AS "Default Address Zip", land(country) AS "Default Address Country Code", phone AS "Phone",
    yes(sms_ok) AS "Accepts SMS Marketing", coalesce(spent, 0) / 100 AS "Total Spent",
    coalesce(orders, 0) AS "Total Orders",
    shop_time(moment) AS "Created At", shop_time(later) AS "Updated At",
    CASE WHEN orders >= 8 THEN 'VIP' WHEN u1 < 0.3 THEN 'newsletter' END AS "Tags"
FROM shown LEFT JOIN (
    SELECT s.account, count(*) AS orders, sum(b.total - b.refunded) AS spent
    FROM shown s JOIN baskets b ON b.n = s.n WHERE s.account >= 0 GROUP BY ALL) placed ON placed.account = shown.n
WHERE source = 'shopify_customers' ORDER BY moment, n
"""

_ORDERS = f"""
SELECT o.* EXCLUDE (place, line, quantity, item, price, sku, note, channel),
    quantity AS "Lineitem quantity", item AS "Lineitem name", price / 100 AS "Lineitem price", sku AS "Lineitem sku",
    '{catalogue.VENDOR}' AS "Vendor", note AS "Note Attributes", channel AS "Source"
FROM (
    SELECT s.place, 1 AS line, s.key AS "Id", '#' || s.key AS "Name", a.key AS "Customer ID", s.email AS "Email",
        s.phone AS "Phone",
        CASE refunded WHEN 0 THEN 'paid' WHEN total THEN 'refunded' ELSE 'partially_refunded' END AS "Financial Status",
        currency(s.country) AS "Currency", subtotal / 100 AS "Subtotal", shipping / 100 AS "Shipping",
        tax / 100 AS "Taxes", total / 100 AS "Total", refunded / 100 AS "Refunded Amount", s.code AS "Discount Code",
        shop_time(s.moment) AS "Created at", s.full_name AS "Billing Name", s.street AS "Billing Address1",
        s.town AS "Billing City", s.postcode AS "Billing Zip", land(s.country) AS "Billing Country",
        coalesce(gift_name, s.full_name) AS "Shipping Name", coalesce(gift_street, s.street) AS "Shipping Address1",
        coalesce(gift_town, s.town) AS "Shipping City", coalesce(gift_postcode, s.postcode) AS "Shipping Zip",
        land(coalesce(gift_country, s.country)) AS "Shipping Country",
        quantity, item, price, sku,
        'ga_client_id: ' || printf('GA1.%09d.%010d', device_left, device_right) AS note, channel
    FROM (SELECT * FROM shown JOIN baskets USING (n)) s
    JOIN (SELECT * FROM lines WHERE line = 1) l USING (place)
    LEFT JOIN shown a ON a.n = s.account
    UNION ALL BY NAME
    SELECT l.place, l.line, '#' || s.key AS "Name", s.email AS "Email", quantity, item, price, sku
    FROM lines l JOIN (SELECT * FROM shown JOIN baskets USING (n)) s USING (place)
    WHERE l.line > 1
) o
ORDER BY substr("Name", 2)::BIGINT, line
"""

_CHECKOUTS = """
SELECT key AS "Id", '#' || left(key, 8) AS "Name", email AS "Email", phone AS "Phone",
    yes(email_ok) AS "Accepts Marketing", currency(country) AS "Currency", quantity * price / 100 AS "Total",
    shop_time(moment) AS "Created at", CASE WHEN first IS NOT NULL THEN trim(full_name) END AS "Billing Name",
    postcode AS "Billing Zip", land(country) AS "Billing Country", quantity AS "Lineitem quantity",
    item AS "Lineitem name", price / 100 AS "Lineitem price",
    CASE WHEN u1 < 0.3 THEN 'Recovered' ELSE 'Not Recovered' END AS "Recovery State",
    'ga_client_id: ' || printf('GA1.%09d.%010d', device_left, device_right) AS "Note Attributes"
FROM shown JOIN carts USING (n) WHERE source = 'shopify_checkouts' ORDER BY moment, n
"""

_PROFILES = """
SELECT key AS "Klaviyo ID", email AS "Email", phone AS "Phone Number", first AS "First Name", last AS "Last Name",
    town AS "City", postcode AS "Zip Code", land(country) AS "Country",
    CASE WHEN u2 < 0.2 THEN 'NEVER_SUBSCRIBED' WHEN email_ok THEN 'SUBSCRIBED' ELSE 'UNSUBSCRIBED' END
        AS "Email Marketing Consent",
    CASE WHEN u3 < 0.33 THEN 'NEVER_SUBSCRIBED' WHEN sms_ok THEN 'SUBSCRIBED' ELSE 'UNSUBSCRIBED' END AS "SMS Consent",
    utc(moment) AS "Consent Timestamp", utc((moment + later) // 2) AS "Last Open",
    CASE WHEN u1 < 0.5 THEN utc(moment + (later - moment) // 3) END AS "Last Click",
    utc(moment) AS "Profile Created On", utc(later) AS "Updated On"
FROM shown WHERE source = 'klaviyo_profiles' ORDER BY moment, n
"""

_MAILINGS = f"""
SELECT printf('ke%012d', m.id) AS "Event ID", m.name AS "Event Name", s.key AS "Profile ID", s.email AS "Email",
    utc(m.moment) AS "Timestamp", m.mailing AS "Campaign Name",
    CASE WHEN m.name = 'Clicked Email' THEN '{catalogue.SITE}?_kx=' || s.key || '&utm_source=klaviyo&utm_medium=email'
        || '&utm_campaign=' || lower(replace(m.mailing, ' ', '-')) END AS "URL"
FROM mailings m JOIN shown s USING (n) ORDER BY m.moment, m.id
"""

# A connector makes deals of the orders that carry a contact's e-mail. Of some contacts the refunds never came over, of
# some the sync has stopped, and a few deals were entered by hand, of which the shop knows nothing.
_CONTACTS = """
WITH placed AS (
    SELECT lower(trim(s.email)) AS email, count(*) AS deals, sum(total * worth(s.country)) AS gross,
        sum((total - refunded) * worth(s.country)) AS net
    FROM shown s JOIN baskets USING (n) WHERE s.email IS NOT NULL GROUP BY ALL
), contacts AS (
    SELECT *, CASE WHEN row_number() OVER (PARTITION BY lower(trim(email)) ORDER BY moment, n) = 1
        THEN lower(trim(email)) END AS deals_of
    FROM shown WHERE source = 'hubspot_contacts'
)
SELECT key AS "Record ID", first AS "First Name", last AS "Last Name", contacts.email AS "Email",
    phone AS "Phone Number", town AS "City", postcode AS "Postal Code",
    CASE WHEN u1 < 0.4 THEN 'customer' WHEN u1 < 0.6 THEN 'evangelist' WHEN u1 < 0.8 THEN 'lead' ELSE 'churned' END
        AS "Lifecycle Stage",
    round(CASE WHEN deals IS NULL THEN CASE WHEN u2 >= 0.96 THEN 2_500 + 500_000 * (u2 - 0.96) END
        WHEN u2 < 0.82 THEN net WHEN u2 < 0.89 THEN gross WHEN u2 < 0.94 THEN 0.6 * net ELSE net + 4_900 END / 100, 2)
        AS "Total Revenue",
    CASE WHEN deals IS NULL THEN CASE WHEN u2 >= 0.96 THEN 1 END
        WHEN u2 < 0.89 THEN deals WHEN u2 < 0.94 THEN greatest(1, deals - 1) ELSE deals + 1 END
        AS "Number of Associated Deals",
    CASE WHEN u3 < 0.27 THEN 'Email Marketing' WHEN u3 < 0.53 THEN 'Organic Search' WHEN u3 < 0.78 THEN 'Direct Traffic'
        ELSE 'Paid Social' END AS "Original Source",
    strftime(make_timestamp(moment * 1000000), '%Y-%m-%d %H:%M') AS "Create Date",
    strftime(make_timestamp(later * 1000000), '%Y-%m-%d %H:%M') AS "Last Modified Date"
FROM contacts LEFT JOIN placed ON placed.email = deals_of ORDER BY moment, n
"""

_SUBSCRIBERS = """
SELECT key AS id, phone, first AS name, CASE WHEN sms_ok THEN 'opted_in' ELSE 'opted_out' END AS consent,
    utc(moment) AS consent_at
FROM shown WHERE source = 'sms_subscribers' ORDER BY moment, n
"""

_LOYALTY = """
SELECT key AS loyalty_id, full_name, phone, email, postcode, birth_date, 10 + (u1 * 4990)::INTEGER AS points,
    strftime(make_timestamp(moment * 1000000), '%Y-%m-%d') AS joined_at
FROM shown JOIN births USING (n) WHERE source = 'pos_loyalty' ORDER BY moment, n
"""

# Support users type their own names: in full, "First L.", "LAST, First", or the first name alone.
_USERS = """
SELECT key::BIGINT AS id,
    CASE WHEN first IS NULL OR last IS NULL OR person < 0 OR u1 < 0.5 THEN coalesce(full_name, '')
         WHEN u1 < 0.66 THEN trim(first) || ' ' || upper(left(trim(last), 1)) || '.'
         WHEN u1 < 0.84 THEN CASE WHEN u2 < 0.3 THEN upper(trim(last)) ELSE trim(last) END || ', ' || trim(first)
         ELSE trim(first) END AS name,
    email, CASE WHEN phone IS NULL AND u3 < 0.08 THEN '' ELSE phone END AS phone, utc(moment) AS created_at,
    utc(later) AS updated_at, 'end-user' AS role, tickets
FROM shown JOIN (SELECT n, count(*) AS tickets FROM tickets GROUP BY n) USING (n)
WHERE source = 'zendesk_users' ORDER BY moment, n
"""

_TICKETS = """
SELECT t.id, s.key::BIGINT AS requester_id, utc(t.moment) AS created_at, t.status, t.subject,
    {'channel': t.channel} AS via
FROM tickets t JOIN shown s USING (n) ORDER BY t.moment, t.id
"""

_TRUTH = """
SELECT source, key, label(person) AS person FROM shown WHERE source <> 'shopify_checkouts' ORDER BY n
"""

_TRUTH_EVENTS = """
SELECT source, key, label(person) AS person FROM (
    SELECT 1 AS part, n, 'ga4_events' AS source, 'e' || n AS key, person FROM ga
    UNION ALL SELECT 2, m.id, 'klaviyo_events', printf('ke%012d', m.id), s.person FROM mailings m JOIN shown s USING (n)
    UNION ALL SELECT 3, t.id, 'zendesk_tickets', t.id::VARCHAR, s.person FROM tickets t JOIN shown s USING (n)
    UNION ALL SELECT 4, n, source, key, person FROM shown WHERE source = 'shopify_checkouts')
ORDER BY part, n
"""

FILES = {
    "shopify_customers.csv": _CUSTOMERS,
    "shopify_orders.csv": _ORDERS,
    "shopify_checkouts.csv": _CHECKOUTS,
    "klaviyo_profiles.csv": _PROFILES,
    "klaviyo_events.csv": _MAILINGS,
    "hubspot_contacts.csv": _CONTACTS,
    "sms_subscribers.csv": _SUBSCRIBERS,
    "pos_loyalty.csv": _LOYALTY,
    "zendesk_users.ndjson": _USERS,
    "zendesk_tickets.ndjson": _TICKETS,
    "ga4_events.ndjson": analytics.EXPORT,
    "truth.csv": _TRUTH,
    "truth_events.csv": _TRUTH_EVENTS,
}


def write(compute: Compute, folder: Path) -> dict[str, Path]:
    """Write every file into `folder`; returns their paths by name."""
    for macro in _MACROS:
        compute.run(macro)
    paths = {}
    for name, sql in FILES.items():
        paths[name] = folder / name
        # Without COMMENT, "#1001" would be quoted.
        form = "FORMAT csv, HEADER, COMMENT ''" if name.endswith(".csv") else "FORMAT json"
        compute.run(f"COPY ({sql}) TO $1 ({form})", [str(paths[name])])
    return paths
