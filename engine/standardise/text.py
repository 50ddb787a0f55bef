"""Folding of text: what stays equal when case, accents, spacing and punctuation don't matter."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

#: Letters that Unicode doesn't decompose into a base letter and an accent.
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "ŧ": "t"}
)
#: Accents of Latin, Greek and Cyrillic letters. The marks of other scripts (Japanese, Hindi) are letters.
_ACCENTS = re.compile("[\u0300-\u036f]")
#: Zero-width characters, byte-order marks and direction marks that copying from web pages leaves behind.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00]")
_APOSTROPHES = re.compile("['’‘`´ʼ′\"“”]")
_NO_WORD = re.compile(r"[\W_]+")
#: ae, oe, ue before a consonant: an umlaut written out, unless another vowel or q stands before it (Bauer, Vasquez).
_WRITTEN_UMLAUT = re.compile(r"(?<![aeiouyq])([aou])e(?=[^\W\d_aeiouy])")
#: ... and unless it is no umlaut at all: Michael, Manuela, Noelle, Rodriguez, Guest.
_NO_UMLAUT = re.compile(r"(?:[aou]el(?:l?[aey]?|s)|ue[sz]t?)$|^(?:micha|rapha|rafa|isra|samu|manu|emanu)el")

#: What people and programs type when there is nothing to say; compared with folded words.
NOTHING = frozenset(
    {
        "", "n a", "na", "nan", "nil", "none", "null", "nothing", "unknown", "undefined", "not set", "not provided",
        "not available", "not applicable", "no data", "blank", "empty", "missing", "unbekannt", "keine", "keine angabe",
        "k a", "x", "xx", "xxx", "xxxx", "tbd", "tba", "default", "deleted", "redacted", "anonymised", "anonymized",
    }
)  # fmt: skip


def clean(text: str) -> str:
    """Write a text as people see it: one form of each character, no invisible ones, single spaces."""
    if not text.isascii():
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return " ".join(text.replace("\x00", "").split())


def plain(text: str) -> str:
    """Lower case, without accents and surplus spaces, in its own script; punctuation stays."""
    text = clean(text).lower()
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return unicodedata.normalize("NFC", _ACCENTS.sub("", text))


def fold(text: str) -> str:
    """Lower case, without accents and surplus spaces, in Latin letters; punctuation stays."""
    text = plain(text)
    if text.isascii():
        return text
    return "".join([c if c.isascii() else _latin(c) for c in text]).lower()


@lru_cache(maxsize=10_000)
def _latin(character: str) -> str:
    """Transliterate a letter, mark or digit; a smiley is no letter, and a letter that nobody knows stays."""
    if unicodedata.category(character)[0] not in "LMN":
        return character
    return anyascii(character) or (character if character.isalpha() else "")


def fold_words(text: str) -> str:
    """Folded words with single spaces between them: apostrophes vanish, other punctuation parts words."""
    if text.isascii() and text.isalpha():
        return text.lower()
    return _words_of(fold(text))


def plain_words(text: str) -> str:
    """Folded words in their own script, to look up words of known languages."""
    return _words_of(plain(text))


def _words_of(folded: str) -> str:
    return _NO_WORD.sub(" ", _APOSTROPHES.sub("", folded)).strip()


def fold_name(text: str) -> str:
    """Folded words in which Müller, Mueller and Muller are one: a written-out umlaut loses its e."""
    folded = fold_words(text)
    if "ae" in folded or "oe" in folded or "ue" in folded:
        return " ".join(_without_umlaut(word) for word in folded.split(" "))
    return folded


def _without_umlaut(word: str) -> str:
    # Short words are more often whole names (Joe, Rae, Yuen) than umlauts.
    if len(word) < 5 or _NO_UMLAUT.search(word):
        return word
    return _WRITTEN_UMLAUT.sub(r"\1", word)
