from __future__ import annotations

from typing import Any

import pytest

from engine.quality import CAUSES
from tests.engine.quality.conftest import Shop

ANN: dict[str, Any] = {"first": "ann", "last_name": "lee", "created_at": "2026-01-01"}


@pytest.mark.parametrize(
    ("older", "newer", "cause"),
    [
        ({"email": "a@x.com"}, {"email": "a@x.com", "created_at": "2026-03-01"}, "re-created"),
        ({"email": "a@x.com"}, {"email": "a@x.com"}, "entered-twice"),
        ({"email": "a@x.com"}, {"email": "a@x.com", "created_at": None}, "entered-twice"),
        ({"email": "a@x.com"}, {"email": "a@x.com", "raw_email": " A@X.com"}, "case-or-spaces"),
        ({"email": "a@x.com"}, {"email": "a@x.com", "raw_email": "A+shop@x.com"}, "plus-tag"),
        ({"email": "ab@gmail.com"}, {"email": "ab@gmail.com", "raw_email": "a.b@gmail.com"}, "dots-or-domain"),
        ({"phone": "+1555"}, {"phone": "+1555"}, "same-phone"),
        ({"phone": "+1555"}, {"phone": "+1555", "raw_phone": "555"}, "phone-format"),
        ({"birth_date": "1980-02-03"}, {"birth_date": "1980-02-03"}, "name-and-birth-date"),
        ({"street": "1 elm", "postcode": "9"}, {"street": "1 elm", "postcode": "9"}, "name-and-address"),
        ({"email": "a@x.com", "phone": "+1555"}, {"email": "a@x.com", "phone": "+1555"}, "entered-twice"),
        ({"email": "a@x.com"}, {"email": "a@x.com", "first": "anne"}, "entered-twice"),
    ],
)
def test_a_duplicate_counts_once_under_its_surest_cause(
    shop: Shop, older: dict[str, Any], newer: dict[str, Any], cause: str
) -> None:
    shop.record("crm", "1", **ANN | older)
    shop.record("crm", "2", **ANN | newer)
    shop.record("crm", "3", first="zed", last_name="lee", email="z@x.com")
    found = shop.audit().sources[0].duplicates
    assert (found.contacts, found.duplicates, found.causes) == (3, 1, {cause: 1})
    assert cause in CAUSES
    assert found.rate == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"email": "a@x.com"}, {"email": "a@x.com", "first": "bob"}),
        ({"email": "a@x.com", "email_status": "role"}, {"email": "a@x.com", "email_status": "role"}),
        ({"email": "a@x.com"}, {"email": "a@x.com", "source": "till"}),
        ({"email": "a@x.com"}, {"email": "a@x.com", "kind": "order"}),
        ({"street": "1 elm"}, {"street": "1 elm"}),
        ({}, {}),
    ],
)
def test_what_is_no_duplicate(shop: Shop, one: dict[str, Any], two: dict[str, Any]) -> None:
    shop.record(**{"source": "crm", "key": "1", **ANN, **one})
    shop.record(**{"source": "crm", "key": "2", **ANN, **two})
    assert [source.duplicates.duplicates for source in shop.audit().sources] == [0, 0]


def test_a_group_of_three_has_two_duplicates(shop: Shop) -> None:
    for key in "123":
        shop.record("crm", key, **ANN, email="a@x.com")
    assert shop.audit().sources[0].duplicates.duplicates == 2


def test_without_raw_rows_the_shown_form_tells_the_cause(shop: Shop) -> None:
    shop.record("crm", "1", **ANN, email="a@x.com")
    shop.record("crm", "2", **ANN, email="a@x.com", raw_email="a+x@x.com")
    shop.compute.drop("raw_identifiers")
    assert shop.audit().sources[0].duplicates.causes == {"plus-tag": 1}
