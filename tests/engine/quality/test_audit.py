from __future__ import annotations

import json

import pytest

from engine import tables
from engine.errors import TableError
from engine.quality import Consent
from tests.engine.quality.conftest import Shop


def test_gain_joins_by_email_or_phone_and_leaves_shared_values_out(shop: Shop) -> None:
    shop.record("crm", "1", first="ann", email="a@x.com", phone="+1")
    shop.record("crm", "2", first="ann", phone="+1")
    shop.record("till", "3", "order", email="a@x.com", raw_email="a+x@x.com")
    shop.record("till", "4")
    for key, first in enumerate(("bob", "carla", "dmitri", "ewa", "frank", "gus")):
        shop.record("till", f"shared{key}", first=first, phone="+2")
    gain = shop.audit().gain
    assert (gain.records, gain.unreachable) == (10, 1)
    assert gain.by_exact_email == 2 + 8
    assert gain.by_identifier == 1 + 1 + 6
    assert "estimate" in gain.note


def test_consents_that_disagree(shop: Shop) -> None:
    for key, state in (("1", "in"), ("2", "out"), ("3", "unknown")):
        shop.record("crm", key, email="a@x.com", phone=f"+{key}")
        said = {"source": "crm", "key": key, "state": state, "current": True}
        shop.add(tables.CONSENTS, **said, channel="email", type="email", value="a@x.com")
        shop.add(tables.CONSENTS, **said, channel="sms", type="phone", value=f"+{key}")
    states = {"in": 1, "out": 1, "unknown": 1}
    assert shop.audit().consents == (Consent("email", states, 1), Consent("sms", states, 0))


def test_an_empty_shop_is_audited_too(shop: Shop) -> None:
    found = shop.audit()
    assert [source.records for source in found.sources] == [0, 0]
    assert (found.gain.records, found.gain.by_identifier) == (0, 0)


def test_the_result_is_ready_for_json_and_leaves_no_tables(shop: Shop) -> None:
    shop.record("crm", "1", email="a@x.com", seen_at="2026-05-01")
    shop.record("till", "1", email="a@x.com")
    plain = json.loads(json.dumps(shop.audit().to_dict()))
    assert plain["at"] == "2026-06-01T00:00:00Z"
    assert plain["sources"][0]["last_seen"] == "2026-05-01T00:00:00Z"
    assert plain["sources"][0]["identifiers"][0]["fill_rate"] == 1
    assert plain["overlaps"][0]["share"] == 1
    assert not [name for (name,) in shop.compute.rows("SELECT table_name FROM duckdb_tables()") if "audit_" in name]


def test_the_order_of_rows_changes_nothing(shop: Shop) -> None:
    for key, first in enumerate(("ann", "anne", "bob")):
        shop.record("crm", str(key), first=first, last_name="lee", email="a@x.com", birth_date="1980-02-03")
    before = shop.audit()
    for name in ("records", "identifiers"):
        shop.compute.table(name, f"SELECT * FROM {name} ORDER BY record_id DESC")
    assert shop.audit() == before


def test_a_table_of_another_shape_is_refused(shop: Shop) -> None:
    shop.compute.run("ALTER TABLE events DROP COLUMN device")
    with pytest.raises(TableError, match="events: no column device"):
        shop.audit()
