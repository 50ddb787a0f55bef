"""Runs go by what people decided, whatever the scores say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import pytest

from engine.compute import Compute
from engine.ledger import verify
from engine.ledger.decisions import Decision, block, decide, undo
from engine.state import State
from tests.engine.corner import PEOPLE, TILL, WEB, Corner, customers


def say(corner: Corner, kind: Literal["same", "different"], left: Sequence[str], right: Sequence[str]) -> Decision:
    with State.open(corner.store) as state:
        return decide(state, kind, left, right, ("C0000001Z", "C0000002X"), actor="ann")


def take_back(corner: Corner, made: Decision) -> None:
    with State.open(corner.store) as state:
        undo(state, made.entry, actor="bob")


def told(corner: Corner, table: str, columns: str, which: str = "true") -> list[tuple[Any, ...]]:
    with Compute() as compute:
        compute.read_parquet("t", corner.current().path(table))
        return compute.rows(f"SELECT {columns} FROM t WHERE {which} ORDER BY ALL")


def regrouped(*changed: list[str]) -> list[list[str]]:
    """Who is who where these stand together, or apart, in place of those that they were of."""
    records = {record for group in changed for record in group}
    return sorted([*(p for p in PEOPLE if not records & set(p)), *changed])


def test_two_who_score_alike_are_kept_apart(corner: Corner) -> None:
    before = told(corner, "members", "record_id, customer_id")
    made = say(corner, "different", ["till:7"], ["web:1"])
    assert customers(corner.run().run) == regrouped(["till:7"], ["web:1"])
    assert (f"decided by ann to be two people (entry {made.entry})",) in told(corner, "refusals", "refusal")
    take_back(corner, made)
    assert customers(corner.run().run) == PEOPLE
    # The ids are those of before, too.
    assert told(corner, "members", "record_id, customer_id") == before


def test_two_who_have_nothing_in_common_are_joined(corner: Corner) -> None:
    made = say(corner, "same", ["till:9"], ["web:3"])
    found = corner.run()
    assert customers(found.run) == regrouped(["till:9", "web:3"])
    assert told(corner, "matches", "record_a, record_b, rule, weight, probability", "stage = 'decision'") == [
        ("till:9", "web:3", f"decided by ann (entry {made.entry})", 100.0, 1.0)
    ]
    assert told(corner, "members", "confidence", "record_id = 'web:3'") == [(1.0,)]
    assert list(found.manifest["decisions"]) == [made.entry]
    assert corner.run().changes == {}
    take_back(corner, made)
    assert customers(corner.run().run) == PEOPLE


def test_each_of_two_who_are_joined_keeps_what_is_its_own(corner: Corner) -> None:
    say(corner, "same", ["till:7"], ["till:8"])
    assert customers(corner.run().run) == regrouped(["till:7", "till:8", "web:1", "web:2"])


def test_one_decision_joins_what_another_leaves_of_its_customer(corner: Corner) -> None:
    say(corner, "same", ["web:1"], ["till:9"])
    say(corner, "different", ["till:7"], ["till:9"])
    assert customers(corner.run().run) == regrouped(["till:7"], ["till:9", "web:1"])


def test_a_pair_that_matches_anyway_is_told_by_the_decision(corner: Corner) -> None:
    say(corner, "same", ["till:7"], ["web:1"])
    assert customers(corner.run().run) == PEOPLE
    assert told(corner, "matches", "stage", "record_a = 'till:7' AND record_b = 'web:1'") == [("decision",)]


def test_records_that_say_the_very_same_can_be_kept_apart(corner: Corner) -> None:
    corner.write("till", [*TILL, {**TILL[0], "id": "70"}])
    assert customers(corner.run().run) == regrouped(["till:7", "till:70", "web:1"])
    say(corner, "different", ["till:70"], ["till:7", "web:1"])
    assert customers(corner.run().run) == regrouped(["till:7", "web:1"], ["till:70"])


def test_a_decision_holds_at_another_threshold_and_under_another_model(corner: Corner) -> None:
    say(corner, "different", ["till:7"], ["web:1"])
    corner.settings["linkage"]["threshold"] = -5
    found = customers(corner.run(retrain=True).run)
    assert not any({"till:7", "web:1"} <= set(group) for group in found)


def test_a_decision_about_records_that_are_gone_waits_for_them(corner: Corner) -> None:
    say(corner, "same", ["till:9"], ["web:3"])
    corner.write("web", [row for row in WEB if row["id"] != "3"])
    assert customers(corner.run().run) == [p for p in PEOPLE if p != ["web:3"]]
    corner.write("web", WEB)
    assert customers(corner.run().run) == regrouped(["till:9", "web:3"])


def test_a_blocked_value_links_nobody_and_leads_to_nobody(corner: Corner) -> None:
    value = str(WEB[0]["email"])
    with State.open(corner.store) as state:
        made = block(state, "email", value, actor="ann")
    corner.run()
    assert told(corner, "shared_values", "type, value, reason, records") == [
        ("email", value, f"blocked by ann (entry {made.entry})", 2)
    ]
    assert told(corner, "known_by", "value", f"value = '{value}'") == []
    assert not any("email" in str(r) for (r,) in told(corner, "matches", "reasons", "record_a = 'till:7'"))
    take_back(corner, made)
    corner.run()
    assert told(corner, "shared_values", "value") == []
    assert customers(corner.current()) == PEOPLE


def test_a_blocked_device_is_nobodys(corner: Corner) -> None:
    assert told(corner, "device_windows", "device") == [("d1",)]
    with State.open(corner.store) as state:
        block(state, "device", "d1", actor="ann")
    corner.run()
    assert told(corner, "device_windows", "device") == []


@pytest.mark.parametrize("wanted", [["till:9", "web:3"], ["till:8", "till:9", "web:2"]])
def test_the_ledger_adds_up_with_decisions_in_it(corner: Corner, wanted: list[str]) -> None:
    say(corner, "same", wanted[:1], wanted[1:2])
    say(corner, "different", ["till:7"], ["web:1"])
    run = corner.run().run
    with State.open(corner.store, read_only=True) as state, Compute() as compute:
        assert verify(state, compute, run.path("members")) == []
