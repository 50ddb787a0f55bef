from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.compute import Compute
from engine.ledger import customer_id, customer_number
from engine.ledger.ids import ALPHABET, LAST_NUMBER, customer_id_sql, customer_number_sql

numbers = st.integers(1, LAST_NUMBER)

#: The machine may be busy, and a test must say the same each time.
quick = settings(deadline=None, derandomize=True)


@quick
@given(numbers)
def test_an_id_leads_back_to_its_number(number: int) -> None:
    assert customer_number(customer_id(number)) == number


@quick
@given(numbers, numbers)
def test_ids_sort_by_age(first: int, second: int) -> None:
    assert (first < second) == (customer_id(first) < customer_id(second))


@quick
@given(numbers, st.integers(1, 8), st.sampled_from(ALPHABET))
def test_a_wrong_character_is_noticed(number: int, place: int, character: str) -> None:
    good = customer_id(number)
    typed = good[:place] + character + good[place + 1 :]
    if {character, good[place]} != {"0", "Z"}:
        assert customer_number(typed) == (number if typed == good else None)


@quick
@given(numbers, st.integers(1, 6))
def test_two_swapped_characters_are_noticed(number: int, place: int) -> None:
    good = customer_id(number)
    typed = good[:place] + good[place + 1] + good[place] + good[place + 2 :]
    if typed != good and {good[place], good[place + 1]} != {"0", "Z"}:
        assert customer_number(typed) is None


def test_an_id_is_read_as_people_type_it() -> None:
    good = customer_id(32**3 + 1)
    assert good[1:8] == "0001001"
    assert customer_number(f" {good[:4].lower()}-{good[4:].replace('0', 'o').replace('1', 'l')} ") == 32**3 + 1


@pytest.mark.parametrize(
    "text", ["", "C", "X0000001Z", "C00000001", "C000000U1", "john@x.com", "C00000000", "C0000001"]
)
def test_what_is_no_id_is_none(text: str) -> None:
    assert customer_number(text) is None


@pytest.mark.parametrize("number", [0, -1, LAST_NUMBER + 1])
def test_a_number_out_of_range_has_no_id(number: int) -> None:
    with pytest.raises(ValueError, match="between 1 and"):
        customer_id(number)


def test_sql_and_python_agree(compute: Compute) -> None:
    values = [1, 2, 31, 32, 33, 32**4 + 7, 123_456_789, LAST_NUMBER]
    compute.run("CREATE OR REPLACE TABLE numbered AS SELECT unnest(?::BIGINT[]) AS number", [values])
    rows = compute.rows(f"SELECT number, {customer_id_sql('number')} AS id, {customer_number_sql('id')} FROM numbered")
    assert sorted(rows) == [(value, customer_id(value), value) for value in values]
    assert compute.rows(f"SELECT {customer_id_sql('NULL::BIGINT')}, {customer_number_sql('NULL::VARCHAR')}") == [
        (None, None)
    ]
