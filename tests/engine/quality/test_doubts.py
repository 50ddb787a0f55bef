from __future__ import annotations

from datetime import timedelta

from engine import tables
from engine.config import Config
from engine.quality.doubts import AHEAD, doubts
from tests.engine.quality.conftest import NOW, Shop

MOMENT = NOW.replace(tzinfo=None)


def said(shop: Shop) -> list[str]:
    config = Config.model_validate({"currency": "EUR", "sources": [{"path": "till.csv", "preset": "contacts"}]})
    return doubts(shop.compute, config, MOMENT)


def test_a_currency_without_a_rate_is_named_with_what_to_do(shop: Shop) -> None:
    for key, currency, base in (("1", "GBP", None), ("2", "GBP", None), ("3", "EUR", 5.0)):
        shop.add(tables.ORDERS, source="till", key=key, at=MOMENT, currency=currency, total=5.0, base_total=base)
    (sentence,) = said(shop)
    assert sentence.startswith("till: 2 orders in GBP have no rate into EUR")
    assert "{currency: GBP, rate: ...}" in sentence


def test_times_that_can_not_be_are_told(shop: Shop) -> None:
    for key, at in enumerate((MOMENT, MOMENT + AHEAD, MOMENT + AHEAD + timedelta(hours=1))):
        shop.event(str(key), "view", at)  # type: ignore[arg-type]
    shop.add(tables.ORDERS, source="till", key="1", at=MOMENT.replace(year=1970))
    assert said(shop) == [
        "till: 1 orders are dated before 1995; is a time missing there?",
        "web: 1 events are dated in the future; is the time zone right?",
    ]


def test_nothing_to_say_of_a_shop_in_order(shop: Shop) -> None:
    shop.event("1", "view", MOMENT)  # type: ignore[arg-type]
    assert said(shop) == []
