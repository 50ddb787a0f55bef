"""Who lives in the demo: households with addresses, their members' names and birth dates. One item a person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from engine.demo import rates
from engine.demo.dice import Bools, Generator, Ints, chance, runs, skew, weighted
from engine.demo.vocabulary import Vocabulary


@dataclass(frozen=True)
class People:
    """All persons. Names are indices into the vocabulary, times are seconds since 1970, -1 is none."""

    household: Ints
    position: Ints  # within the household; 0 and 1 are adults
    country: Ints
    first: Ints
    short: Ints
    mostly_short: Bools
    last: Ints
    born_last: Ints
    renamed_at: Ints
    two_letters: Bools  # writes ae for ä
    born: Ints  # days since 1970
    address: Ints
    old_address: Ints
    moved_at: Ints
    since: Ints  # first heard of
    heads: Ints  # household -> its first person

    def __len__(self) -> int:
        return len(self.household)


@dataclass(frozen=True)
class Addresses:
    """All addresses, as text: street, town and postcode, one item an address."""

    street: pa.Array
    town: pa.Array
    postcode: pa.Array


def moment(rng: Generator, since: Ints, until: int = rates.TAKEN) -> Ints:
    """Pick a moment between `since` and `until`, for each."""
    return since + (rng.random(len(since)) * (until - since)).astype(np.int64)


def make_people(rng: Generator, size: int, words: Vocabulary) -> tuple[People, Addresses]:
    """`size` persons in households, and where they live."""
    counts = weighted(rng, rates.HOUSEHOLD_SIZES, size) + 1
    homes = int(np.searchsorted(np.cumsum(counts), size)) + 1
    counts = counts[:homes]
    counts[-1] -= counts.sum() - size
    household, position = runs(counts)
    heads = np.cumsum(counts) - counts

    home_country = weighted(rng, rates.COUNTRY_SHARE, homes)
    home_town = words.towns.draw(rng, home_country)
    home_last = words.last.draw(rng, home_country)
    country = home_country[household]
    female = chance(rng, 0.52, size)
    partner = position == 1
    female[partner] = np.where(chance(rng, 0.95, size), ~female[heads[household]], female)[partner]
    first = np.where(female, words.female.draw(rng, country), words.male.draw(rng, country))

    child = position >= 2
    parent = np.minimum(heads[household] + (female != female[heads[household]]), size - 1)
    junior = child & chance(rng, rates.JUNIOR, size) & (female[parent] == female) & (position[parent] < 2)
    first[junior] = first[parent][junior]

    # A namesake takes name, country and town from a stranger, but not the address.
    twins = np.flatnonzero(chance(rng, rates.NAMESAKE, homes))
    models = rng.integers(0, homes, len(twins))
    home_town[twins], home_last[twins] = home_town[models], home_last[models]
    home_country[twins] = home_country[models]
    first[heads[twins]] = first[heads[models]]
    country = home_country[household]

    own_last = words.last.draw(rng, country)
    last = np.where((position == 1) & ~chance(rng, rates.MARRIED, size), own_last, home_last[household])
    since = moment(rng, np.full(size, rates.OPENED), rates.TAKEN - 20 * 86_400)
    # Early birds: half of the persons are known from the first half year on.
    since = np.where(chance(rng, 0.5, size), rates.OPENED + (since - rates.OPENED) // 5, since)
    wed = partner & female & (last == home_last[household]) & chance(rng, rates.RENAMED / rates.MARRIED, size)
    renamed_at = np.where(wed, moment(rng, since), rates.NEVER)
    born_last = np.where(wed, own_last, last)

    short_form = words.short(rng, first)
    age = np.where(child, rng.integers(17, 30, size), rng.integers(24, 80, size))
    age[partner] = np.clip(age[heads[household]] + rng.integers(-6, 7, size), 20, 85)[partner]
    born = rates.TAKEN // 86_400 - age * 365 - rng.integers(0, 365, size)

    moving = chance(rng, rates.MOVED, homes)
    old = np.full(homes, -1, dtype=np.int64)
    old[moving] = homes + np.arange(int(moving.sum()))
    moved_at = np.where(moving, moment(rng, np.full(homes, rates.OPENED + 90 * 86_400)), 0)
    old_country = home_country[moving]
    address_country = np.concatenate([home_country, old_country])
    near = chance(rng, 0.5, len(old_country))
    address_town = np.concatenate([home_town, np.where(near, home_town[moving], words.towns.draw(rng, old_country))])
    return (
        People(
            household=household,
            position=position,
            country=country,
            first=first,
            short=short_form,
            mostly_short=(short_form >= 0) & chance(rng, rates.GOES_BY_NICKNAME, size),
            last=last,
            born_last=born_last,
            renamed_at=renamed_at,
            two_letters=chance(rng, rates.GERMAN_WITHOUT_UMLAUTS, size),
            born=born,
            address=household.copy(),
            old_address=old[household],
            moved_at=moved_at[household],
            since=since,
            heads=heads,
        ),
        _addresses(rng, address_country, address_town, words),
    )


def _addresses(rng: Generator, country: Ints, town: Ints, words: Vocabulary) -> Addresses:
    size = len(country)
    street = words.street_names.take(words.streets.draw(rng, country)).to_pylist()
    number = np.where(country == 0, rng.integers(1, 9_900, size), 1 + weighted(rng, skew(180, 20, 1.0), size))
    unit = np.where(chance(rng, 0.28, size), rng.integers(1, 240, size), 0)
    # Postcodes belong to a town: the first part is the town's, the rest one of its few districts.
    district = weighted(rng, skew(24, 2, 1.0), size)
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    inward = rng.integers(0, len(letters), (size, 2))
    streets: list[str] = []
    postcodes: list[str] = []
    for place, (land, name, house, flat) in enumerate(
        zip(country.tolist(), street, number.tolist(), unit.tolist(), strict=True)
    ):
        where, part = int(town[place]), int(district[place])
        if land == 0:
            streets.append(f"{house} {name}" + (f" {('Apt.', 'Suite', 'Unit')[flat % 3]} {flat}" if flat else ""))
            postcodes.append(f"{10_000 + where * 7_919 % 89_000 + part:05d}")
        elif land == 1:
            streets.append((f"{('Flat', 'Studio')[flat % 2]} {1 + flat % 40}\n" if flat else "") + f"{house} {name}")
            area = letters[where % 20] + letters[where // 20 % 20]
            ending = letters[inward[place, 0]] + letters[inward[place, 1]]
            postcodes.append(f"{area}{1 + part} {where % 9}{ending}")
        else:
            streets.append(f"{name} {house}" + ("abc"[flat % 3] if flat else ""))
            postcodes.append(f"{1_067 + where * 7_919 % 97_000 + part:05d}")
    return Addresses(pa.array(streets), words.town_names.take(town), pa.array(postcodes))
