from __future__ import annotations

from engine.quality import FrequentValue, Overlap, SharedValue
from tests.engine.quality.conftest import Shop

PEOPLE = ("ann", "bob", "carla", "dmitri", "ewa", "frank")


def test_frequent_values_and_placeholders(shop: Shop) -> None:
    for key, first in enumerate(PEOPLE):
        shop.record(
            "crm", str(key), first=first, name=first, birth_date="1970-01-01",
            email="test@test.com", email_status="placeholder",
        )  # fmt: skip
    shop.record("till", "1", birth_date="1980-02-03", phone="+1555")
    assert shop.audit().frequent == (
        FrequentValue("email", "test@test.com", "placeholder", False, 6, 1),
        FrequentValue("birth_date", "1970-01-01", "ok", True, 6, 1),
    )


def test_a_good_customer_is_no_frequent_value(shop: Shop) -> None:
    for key in range(9):
        shop.record("crm", str(key), "order", email="a@x.com")
    shop.record("till", "1", email="a@x.com")
    shop.record("till", "2", phone="+1555")
    shop.record("till", "3", phone="+1555")
    assert shop.audit().frequent == (FrequentValue("phone", "+1555", "ok", True, 2, 1),)


def test_a_value_under_many_names_is_shared(shop: Shop) -> None:
    for key, first in enumerate(PEOPLE):
        shop.record("crm", str(key), first=first, phone="+1555", email="info@x.com", email_status="role")
    shop.record("till", "1", phone="+1555")
    found = shop.audit()
    assert found.shared == (SharedValue("phone", "+1555", records=7, names=6, sources=2),)
    assert found.shared_counts == {"phone": 1}


def test_spellings_of_one_name_are_one_name(shop: Shop) -> None:
    for key, first in enumerate(["alexander", "alexandr", "aleksander", "alexandre", "alexandar", "alexanderr", "a"]):
        shop.record("crm", str(key), first=first, phone="+1555")
    assert shop.audit().shared == ()


def test_the_limits_of_the_project_hold(shop: Shop) -> None:
    shop.settings = {"identifiers": {"phone": {"max_customers": 1}, "email": {"max_records": 1}}}
    for key, first in enumerate(PEOPLE[:2]):
        shop.record("crm", str(key), first=first, phone="+1555", email="a@x.com")
    assert [(value.type, value.names) for value in shop.audit().shared] == [("email", 2), ("phone", 2)]


def test_overlap_counts_distinct_usable_values_and_events_too(shop: Shop) -> None:
    for key, email in enumerate(["a@x.com", "b@x.com", "b@x.com", "c@x.com"]):
        shop.record("crm", str(key), email=email)
    shop.record("crm", "role", email="info@x.com", email_status="role")
    shop.record("till", "1", email="b@x.com")
    shop.record("till", "2", email="info@x.com", email_status="role")
    shop.event("e", "open", "2026-05-01", source="mail", email="a@x.com")
    found = shop.audit().overlaps
    assert Overlap("email", "crm", "till", values=3, both=1) in found
    assert Overlap("email", "till", "crm", values=1, both=1) in found
    assert Overlap("email", "mail", "crm", values=1, both=1) in found
    assert Overlap("email", "mail", "till", values=1, both=0) in found
    assert len(found) == 6
    assert found[0].share == 1 / 3
