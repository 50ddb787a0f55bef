"""Which pairs are compared, and which are not."""

from __future__ import annotations

from datetime import date

import pytest

from engine.compute import Compute
from engine.errors import ConfigError
from engine.link.blocking import PAIRS_AT_LEAST, RULES, Rule, block, choose, find_blocks
from tests.engine.people import People


def blocked(people: People, *own: str, block_size: int = 300, link_only: bool = False) -> dict[tuple[str, str], str]:
    """The pairs, by their heads, and the rule that each is called by."""
    people.build()
    rules = choose(people.compute, own)
    count = block(people.compute, rules, block_size, link_only)
    rows = people.compute.rows(
        """SELECT l.head, r.head, match_key::INT FROM blocked
           JOIN nodes l ON l.node_id = join_key_l JOIN nodes r ON r.node_id = join_key_r"""
    )
    assert count == len(rows)
    assert all(number <= len(rules) for _, _, number in rows)
    return {(a, b): rules[number].name if number < len(rules) else "itself" for a, b, number in rows}


def test_each_pair_once_under_the_first_rule_that_found_it(people: People) -> None:
    people.add("crm:1", "ann archer", email="ann@x.com", phone="+14155551111", postcode="94110")
    people.add("till:2", "ann archer", email="ann@x.com", phone="+14155551111", postcode="94110")
    people.add("till:3", "ann archer", phone="+14155551111", postcode="94110")
    people.add("till:4", "zoe young", email="zoe@y.com")
    assert blocked(people) == {
        ("crm:1", "till:2"): "same e-mail",
        ("crm:1", "till:3"): "same phone",
        ("till:2", "till:3"): "same phone",
    }


def test_typing_errors_still_meet(people: People) -> None:
    born = date(1980, 5, 1)
    people.add("crm:1", "catherine archer", birth_date=born, phone="+14155551111")
    people.add("till:2", "katherine arscher", birth_date=born)
    people.add("till:3", "x y", phone="+14155551112")
    found = blocked(people)
    assert found[("crm:1", "till:2")] == "birth date"
    assert found[("crm:1", "till:3")] == "phone but its last digit"


def test_a_block_that_grew_too_large_is_not_compared(people: People) -> None:
    for number in range(5):
        people.add(f"crm:{number}", f"- smith{number}", phone="+14155551111", city=str(number))
    assert len(blocked(people, block_size=5)) == 10
    assert blocked(people, block_size=4) == {}


def test_the_largest_blocks_of_mere_likeness_go_when_they_hold_too_many_pairs() -> None:
    large, pairs = 60, 60 * 59 // 2
    blocks = PAIRS_AT_LEAST // pairs + 1
    assert blocks * large < PAIRS_AT_LEAST
    with Compute() as compute:
        compute.table(
            "nodes",
            f"""SELECT i AS node_id, 'crm' AS source,
                CASE WHEN i < {blocks * large} THEN i % {blocks} ELSE -(i // 2) END AS city
                FROM range({blocks * large + 40}) t(i)""",
        )
        find_blocks(compute, Rule("same city", "city"), block_size=300)
        assert compute.rows("SELECT count(*), count(DISTINCT key) FROM blocks") == [(40, 20)]
        find_blocks(compute, Rule("same e-mail", "city", exact=True), block_size=300)
        assert compute.rows("SELECT count(*), count(DISTINCT key) FROM blocks") == [(blocks * large + 40, blocks + 20)]


def test_an_unknown_value_is_no_block(people: People) -> None:
    people.add("crm:1", "- archer", postcode="94110")
    people.add("till:2", "- archer")
    people.add("till:3", "ann -")
    people.add("till:4", "archer -")
    assert blocked(people) == {}


def test_link_only_leaves_out_pairs_of_one_source(people: People) -> None:
    people.add("crm:1", "ann archer", email="ann@x.com")
    people.add("crm:2", "ann archer", email="ann@x.com", city="oakland")
    people.add("till:3", "ann archer", email="ann@x.com")
    own = "l.first_name = r.first_name"
    assert set(blocked(people, own, link_only=True)) == {("crm:1", "till:3"), ("crm:2", "till:3")}
    assert len(blocked(people, own)) == 3


def test_a_projects_own_rules_join_in(people: People) -> None:
    people.add("crm:1", "ann archer", gender="f", city="oakland")
    people.add("till:2", "zoe young", gender="f")
    people.add("till:3", "bob baker", gender="m", city="oakland")
    assert blocked(people) == {}
    assert blocked(people, "gender") == {("crm:1", "till:2"): "gender"}
    condition = "l.city = r.city AND l.gender <> r.gender"
    assert blocked(people, condition) == {("crm:1", "till:3"): condition}


@pytest.mark.parametrize("rule", ["shoe_size", "l.shoe_size = r.shoe_size", "l.city = = r.city"])
def test_a_rule_that_means_nothing_is_refused_in_a_sentence(people: People, rule: str) -> None:
    people.add("crm:1", "ann archer")
    with pytest.raises(ConfigError, match=f"blocking rule '{rule}'"):
        blocked(people, rule)


def test_a_node_of_several_records_meets_itself(people: People) -> None:
    people.add("crm:1", "ann archer", email="ann@x.com")
    people.add("crm:2", "ann archer", email="ann@x.com")
    assert blocked(people) == {("crm:1", "crm:1"): "itself"}


def test_columns_of_the_projects_own_bring_rules_with_them_and_empty_ones_none() -> None:
    with Compute() as compute:
        filled = "'a' AS company, 'b' AS x_badge, 'c' AS last_name, NULL::VARCHAR AS x_empty"
        compute.table("nodes", f"SELECT 1 AS node_id, {filled}, NULL::VARCHAR AS birth_text, NULL::VARCHAR AS city")
        found = [rule.name for rule in choose(compute)]
        known = [r.name for r in RULES if "birth_text" not in r.key and "city" not in r.key]
        assert len(known) < len(RULES)
        assert found == [
            *known,
            "same company", "company and last name", "company and first name",
            "same badge", "badge and last name", "badge and first name",
        ]  # fmt: skip
        assert choose(compute, ("gender",))[-1] == Rule("gender", "gender")
