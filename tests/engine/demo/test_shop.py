"""The front door: same bytes for the same seed, truth that fits the files, size, speed, and how hard the shop is."""

from __future__ import annotations

import re
import time
from collections import Counter
from math import comb
from pathlib import Path

import pytest

from engine.demo import generate
from engine.errors import ClewError

from .conftest import Shop, parameter


def test_same_seed_gives_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    first, again, other = (
        generate(tmp_path / name, records=400, seed=seed).files for name, seed in (("a", 3), ("b", 3), ("c", 4))
    )
    for name, path in first.items():
        assert path.read_bytes() == again[name].read_bytes(), name
        assert path.read_bytes() != other[name].read_bytes(), name


def test_truth_lists_exactly_the_records_in_the_files(shop: Shop) -> None:
    listed = [(row["source"], row["key"]) for row in shop.rows("truth.csv")]
    assert len(listed) == len(set(listed))
    found = list(shop.keys())
    assert len(found) == len(set(found))
    assert set(listed) == set(found)


def test_truth_of_events_lists_exactly_the_events_in_the_files(shop: Shop) -> None:
    found = [("ga4_events", parameter(event, "event_id")) for event in shop.rows("ga4_events.ndjson")]
    found += [("klaviyo_events", row["Event ID"]) for row in shop.rows("klaviyo_events.csv")]
    found += [("zendesk_tickets", str(row["id"])) for row in shop.rows("zendesk_tickets.ndjson")]
    found += [("shopify_checkouts", row["Id"]) for row in shop.rows("shopify_checkouts.csv")]
    listed = [(row["source"], row["key"]) for row in shop.rows("truth_events.csv")]
    assert sorted(listed) == sorted(found)
    assert len(listed) == len(set(listed)) == shop.summary.events


def test_summary_counts_what_was_written(shop: Shop) -> None:
    truth = shop.rows("truth.csv")
    assert shop.summary.records == len(truth)
    assert shop.summary.persons == len({row["person"] for row in truth})
    assert 0 < shop.summary.phones < shop.summary.records
    assert shop.summary.seconds > 0
    assert sorted(shop.summary.files) == sorted(path.name for path in shop.summary.folder.iterdir())


def test_size_is_as_asked_and_activity_is_heavy_tailed(shop: Shop) -> None:
    assert shop.summary.records == pytest.approx(8_000, rel=0.02)
    assert 2 < shop.summary.events / shop.summary.records < 4
    records = Counter(row["person"] for row in shop.rows("truth.csv"))
    assert 4.5 < shop.summary.records / shop.summary.persons < 5.4
    assert max(records.values()) >= 25
    assert sorted(records.values())[len(records) // 2] <= 4


def test_the_smallest_shop_works(tmp_path: Path) -> None:
    summary = generate(tmp_path / "new" / "folder", records=100)
    assert 90 <= summary.records <= 140
    assert all(path.stat().st_size > 0 for path in summary.files.values())


@pytest.mark.parametrize(("records", "seed", "words"), [(99, 1, "100 or more"), (500, -1, "0 or more")])
def test_impossible_wishes_are_refused(tmp_path: Path, records: int, seed: int, words: str) -> None:
    with pytest.raises(ClewError, match=words):
        generate(tmp_path, records=records, seed=seed)


def test_twenty_thousand_records_take_seconds(tmp_path: Path) -> None:
    started = time.process_time()
    summary = generate(tmp_path, records=20_000, seed=2)
    assert summary.records == pytest.approx(20_000, rel=0.02)
    # Processor time, so that a busy machine doesn't fail the test; it is 2 to 3 seconds.
    assert time.process_time() - started < 10


def test_simple_methods_do_as_badly_as_in_a_real_shop(shop: Shop) -> None:
    emails, phones = {}, {}
    for source, key, email, phone in _contacts(shop):
        emails[source, key] = [email] if "@" in email else []
        phones[source, key] = [phone] if len(phone) >= 9 else []
    precision, recall = _pairwise(shop.persons(), emails)
    assert 0.9 < precision < 0.995
    assert 0.58 < recall < 0.76
    both = {key: emails[key] + phones[key] for key in emails}
    precision, recall = _pairwise(shop.persons(), both)
    assert 0.45 < precision < 0.93
    assert 0.84 < recall < 0.95


def _contacts(shop: Shop) -> list[tuple[str, str, str, str]]:
    columns = {
        "shopify_customers.csv": ("Customer ID", "Email", "Phone"),
        "shopify_orders.csv": ("Id", "Email", "Phone"),
        "klaviyo_profiles.csv": ("Klaviyo ID", "Email", "Phone Number"),
        "hubspot_contacts.csv": ("Record ID", "Email", "Phone Number"),
        "sms_subscribers.csv": ("id", "", "phone"),
        "zendesk_users.ndjson": ("id", "email", "phone"),
        "pos_loyalty.csv": ("loyalty_id", "email", "phone"),
    }
    found = []
    for name, (key, email, phone) in columns.items():
        for row in shop.rows(name):
            if row[key]:
                digits = re.sub(r"\(0\)|\D", "", row[phone] or "")
                mail = (row.get(email) or "").strip().lower()
                found.append((name.split(".")[0], str(row[key]), mail, digits[-9:]))
    return found


def _pairwise(persons: dict[tuple[str, str], str], values: dict[tuple[str, str], list[str]]) -> tuple[float, float]:
    """Precision and recall of joining whatever shares a value."""
    parent: dict[object, object] = {}

    def root(node: object) -> object:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for key, some in values.items():
        for value in some:
            parent[root(("value", value))] = root(key)
    both = Counter((person, root(key)) for key, person in persons.items())
    true = sum(comb(n, 2) for n in both.values())
    joined = sum(comb(n, 2) for n in Counter(root(key) for key in persons).values())
    same = sum(comb(n, 2) for n in Counter(persons.values()).values())
    return true / joined, true / same
