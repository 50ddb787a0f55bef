"""Decisions in the ledger: what stands, what contradicts, and what is taken back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Literal

import pytest

from engine.errors import NotFoundError, StateError
from engine.ledger import verify
from engine.ledger.decisions import Decision, block, decide, decisions, record_names, standing, undo, value_mark
from engine.state import State
from tests.engine.ledger.scenario import Shop

Kind = Literal["same", "different"]

#: Customers that a run may have made; their ids are kept with a decision, and nothing is asked of them.
ANYBODY = ("C0000001Z", "C0000002X")


@pytest.fixture
def state(shop: Shop) -> Iterator[State]:
    """A ledger of five customers of one record each."""
    shop.publish("a b c d e")
    with State.open(shop.folder) as state:
        yield state


def say(state: State, kind: Kind, a: str, b: str, actor: str = "ann") -> Decision:
    """Decide on records, each side's one letter a record."""
    left, right = ([f"s:{record}" for record in side] for side in (a, b))
    return decide(state, kind, left, right, ANYBODY, actor=actor, reason="they told me")


def test_a_decision_is_an_entry_that_says_who_when_and_why(state: State) -> None:
    made = say(state, "different", "ab", "c")
    assert (made.kind, made.actor, made.reason, made.entry) == ("different", "ann", "they told me", state.head()[0])
    names = record_names(state, made.left + made.right)
    assert [sorted(names[n] for n in side) for side in (made.left, made.right)] == [["s:a", "s:b"], ["s:c"]]
    assert decisions(state) == standing(state) == [made]


def test_the_chain_covers_decisions_and_holds_no_words_of_people(shop: Shop, state: State) -> None:
    say(state, "same", "a", "b")
    blocked = block(state, "email", "secret@x.com", actor="bob", reason="they told me")
    undo(state, blocked.entry, actor="ann")
    assert verify(state, shop.compute, shop.members) == []
    told = [str(row) for row in state.rows("SELECT actor, kind, cause FROM ledger WHERE run_id IS NULL")]
    assert len(told) == 3
    assert not any(word in text for text in told for word in ("secret", "they told me"))


@pytest.mark.parametrize("kind", ["same", "different"])
def test_the_same_decision_again_is_none(state: State, kind: Kind) -> None:
    first = say(state, kind, "a", "b")
    head = state.head()
    assert say(state, kind, "b", "a", actor="bob") == first
    assert state.head() == head


def test_the_same_block_again_is_none(state: State) -> None:
    blocked = block(state, "phone", "+15550100", actor="ann")
    assert block(state, "phone", "+15550100", actor="bob") == blocked
    assert blocked.mark == value_mark(state.key, "phone", "+15550100")


@pytest.mark.parametrize(
    ("before", "kind", "a", "b", "chain"),
    [
        (["a=b"], "different", "b", "a", [6]),
        (["a=b", "b=c", "c=d"], "different", "a", "de", [6, 7, 8]),
        (["a!b"], "same", "b", "a", [6]),
        (["a=b", "c=d", "b!c"], "same", "a", "d", [6, 8, 7]),
        (["a=b", "c=d", "c!b"], "same", "d", "a", [6, 8, 7]),
    ],
)
def test_what_contradicts_is_refused_with_the_chain(
    state: State, before: list[str], kind: Kind, a: str, b: str, chain: list[int]
) -> None:
    for made in before:
        say(state, "different" if "!" in made else "same", made[0], made[-1])
    head = state.head()
    with pytest.raises(StateError, match="contradicts") as refused:
        say(state, kind, a, b)
    told = [int(part.split("entry ")[1].split(",")[0]) for part in str(refused.value).split("; ")]
    assert told in (chain, chain[::-1])
    assert state.head() == head


def test_what_does_not_contradict_is_taken(state: State) -> None:
    say(state, "same", "a", "b")
    say(state, "different", "a", "c")
    say(state, "different", "c", "d")
    say(state, "same", "d", "e")
    assert len(standing(state)) == 4


def test_an_undone_decision_contradicts_no_more(state: State) -> None:
    made = say(state, "same", "a", "b")
    ended = undo(state, made.entry, actor="bob")
    assert (ended.entry, ended.undone) == (made.entry, state.head()[0])
    assert standing(state) == []
    assert say(state, "different", "a", "b").entry == state.head()[0]


def test_only_what_stands_can_be_undone(state: State) -> None:
    with pytest.raises(NotFoundError, match="entry 1 of the ledger is no decision"):
        undo(state, 1, actor="ann")
    made = say(state, "same", "a", "b")
    undo(state, made.entry, actor="ann")
    with pytest.raises(StateError, match="was undone before, by entry 7"):
        undo(state, made.entry, actor="ann")
    with pytest.raises(NotFoundError, match=f"entry 7 .* no decision, it took {made.entry} back: `clew decide`"):
        undo(state, 7, actor="ann")


def test_two_who_decide_at_once_come_one_after_the_other(state: State, shop: Shop) -> None:
    said: list[str] = []
    start = threading.Barrier(2)

    def decide_at_once(kind: Kind) -> None:
        with State.open(shop.folder) as own:
            start.wait()
            try:
                say(own, kind, "a", "b", actor=kind)
                said.append("made")
            except StateError as error:
                said.append(str(error))

    kinds: tuple[Kind, ...] = ("same", "different")
    threads = [threading.Thread(target=decide_at_once, args=(kind,)) for kind in kinds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made, refused = sorted(said, key=len)
    assert made == "made"
    assert f"by {standing(state)[0].actor} on" in refused


def test_a_run_under_way_is_published_all_the_same(shop: Shop, state: State) -> None:
    with State.open(shop.folder) as running, running.writing("test"):
        running.begin("under-way", "config", shop.now)
        changes = shop.assign(running, "ab c d e")
        made = say(state, "different", "a", "b")
        running.publish("under-way", changes, "manifest", shop.now)
    assert [d.entry for d in standing(state)] == [made.entry]
    assert state.head()[0] == made.entry + 1
