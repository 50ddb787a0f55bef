"""Addresses, field by field: street, city, postcode, state, country."""

from __future__ import annotations

import re

from engine.standardise.data import lines
from engine.standardise.text import NOTHING, clean, fold_name, fold_words, plain_words

#: Words of a street that are written in several ways, and the short one.
_ABBREVIATIONS = {word: line.split()[0] for line in lines("street_words.txt") for word in line.split()}
#: "5 a" at the end; "Hauptstrasse", "Haupt Str." and "Haupt-Str." are one word.
_LETTER_AFTER_NUMBER = re.compile(r"\b(\d+) ([a-z])$")
_GERMAN_STREET = re.compile(r"(?<=[a-z]) ?(?:strasse|strase|str)\b")
_POST_BOX = re.compile(r"\b(?:p o box|po box|post office box|postbox|postfach)\b")
_COUNTRY_PREFIX = re.compile(r"^[A-Z]{1,2}-(?=\d{4,5}$)")
_NUMBER_SIGN = re.compile(r"#\s*(?=\w)")

_COUNTRIES: dict[str, str] = {}
for _line in lines("countries.csv"):
    _two, _three, _names = _line.split(",")
    _COUNTRIES |= dict.fromkeys((_two.lower(), _three.lower(), *_names.split("|")), _two)
_STATES: dict[tuple[str, str], str] = {}
for _line in lines("states.csv"):
    _country, _code, _names = _line.split(",")
    _STATES |= {(_country, word): _code for word in _names.split("|")}

#: Countries whose postcodes are a fixed number of digits: spreadsheets eat the zeros at their front.
_DIGITS = {
    **dict.fromkeys(
        (
            "US",
            "PR",
            "DE",
            "FR",
            "IT",
            "ES",
            "FI",
            "MX",
            "TR",
            "UA",
            "EE",
            "HR",
            "RS",
            "ME",
            "MA",
            "MY",
            "TH",
            "ID",
            "KR",
            "SA",
            "LT",
            "PE",
            "CR",
            "GT",
        ),
        5,
    ),
    **dict.fromkeys(
        ("AU", "NO", "DK", "CH", "AT", "BE", "HU", "LU", "SI", "BG", "CY", "GE", "NZ", "ZA", "PH", "LV"), 4
    ),
    **dict.fromkeys(("RO", "IN", "CN", "SG", "RU", "KZ", "CO", "EC", "VN"), 6),
    "IS": 3,
    "IL": 7,
}
#: Countries that write their postcode in groups, and how long the first group is.
_GROUPS = {"SE": (5, 3, " "), "CZ": (5, 3, " "), "SK": (5, 3, " "), "GR": (5, 3, " "), "PL": (5, 2, "-"),
           "PT": (7, 4, "-"), "BR": (8, 5, "-"), "JP": (7, 3, "-"), "NL": (6, 4, " "), "CA": (6, 3, " "),
           "IE": (7, 3, " ")}  # fmt: skip
_JOINTS = re.compile(r"[\s\-.]")
_BRITISH = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?)(\d[A-Z]{2})")
_CANADIAN = re.compile(r"[A-Z]\d[A-Z]\d[A-Z]\d")
_ZIP_PLUS_4 = re.compile(r"(\d{5})-?\d{4}")


def country(text: str) -> str | None:
    """Look up the ISO 3166 code of a country's name or code, in the languages of `countries.csv`."""
    return _COUNTRIES.get(plain_words(text))


def street(text: str) -> str | None:
    """Fold a street with its house number: words in their shortest form, no punctuation."""
    folded = fold_name(_NUMBER_SIGN.sub("apt ", clean(text)))
    if folded in NOTHING:
        return None
    folded = _POST_BOX.sub("po box", _GERMAN_STREET.sub("str", folded))
    short = " ".join(_ABBREVIATIONS.get(word, word) for word in folded.split(" "))
    return _LETTER_AFTER_NUMBER.sub(r"\1\2", short)


def city(text: str) -> str | None:
    """Fold a city; Saint and Sankt as St."""
    folded = fold_name(text)
    if folded in NOTHING or folded.isdigit():
        return None
    head, _, tail = folded.partition(" ")
    return f"st {tail}" if tail and head in ("saint", "sankt") else folded


def state(text: str, region: str) -> str | None:
    """Fold a state or province; in the US, Canada, Australia and Germany its full name becomes the code."""
    folded = fold_words(text)
    if folded in NOTHING:
        return None
    folded = folded.removeprefix(f"{region.lower()} ")  # as in US-CA
    return _STATES.get((region, folded), folded)


def postcode(text: str, region: str) -> str | None:
    """Write a postcode as its country does, in capitals; where the country isn't known, `region` is the shop's own."""
    typed = clean(text).upper().removesuffix(".0").strip("'\"= ")
    if fold_words(typed) in NOTHING or not any(character.isdigit() for character in typed):
        return None
    typed = _COUNTRY_PREFIX.sub("", typed)
    bare = _JOINTS.sub("", typed)
    if set(bare) == {"0"} or (len(bare) > 3 and set(bare) == {"9"}):
        return None
    if match := _BRITISH.fullmatch(bare):
        # No other country writes so, and shops with customers in several don't always say which.
        if region not in _GROUPS or region == "CA":
            return f"{match[1]} {match[2]}"
    elif _CANADIAN.fullmatch(bare):
        return f"{bare[:3]} {bare[3:]}"
    if region == "US" and (match := _ZIP_PLUS_4.fullmatch(typed.replace(" ", "-"))):
        return match[1]
    if bare.isdigit() and (length := _DIGITS.get(region)):
        return bare.zfill(length) if length - 2 <= len(bare) < length and not bare.startswith("0") else bare
    if region in _GROUPS and len(bare) == _GROUPS[region][0]:
        _, first, joint = _GROUPS[region]
        return f"{bare[:first]}{joint}{bare[first:]}"
    return typed if not bare.isdigit() else bare
