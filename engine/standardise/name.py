"""Names of people: any way of writing one -> display form, folded parts, and the root of the first name."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from engine.standardise.data import lines
from engine.standardise.text import NOTHING, clean, fold_name, fold_words, plain_words

#: first name (as fold_name gives it) -> the name that it is short for, or another spelling of
_ROOTS = {word: line.split()[0] for line in lines("nicknames.txt") for word in line.split()}

_TITLES = frozenset(lines("titles.txt"))
#: These titles are first names as well (Don, Ing), so they go only where two more words follow.
_TITLES_OR_NAMES = frozenset({"don", "dona", "ing", "mag", "lord", "pan", "hon", "sig", "fr", "dame", "lady", "sir"})
#: Which bearer of a family's one name: a Jr is the second. A lone I or V is an initial more often than a number.
_GENERATIONS = {
    **dict.fromkeys(("sr", "snr", "senior", "1st"), "sr"),
    **dict.fromkeys(("jr", "jnr", "junior", "ii", "2nd"), "jr"),
    **dict.fromkeys(("iii", "3rd"), "3"),
    **dict.fromkeys(("iv", "4th"), "4"),
}
_GENERATION_ENDS = tuple(_GENERATIONS)
_GENERATION_LAST = re.compile(rf"[\s,]({'|'.join(_GENERATIONS)})\.?\s*(?:$|,)", re.IGNORECASE)
#: These are names as well.
_GENERATIONS_OR_NAMES = frozenset({"junior", "senior"})
_SUFFIXES = frozenset(_GENERATIONS) | frozenset(
    {"phd", "md", "dds", "esq", "cpa", "mba", "msc", "bsc", "obe", "mbe", "cbe", "rn"}
)
#: Words that belong to the last name that follows them.
_PARTICLES = frozenset(
    {
        "van", "von", "vom", "de", "der", "den", "del", "della", "di", "da", "do", "dos", "das", "du", "la", "le",
        "ten", "ter", "zu", "zum", "zur", "bin", "ibn", "al", "el", "of", "st", "saint", "mac", "mc", "o", "af", "av",
    }
)  # fmt: skip
#: A name of nothing but these is none.
_NOT_NAMES = NOTHING | frozenset(lines("name_placeholders.txt"))
#: Words that, standing first in a pair, are a first name's place holder, but last names of real people.
_LAST_NAMES_TOO = frozenset({"guest", "user", "cash", "name", "gast", "kunde", "test", "no", "abc"})
_LEGAL_FORMS = frozenset(lines("legal_forms.txt"))
_MC = re.compile(r"^(Mc)([a-z])")
#: Chinese characters and Hangul: names in them begin with the family name, of one character where no space follows it.
_FAMILY_FIRST = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]{2,}")
_AFTER_JOINT = re.compile(r"(?:^|(?<=[-'’.]))[^\W\d_]")


class Name(NamedTuple):
    """`name` is for people; the others are folded. `company` is set instead of the parts when it is no person.

    `middle` ends in jr, sr, 3 or 4 where the name tells father and son apart.
    """

    name: str | None = None
    first: str | None = None
    first_root: str | None = None
    middle: str | None = None
    last: str | None = None
    company: str | None = None


def name(full: str | None, first: str | None = None, last: str | None = None) -> Name:
    """Split a person's name as it was typed in one field (`full`) or two.

    The two fields win over the one. "Last, First" is turned round, titles and suffixes go, further first names become
    the middle name, which Jr, Sr, II, ... end, and a single word is a first name. Placeholders, e-mail addresses and
    numbers are no names. A full name that ends in a legal form (Ltd, GmbH) is a company's.
    """
    if full and not first and not last and _is_company(full):
        return Name(clean(full), company=company(full))
    given, family = _words(first), _words(last)
    whole = _turned(full)
    if not given and not family:
        given, family = _split(whole)
    elif not family:
        # A whole name in the field of the first one, or the last name known from the full one only.
        given, family = _split(_turned(first)) if len(given) > 1 else (given, _rest(whole, given))
    elif not given:
        given, family = _split(_turned(last)) if "," in (last or "") else (_rest_before(whole, family), family)
    given, family = _only_names(_healed(given), family)
    if len(given) > len(family) and family and _folded(given[-len(family) :]) == _folded(family):
        given = given[: -len(family)]
    elif len(family) > 1 and given and _folded(family[:1]) == _folded(given[:1]) and len(given) == 1:
        family = family[1:]
    folded = _folded(given)
    first_word, _, others = folded.partition(" ")
    if (given or family) and (generation := _generation(full, first, last)):
        others = f"{others} {generation}".lstrip()
    display = " ".join([shown(word, place > 0) for place, word in enumerate(given + family)])
    if not display.isascii() and _FAMILY_FIRST.fullmatch(display.replace(" ", "")):
        display = "".join(family + given)
    return Name(
        display or None,
        first_word or None,
        root(first_word) if first_word else None,
        others or None,
        _joined(_folded(family)) or None,
    )


def root(first: str) -> str:
    """Find the name that a folded first name is short for (bob -> robert); itself if it is none that we know."""
    return _ROOTS.get(first, first)


def company(text: str) -> str | None:
    """Fold a company's name, without its legal form; None for a placeholder."""
    folded = fold_words(text)
    if folded in NOTHING or "@" in text:
        return None
    words = _spelled_forms_joined(folded.split(" "))
    while len(words) > 1 and words[-1] in _LEGAL_FORMS:
        words.pop()
    return " ".join(words)


def _is_company(full: str) -> bool:
    words = _spelled_forms_joined(fold_words(full).split(" "))
    return len(words) > 1 and words[-1] in _LEGAL_FORMS


def _spelled_forms_joined(words: list[str]) -> list[str]:
    """S. A. R. L. at the end as one word, if that is a legal form."""
    start = len(words)
    while start > 1 and len(words[start - 1]) == 1:
        start -= 1
    joined = "".join(words[start:])
    return [*words[:start], joined] if joined in _LEGAL_FORMS else words


def _words(text: str | None) -> list[str]:
    """List the words of a field, without titles, suffixes, numbers and e-mail addresses."""
    if not text:
        return []
    words = [word.strip(',;:()[]"*_/\\<>|') for word in clean(text).replace(",", " ").split(" ")]
    words = [word for word in words if _word(word) and not _is_number(word)]
    while len(words) > 1 and _word(words[-1]) in _SUFFIXES:
        words.pop()
    while words and (title := _word(words[0])) in _TITLES:
        if title in _TITLES_OR_NAMES and len(words) < 3:
            break
        words.pop(0)
    return words


@lru_cache(maxsize=100_000)
def _word(word: str) -> str:
    """One word to look up among titles, particles, ...; names repeat, so most of them are remembered."""
    return plain_words(word)


def _generation(full: str | None, first: str | None, last: str | None) -> str | None:
    """Read Jr, Sr, II, ... at the end of a name; Junior only where a first and a last name stand without it."""
    for field, names in ((last, 1), (first, 2), (full, 2)):
        # Most names end otherwise, and asking for that is quick.
        if not field or not ("," in field or field.lower().rstrip(" .").endswith(_GENERATION_ENDS)):
            continue
        if found := _GENERATION_LAST.search(field):
            word = found[1].lower()
            if word not in _GENERATIONS_OR_NAMES or len(field[: found.start()].split()) >= names:
                return _GENERATIONS[word]
    return None


def _turned(text: str | None) -> list[str]:
    """List the words of a full name, "Last, First" turned round; words of a marked last name end in a comma."""
    if not text:
        return []
    before, comma, after = clean(text).partition(",")
    if not comma or fold_words(after) in _SUFFIXES:
        words = _words(text)
        # "Mr Smith" gives the last name, where "Smith" could be either.
        titled = len(words) == 1 and _word(clean(text).split(" ")[0]) in _TITLES - _TITLES_OR_NAMES
        return [f"{words[0]},"] if titled else words
    family, given = _words(before), _words(after)
    return [*given, *[f"{word}," for word in family]]


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    """First and last names of a full name: the last word, and the particles before it, are the last name."""
    marked = [place for place, word in enumerate(words) if word.endswith(",")]
    words = [word.rstrip(",") for word in words]
    if marked:
        return words[: marked[0]], words[marked[0] :]
    if words and not words[0].isascii() and _FAMILY_FIRST.fullmatch("".join(words)):
        family, *given = words if len(words) > 1 else (words[0][:1], words[0][1:])
        return given, [family]
    if len(words) < 2:
        return words, []
    start = len(words) - 1
    while start > 1 and (_word(words[start]) in _PARTICLES or _word(words[start - 1]) in _PARTICLES):
        start -= 1
    return words[:start], words[start:]


def _rest(whole: list[str], given: list[str]) -> list[str]:
    """Find what the full name says beyond the first names, if it begins with them."""
    first, last = _split(whole)
    return last if first[:1] and _folded(first[:1]) == _folded(given[:1]) else []


def _rest_before(whole: list[str], family: list[str]) -> list[str]:
    """Find what the full name says before the last name, if it ends with it."""
    words = [word.rstrip(",") for word in whole]
    return words[: -len(family)] if _folded(words[-len(family) :]) == _folded(family) else []


def _only_names(given: list[str], family: list[str]) -> tuple[list[str], list[str]]:
    """Without the placeholders: a pair of them is nothing, one beside a real name leaves that."""
    no_first = _nothing(given)
    no_last = _nothing(family)
    if no_first:
        return [], [] if no_last else family
    if no_last and (not given or fold_words(" ".join(family)) not in _LAST_NAMES_TOO):
        return given, []
    return given, family


def _healed(given: list[str]) -> list[str]:
    """Join "K atherine", where the two parts make a name that we know; "J Robert" and "E D" stay."""
    if len(given) > 1 and len(given[0]) == 1 and len(given[1]) > 1 and _folded_word(given[0] + given[1]) in _ROOTS:
        return [given[0] + given[1], *given[2:]]
    return given


def _nothing(words: list[str]) -> bool:
    folded = [_word(word) for word in words]
    return not folded or " ".join(folded) in _NOT_NAMES or all(word in _NOT_NAMES for word in folded)


def _is_number(word: str) -> bool:
    """Tell an e-mail address, a number or an id from a word in which a finger slipped."""
    if word.isalpha():
        return False
    digits = sum(character.isdigit() for character in word)
    return "@" in word or digits > 1 or 2 * digits >= len(word)


def _folded(words: list[str]) -> str:
    return " ".join([_folded_word(word) for word in words])


@lru_cache(maxsize=100_000)
def _folded_word(word: str) -> str:
    return fold_name(word)


def _joined(last: str) -> str:
    """O Brien and Mc Donald as one word, as they fold without the space."""
    head, _, tail = last.partition(" ")
    return head + tail if tail and head in ("o", "mc") else last


@lru_cache(maxsize=100_000)
def shown(word: str, inside: bool) -> str:
    """Title case where the typed case says nothing; McDonald and DeShawn stay."""
    if word[0].isupper() and not (word.isupper() and len(word) > 1) and not word.islower():
        return word
    lower = word.lower()
    if inside and lower in _PARTICLES and lower not in ("o", "mc", "mac"):
        return lower
    shown = _AFTER_JOINT.sub(lambda match: match[0].upper(), lower)
    return _MC.sub(lambda match: match[1] + match[2].upper(), shown)
