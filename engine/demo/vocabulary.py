"""The demo's words: names, towns and streets under one number each, drawn by country with their weights."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import pyarrow as pa

from engine.demo import first_names, places
from engine.demo.dice import Floats, Generator, Ints, skew, weighted
from engine.demo.last_names import last_names
from engine.demo.rates import COUNTRIES

_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ı": "i"})


def two_letters(name: str) -> str:
    """Müller -> Mueller; other accents are dropped."""
    plain = unicodedata.normalize("NFKD", name.translate(_GERMAN))
    return "".join(c for c in plain if not unicodedata.combining(c))


def local_part(name: str) -> str:
    """Fold a name as e-mail addresses show it: lower-case letters only."""
    return "".join(c for c in two_letters(name).lower() if c.isascii() and c.isalpha())


@dataclass(frozen=True)
class Pool:
    """Per country, the numbers of its words and how frequent they are."""

    numbers: tuple[Ints, ...]
    weights: tuple[Floats, ...]

    def draw(self, rng: Generator, country: Ints) -> Ints:
        """Draw a word for each of `country` (0 to 2)."""
        drawn = np.empty(len(country), dtype=np.int64)
        for code, (numbers, weights) in enumerate(zip(self.numbers, self.weights, strict=True)):
            here = country == code
            drawn[here] = numbers[weighted(rng, weights, int(here.sum()))]
        return drawn


class Vocabulary:
    """All words. Names of any kind share one numbering; so do towns, and streets."""

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._towns: dict[str, int] = {}
        self._streets: dict[str, int] = {}
        self.female = self._pool(self._names, lambda c: first_names.FEMALE[c].split(), 10, 0.8)
        self.male = self._pool(self._names, lambda c: first_names.MALE[c].split(), 10, 0.8)
        self.last = self._pool(self._names, last_names, 16, 0.95)
        self.towns = self._pool(self._towns, places.towns, 20, 0.7)
        self.streets = self._pool(self._streets, places.streets, 20, 0.5)
        short = {n: [self._add(self._names, s) for s in forms.split()] for n, forms in first_names.NICKNAMES.items()}
        self.names = pa.array(list(self._names))
        self.town_names = pa.array(list(self._towns))
        self.street_names = pa.array(list(self._streets))
        self._short = np.full((len(self._names), 3), -1, dtype=np.int64)
        for name, forms in short.items():
            if name in self._names:
                self._short[self._names[name]] = np.resize(forms, 3)

    @staticmethod
    def _add(table: dict[str, int], word: str) -> int:
        return table.setdefault(word, len(table))

    def _pool(self, table: dict[str, int], words: Callable[[str], list[str]], shift: float, power: float) -> Pool:
        lists = [list(dict.fromkeys(words(country))) for country in COUNTRIES]
        numbers = tuple(np.array([self._add(table, word) for word in some], dtype=np.int64) for some in lists)
        return Pool(numbers, tuple(skew(len(some), shift, power) for some in lists))

    def short(self, rng: Generator, first: Ints) -> Ints:
        """Find a short form of each first name, -1 for names that have none."""
        return self._short[first, rng.integers(0, 3, len(first))]

    @cached_property
    def plain(self) -> pa.Array:
        """The names with two letters for an umlaut, same numbering."""
        return pa.array([two_letters(name) for name in self._names])

    @cached_property
    def local_parts(self) -> pa.Array:
        """The names as in e-mail addresses, same numbering."""
        return pa.array([local_part(name) for name in self._names])


@cache
def vocabulary() -> Vocabulary:
    """Give the one vocabulary; it never changes."""
    return Vocabulary()
