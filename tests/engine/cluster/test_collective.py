"""Evidence that is spread over several records counts together."""

from __future__ import annotations

import pytest

from engine.link.comparisons import DIFFER
from tests.engine.cluster.scores import Scores


def fragments(scores: Scores, name: str = "ann archer") -> None:
    """Two records that are one, and a third that is like each of them in another way, neither enough by itself."""
    scores.people.add("crm:1", "ann archer")
    scores.people.add("till:2", "ann archer")
    scores.people.add("web:3", name)
    scores.pair("crm:1", "till:2", account="same")
    assert scores.pair("crm:1", "web:3", first_name="same", last_name="same", phone=DIFFER, email=DIFFER) < 0
    assert scores.pair("till:2", "web:3", birth_date="same", email=DIFFER, rule=1) < 0


def test_two_weak_ties_make_a_strong_one(scores: Scores) -> None:
    fragments(scores)
    assert scores.cluster() == [["crm:1", "till:2", "web:3"]]
    joined = scores.compute.rows("SELECT record_a, record_b, rule, reasons FROM matches WHERE stage = 'collective'")
    ((a, b, rule, reasons),) = joined
    assert (a, b) == ("crm:1", "web:3")  # the stronger of the two pairs
    assert rule == "evidence of several records, first: same e-mail"
    told = {r["comparison"]: (r["record_a"], r["record_b"]) for r in reasons}
    assert told["last_name"] == ("crm:1", "web:3")
    assert told["birth_date"] == ("till:2", "web:3")


def test_the_weight_of_a_join_is_the_best_of_each_comparison_and_the_prior(scores: Scores) -> None:
    fragments(scores)
    scores.cluster()
    ((weight, reasons),) = scores.compute.rows("SELECT weight, reasons FROM matches WHERE stage = 'collective'")
    expected = scores.pair(
        "crm:1", "web:3", first_name="same", last_name="same", birth_date="same", phone=DIFFER, email=DIFFER
    )
    assert weight == pytest.approx(expected, abs=1e-4)
    assert len(reasons) == 5


def test_a_single_record_is_not_helped_by_itself(scores: Scores) -> None:
    scores.people.add("crm:1", "ann archer")
    scores.people.add("web:3", "ann archer")
    scores.pair("crm:1", "web:3", first_name="same", last_name="same", email=DIFFER, phone=DIFFER)
    assert scores.cluster() == []
    assert scores.refusals() == {}


def test_ties_that_are_nobodys_own_join_no_groups(scores: Scores) -> None:
    fragments(scores)
    scores.pairs = [(a, b, levels, levels.get("account") == "same", rule) for a, b, levels, _, rule in scores.pairs]
    assert scores.cluster() == [["crm:1", "till:2"]]


def test_a_join_that_the_limits_forbid_is_refused_with_the_reason(scores: Scores) -> None:
    scores.people.add("crm:1", "ann archer", loyalty="L1")
    scores.people.add("till:2", "ann archer", loyalty="L1")
    scores.people.add("web:3", "ann archer", loyalty="L2")
    scores.pair("crm:1", "till:2", account="same")
    scores.pair("crm:1", "web:3", first_name="same", last_name="same", phone=DIFFER, email=DIFFER)
    scores.pair("till:2", "web:3", birth_date="same", email=DIFFER)
    assert scores.cluster() == [["crm:1", "till:2"]]
    assert scores.refusals() == {("crm:1", "web:3"): "two different values of loyalty, of which a person has one"}


def test_fragments_join_round_after_round(scores: Scores) -> None:
    """Each join brings the evidence for the next."""
    fragments(scores)
    scores.people.add("web:4", "ann archer")
    scores.pair("web:3", "web:4", first_name="same", email=DIFFER)
    scores.pair("till:2", "web:4", phone="same", last_name=DIFFER)
    scores.pair("crm:1", "web:4", last_name="same")
    assert scores.cluster() == [["crm:1", "till:2", "web:3", "web:4"]]
