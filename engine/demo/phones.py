"""The demo's telephone numbers: mobiles, second and changed ones, land lines, tills and placeholders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from engine.demo import rates
from engine.demo.dice import Generator, Ints, chance, distinct, skew, weighted
from engine.demo.people import People, moment
from engine.demo.places import AREAS, MOBILE


@dataclass(frozen=True)
class Phones:
    """Numbers under one numbering (country and national digits; a placeholder has only `raw`), and who has which.

    `mobile` holds until `changed_at` and `later` after it; `second` is used beside them. -1 is none.
    """

    country: Ints
    digits: pa.Array
    raw: pa.Array
    mobile: Ints
    later: Ints
    changed_at: Ints
    second: Ints
    land_line: Ints
    tills: Ints
    fakes: Ints


def _draw(rng: Generator, country: int, mobile: bool, size: int) -> Ints:
    """National numbers (not all different) that phonenumbers holds valid in nearly all cases."""
    if country == 0:
        area = np.array(AREAS["US"].split(), dtype=np.int64)[
            weighted(rng, skew(len(AREAS["US"].split()), 5, 0.6), size)
        ]
        exchange = rng.integers(2, 10, size) * 100 + rng.integers(12, 100, size)
        exchange[exchange == 555] = 556
        return area * 10_000_000 + exchange * 10_000 + rng.integers(0, 10_000, size)
    if country == 1:
        if mobile:
            return rng.choice(np.array(MOBILE["GB"].split(), dtype=np.int64), size) * 10**8 + rng.integers(
                10**7, 10**8, size
            )
        area = rng.choice(np.array(AREAS["GB"].split(), dtype=np.int64), size)
        # London has two digits and eight after them, the other cities three and seven.
        london = area * 10**8 + rng.choice(np.array([3, 7, 8]), size) * 10**7 + rng.integers(0, 10**7, size)
        return np.where(area == 20, london, area * 10**7 + rng.integers(2 * 10**6, 9 * 10**6, size))
    if mobile:
        prefix = rng.choice(np.array(MOBILE["DE"].split(), dtype=np.int64), size)
        long = prefix * 10**8 + rng.integers(10**7, 10**8, size)
        return np.where(prefix < 160, long, prefix * 10**7 + rng.integers(10**6, 10**7, size))
    return rng.choice(np.array(AREAS["DE"].split(), dtype=np.int64), size) * 10**7 + rng.integers(
        2 * 10**6, 10**7, size
    )


def make_phones(rng: Generator, people: People) -> Phones:
    """Give every person a mobile, some a second or a new one, some households a land line, and the shop its tills."""
    size = len(people)
    second_owner = np.flatnonzero(chance(rng, rates.SECOND_PHONE, size))
    changed = chance(rng, rates.CHANGED_PHONE, size)
    changed_at = np.where(changed, moment(rng, people.since), rates.NEVER)
    line_homes = np.flatnonzero(chance(rng, rates.LAND_LINE, len(people.heads)))
    till_count = min(rates.TILLS_MOST, 1 + size // rates.PERSONS_PER_TILL)
    changers = np.flatnonzero(changed)

    owners = [people.country, people.country[second_owner], people.country[changers]]
    mobile_country = np.concatenate(owners)
    line_country = np.concatenate([people.country[people.heads[line_homes]], np.zeros(till_count, dtype=np.int64)])
    country = np.concatenate([mobile_country, line_country])
    is_mobile = np.arange(len(country)) < len(mobile_country)
    number = np.empty(len(country), dtype=np.int64)
    for land in range(len(rates.COUNTRIES)):
        for kind in (True, False):
            here = (country == land) & (is_mobile == kind)
            # US mobiles and land lines look alike and must not collide: the last digit tells them apart.
            parity = 2 if land == 0 else 1

            def draw(count: int, land: int = land, kind: bool = kind, parity: int = parity) -> Ints:
                value = _draw(rng, land, kind, count)
                return value - value % parity + (int(kind) if parity == 2 else 0)

            number[here] = distinct(draw, int(here.sum()))

    second = np.full(size, -1, dtype=np.int64)
    second[second_owner] = size + np.arange(len(second_owner))
    later = np.arange(size, dtype=np.int64)
    later[changers] = size + len(second_owner) + np.arange(len(changers))
    _recycle(rng, people, changers, changed_at, later)
    lines = np.full(len(people.heads), -1, dtype=np.int64)
    lines[line_homes] = len(mobile_country) + np.arange(len(line_homes))
    fakes = len(rates.FAKE_PHONES)
    return Phones(
        country=np.concatenate([country, np.zeros(fakes, dtype=np.int64)]),
        digits=pa.array([*number.astype(str).tolist(), *[""] * fakes]),
        raw=pa.array([*[None] * len(number), *rates.FAKE_PHONES], type=pa.string()),
        mobile=np.arange(size, dtype=np.int64),
        later=later,
        changed_at=changed_at,
        second=second,
        land_line=lines[people.household],
        tills=len(mobile_country) + len(line_homes) + np.arange(till_count),
        fakes=len(number) + np.arange(fakes),
    )


def _recycle(rng: Generator, people: People, changers: Ints, changed_at: Ints, later: Ints) -> None:
    """Give some who change their number one that another changer of their country gave up before."""
    for country in range(len(rates.COUNTRIES)):
        here = changers[people.country[changers] == country]
        here = here[np.argsort(changed_at[here], kind="stable")]
        half = len(here) // 2
        # The earlier half gives up its numbers, the later half takes them: owners never overlap in time.
        takes = np.flatnonzero(chance(rng, min(1.0, 2 * rates.RECYCLED_PHONE), half))
        later[here[len(here) - half + takes]] = here[takes]
