"""Which matches are admitted, which are refused, and why."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from engine.link.comparisons import DIFFER
from tests.engine.cluster.scores import Scores
from tests.engine.people import config

SAME: dict[str, Any] = {"email": "same", "last_name": "same", "first_name": "same"}
#: One e-mail and one house, two first names: above the threshold all the same.
COUPLE: dict[str, Any] = {"email": "same", "last_name": "same", "first_name": DIFFER}


def test_a_match_above_the_threshold_is_admitted_and_one_below_is_not(scores: Scores) -> None:
    for record in ("crm:1", "till:2", "till:3"):
        scores.people.add(record, "ann archer")
    assert scores.pair("crm:1", "till:2", **SAME) > 0
    assert scores.pair("crm:1", "till:3", last_name="same", email=DIFFER) < 0
    assert scores.cluster() == [["crm:1", "till:2"]]
    assert scores.refusals() == {}


def test_the_projects_threshold_counts(scores: Scores) -> None:
    scores.people.add("crm:1", "ann archer")
    scores.people.add("till:2", "ann archer")
    weight = scores.pair("crm:1", "till:2", **SAME)
    assert scores.cluster(config(linkage={"threshold": weight + 1})) == []
    assert scores.cluster(config(linkage={"threshold": weight - 1})) == [["crm:1", "till:2"]]


def test_names_that_contradict_are_refused(scores: Scores) -> None:
    scores.people.add("crm:1", "ann archer", email="both@x.com")
    scores.people.add("till:2", "bob archer", email="both@x.com")
    assert scores.pair("crm:1", "till:2", **COUPLE) > 0
    assert scores.cluster() == []
    assert scores.refusals() == {("crm:1", "till:2"): "most first names disagree"}


@pytest.mark.parametrize(
    ("a", "b", "root_a", "root_b"),
    [
        ("bob", "robert", "robert", "robert"),
        ("a", "ann", None, None),
        ("-", "ann", None, None),
        ("pat", "patricia", None, None),
    ],
)
def test_names_that_fit_are_admitted(scores: Scores, a: str, b: str, root_a: str | None, root_b: str | None) -> None:
    scores.people.add("crm:1", f"{a} archer", root=root_a, email="a@x.com")
    scores.people.add("till:2", f"{b} archer", root=root_b, email="a@x.com")
    scores.pair("crm:1", "till:2", **COUPLE)
    assert scores.cluster() == [["crm:1", "till:2"]]


@pytest.mark.parametrize("proof", [{"account": "same"}, {"birth_date": "same"}])
def test_an_account_or_a_birth_date_is_proof_against_names(scores: Scores, proof: dict[str, Any]) -> None:
    """People change their names."""
    scores.people.add("crm:1", "ann archer")
    scores.people.add("till:2", "maud baker")
    scores.pair("crm:1", "till:2", email="same", first_name=DIFFER, last_name=DIFFER, **proof)
    assert scores.cluster() == [["crm:1", "till:2"]]


def test_birth_dates_that_disagree_are_refused(scores: Scores) -> None:
    scores.people.add("crm:1", "ann archer", birth_date=date(1950, 1, 2))
    scores.people.add("till:2", "ann archer", birth_date=date(1980, 3, 4))
    scores.pair("crm:1", "till:2", **SAME, birth_date=DIFFER)
    assert scores.cluster() == []
    assert scores.refusals() == {("crm:1", "till:2"): "all birth dates disagree"}


def test_two_unique_identifiers_are_refused(scores: Scores) -> None:
    scores.people.add("crm:1", "ann archer", loyalty="L1")
    scores.people.add("till:2", "ann archer", loyalty="L2")
    scores.people.add("till:3", "ann archer", city="oakland")
    scores.pair("crm:1", "till:2", **SAME)
    scores.pair("crm:1", "till:3", **SAME, phone="same")
    assert scores.cluster() == [["crm:1", "till:3"]]
    assert scores.refusals() == {("crm:1", "till:2"): "two different values of loyalty, of which a person has one"}
    # A type is unique by the project's word.
    assert scores.cluster(config(identifiers={"loyalty": {"trust": "strong"}})) == [["crm:1", "till:2", "till:3"]]


def test_one_unique_identifier_on_both_sides_is_no_obstacle(scores: Scores) -> None:
    scores.people.add("crm:1", "ann archer", loyalty="L1")
    scores.people.add("till:2", "ann archer", loyalty="L1")
    scores.pair("crm:1", "till:2", **SAME)
    assert scores.cluster() == [["crm:1", "till:2"]]


def _never_twice(**settings: Any) -> Any:
    found = config(**settings)
    sources = tuple(s.model_copy(update={"duplicates": s.title != "crm"}) for s in found.sources)
    return found.model_copy(update={"sources": sources})


def test_a_source_that_never_holds_a_person_twice_is_taken_at_its_word(scores: Scores) -> None:
    scores.people.add("crm:1", "ann archer", email="ann@x.com")
    scores.people.add("crm:2", "ann archer", email="ann@x.com", city="oakland")
    scores.people.add("till:3", "ann archer", email="ann@x.com")
    scores.people.add("till:4", "ann archer", email="ann@x.com", city="oakland")
    scores.pair("crm:1", "crm:2", **SAME, phone="same")
    scores.pair("till:3", "till:4", **SAME, phone="same")
    scores.pair("crm:1", "till:3", **SAME, account="same")
    scores.pair("crm:2", "till:4", **SAME)
    assert scores.cluster(_never_twice()) == [["crm:1", "till:3", "till:4"]]
    assert scores.refusals()[("crm:1", "crm:2")] == "two different values of record of crm, of which a person has one"
    assert scores.cluster(config()) == [["crm:1", "crm:2", "till:3", "till:4"]]


def test_records_alike_in_every_field_are_two_people_where_a_source_never_holds_one_twice(scores: Scores) -> None:
    for record in ("crm:1", "crm:2", "till:3", "till:4"):
        scores.people.add(record, "ann archer", email="ann@x.com")
    assert scores.people.build(_never_twice()) == 3
    assert scores.people.build(config(linkage={"link_only": True})) == 4
    assert scores.people.build(config()) == 2


def test_link_only_joins_no_two_records_of_a_source_through_a_third(scores: Scores) -> None:
    for record in ("crm:1", "crm:2", "till:3"):
        scores.people.add(record, "ann archer", email="ann@x.com", city=record)
    scores.pair("crm:1", "till:3", **SAME, phone="same")
    scores.pair("crm:2", "till:3", **SAME)
    assert scores.cluster(config(linkage={"link_only": True})) == [["crm:1", "till:3"]]
    assert scores.cluster(config()) == [["crm:1", "crm:2", "till:3"]]


def test_a_customer_has_no_more_records_than_its_limit(scores: Scores) -> None:
    for number in range(4):
        scores.people.add(f"till:{number}", "ann archer", email="ann@x.com", city=str(number))
    for number in range(3):
        scores.pair(f"till:{number}", f"till:{number + 1}", **SAME)
    assert scores.cluster(config(limits={"max_records": 3})) == [["till:0", "till:1", "till:2"]]
    assert scores.refusals() == {("till:2", "till:3"): "more than 3 records in one customer"}


def test_folded_records_count_towards_the_limit(scores: Scores) -> None:
    for number in range(3):
        scores.people.add(f"till:{number}", "ann archer", email="ann@x.com")
    scores.people.add("crm:9", "ann archer", email="ann@x.com")
    scores.pair("crm:9", "till:0", **SAME)
    scores.pair("till:0", "till:0", **SAME)
    assert scores.cluster(config(limits={"max_records": 3})) == [["till:0", "till:1", "till:2"]]
    assert scores.refusals() == {("crm:9", "till:0"): "more than 3 records in one customer"}
    assert [m[:4] for m in scores.matches()] == [
        ("till:0", "till:1", "identical", "same in every field"),
        ("till:0", "till:2", "identical", "same in every field"),
    ]


def test_the_strongest_match_wins_and_the_weaker_is_refused(scores: Scores) -> None:
    """A record without a name stands between two people."""
    scores.people.add("crm:1", "ann archer", email="both@x.com")
    scores.people.add("crm:2", "bob archer", email="both@x.com")
    scores.people.add("till:3", "- archer", email="both@x.com")
    scores.pair("crm:2", "till:3", email="same", last_name="same", phone="same")
    scores.pair("crm:1", "till:3", email="same", last_name="same")
    assert scores.cluster() == [["crm:2", "till:3"]]
    assert scores.refusals() == {("crm:1", "till:3"): "most first names disagree"}


def test_what_speaks_of_a_household_alone_joins_nobody(scores: Scores) -> None:
    scores.people.add("crm:1", "- archer")
    scores.people.add("till:2", "- archer")
    scores.pair("crm:1", "till:2", email="same", personal=False)
    assert scores.cluster() == []
    (why,) = scores.refusals().values()
    assert why == "nothing speaks of one person rather than of a household or a namesake"


def test_a_group_that_stands_twice_in_a_source_and_shares_nothing_is_outweighed(scores: Scores) -> None:
    scores.people.add("crm:1", "ann archer", email="a@x.com", phone="+1")
    scores.people.add("crm:2", "ann archer", email="b@x.com", phone="+2")
    scores.pair("crm:1", "crm:2", first_name="same", last_name="same", source="both in crm", birth_date="same")
    assert scores.cluster() == [["crm:1", "crm:2"]]
    scores.pairs = []
    scores.pair("crm:1", "crm:2", first_name="same", last_name="same")
    assert scores.cluster() == []
    assert scores.refusals() == {
        ("crm:1", "crm:2"): "outweighed by what the other records say:"
        " both are in crm, no e-mail in common, no phone in common"
    }


def test_refusals_tell_the_pairs_weight_rule_and_reasons(scores: Scores) -> None:
    scores.people.add("crm:1", "ann archer", email="both@x.com")
    scores.people.add("till:2", "bob archer", email="both@x.com")
    weight = scores.pair("crm:1", "till:2", **COUPLE, rule=1)
    scores.cluster()
    ((stage, rule, told, reasons),) = scores.compute.rows("SELECT stage, rule, weight, reasons FROM refusals")
    assert (stage, rule, told) == ("probabilistic", "full name", pytest.approx(weight, abs=1e-5))
    assert [(r["comparison"], r["level"]) for r in reasons] == [
        ("email", "same"), ("last_name", "same"), ("first_name", DIFFER),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("a", "b", "found"),
    [("q sr", "jr", "one is sr, the other jr, of the same name"), ("jr", "jr", None), ("jr", None, None)],
)
def test_father_and_son_are_two_people(scores: Scores, a: str, b: str | None, found: str | None) -> None:
    """Whatever else they share."""
    scores.people.add("crm:1", "john archer", email="a@x.com", middle_name=a)
    scores.people.add("crm:2", "john archer", email="a@x.com", middle_name=b, city="oakland")
    scores.pair("crm:1", "crm:2", **SAME, account="same")
    assert (scores.cluster() == []) is bool(found)
    assert scores.refusals() == ({("crm:1", "crm:2"): found} if found else {})


def test_a_record_without_a_generation_doesnt_bridge_father_and_son(scores: Scores) -> None:
    scores.people.add("crm:1", "ann archer", middle_name="jr", email="both@x.com")
    scores.people.add("till:2", "ann archer", email="both@x.com")
    scores.people.add("web:3", "ann archer", middle_name="sr", email="both@x.com")
    scores.pair("crm:1", "till:2", **SAME, account="same")
    scores.pair("till:2", "web:3", **SAME)
    assert scores.cluster() == [["crm:1", "till:2"]]
    assert scores.refusals() == {("till:2", "web:3"): "one is jr, the other sr, of the same name"}
