"""Who belonged to whom on a past date, from the entries alone."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.compute import Compute
from engine.errors import NotFoundError
from engine.ledger import customer_id, entries_about
from engine.ledger.decisions import decide, undo
from engine.ledger.then import answer_then, decided_then, holder, holders, led, matches_then, members
from engine.state import State
from tests.engine.ledger.scenario import Shop

pytestmark = pytest.mark.long

C1, C2, C3 = (customer_id(number) for number in (1, 2, 3))
#: A merge, a source that is missing for one run, and the way back.
ROAD = ("ab c d", "abc d", "d", "abc d", "ab c d")


def last(state: State, run: int) -> int:
    return state.run(f"run-{run}").last_entry or 0


def then(state: State, run: int) -> dict[str, str]:
    """Every customer's records after a run, as `Shop.ids` has them."""
    found = {}
    for number in range(1, state.next_number):
        try:
            held = members(state, customer_id(number), last(state, run))
        except NotFoundError:
            continue
        if held:
            found[customer_id(number)] = "".join(str(h.record_id).removeprefix("s:") for h in held)
    return found


@settings(max_examples=5, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_every_answer_of_a_random_road_can_be_asked_again(
    seed: int, compute: Compute, tmp_path_factory: pytest.TempPathFactory
) -> None:
    chance = random.Random(seed)
    shop = Shop(compute, tmp_path_factory.mktemp("road"))
    answers = []
    for _ in range(6):
        shop.publish({record: chance.randrange(4) for record in "abcdefg" if chance.random() < 0.8})
        answers.append(shop.ids())
    with State.open(shop.folder, read_only=True) as state:
        for run, ids in enumerate(answers):
            assert then(state, run) == ids
            held = {f"s:{record}": customer for customer, records in ids.items() for record in records}
            for record in (f"s:{r}" for r in "abcdefg" if holders(state, f"s:{r}")):
                assert holder(state, record, last(state, run)) == held.get(record)
                assert set(holders(state, record)) == {
                    customer for ids in answers for customer, records in ids.items() if record[2:] in records
                }
    assert shop.problems() == []


def test_an_id_leads_where_it_led_then(shop: Shop) -> None:
    for groups in ROAD:
        shop.publish(groups)
    with State.open(shop.folder, read_only=True) as state:
        assert [led(state, C2, last(state, run)) for run in range(5)] == [
            [C2], [C2, C1], [C2, C1, ""], [C2, C1], [C2],
        ]  # fmt: skip
        assert [h.entry for h in members(state, C1, last(state, 3))] == [6, 6, 6]
        with pytest.raises(NotFoundError, match="no run ever had a record s:z"):
            holder(state, "s:z", 1)
        assert holders(state, "s:z") == ()


def test_an_id_that_was_not_given_yet_says_since_when_it_is(shop: Shop) -> None:
    shop.publish("ab")
    shop.publish("ab c")
    with (
        State.open(shop.folder, read_only=True) as state,
        pytest.raises(NotFoundError, match=f"no customer {C2} yet: the id was first given on 2025-01-02 00:00 UTC"),
    ):
        led(state, C2, last(state, 0))


def test_the_answer_is_that_of_the_last_run_published_before(shop: Shop) -> None:
    shop.publish("ab")
    shop.publish("ab c")
    with State.open(shop.folder, read_only=True) as state:
        first, second = (run.finished for run in state.runs())
        assert first is not None
        assert second is not None
        assert answer_then(state, first).run.run_id == "run-0"
        assert answer_then(state, second - timedelta(microseconds=1)).last == 1
        assert answer_then(state, second + timedelta(days=1)).last == 2
        with pytest.raises(NotFoundError, match=r"nothing had been run yet at .*: the first answer is of"):
            answer_then(state, first - timedelta(seconds=1))


def test_reasons_are_those_of_the_records_that_were_together(shop: Shop) -> None:
    shop.publish("ab c", [("a", "b", "email")])
    shop.publish("abc", [("a", "b", "email"), ("b", "c", "phone")])
    shop.publish("ab c")
    with State.open(shop.folder, read_only=True) as state:
        found = [matches_then(state, ["s:a", "s:b", "s:c"][: 2 + (run == 1)], last(state, run)) for run in range(3)]
    together = ("s:a", "s:b", "email")
    assert found == [[together], [together, ("s:b", "s:c", "phone")], [together]]


def test_decisions_stand_from_their_entry_to_the_one_that_undoes_them(shop: Shop) -> None:
    shop.publish("a b c")
    with State.open(shop.folder) as state:
        made = decide(state, "same", ["s:a"], ["s:b"], (C1, C2), actor="ann", reason="they told me")
        undo(state, made.entry, actor="bob")
        stood = [[e.seq for e in decided_then(state, ["s:a"], seq)] for seq in range(3, 6)]
        assert stood == [[], [made.entry], []]
        assert decided_then(state, ["s:c"], made.entry) == []
        about = entries_about(state, C1)
        assert [(e.kind, e.reason, e.undoes) for e in about[1:]] == [
            ("asserted", "they told me", None),
            ("undone", None, made.entry),
        ]
        # It is about whoever holds its records, too.
        assert [e.kind for e in entries_about(state, C3)] == ["created"]
