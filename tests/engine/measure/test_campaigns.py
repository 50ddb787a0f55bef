"""What brought customers and orders: the taxonomy, campaigns, credit, messages."""

from __future__ import annotations

import re

import pytest

from engine.compute import Compute
from engine.config import CHANNELS, Config
from engine.measure import open_views, views
from engine.rules import write_settings
from tests.engine.measure.shop import Shop


@pytest.mark.parametrize(
    ("source", "medium", "channel"),
    [
        ("google", "cpc", "paid search"), ("Google", "CPC", "paid search"), ("bing", "paid-search", "paid search"),
        ("facebook", "cpc", "paid social"), ("fb", "paid_social", "paid social"),
        ("tiktok", "Paid Social", "paid social"), ("Attentive", "text", "sms"),
        ("instagram", None, "social"), ("facebook", "social", "social"), ("google", "organic", "organic search"),
        ("klaviyo", "email", "email"), ("sms", "sms", "sms"), ("(direct)", "(none)", "direct"),
        ("m.facebook.com", "referral", "social"), ("www.facebook.co.uk", "cpm", "paid social"),
        ("blog.example", None, "other"), ("newsletter", None, "email"),
        ("klaviyo", "referral", "referral"), ("google", "display", "display"),
        ("doubleclick", "CPM", "display"), ("onesignal", "web push", "push"), ("YouTube", None, "social"),
        ("blog", "referral", "referral"), ("awin", "affiliate", "affiliate"), ("mystery", "carrier-pigeon", "other"),
    ],
)  # fmt: skip
def test_spellings_fold_into_one_taxonomy(shop: Shop, source: str, medium: str | None, channel: str) -> None:
    shop.touch("ann", 1, source, medium)
    assert shop.rows("SELECT channel FROM touches") == [(channel,)]


def test_the_project_says_what_its_own_words_mean(shop: Shop) -> None:
    known = {"рассылка": "email", "partner24": "affiliate", "beilage": "print", "google": "house", "o'brien": "it's"}
    words = [
        (None, "Рассылка"), ("Partner 24", "cpc"), ("partner", "cpc"), ("google", "Beilage!"), ("google", "cpc"),
        ("O'Brien", None),
    ]  # fmt: skip
    for day, (source, medium) in enumerate(words):
        shop.touch("ann", day, source, medium)
    config = Config.model_validate({"sources": [{"name": "web", "preset": "events"}], "channels": known})
    run = shop.write()
    write_settings(run.folder, config, "none")
    with Compute(memory_limit="500MB", threads=1) as compute:
        open_views(compute, run, only=["touches"])
        found = [channel for (channel,) in compute.rows('SELECT channel FROM touches ORDER BY "at"')]
    assert found == ["email", "affiliate", "paid search", "print", "house", "it's"]


def test_the_channels_that_the_project_file_knows_are_those_of_the_taxonomy() -> None:
    (spellings,) = (view for view in views() if view.name == "spellings")
    assert set(re.findall(r"(?:THEN|ELSE) '([^']+)'$", spellings.sql, re.M)) == set(CHANNELS)
    assert spellings.columns["channel"] == f"{', '.join(CHANNELS)}, or one of the project's own"


def test_campaigns_are_one_however_they_are_spelt_and_unknown_ones_are_listed(shop: Shop) -> None:
    for spelling in ("Spring Launch", "spring_launch", "SPRING-LAUNCH "):
        shop.touch("ann", 1, "klaviyo", "email", campaign=spelling)
    shop.touch("bob", 2, "mystery", "pigeon", campaign="(not set)")
    found = shop.rows("SELECT channel, campaign, touches, customers, len(spellings) FROM campaigns ORDER BY 1")
    assert found == [("email", "spring-launch", 3, 1, 3), ("other", None, 1, 1, 1)]


def test_a_message_is_of_the_channel_that_it_went_by(shop: Shop) -> None:
    shop.touch("ann", 1, None, None, kind="sent", campaign="Spring", email="ann@x.com")
    shop.touch("ann", 2, None, None, kind="sent", campaign="Spring", phone="+15550001")
    shop.touch("ann", 3, None, None, kind="sent", name="Received SMS", email="ann@x.com", phone="+15550001")
    shop.touch("ann", 4, "attentive", None, kind="click")
    shop.touch("ann", 5, None, None, kind="open", name="Opened Push", email="ann@x.com")
    assert shop.rows('SELECT channel, address FROM touches ORDER BY "at"') == [
        ("email", "ann@x.com"), ("sms", "+15550001"), ("sms", "+15550001"), ("sms", None), ("push", None),
    ]  # fmt: skip


def test_what_came_back_and_who_left_brought_nobody(shop: Shop) -> None:
    shop.customer("ann")
    shop.touch("ann", 1, "google", "cpc")
    for kind in ("bounce", "unsubscribe"):
        shop.touch("ann", 2, None, None, kind=kind, campaign="Spring", email="ann@x.com")
    shop.order("ann", 3, 10)
    assert shop.rows("SELECT last_touch FROM credits") == [("paid search",)]
    assert shop.rows("SELECT channel FROM campaigns") == [("paid search",)]


def test_no_event_is_lost_where_every_campaign_is_unknown(shop: Shop) -> None:
    shop.customer("ann")
    for number in range(30):
        shop.touch("ann" if number % 3 else None, number, f"mystery{number}", "pigeon", campaign=f"New {number % 2}")
    found = shop.rows("SELECT channel, campaign, touches, known, len(spellings) FROM campaigns ORDER BY campaign")
    assert found == [("other", "new-0", 15, 10, 15), ("other", "new-1", 15, 10, 15)]
    assert shop.rows("SELECT acquired_by FROM buyers") == [("other",)]


def test_credit_is_given_in_three_ways(shop: Shop) -> None:
    shop.customer("ann")
    shop.touch("ann", 0, "google", "cpc")
    shop.touch("ann", 2, "klaviyo", "email")
    shop.order("ann", 3, 10)
    shop.touch("ann", 4, "sms", "sms")
    shop.order("ann", 5, 20)
    shop.customer("bob")
    shop.order("bob", 1, 5)
    found = {
        (way, channel): revenue for way, channel, revenue in shop.rows("SELECT way, channel, revenue FROM attribution")
    }
    assert found == {
        ("first touch", "paid search"): 30.0, ("first touch", "unknown"): 5.0,
        ("last touch", "email"): 10.0, ("last touch", "sms"): 20.0, ("last touch", "unknown"): 5.0,
        ("lifecycle", "paid search"): 10.0, ("lifecycle", "sms"): 20.0, ("lifecycle", "unknown"): 5.0,
    }  # fmt: skip


def test_of_touches_at_one_moment_the_first_key_is_first_and_the_last_key_last(shop: Shop) -> None:
    shop.customer("ann")
    shop.touch("ann", 1, "google", "cpc")
    shop.touch("ann", 1, None, "email")
    shop.order("ann", 2, 10)
    shop.order("ann", 1, 10)
    assert shop.rows("SELECT nth, first_touch, last_touch FROM credits ORDER BY nth") == [
        (1, "paid search", "email"), (2, "paid search", "email"),
    ]  # fmt: skip


def test_how_stable_the_attribution_is(shop: Shop) -> None:
    for name, source, medium in (("ann", "google", "cpc"), ("bob", "klaviyo", "email")):
        shop.customer(name)
        shop.touch(name, 0, source, medium)
    for name, day, total in (("ann", 1, 30), ("bob", 2, 10), ("ann", 31, 10), ("bob", 32, 10), ("bob", 60, 10)):
        shop.order(name, day, total)
    months = shop.rows(
        "SELECT channel, orders, share, moved FROM attribution_months WHERE way = 'last touch' ORDER BY channel, month"
    )
    assert months == [
        ("email", 1, 0.25, None), ("email", 1, 0.5, 0.25), ("email", 1, 1.0, 0.5),
        ("paid search", 1, 0.75, None), ("paid search", 1, 0.5, -0.25), ("paid search", 0, 0.0, -0.5),
    ]  # fmt: skip
    found = shop.rows(
        "SELECT channel, orders, revenue, share, moves FROM attribution WHERE way = 'last touch' ORDER BY 1"
    )
    assert found == [("email", 3, 30.0, 30 / 70, 0.375), ("paid search", 2, 40.0, 40 / 70, 0.375)]


def test_an_order_without_a_time_is_credited_to_nobody_but_counted(shop: Shop) -> None:
    shop.customer("ann")
    shop.touch("ann", 0, "google", "cpc")
    shop.order("ann", 1, 10)
    shop.order("ann", 0, 5, at=None)
    found = shop.rows("SELECT channel, orders, revenue, moves FROM attribution WHERE way = 'last touch' ORDER BY 1")
    assert found == [("paid search", 1, 10.0, None), ("unknown", 1, 5.0, None)]
    assert (None, "unknown", 1) in shop.rows("SELECT month, channel, orders FROM attribution_months")


def test_what_customers_a_campaign_brought(shop: Shop) -> None:
    for name in ("once", "loyal", "never"):
        shop.customer(name)
        shop.touch(name, 0, "facebook", "paid_social", campaign="Spring")
    shop.order("once", 1, 10, refunded=4)
    shop.order("loyal", 1, 20)
    shop.order("loyal", 9, 20)
    shop.touch("loyal", 8, "klaviyo", "email", campaign="Later")
    (found,) = shop.rows("FROM campaign_quality")
    assert found == ("paid social", "spring", 3, 2, 1, 1, 0.5, 46.0, 4.0, 0.08, 23.0)


def test_what_messages_bring(shop: Shop) -> None:
    shop.customer("ann", "vip")
    shop.customer("bob", "vip")
    for name, day in (("ann", 0), ("ann", 2), ("bob", 0)):
        shop.touch(name, day, None, None, kind="sent", campaign="Spring", email=f"{name}@x.com")
    shop.touch("ann", 2.1, None, None, kind="open", campaign="Spring", email="ann@x.com")
    shop.touch("ann", 2.2, None, None, kind="click", campaign="Spring", email="ann@x.com")
    shop.touch("ann", 2.5, None, None, kind="sent", campaign="Spring", phone="+15550001")
    shop.order("ann", 3, 10)
    shop.order("bob", 8, 5)
    found = shop.rows("FROM message_conversion ORDER BY channel")
    assert found == [
        ("vip", "email", 3, 2, 1, 1, 2, 2 / 3, 0, 0.0),
        ("vip", "sms", 1, 1, 0, 0, 1, 1.0, 1, 10.0),
    ]


def test_what_a_segment_brings(shop: Shop) -> None:
    shop.customer("ann", "vip")
    shop.customer("bob", "vip")
    shop.touch("ann", 0, None, None, kind="sent", campaign="Spring")
    shop.touch("bob", 0, None, None, kind="sent", campaign="Spring")
    shop.order("ann", 3, 10)
    shop.order("bob", 8, 5)
    found = shop.rows("SELECT segment, customers, buyers, revenue, repeat_rate, sent, converted FROM segment_profit")
    assert found == [("vip", 2, 2, 15.0, 0.0, 2, 1)]
