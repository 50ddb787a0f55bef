"""Every measure on a shop of a few orders that can be checked by hand."""

from __future__ import annotations

import json

import pytest

from engine.compute import Compute
from engine.errors import NotFoundError, StateError
from engine.measure import KEPT, check_view, dictionary, open_views, views
from engine.measure.__main__ import DOCUMENT
from engine.runs import RunTables
from tests.engine.measure.shop import Shop


def test_a_view_says_what_it_is_and_names_all_of_its_columns(shop: Shop) -> None:
    for view in views():
        assert view.meaning.endswith("."), view.name
        assert view.grain.startswith("one row per"), view.name
        assert (view.formulas, view.owner) > ((), ""), view.name
    with shop.opened() as compute:
        found = {view.name: sorted(compute.columns(view.name)) for view in views()}
    told = {view.name: sorted(name.strip() for names in view.columns for name in names.split(",")) for view in views()}
    assert told == found


def test_what_is_kept_for_several_measures_is_what_each_computes(shop: Shop) -> None:
    shop.customer("ann", "vip")
    shop.touch("ann", 0, "google", "cpc")
    shop.touch("ann", 1, None, None, kind="sent", campaign="Cart", email="ann@x.com")
    shop.order("ann", 2, 10)
    with shop.opened() as compute:
        each = {view.name: compute.rows(f"FROM {view.name} ORDER BY ALL") for view in views()}
    with shop.opened(keep=KEPT) as compute:
        kept = {view.name: compute.rows(f"FROM {view.name} ORDER BY ALL") for view in views()}
    assert kept == each
    assert sum(map(bool, each.values())) > 10


def test_of_some_views_only_what_they_need_is_made(shop: Shop) -> None:
    with shop.opened(only=["campaigns"]) as compute:
        assert [v.name for v in views() if compute.exists(v.name)] == ["spellings", "activity", "touches", "campaigns"]


def test_the_data_dictionary_is_made_of_the_views() -> None:
    assert DOCUMENT.read_text() == dictionary(), "python -m engine.measure"


def test_a_measure_that_there_is_not() -> None:
    with pytest.raises(NotFoundError, match=r"there is no measure chanels: did you mean channels\?"):
        check_view("chanels")
    with pytest.raises(NotFoundError, match="there is no measure xyz: there are spellings, "):
        check_view("xyz")


def test_what_is_bought_is_net_of_refunds_and_numbered(shop: Shop) -> None:
    shop.customer("ann")
    shop.order("ann", 9, 50, refunded=20)
    shop.order("ann", 1, 100, discount=10, cost=60)
    shop.order("ann", 2, 70, status="voided")
    assert shop.rows("SELECT nth, gross, refunded, net, discount, margin FROM purchases ORDER BY nth") == [
        (1, 100.0, 0.0, 100.0, 10.0, 40.0),
        (2, 50.0, 20.0, 30.0, None, None),
    ]


def test_other_currencies_are_at_the_rate_of_their_order(shop: Shop) -> None:
    shop.customer("ann")
    shop.order("ann", 1, 100, base_total=120.0, discount=10, cost=50)
    shop.order("ann", 2, 100, base_total=None)
    assert shop.rows("SELECT net, discount, margin FROM purchases ORDER BY nth") == [
        (120.0, 12.0, 60.0),
        (None, None, None),
    ]


def test_nobody_is_worth_nothing_for_want_of_a_rate(shop: Shop) -> None:
    for name in ("ann", "foreign", "both", "prospect"):
        shop.customer(name)
    shop.order("ann", 1, 60)
    shop.order("foreign", 1, 100, base_total=None)
    shop.order("both", 1, 100, base_total=None)
    shop.order("both", 2, 40)
    assert shop.rows("SELECT customer_id, purchases, ltv, ltv_30, ltv_365 FROM buyers ORDER BY 1") == [
        ("ann", 1, 60.0, 60.0, 60.0), ("both", 2, 40.0, 40.0, 40.0), ("foreign", 1, None, None, None),
        ("prospect", 0, 0.0, 0.0, 0.0),
    ]  # fmt: skip
    assert shop.rows("SELECT buyers, revenue, ltv, ltv_30 FROM channels") == [(3, 100.0, 50.0, 50.0)]


def test_lifetime_value_over_windows_from_the_first_order(shop: Shop) -> None:
    shop.customer("ann", "vip")
    shop.customer("bob")
    for day, total in ((0, 10), (30, 20), (31, 40), (91, 80), (366, 160)):
        shop.order("ann", day, total)
    found = shop.rows(
        "SELECT customer_id, segment, purchases, ltv, ltv_30, ltv_90, ltv_365, days_to_second, status FROM buyers"
        " ORDER BY 1"
    )
    assert found == [
        ("ann", "vip", 5, 310.0, 30.0, 70.0, 150.0, 30, "repeat"),
        ("bob", None, 0, 0.0, 0.0, 0.0, 0.0, None, "prospect"),
    ]


def test_status_by_the_newest_purchase_of_the_shop(shop: Shop) -> None:
    for name, days in (("new", (300,)), ("once", (100,)), ("repeat", (50, 250)), ("gone", (0, 10)), ("latest", (301,))):
        shop.customer(name)
        for day in days:
            shop.order(name, day, 1)
    found = dict(shop.rows("SELECT customer_id, status FROM buyers"))
    assert found == {"new": "new", "once": "lapsed", "repeat": "repeat", "gone": "lapsed", "latest": "new"}


def test_a_customer_is_acquired_by_the_first_touch_up_to_the_first_order(shop: Shop) -> None:
    for name in ("ann", "late", "none"):
        shop.customer(name)
        shop.order(name, 10, 30)
    shop.touch("ann", 3, "google", "cpc")
    shop.touch("ann", 5, "klaviyo", "email")
    shop.touch("late", 20, "klaviyo", "email")
    assert shop.rows("SELECT customer_id, acquired_by FROM buyers ORDER BY 1") == [
        ("ann", "paid search"), ("late", "email"), ("none", "unknown"),
    ]  # fmt: skip


def test_revenue_repeat_rate_and_value_by_channel(shop: Shop) -> None:
    for name in ("ann", "bob", "eve"):
        shop.customer(name)
        shop.touch(name, 0, "google", "cpc")
    shop.order("ann", 1, 100)
    shop.order("ann", 11, 60, refunded=10)
    shop.order("bob", 2, 50)
    (found,) = shop.rows(
        "SELECT acquired_by, customers, buyers, revenue, repeat_rate, ltv, retention_days, refund_rate, one_time"
        " FROM channels"
    )
    assert found == ("paid search", 3, 2, 200.0, 0.5, 100.0, 10.0, pytest.approx(10 / 210), 1)


def test_a_run_of_an_earlier_version_says_what_to_do(shop: Shop) -> None:
    shop.rows("SELECT 1")
    (shop.folder / "claims.parquet").unlink()
    with (
        Compute(memory_limit="500MB", threads=1) as compute,
        pytest.raises(StateError, match=r"claims.parquet isn't there: .*earlier version of Clew; `clew run`"),
    ):
        open_views(compute, RunTables(shop.folder))


def test_a_table_of_an_earlier_version_is_named_with_what_it_lacks(shop: Shop) -> None:
    shop.compute.run("ALTER TABLE events DROP COLUMN language")
    with pytest.raises(StateError, match=r"events.parquet has no column language: run .*earlier version of Clew"):
        shop.rows("SELECT 1")


def test_an_event_of_which_analytics_are_not_sure_enough_is_nobodys(shop: Shop) -> None:
    shop.customer("ann")
    for day, confidence in enumerate((0.4, 0.6, 0.8)):
        shop.touch("ann", day, "google", "cpc", confidence=confidence)
    asked = 'SELECT customer_id IS NOT NULL FROM activity ORDER BY "at"'
    assert shop.rows(asked) == [(False,), (True,), (True,)]
    settings = {"consent": {"confidence": {"analytics": 0.7}}}
    (shop.folder / "settings.json").write_text(json.dumps(settings))
    assert shop.rows(asked) == [(False,), (False,), (True,)]
