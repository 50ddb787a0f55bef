"""A customer by half a name: what is looked for, in which order, and who comes first. Pure, the same in every store.

A store finds the customers whose words answer to all that was asked, by its own index, first as they were typed, then
as beginnings, then misspelt by one slip of a finger; whoever answers is judged here, word by word. Where nobody answers
to all of the words, those count who lack one.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Literal, NamedTuple

from engine.standardise.name import root
from engine.standardise.text import fold_name, fold_words
from graph.store import Answered, Hit, How

#: Words of a question that count, and letters of a word.
WORDS, LETTERS = 8, 64
#: Whoever answers to so many words is meant: a search for them widens only until somebody does.
PRECISE = 3
#: Of the customers who answer to a step of a search, a store looks at so many, and hands on the best known of them.
REACH, JUDGED = 5_000, 300

#: How a search widens: words as they were typed or as the name that they are short for, beginnings, one slip.
Step = Literal["same", "begins", "misspelt"]
STEPS: tuple[Step, ...] = ("same", "begins", "misspelt")

#: What an answer to a word is worth; of a beginning more, the more of the word was typed.
_SAME, _NICKNAME, _MISSPELT, _BEGINS = 1.0, 0.9, 0.75, (0.5, 0.4)
#: ... in another name than the one shown, and in a place, an e-mail or a phone number.
_OTHER_NAME, _ELSEWHERE = 0.95, 0.9

_DOMAIN = re.compile(r"@\S*")
#: Fewer digits than this may be a postcode or a part of a name.
_PHONE = 7


class Word(NamedTuple):
    """A word that was asked for; the folded words that it is the same as, itself first; and the name it is short for.

    `spelt`: it may be misspelt. Numbers and the shortest words are near too many others.
    """

    text: str
    same: tuple[str, ...]
    short_for: str
    spelt: bool

    @property
    def forms(self) -> tuple[str, ...]:
        """The whole words that answer to it as it was typed, itself first."""
        return tuple(dict.fromkeys((*self.same, self.short_for)))


class Entry(NamedTuple):
    """A customer as a store's index knows it: what is shown, and the words that it is found by (`graph.words`)."""

    customer_id: str
    name: str | None
    email: str | None
    phone: str | None
    place: str | None
    records: int
    last_seen: datetime | None
    names: str | None
    others: str | None


#: What a store does: the customers who have all of these words, each as a step allows.
Find = Callable[[tuple[Word, ...], Step], Iterable[Entry]]


def search(text: str, limit: int, find: Find) -> tuple[Hit, ...]:
    """The customers who answer to a text, best first: at most `limit`."""
    words = read(text)
    found: dict[str, _Judged] = {}
    if not words:
        return ()
    for step in STEPS:
        _judge_all(found, words, find(words, step))
        if len(found) >= limit or (found and len(words) >= PRECISE):
            break
    for step in STEPS[1:] if len(words) > 1 else ():
        if found:
            break
        for left_out in words:
            _judge_all(found, words, find(tuple(word for word in words if word is not left_out), step))
    return tuple(hit for _, hit in sorted(found.values())[:limit])


def read(text: str) -> tuple[Word, ...]:
    """The words of a question, folded as the standardiser folds names; of an e-mail what stands before its @."""
    folded = fold_words(_DOMAIN.sub(" ", text))
    digits = folded.replace(" ", "")
    if digits.isdigit() and len(digits) >= _PHONE:
        # Of a phone number only its end is known here.
        folded = digits[-4:]
    typed = dict.fromkeys(word[:LETTERS] for word in folded.split())
    return tuple(_word(word) for word in list(typed)[:WORDS])


def _word(text: str) -> Word:
    spelt = len(text) > 2 and text.isascii() and text.isalpha()
    return Word(text, tuple(dict.fromkeys((text, fold_name(text)))), root(text), spelt)


def slips(word: str) -> list[str]:
    """All words that are one slip away: a letter too many, too few, another one, or two that have changed places."""
    cuts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    found = {a + b[1:] for a, b in cuts if b} | {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    for letter in string.ascii_lowercase:
        found |= {a + letter + b[1:] for a, b in cuts if b} | {a + letter + b for a, b in cuts}
    return sorted(found - {word, ""})


def is_slip(a: str, b: str) -> bool:
    """Whether two words of letters from a to z are one slip apart."""
    if len(a) > len(b):
        a, b = b, a
    if len(b) - len(a) > 1 or a == b or not (a + b).isalpha() or not (a + b).isascii():
        return False
    start = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
    if len(a) < len(b):
        return a[start:] == b[start + 1 :]
    return a[start + 1 :] == b[start + 1 :] or (
        a[start : start + 2] == b[start : start + 2][::-1] and a[start + 2 :] == b[start + 2 :]
    )


#: What puts one customer before another, and the customer.
_Judged = tuple[tuple[float, int, int, float, str], Hit]


def _judge_all(found: dict[str, _Judged], words: tuple[Word, ...], entries: Iterable[Entry]) -> None:
    for entry in entries:
        if entry.customer_id not in found:
            judged = _judge(words, entry)
            # An index may be a moment behind what is shown.
            if judged[1].score:
                found[entry.customer_id] = judged


def _judge(words: tuple[Word, ...], entry: Entry) -> _Judged:
    """A customer as an answer.

    The better answers come first, then those whose shown name has less beyond it, then whoever is known by more
    records, and was seen later.
    """
    shown = set(fold_name(entry.name or "").split())
    names, others = (entry.names or "").split(), (entry.others or "").split()
    worth = 0.0
    answered = []
    for word in words:
        best = (0.0, Answered(word.text, None, "missing"))
        for held, place in ((names, "name"), (others, "other")):
            for candidate in held:
                value, how = _answer(word, candidate)
                if place == "other":
                    value *= _ELSEWHERE
                elif candidate not in shown:
                    value *= _OTHER_NAME
                if value > best[0]:
                    best = (value, Answered(word.text, candidate, how))
        worth += best[0]
        answered.append(best[1])
    score = round(worth / len(words), 4)
    hit = Hit(
        entry.customer_id, entry.name, entry.email, entry.phone, entry.place, entry.records, entry.last_seen, score,
        tuple(answered),
    )  # fmt: skip
    over = len(shown - {answer.found for answer in answered})
    seen = entry.last_seen.timestamp() if entry.last_seen else 0.0
    return (-score, over, -entry.records, -seen, entry.customer_id), hit


def _answer(word: Word, candidate: str) -> tuple[float, How]:
    """What a customer's word is worth as an answer to one that was asked for."""
    if candidate in word.same:
        return _SAME, "same"
    if candidate == word.short_for:
        return _NICKNAME, "nickname"
    begun = 0.0
    if candidate.startswith(word.text):
        begun = _BEGINS[0] + _BEGINS[1] * len(word.text) / len(candidate)
    if begun < _MISSPELT and word.spelt and is_slip(word.text, candidate):
        return _MISSPELT, "misspelt"
    return begun, "begins" if begun else "missing"
