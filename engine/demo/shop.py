"""The demo's front door: draw the persons, let them leave their records, write the files."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.compute import Compute
from engine.demo import exports, hero
from engine.demo.activity import make_activity
from engine.demo.analytics import load_events, make_events
from engine.demo.baskets import make_baskets
from engine.demo.companions import load_baskets, load_births, load_carts, make_gifts
from engine.demo.dice import Bools, stream
from engine.demo.keys import make_keys, order_numbers
from engine.demo.mailboxes import make_mailboxes
from engine.demo.messages import load_mailings, load_tickets
from engine.demo.people import make_people
from engine.demo.phones import make_phones
from engine.demo.records import make_records
from engine.demo.spelling import spell
from engine.demo.visits import make_visits
from engine.demo.vocabulary import vocabulary
from engine.errors import ConfigError

LEAST, MOST = 100, 50_000_000


@dataclass(frozen=True)
class DemoSummary:
    """What was written: `phones` counts distinct numbers as they are spelled; `files` are paths by name."""

    persons: int
    records: int
    events: int
    phones: int
    seconds: float
    folder: Path
    files: dict[str, Path]


def check_size(records: int, seed: int) -> None:
    """Raise ConfigError for a demo that can't be made."""
    if records < LEAST:
        raise ConfigError(f"a demo of {records} records is too small to show anything: ask for {LEAST} or more")
    if records > MOST:
        raise ConfigError(f"a demo of {records} records is more than this can make: ask for {MOST:,} or fewer")
    if seed < 0:
        raise ConfigError(f"seed {seed} is negative: give 0 or more")


def generate(folder: Path, records: int = 6000, seed: int = 1) -> DemoSummary:
    """Write a made-up shop's exports and the truth about them into `folder`, about `records` records in truth.csv.

    The same `records` and `seed` give the same bytes. Raises ConfigError for those that it can't make.
    """
    check_size(records, seed)
    started = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    # One thread and kept order: the files must not depend on which thread was faster.
    with Compute(threads=1, memory_limit="2GB") as compute:
        compute.run("SET preserve_insertion_order = true")
        _fill(compute, records, seed)
        files = exports.write(compute, folder)
        persons, rows, phones = compute.rows(
            "SELECT count(DISTINCT person), count(*), count(DISTINCT (country, phone)) FILTER (phone IS NOT NULL)"
            " FROM shown WHERE source <> 'shopify_checkouts'"
        )[0]
        events = sum(compute.count(name) for name in ("ga", "mailings", "tickets", "carts"))
    return DemoSummary(persons, rows, events, phones, time.perf_counter() - started, folder, files)


def _fill(compute: Compute, records: int, seed: int) -> None:
    """Make every table that the exports read."""
    words = vocabulary()
    activity = make_activity(stream(seed, "activity"), records - hero.RECORDS)
    people, addresses = make_people(stream(seed, "people"), activity.persons, words)
    phones = make_phones(stream(seed, "phones"), people)
    twice = (activity.records["shopify_customers"] > 1) | (activity.records["klaviyo_profiles"] > 1)
    boxes = make_mailboxes(stream(seed, "mailboxes"), people, words, twice)
    rows = make_records(stream(seed, "records"), people, activity, boxes, phones)

    orders = rows.rows("shopify_orders")
    numbers = order_numbers(np.append(rows.at[orders], hero.ORDERED_AT))
    his = hero.rows(len(rows), numbers[-len(hero.ORDERED_AT) :])
    keys = make_keys(stream(seed, "keys"), rows, numbers[: -len(hero.ORDERED_AT)])
    spell(compute, rows, keys, people.country, words, addresses, boxes, phones)
    kept = _drop_repeated_profiles(compute, len(rows))

    load_mailings(stream(seed, "mailings"), compute, rows, kept)
    load_tickets(stream(seed, "tickets"), compute, rows)
    load_births(stream(seed, "births"), compute, rows, people)
    hero.add_rows(compute, his)

    visits, devices, noted, cart_device = make_visits(stream(seed, "visits"), people, rows, kept)
    load_carts(stream(seed, "carts"), compute, rows, people.country, cart_device, devices)
    visits, devices = hero.add_visits(visits, devices, len(noted))
    noted = np.append(noted, [len(devices.left) - 1, -1])
    country = np.append(people.country[rows.person[orders]], np.zeros(len(hero.ORDERED_AT), dtype=np.int64))
    baskets = make_baskets(stream(seed, "baskets"), country)
    gifts = make_gifts(stream(seed, "gifts"), rows, people, words, addresses, len(hero.ORDERED_AT))
    order_rows = np.append(np.arange(orders.start, orders.stop), his.orders)
    load_baskets(stream(seed, "channels"), compute, order_rows, baskets, noted, devices, gifts)
    events = make_events(stream(seed, "events"), visits, baskets)
    load_events(compute, events, visits, devices, baskets, keys, numbers)


def _drop_repeated_profiles(compute: Compute, size: int) -> Bools:
    """Klaviyo keeps one profile per e-mail address: drop the others; returns which rows of the records are left."""
    compute.run(
        "DELETE FROM shown WHERE n IN (SELECT n FROM shown WHERE source = 'klaviyo_profiles'"
        " QUALIFY row_number() OVER (PARTITION BY email ORDER BY n) > 1)"
    )
    left = compute.arrow("SELECT n FROM shown")["n"].to_numpy()
    kept = np.zeros(size, dtype=np.bool_)
    kept[left] = True
    return kept
