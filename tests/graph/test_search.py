"""What is asked for, how near two words are, and who comes first."""

from __future__ import annotations

import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.search import STEPS, WORDS, Entry, Step, Word, is_slip, read, search, slips


def entry(customer_id: str, name: str | None, records: int = 1, names: str = "", others: str = "") -> Entry:
    return Entry(customer_id, name, None, None, None, records, None, f"{(name or '').lower()} {names}", others)


def ranked(text: str, *entries: Entry) -> list[str]:
    return [hit.customer_id for hit in search(text, 10, lambda words, step: entries)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Smith, John", ["smith", "john"]),
        ("  O'Brien-Müller ", ["obrien", "muller"]),
        ("john.smith84@mail.com berlin", ["john", "smith84", "berlin"]),
        ("ann ann", ["ann"]),
        ("10115", ["10115"]),
        ("(555) 123-4567", ["4567"]),
        ("@", []),
        ("", []),
        ("x" * 500, ["x" * 64]),
    ],
)
def test_the_words_of_a_question(text: str, words: list[str]) -> None:
    assert [word.text for word in read(text)] == words


def test_no_more_words_than_count() -> None:
    assert len(read(" ".join(f"w{n}" for n in range(100)))) == WORDS


def test_a_word_knows_its_spellings_and_the_name_it_is_short_for() -> None:
    (word,) = read("Mueller")
    assert word.forms == ("mueller", "muller")
    (word,) = read("Bob")
    assert (word.forms, word.spelt) == (("bob", "robert"), True)
    assert not read("jo")[0].spelt
    assert not read("4567")[0].spelt


_WORDS = st.text(string.ascii_lowercase[:4], min_size=1, max_size=6)


@given(_WORDS, _WORDS)
def test_what_is_one_slip_away_is_among_the_slips(a: str, b: str) -> None:
    assert is_slip(a, b) == (b in slips(a))


def test_a_search_widens_only_as_far_as_it_must() -> None:
    asked: list[tuple[int, Step]] = []

    def find(words: tuple[Word, ...], step: Step) -> list[Entry]:
        asked.append((len(words), step))
        return found.get((len(words), step), [])

    found = {(2, "same"): [entry("a", "Ann Archer"), entry("b", "Ann Archer")]}
    assert len(search("ann archer", 2, find)) == 2
    assert asked == [(2, "same")]
    asked.clear()
    assert len(search("ann archer", 3, find)) == 2
    assert asked == [(2, step) for step in STEPS]
    asked.clear()
    found = {(1, "misspelt"): [entry("a", "Ann Archer")]}
    assert [hit.customer_id for hit in search("ann zebra", 3, find)] == ["a"]
    assert asked == [*((2, step) for step in STEPS), *[(1, "begins")] * 2, *[(1, "misspelt")] * 2]
    asked.clear()
    found = {(3, "same"): [entry("a", "Ann Archer", others="bonn")]}
    assert [hit.customer_id for hit in search("ann archer bonn", 3, find)] == ["a"]
    assert asked == [(3, "same")]
    asked.clear()
    found = {}
    assert search("zebra", 3, find) == search("?", 3, find) == ()
    assert asked == [(1, step) for step in STEPS]


def test_the_better_answer_comes_first() -> None:
    whole, short, begun, slip = (entry(n, n) for n in ("robert", "rob", "robertson", "robbert"))
    assert ranked("robert", slip, begun, whole) == ["robert", "robertson", "robbert"]
    # Of the names of its records, the one that is shown says most.
    shown, other = entry("z", "Ann Archer", names="bob"), entry("a", "Bob Archer", names="ann")
    assert ranked("ann archer", other, shown) == ["z", "a"]
    # A name says more than a place.
    assert ranked("berlin", entry("a", "Ann", others="berlin"), entry("z", "Berlin")) == ["z", "a"]
    assert ranked("rob", short, whole) == ["rob", "robert"]


def test_of_equal_answers_the_plainer_name_then_the_better_known_comes_first() -> None:
    more = entry("a", "Ann Mary Archer", records=9)
    known, less = entry("z", "Ann Archer", records=3), entry("b", "Ann Archer")
    assert ranked("ann archer", more, less, known) == ["z", "b", "a"]


def test_as_many_as_are_judged_take_a_moment() -> None:
    entries = [entry(str(n), "Maximilian Obermeier", n, "max maxi obermaier", "hamburg 20095") for n in range(300)]
    began = time.process_time()
    assert len(ranked("maximilien obermeyer hamburk", *entries)) == 10
    assert time.process_time() - began < 1
