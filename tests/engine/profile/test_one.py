from __future__ import annotations

import logging

import pytest

from engine.errors import StateError
from engine.profile.one import open_customer
from engine.profile.state import TABLES, customer_state
from engine.profile.timeline import timeline
from tests.engine.measure.shop import Shop

pytestmark = pytest.mark.long


def test_a_customers_rows_and_nobody_elses(shop: Shop) -> None:
    for who in ("ann", "bob"):
        shop.customer(who)
        shop.order(who, 1, 10)
        shop.event(who, 2, "view", device=who)
        shop.address(who, f"{who}@mail.com")
    with open_customer(shop.write(), "ann", "records", "orders", "identifiers", "event_owners", "events") as compute:
        assert compute.count("records") == compute.count("members") == 2
        assert compute.rows("SELECT value FROM identifiers") == [("ann@mail.com",)]
        assert compute.count("orders") == compute.count("event_owners") == 1
        assert compute.rows("SELECT device FROM events") == [("ann",)]


def test_what_another_source_calls_alike_is_not_theirs(shop: Shop) -> None:
    shop.customer("ann")
    shop.customer("bob")
    shop.event("ann", 2, "view", device="ann")
    (key,) = shop.rows("SELECT key FROM events")[0]
    shop.event("bob", 2, "view", device="bob")
    shop.compute.run("UPDATE events SET source = 'other', key = ? WHERE device = 'bob'", [key])
    with open_customer(shop.write(), "ann", "event_owners", "events") as compute:
        assert compute.rows("SELECT device FROM events") == [("ann",)]


def test_no_log_tells_of_whom_it_was(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    shop.customer("zoe-quark")
    shop.address("zoe-quark", "zoe-quark@mail.com", "email")
    shop.address("zoe-quark", "+15551234567", "sms")
    shop.event("zoe-quark", 2, "view")
    run = shop.write()
    with caplog.at_level(logging.DEBUG, logger="clew.sql"), open_customer(run, "zoe-quark", *TABLES) as compute:
        assert customer_state(compute, run).email == "yes"
        timeline(run, "zoe-quark")
    assert "events.parquet" in caplog.text
    assert not [value for value in ("zoe-quark", "5551234567") if value in caplog.text]


def test_a_run_of_an_earlier_version_is_named(shop: Shop) -> None:
    run = shop.write()
    run.path("events").unlink()
    with (
        pytest.raises(StateError, match=r"events.parquet isn't there: .*earlier version of Clew; `clew run`"),
        open_customer(run, "ann", "event_owners", "events"),
    ):
        pass
