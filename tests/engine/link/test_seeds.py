"""First groups: cautious, as the model is taught from them."""

from __future__ import annotations

from datetime import date

from tests.engine.people import People


def test_a_shared_value_and_names_that_fit_begin_a_group(people: People) -> None:
    people.add("crm:1", "bob baker", root="robert", email="bob@x.com")
    people.add("till:2", "robert baker", email="bob@x.com")
    people.add("till:3", "r baker", email="bob@x.com")
    people.add("till:4", email="bob@x.com", city="oakland")
    people.build()
    assert people.seeds() == [["crm:1", "till:2", "till:3", "till:4"]]


def test_names_that_do_not_fit_begin_none(people: People) -> None:
    people.add("crm:1", "ann archer", phone="+14155551111")
    people.add("till:2", "bob archer", phone="+14155551111")
    people.add("till:3", "brenda archer", phone="+14155552222")
    people.add("crm:4", "matthew archer", phone="+14155552222")
    people.build()
    assert people.seeds() == []


def test_the_full_name_needs_something_beside_it(people: People) -> None:
    born = date(1980, 5, 1)
    people.add("crm:1", "ann archer", birth_date=born, city="a")
    people.add("till:2", "ann archer", birth_date=born, city="b")
    people.add("crm:3", "bob baker", street="1 elm st", city="a")
    people.add("till:4", "bob baker", street="1 elm st", city="b")
    people.add("crm:5", "cleo cook", postcode="94110", city="a")
    people.add("till:6", "cleo cook", postcode="94110", city="b")
    people.add("crm:7", "dan draper", city="oakland")
    people.add("till:8", "dan draper", city="oakland")
    people.add("crm:9", "e eastman", postcode="94110")
    people.add("till:10", "e eastman", postcode="94110")
    people.build()
    assert people.seeds() == [["crm:1", "till:2"], ["crm:3", "till:4"], ["crm:5", "till:6"]]


def test_one_shared_value_is_outweighed_by_two_that_differ(people: People) -> None:
    people.add("crm:1", "ann archer", phone="+14155551111", email="a@x.com", postcode="94110")
    people.add("till:2", "ann archer", phone="+14155551111", email="other@y.com", postcode="10001")
    people.add("crm:3", "bob baker", phone="+14155552222", email="bob@x.com", postcode="94110")
    people.add("till:4", "bob baker", phone="+14155552222", email="bob@y.com", postcode="94110")
    people.build()
    assert people.seeds() == [["crm:3", "till:4"]]


def test_a_value_in_too_many_nodes_begins_none(people: People) -> None:
    for number in range(4):
        people.add(f"crm:{number}", "ann archer", email="ann@x.com", city=f"city{number}")
    people.build()
    assert people.seeds(block_size=3) == []
    assert len(people.seeds(block_size=4)) == 1


def test_one_representative_a_group_whatever_the_order_of_rows(people: People) -> None:
    for number in range(6):
        people.add(f"crm:{number}", "ann archer", email="ann@x.com", city=f"city{number}")
        people.add(f"till:{number}", f"{'abcdef'[number] * 4} baker")
    people.build()
    first = people.seeds()
    heads = people.compute.rows("SELECT node_id FROM seeds WHERE is_head ORDER BY ALL")
    assert len(heads) == 7
    people.compute.table("nodes", "SELECT * FROM nodes ORDER BY hash(node_id)")
    assert people.seeds() == first
    assert people.compute.rows("SELECT node_id FROM seeds WHERE is_head ORDER BY ALL") == heads
