"""Visits to the site: whose, on which device, when, from where, and what happened in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.demo import catalogue, rates
from engine.demo.dice import Bools, Generator, Ints, chance, distinct, weighted
from engine.demo.people import People, moment
from engine.demo.records import Records

#: How far a visit went: looked, put something into the cart, began to check out, bought.
LOOKED, CART, CHECKOUT, BOUGHT = range(4)
#: Seconds from the start of a visit to its order.
BEFORE_ORDER = 690


@dataclass(frozen=True)
class Devices:
    """Devices under one numbering: the two halves of the analytics id, kind and language. Whose: see `choose`."""

    left: Ints
    right: Ints
    kind: Ints
    language: Ints


@dataclass(frozen=True)
class Visits:
    """One item a visit. `order` is a place among the orders; `account` and `profile` are `Records` rows; -1: none."""

    person: Ints
    country: Ints
    device: Ints
    start: Ints
    reach: Ints
    order: Ints
    account: Ints  # who logged in
    campaign: Ints
    profile: Ints  # the Klaviyo profile whose click brought the visitor


def make_devices(rng: Generator, count: int, language: Ints) -> Devices:
    """`count` devices with ids of their own."""
    left = distinct(lambda n: rng.integers(10**7, 9 * 10**8, n) * 10**10 + rng.integers(0, 10**10, n), count)
    return Devices(left // 10**10, left % 10**10, weighted(rng, (0.6, 0.3, 0.1), count), language)


def make_visits(rng: Generator, people: People, records: Records, kept: Bools) -> tuple[Visits, Devices, Ints, Ints]:
    """All visits and devices, and the device noted on each order and each checkout (-1: none).

    `kept` tells which rows of `records` are in the exports.
    """
    orders, checkouts = records.rows("shopify_orders"), records.rows("shopify_checkouts")
    size = len(people)
    tracked = np.flatnonzero(chance(rng, rates.TRACKED, orders.stop - orders.start))
    browsing = rng.poisson(rates.BROWSE_SESSIONS, size)
    strangers = int(size * rates.STRANGERS)
    lookers = np.repeat(np.arange(size + strangers), np.concatenate([browsing, 1 + rng.poisson(1.2, strangers)]))
    since = np.concatenate([people.since, rng.integers(rates.OPENED, rates.TAKEN, strangers)])
    looked_at = moment(rng, since[lookers])

    person = np.concatenate([records.person[orders][tracked], records.person[checkouts], lookers])
    began = np.concatenate([records.at[orders][tracked], records.at[checkouts]]) - BEFORE_ORDER
    start = np.concatenate([began, looked_at])
    order = np.concatenate([tracked, np.full(len(person) - len(tracked), -1)])
    deals = len(person) - len(lookers)
    reach = np.concatenate(
        [
            np.full(len(tracked), BOUGHT),
            np.full(deals - len(tracked), CHECKOUT),
            weighted(rng, (0.72, 0.2, 0.08), len(lookers)),
        ]
    )
    country = np.concatenate([people.country, weighted(rng, rates.COUNTRY_SHARE, strangers)])
    device, devices = _devices(rng, people, country, person, start)
    campaign = weighted(rng, [c.share for c in catalogue.CAMPAIGNS], len(person))
    visits = Visits(
        person=person,
        country=country[person],
        device=device,
        start=start,
        reach=reach,
        order=order,
        account=_logins(rng, records, size, person, start, order, orders.start),
        campaign=campaign,
        profile=_clicks(rng, records, kept, size, person, campaign),
    )
    noted = np.full(orders.stop - orders.start, -1, dtype=np.int64)
    shown = chance(rng, rates.DEVICE_NOTED, len(tracked))
    noted[tracked[shown]] = device[: len(tracked)][shown]
    return visits, devices, noted, device[len(tracked) : deals]


def _devices(rng: Generator, people: People, country: Ints, person: Ints, start: Ints) -> tuple[Ints, Devices]:
    """Choose the device of each visit: one's own, the household's tablet, or one that was handed on."""
    size, everyone = len(people), len(country)
    own = 1 + weighted(rng, (0.45, 0.38, 0.17), everyone)
    handed = (people.position == 1) & chance(rng, rates.HANDED_ON_DEVICE, size)
    givers = people.heads[people.household[handed]]
    own[givers] = np.maximum(own[givers], 2)
    first = np.cumsum(own) - own
    given_at = np.full(everyone, rates.NEVER)
    given_at[givers] = moment(rng, people.since[givers])
    taken_at = np.full(everyone, rates.NEVER)
    taken_at[np.flatnonzero(handed)] = given_at[givers]

    homes = len(people.heads)
    shared = (np.bincount(people.household, minlength=homes) > 1) & chance(rng, rates.HOUSEHOLD_TABLET, homes)
    tablet = np.full(everyone, -1, dtype=np.int64)
    tablet[:size] = np.where(shared, int(own.sum()) + np.cumsum(shared) - 1, -1)[people.household]

    dice = rng.random((2, len(person)))
    choice = (own[person] * dice[0] ** 1.5).astype(np.int64)
    # What was handed on is no longer the giver's.
    choice = np.where((choice == 0) & (start >= given_at[person]), 1, choice)
    device = first[person] + choice
    receives = (start >= taken_at[person]) & (dice[1] > 0.4)
    head = np.zeros(everyone, dtype=np.int64)
    head[:size] = people.heads[people.household]
    device = np.where(receives, first[head[person]], device)
    device = np.where((tablet[person] >= 0) & (dice[1] < 0.2), tablet[person], device)
    owner = np.repeat(country, own)
    count = len(owner) + int(shared.sum())
    language = np.concatenate([owner, people.country[people.heads[shared]]])
    devices = make_devices(rng, count, language)
    devices.kind[len(owner) :] = 2
    return device, devices


def _logins(
    rng: Generator, records: Records, size: int, person: Ints, start: Ints, order: Ints, first_order: int
) -> Ints:
    """Find the customer row that each visitor logged in with: the order's, else the person's first, if it existed."""
    rows = records.rows("shopify_customers")
    first = np.full(max(int(person.max(initial=0)) + 1, size), -1, dtype=np.int64)
    first[records.person[rows][::-1]] = np.arange(rows.stop - 1, rows.start - 1, -1)
    of_order = np.where(order >= 0, records.account[first_order + order], -1)
    may = np.where(order >= 0, of_order, first[person])
    may[(may >= 0) & (records.at[may] > start)] = -1
    return np.where(chance(rng, np.where(order >= 0, 0.35, rates.LOGIN), len(person)), may, -1)


def _clicks(rng: Generator, records: Records, kept: Bools, size: int, person: Ints, campaign: Ints) -> Ints:
    """Find the Klaviyo profile of visitors who came by a click in an e-mail and whose address shows it."""
    rows = records.rows("klaviyo_profiles")
    profile = np.full(max(int(person.max(initial=0)) + 1, size), -1, dtype=np.int64)
    here = np.arange(rows.start, rows.stop)[kept[rows]]
    profile[records.person[here]] = here
    mailed = np.array([c.source.lower() == "klaviyo" for c in catalogue.CAMPAIGNS])[campaign]
    return np.where(mailed & chance(rng, 0.4, len(person)), profile[person], -1)
