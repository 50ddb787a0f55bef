"""Folding: what is one text to the engine, and what isn't."""

from __future__ import annotations

import pytest

from engine.standardise.address import city, country, street
from engine.standardise.name import company
from engine.standardise.text import fold, fold_name, fold_words


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Ångström", "angstrom"),
        ("Москва", "moskva"),
        ("Αθήνα", "athina"),
        ("محمد", "mhmd"),
        ("北京", "beijing"),
        ("서울", "seoul"),
        ("ភ្នំពេញ", "phnampenh"),
        ("हिन्दी", "hindi"),
        ("Дом ٣٢", "dom 32"),
        ("Объект", "obekt"),
        ("Ann \U0001f600\ufe0f", "ann"),
        ("\U0001f600", ""),
    ],
)
def test_other_scripts_become_latin_letters(typed: str, folded: str) -> None:
    assert fold_words(typed) == folded


@pytest.mark.parametrize("typed", ["Москва", "北京", "ភ្នំពេញ", "José-María", "Ⅷ ½ ﬁ"])
def test_what_is_folded_stays_so(typed: str) -> None:
    for form in (fold, fold_words, fold_name):
        assert form(form(typed)) == form(typed)


def test_addresses_and_companies_in_another_script() -> None:
    assert street("Улица Ленина, 5") == "ulitsa lenina 5"
    assert city("Москва") == city("Moskva")
    assert company("Ромашка Ltd") == "romashka"
    assert [country(text) for text in ("भारत", "日本", "Россия", "대한민국")] == ["IN", "JP", "RU", "KR"]
