"""The analytics export: the events of every visit, in the nested shape of GA4's BigQuery export."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from engine.compute import Compute
from engine.demo import catalogue
from engine.demo.baskets import Baskets
from engine.demo.dice import Generator, Ints, runs, weighted
from engine.demo.visits import BOUGHT, CART, CHECKOUT, LOOKED, Devices, Visits

NAMES = ("session_start", "login", "view_item", "add_to_cart", "begin_checkout", "purchase")
_START, _LOGIN, _VIEW, _CART, _CHECKOUT, _PURCHASE = range(6)
_SECONDS_PER_STEP = 110


@dataclass(frozen=True)
class Events:
    """One item an event, in the order of time: visit, name (place in NAMES), microseconds, product (-1: none)."""

    visit: Ints
    name: Ints
    at: Ints
    step: Ints
    product: Ints


def make_events(rng: Generator, visits: Visits, baskets: Baskets) -> Events:
    """Let every visit happen: start, perhaps a login, views, and as far as it went towards a purchase."""
    size = len(visits.person)
    every = np.arange(size)
    views = np.where(visits.reach == LOOKED, rng.integers(0, 3, size), 1)
    viewer, view = runs(views)
    parts = [(every, _START, np.zeros(size, dtype=np.int64))]
    logged_in = np.flatnonzero(visits.account >= 0)
    parts.append((logged_in, _LOGIN, np.ones(len(logged_in), dtype=np.int64)))
    parts.append((viewer, _VIEW, 2 + view))
    for kind, reach in ((_CART, CART), (_CHECKOUT, CHECKOUT), (_PURCHASE, BOUGHT)):
        here = np.flatnonzero(visits.reach >= reach)
        parts.append((here, kind, np.full(len(here), kind + 1, dtype=np.int64)))
    visit = np.concatenate([v for v, _, _ in parts])
    name = np.concatenate([np.full(len(v), n, dtype=np.int64) for v, n, _ in parts])
    step = np.concatenate([s for _, _, s in parts])
    micros = visits.start[visit] * 1_000_000 + rng.integers(0, 60_000_000, len(visit))
    at = micros + step * _SECONDS_PER_STEP * 1_000_000
    product = weighted(rng, catalogue.PRODUCT_SHARE, len(visit))
    order = visits.order[visit]
    bought = (order >= 0) & (name >= _VIEW)
    product[bought] = baskets.first_product[order[bought]]
    product[name < _VIEW] = -1
    turn = np.argsort(at, kind="stable")
    return Events(visit[turn], name[turn], at[turn], step[turn], product[turn])


def _dictionary(codes: Ints, words: list[str] | tuple[str, ...]) -> pa.Array:
    """`words` by code without spelling them out for each row; -1 is NULL."""
    return pa.DictionaryArray.from_arrays(
        pa.array(codes.astype(np.int32), mask=codes < 0), pa.array(words, pa.string())
    )


def load_events(
    compute: Compute, events: Events, visits: Visits, devices: Devices, baskets: Baskets, keys: pa.Array, numbers: Ints
) -> None:
    """Make table `ga`, one narrow row an event, in the order of the export. `keys` are those of all records."""
    visit = events.visit
    country, device, order = visits.country[visit], visits.device[visit], visits.order[visit]
    campaign = visits.campaign[visit]
    bought = (events.name == _PURCHASE) & (order >= 0)
    level = np.array(catalogue.PRICE_LEVEL)[country]
    cents = np.rint(np.array([p.cents for p in catalogue.PRODUCTS])[events.product] * level)
    account = np.where(events.step >= 1, visits.account[visit], -1)
    profile = visits.profile[visit]
    compute.load(
        "ga",
        pa.table(
            {
                "n": np.arange(1, len(visit) + 1),
                "person": visits.person[visit],
                "micros": events.at,
                "session": visits.start[visit],
                "name": _dictionary(events.name, NAMES),
                "user_id": keys.take(pa.array(account, mask=account < 0)),
                "kx": keys.take(pa.array(profile, mask=profile < 0)),
                "device_left": devices.left[device],
                "device_right": devices.right[device],
                "category": _dictionary(devices.kind[device], ("mobile", "desktop", "tablet")),
                "language": _dictionary(devices.language[device], ("en-us", "en-gb", "de-de")),
                "country": _dictionary(country, ("United States", "United Kingdom", "Germany")),
                "source": _dictionary(campaign, [c.source or "(direct)" for c in catalogue.CAMPAIGNS]),
                "medium": _dictionary(campaign, [c.medium or "(none)" for c in catalogue.CAMPAIGNS]),
                "campaign": _dictionary(campaign, [c.name or "(not set)" for c in catalogue.CAMPAIGNS]),
                "query": _dictionary(campaign, [_query(c) for c in catalogue.CAMPAIGNS]),
                "sku": _dictionary(events.product, [p.sku for p in catalogue.PRODUCTS]),
                "item": _dictionary(events.product, [p.name for p in catalogue.PRODUCTS]),
                "category_of_item": _dictionary(events.product, [p.category for p in catalogue.PRODUCTS]),
                "page": _dictionary(
                    np.where(events.name == _VIEW, events.product, -1),
                    [f"products/{p.slug}" for p in catalogue.PRODUCTS],
                ),
                "price": cents / 100,
                "number": pa.array(numbers[order], mask=~bought),
                "revenue": pa.array(baskets.total[order] / 100, mask=~bought),
            }
        ),
    )


def _query(campaign: catalogue.Campaign) -> str:
    if not campaign.source or campaign.medium == "organic":
        return ""
    return f"utm_source={campaign.source}&utm_medium={campaign.medium}&utm_campaign={campaign.name}".replace(" ", "%20")


#: The export's row. Every value of a parameter is a struct of which one member is filled.
EXPORT = f"""
SELECT strftime(make_timestamp(micros), '%Y%m%d') AS event_date, micros AS event_timestamp,
    name::VARCHAR AS event_name,
    [{{'key': 'event_id', 'value': {{'string_value': 'e' || n, 'int_value': NULL::BIGINT,
        'double_value': NULL::DOUBLE}}}},
     {{'key': 'ga_session_id', 'value': {{'string_value': NULL, 'int_value': session, 'double_value': NULL}}}},
     {{'key': 'page_location', 'value': {{'string_value': '{catalogue.SITE}' || coalesce(page::VARCHAR, '')
        || CASE WHEN kx IS NOT NULL THEN '?_kx=' || kx || '&' || query::VARCHAR
                WHEN query::VARCHAR <> '' THEN '?' || query::VARCHAR ELSE '' END,
        'int_value': NULL, 'double_value': NULL}}}}] AS event_params,
    user_id, printf('GA1.%09d.%010d', device_left, device_right) AS user_pseudo_id,
    {{'category': category::VARCHAR, 'language': language::VARCHAR}} AS device, {{'country': country::VARCHAR}} AS geo,
    {{'source': source::VARCHAR, 'medium': medium::VARCHAR, 'name': campaign::VARCHAR}} AS traffic_source,
    {{'manual_source': source::VARCHAR, 'manual_medium': medium::VARCHAR, 'manual_campaign_name': campaign::VARCHAR}}
        AS collected_traffic_source,
    CASE WHEN item IS NULL THEN [] ELSE [{{'item_id': sku::VARCHAR, 'item_name': item::VARCHAR,
        'item_category': category_of_item::VARCHAR, 'price': price, 'quantity': 1}}] END AS items,
    {{'transaction_id': '#' || number, 'purchase_revenue': revenue}} AS ecommerce
FROM ga
"""
