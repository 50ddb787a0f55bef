"""Telephone numbers: valid, distinct, and passed on only after they were given up."""

from __future__ import annotations

import numpy as np
import phonenumbers
import pytest

from engine.demo import rates
from engine.demo.dice import stream
from engine.demo.people import People, make_people
from engine.demo.phones import Phones, make_phones
from engine.demo.vocabulary import vocabulary


@pytest.fixture(scope="module")
def people() -> People:
    return make_people(stream(1, "people"), 5_000, vocabulary())[0]


@pytest.fixture(scope="module")
def phones(people: People) -> Phones:
    return make_phones(stream(1, "phones"), people)


def test_recycled_numbers_change_hands_at_about_their_rate(people: People, phones: Phones) -> None:
    changers = np.flatnonzero(phones.changed_at != rates.NEVER)
    assert len(changers) / len(people) == pytest.approx(rates.CHANGED_PHONE, abs=0.015)
    takers = changers[phones.later[changers] < len(people)]
    assert len(takers) / len(changers) == pytest.approx(rates.RECYCLED_PHONE, abs=0.08)
    givers = phones.later[takers]
    assert len(set(givers.tolist())) == len(givers)
    assert (givers != takers).all()
    assert (phones.changed_at[givers] <= phones.changed_at[takers]).all()
    assert (people.country[givers] == people.country[takers]).all()


def test_numbers_differ_and_nearly_all_are_valid(phones: Phones) -> None:
    real = len(phones.country) - len(phones.fakes)
    numbers = list(zip(phones.country[:real].tolist(), phones.digits.to_pylist()[:real], strict=True))
    assert len(set(numbers)) == real
    some = numbers[::15]
    valid = [phonenumbers.is_valid_number(phonenumbers.parse(f"+{rates.CALLING[c]}{d}")) for c, d in some]
    assert sum(valid) / len(valid) > 0.97


def test_land_lines_belong_to_households(people: People, phones: Phones) -> None:
    lines = phones.land_line
    assert (lines >= 0).mean() == pytest.approx(rates.LAND_LINE, abs=0.04)
    assert (lines == lines[people.heads[people.household]]).all()
