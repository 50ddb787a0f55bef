"""Ids that are given back, as a rollback does it, whatever happened to them since."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.compute import Compute
from engine.ledger import customer_id, customer_number, follow, redirects
from engine.state import State
from tests.engine.ledger.scenario import Shop

pytestmark = pytest.mark.long

C1, C2 = customer_id(1), customer_id(2)


def give_back(shop: Shop, ids: dict[str, str]) -> None:
    shop.publish({r: customer_number(customer) or 0 for customer, records in ids.items() for r in records}, given=True)


def test_ids_come_back_where_overlap_would_give_them_to_others(shop: Shop) -> None:
    shop.publish("a bc")
    then = shop.ids()
    shop.publish("abc")
    shop.publish("abxyz c")
    assert shop.ids()[C2] == "abxyz"
    give_back(shop, then)
    assert shop.ids() == then == {C1: "a", C2: "bc"}
    assert [entry[0] for entry in shop.entries()[-3:]] == ["restored", "left", "merged"]
    assert shop.problems() == []


def test_who_ends_by_giving_an_id_back_leads_to_it(shop: Shop) -> None:
    shop.publish("abcd e")
    then = shop.ids()
    shop.publish("e")
    # Half of what the ended id held is not enough, so these are a new customer.
    shop.publish("ab e")
    give_back(shop, then)
    assert shop.ids() == then
    assert [entry[:3] for entry in shop.entries()[-2:]] == [("restored", None, 1), ("merged", 3, 1)]
    shop.publish("e")
    shop.publish("abcd e")
    # All that comes back may come from one that ends.
    shop.publish("ab e")
    with State.open(shop.folder, read_only=True) as state:
        assert follow(state, customer_id(3)) == [customer_id(3), C1]
    assert shop.problems() == []


def test_an_id_that_comes_back_with_what_another_took_of_it_alone_lives(shop: Shop) -> None:
    shop.publish("abc e")
    shop.publish("e")
    shop.publish("a e")
    give_back(shop, {C1: "a", C2: "e"})
    assert [entry[:3] for entry in shop.entries()[-1:]] == [("merged", 3, 1)]
    with State.open(shop.folder, read_only=True) as state:
        assert follow(state, C1) == [C1]
        assert follow(state, customer_id(3)) == [customer_id(3), C1]
        assert [r["old_id"] for r in redirects(state).to_pylist()] == [customer_id(3)]
        assert shop.compute.rows("SELECT old_id, new_id, kind FROM redirects") == [(customer_id(3), C1, "merged")]
    assert shop.problems() == []


@settings(max_examples=5, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_any_answer_comes_back_on_any_road(
    seed: int, compute: Compute, tmp_path_factory: pytest.TempPathFactory
) -> None:
    chance = random.Random(seed)
    shop = Shop(compute, tmp_path_factory.mktemp("road"))
    answers: list[dict[str, str]] = []
    for turn in range(9):
        if turn % 3 == 2:
            then = chance.choice(answers)
            give_back(shop, then)
            assert shop.ids() == then
            # The same again finds nothing to do.
            groups = {record: number for number, records in enumerate(then.values()) for record in records}
            assert not shop.publish(groups).entries.num_rows
        else:
            shop.publish({record: chance.randrange(4) for record in "abcdefgh" if chance.random() < 0.8})
        answers.append(shop.ids())
    assert shop.problems() == []
    living = set(shop.ids())
    with State.open(shop.folder, read_only=True) as state:
        now = redirects(state).to_pylist()
        for number in range(1, state.next_number):
            assert follow(state, customer_id(number))[-1] in {*living, ""}
            assert (follow(state, customer_id(number)) == [customer_id(number)]) == (customer_id(number) in living)
        key = ("old_id", "new_id", "kind")
        made = set(compute.rows("SELECT old_id, new_id, kind FROM redirects WHERE kind <> 'split'"))
        assert made == {tuple(r[k] for k in key) for r in now if r["kind"] != "split"}
