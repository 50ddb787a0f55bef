"""Files in the columns that tools accept: Meta's hashes are those of its own examples where it gives any."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from engine import tables
from engine.profile.audiences import VIEWS, make_audience
from engine.profile.layouts import Channel, Layout, layout_sql
from engine.standardise.name import name
from tests.engine.measure.shop import JAN, Shop


def person(shop: Shop, name: str, **record: Any) -> None:
    """A customer with the record that gives its golden name."""
    shop.customer("ann", name=name, **record)
    shop.compute.run("UPDATE customers SET name = ?", [name])


def written(shop: Shop, layout: Layout, channel: Channel = "email", reach: bool = True) -> list[dict[str, Any]]:
    with shop.opened(JAN, only=VIEWS) as compute:
        make_audience(compute, "newsletter", channel, JAN)
        return list(compute.arrow(f"{layout_sql(layout, channel, reach)} ORDER BY ALL").to_pylist())


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("address", "channel", "hashed"),
    [
        ("john_smith@gmail.com", "email", "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"),
        ("+16505551212", "sms", "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"),
    ],
)
def test_addresses_are_hashed_as_meta_asks(shop: Shop, address: str, channel: Channel, hashed: str) -> None:
    person(shop, "John Smith")
    shop.address("ann", address, channel)
    (row,) = written(shop, "meta", channel)
    assert row["email" if channel == "email" else "phone"] == hashed


@pytest.mark.parametrize(
    ("shown", "first", "last"),
    [
        ("Mary Doe", "mary", "doe"),
        ("Valéry Müller-Lüdenscheidt", "valéry", "müllerlüdenscheidt"),
        ("Jörg-Peter Schäfer", "jörgpeter", "schäfer"),
        ("Jörg-Peter Paul Schäfer Jr", "jörgpeter", "schäfer"),
        ("Anna Maria Schmidt", "anna", "schmidt"),
        ("Ana De La Cruz", "ana", "delacruz"),
        ("Zoë O’Brien", "zoë", "obrien"),
        ("Петр Петров", "petr", "petrov"),
        ("Жан-Поль Петров", "zhanpol", "petrov"),
        ("Ann", "ann", None),
    ],
)
def test_names_are_in_small_letters_without_punctuation_and_spaces(
    shop: Shop, shown: str, first: str, last: str | None
) -> None:
    found = name(shown)
    person(shop, found.name or "", first_name=found.first, middle_name=found.middle, last_name=found.last)
    shop.address("ann", "a@x.com", "email")
    (row,) = written(shop, "meta")
    assert (row["fn"], row["ln"]) == (sha(first), sha(last) if last else None)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (("new york", "ny", "94035-1234", "US"), ("newyork", "ny", "94035", "us")),
        (("st. ives", "north cornwall", "M1 1AE", "GB"), ("stives", "northcornwall", "m11ae", "gb")),
        ((None, None, "75018", "FR"), (None, None, "75018", "fr")),
    ],
)
def test_places_are_without_spaces(shop: Shop, place: tuple[str | None, ...], expected: tuple[str | None, ...]) -> None:
    city, state, postcode, country = place
    person(shop, "Ann", city=city, state=state, postcode=postcode, country=country)
    shop.record("desk:1", "ann", country="DE", seen_at=JAN)
    shop.address("ann", "a@x.com", "email")
    (row,) = written(shop, "meta")
    assert [row[name] for name in ("ct", "st", "zip", "country")] == [sha(text) if text else None for text in expected]


def test_ads_are_for_both_kinds_of_address(shop: Shop) -> None:
    person(shop, "Ann")
    shop.address("ann", "a@x.com", "ads")
    shop.address("ann", "+15550001", "ads")
    rows = written(shop, "meta", "ads")
    assert [(row["email"], row["phone"]) for row in rows] == [(sha("a@x.com"), None), (None, sha("15550001"))]


def test_klaviyo_knows_an_inbox_by_what_was_typed(shop: Shop) -> None:
    person(shop, "Ann")
    shop.address("ann", "ann@gmail.com", "email", why_not="opted out")
    shop.add(
        tables.IDENTIFIERS, record_id="crm:ann", type="email", value="ann@gmail.com", display="Ann+news@gmail.com",
        status="ok",
    )  # fmt: skip
    assert written(shop, "klaviyo", reach=False) == [
        {"Email": "ann+news@gmail.com", "Clew ID": "ann", "Clew Reason": "opted out"},
        {"Email": "ann@gmail.com", "Clew ID": "ann", "Clew Reason": "opted out"},
    ]
    assert written(shop, "klaviyo", "sms", reach=False) == []
    assert written(shop, "plain", "sms", reach=False)[0]["why_not"] == "no address"
