"""What must leave no trace in the ledger, and ids that return when a change is taken back."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.compute import Compute
from engine.ledger import customer_number, follow, verify
from engine.ledger.decisions import decide
from engine.state import State
from tests.engine.corner import PEOPLE, TILL, VISITS, WEB, Corner, Row, customers, table

pytestmark = pytest.mark.long


def ids(corner: Corner) -> list[tuple[str, str]]:
    return table(corner.current(), "members", "record_id, customer_id")


def entries(corner: Corner) -> int:
    with State.open(corner.store, read_only=True) as state:
        return state.head()[0]


def check(corner: Corner) -> None:
    with State.open(corner.store, read_only=True) as state, Compute(threads=1) as compute:
        assert verify(state, compute, corner.current().path("members")) == []


def test_the_same_run_twice_makes_no_entry(corner_run: Corner, corner_rerun: Corner) -> None:
    assert corner_rerun.current().run_id != corner_run.current().run_id
    assert (entries(corner_rerun), ids(corner_rerun)) == (entries(corner_run), ids(corner_run))


@given(st.permutations(WEB), st.permutations(TILL), st.permutations(VISITS), st.permutations(("web", "till", "visits")))
@settings(max_examples=3, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sources_and_rows_in_another_order_make_no_entry(
    corner: Corner, web: list[Row], till: list[Row], visits: list[Row], sources: list[str]
) -> None:
    before = entries(corner), ids(corner)
    corner.sources = {name: corner.sources[name] for name in sources}
    for name, rows in (("web", web), ("till", till), ("visits", visits)):
        corner.write(name, rows)
    assert corner.run().changes == {}
    assert (entries(corner), ids(corner)) == before


def test_ids_return_when_a_threshold_goes_up_and_back_down(corner: Corner) -> None:
    before = ids(corner)
    corner.settings["linkage"]["threshold"] = 45
    assert corner.run().changes["split"]
    assert ids(corner) != before
    corner.run()
    del corner.settings["linkage"]["threshold"]
    corner.run()
    assert customers(corner.current()) == PEOPLE
    assert ids(corner) == before
    check(corner)


def test_a_decision_about_an_id_that_ended_holds_for_its_records(corner: Corner) -> None:
    of = dict(ids(corner))
    with State.open(corner.store) as state:
        decide(state, "same", ["till:9"], ["web:3"], (of["till:9"], of["web:3"]), actor="ann")
    corner.run()
    with State.open(corner.store) as state:
        ended = next(i for i in (of["till:9"], of["web:3"]) if len(follow(state, i)) > 1)
        made = decide(state, "same", ["web:3"], ["web:4"], (ended, of["web:4"]), actor="ann")
        assert ended in made.customers
    assert ["till:9", "web:3", "web:4"] in customers(corner.run().run)
    with State.open(corner.store, read_only=True) as state:
        led = {follow(state, of[record])[-1] for record in ("till:9", "web:3", "web:4")}
        assert len(led) == 1
        assert customer_number(led.pop()) is not None
    check(corner)
