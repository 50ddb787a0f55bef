from __future__ import annotations

import random
import string
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.compute import Compute
from engine.errors import StateError, TableError
from engine.ledger import assign_ids, customer_id, entries_about, follow, redirects
from engine.ledger.ids import LAST_NUMBER
from engine.ledger.past import Past, recall
from engine.state import State
from tests.engine.ledger.scenario import START, Shop

C1, C2, C3, C4, C5 = (customer_id(number) for number in range(1, 6))


def test_new_customers_are_numbered_by_their_oldest_record(shop: Shop) -> None:
    shop.created = {"a": START, "e": START - timedelta(days=9), "d": START}
    shop.publish("ab c de")
    assert shop.ids() == {C1: "de", C2: "ab", C3: "c"}
    assert shop.entries() == [("created", None, 1, "de"), ("created", None, 2, "ab"), ("created", None, 3, "c")]


def test_the_same_again_makes_no_entry(shop: Shop) -> None:
    shop.publish("ab c de", seed=1)
    before = shop.compute.rows("SELECT * FROM ids ORDER BY ALL")
    assert shop.publish("de ab c", seed=2).counts == {}
    assert shop.compute.rows("SELECT * FROM ids ORDER BY ALL") == before


@pytest.mark.parametrize(
    ("before", "after", "ids", "entries"),
    [
        pytest.param("ab c", "abx c", {C1: "abx", C2: "c"}, [("joined", None, 1, "x")], id="joined"),
        pytest.param("ab c", "a c", {C1: "a", C2: "c"}, [("left", 1, None, "b")], id="left"),
        pytest.param("ab c", "ab", {C1: "ab"}, [("retired", 2, None, "c")], id="retired"),
        pytest.param("a bc", "abc", {C2: "abc"}, [("merged", 1, 2, "a")], id="most records keeps the id"),
        pytest.param("ab cd", "abcd", {C1: "abcd"}, [("merged", 2, 1, "cd")], id="a tie goes to the older"),
        pytest.param("abc", "a bc", {C1: "bc", C2: "a"}, [("split", 1, 2, "a")], id="the larger part keeps the id"),
        pytest.param("ab", "a b", {C1: "a", C2: "b"}, [("split", 1, 2, "b")], id="a tie of parts"),
        pytest.param("abc de", "ab cde", {C1: "ab", C2: "cde"}, [("moved", 1, 2, "c")], id="moved"),
        pytest.param(
            "abc def", "abx cdy zef",
            {C1: "abx", C2: "efz", C3: "cdy"},
            [("split", 1, 3, "c"), ("joined", None, 1, "x"), ("joined", None, 2, "z"), ("joined", None, 3, "y"),
             ("moved", 2, 3, "d")],
            id="a new customer of three pieces",
        ),
        pytest.param(
            "abcd efg", "efga", {C2: "aefg"},
            [("left", 1, None, "bcd"), ("merged", 1, 2, "a")],
            id="merged with what is left",
        ),
    ],
)  # fmt: skip
def test_who_keeps_the_id(shop: Shop, before: str, after: str, ids: dict[str, str], entries: list[object]) -> None:
    shop.publish(before)
    first = len(shop.entries())
    shop.publish(after)
    assert shop.ids() == ids
    assert shop.entries()[first:] == entries
    assert shop.problems() == []


def test_of_equal_parts_the_one_with_the_oldest_record_keeps_the_id(shop: Shop) -> None:
    shop.publish("abcd")
    # x is older still, but was never this customer's.
    shop.created = {"a": START, "d": START - timedelta(days=1), "x": START - timedelta(days=2)}
    shop.publish("abx cd")
    assert shop.ids() == {C1: "cd", C2: "abx"}


def test_records_keep_the_date_since_when_they_belong_to_their_customer(shop: Shop) -> None:
    shop.publish("ab c")
    shop.publish("abc")
    shop.publish("abcd")
    since = dict(shop.compute.rows("SELECT record_id, since FROM ids"))
    assert since == {
        "s:a": START, "s:b": START, "s:c": START + timedelta(days=1), "s:d": START + timedelta(days=2),
    }  # fmt: skip


def test_a_merged_id_returns_when_the_merge_is_taken_back(shop: Shop) -> None:
    shop.publish("ab c d")
    shop.publish("abc d")
    with State.open(shop.folder) as state:
        assert follow(state, C2) == [C2, C1]
        assert redirects(state).to_pylist() == [
            {"old_id": C2, "new_id": C1, "kind": "merged", "at": START + timedelta(1)}
        ]
    shop.publish("ab c d")
    assert shop.ids() == {C1: "ab", C2: "c", C3: "d"}
    assert shop.entries()[-1] == ("restored", 1, 2, "c")
    with State.open(shop.folder) as state:
        assert follow(state, C2) == [C2]
        assert redirects(state).to_pylist() == shop.compute.arrow("FROM redirects").to_pylist()
        assert redirects(state).to_pylist() == [
            {"old_id": C1, "new_id": C2, "kind": "split", "at": START + timedelta(2)}
        ]
    assert shop.publish("abc d").counts == {"merged": 1}
    assert shop.problems() == []


def test_ids_return_when_a_source_was_missing_for_one_run(shop: Shop) -> None:
    shop.publish("ab cd e")
    shop.publish("a")
    with State.open(shop.folder) as state:
        assert follow(state, C2) == [C2, ""]
    shop.publish("ab cdx e")
    assert shop.ids() == {C1: "ab", C2: "cdx", C3: "e"}
    assert shop.problems() == []


def test_half_of_an_ended_customer_is_not_enough_to_get_its_id_back(shop: Shop) -> None:
    shop.publish("ab cd")
    shop.publish("ab")
    shop.publish("ab c")
    assert shop.ids() == {C1: "ab", C3: "c"}
    shop.publish("ab c d")
    assert shop.ids()[C4] == "d"


def test_a_chain_of_merges_leads_to_the_living_one(shop: Shop) -> None:
    shop.publish("a bx cyz dpqr")
    shop.publish("abx cyz dpqr")
    shop.publish("abxcyz dpqr")
    shop.publish("abxcyzdpqr")
    with State.open(shop.folder) as state:
        chain = follow(state, C1)
        assert chain[0] == C1
        assert chain[-1] in shop.ids()
        assert [entry.kind for entry in entries_about(state, C1)] == ["created", "merged"]


def test_causes_name_the_matches_that_made_an_entry(shop: Shop) -> None:
    shop.publish("ab c", [("a", "b", 'e-mail "x"')])
    shop.publish("abcd", [("a", "b", "email"), ("b", "c", "phone"), ("c", "d", "name")])
    with State.open(shop.folder) as state:
        created, joined, merged = entries_about(state, C1)
    assert created.matches == (("s:a", "s:b", 'e-mail "x"'),)
    assert joined.kind == "joined"
    assert [({*match[:2]}, match[2]) for match in joined.matches] == [({"s:c", "s:d"}, "name")]
    assert (merged.kind, merged.origin, merged.records) == ("merged", C2, ("s:c",))
    assert sorted(merged.matches, key=lambda match: match[2]) == [("s:c", "s:d", "name"), ("s:b", "s:c", "phone")]
    assert (merged.run_id, merged.actor, merged.at, merged.more_matches) == (
        "run-1", "clew run", START + timedelta(days=1), 0,
    )  # fmt: skip
    assert shop.problems() == []


def test_a_split_tells_what_was_refused_and_what_no_longer_holds(shop: Shop) -> None:
    shop.publish("abcde", [("a", "b", "email"), ("b", "c", "phone"), ("a", "d", "name"), ("d", "e", "email")])
    shop.publish("ab c de", [("a", "b", "email"), ("d", "e", "email")], refusals=[("a", "d", "names disagree")])
    shop.publish("abc de", [("a", "b", "email"), ("b", "c", "phone"), ("d", "e", "email")])
    shop.publish("ab c de", [("a", "b", "email"), ("d", "e", "email")])
    with State.open(shop.folder) as state:
        ended, refused = (entry for entry in entries_about(state, C1) if entry.kind == "split")
        restored = entries_about(state, C2)[-1]
    assert (refused.matches, refused.refusals, refused.ended) == ((), (("s:d", "s:a", "names disagree"),), ())
    assert (ended.matches, ended.refusals, ended.ended) == ((), (), (("s:c", "s:b", "phone"),))
    assert (restored.kind, restored.origin, restored.ended) == ("restored", C1, (("s:c", "s:b", "phone"),))
    assert shop.problems() == []


def test_very_many_matches_are_counted_not_listed(shop: Shop) -> None:
    names = string.ascii_letters[:30]
    pairs = [(a, b, "email") for a in names for b in names if a < b]
    shop.publish(names, pairs)
    with State.open(shop.folder) as state:
        (created,) = entries_about(state, C1)
    assert (len(created.matches), created.more_matches) == (100, len(pairs) - 100)


def test_the_ledger_holds_no_record_key(shop: Shop) -> None:
    shop.publish({"john@x.com": 1, "jon@x.com": 1}, [("john@x.com", "jon@x.com", "name")])
    with State.open(shop.folder) as state:
        for table in ("entry", "act", "cause"):
            assert "x.com" not in str(list(state.rows(f"SELECT * FROM {table}")))


def test_times_with_a_zone_are_kept_as_utc(shop: Shop) -> None:
    with State.open(shop.folder) as state:
        shop.compute.run("CREATE OR REPLACE TABLE groups AS SELECT 's:a' AS record_id, 1::BIGINT AS group_id")
        shop.compute.run("CREATE OR REPLACE TABLE records AS SELECT 's:a' AS record_id, NULL::TIMESTAMP AS created_at")
        assign_ids(shop.compute, recall(state), datetime(2025, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))))
    assert shop.compute.rows("SELECT since FROM ids") == [(datetime(2025, 1, 1, tzinfo=UTC).replace(tzinfo=None),)]


def test_a_record_in_two_groups_is_refused(shop: Shop, compute: Compute) -> None:
    with State.open(shop.folder) as state:
        shop.assign(state, "ab c")
        compute.run("INSERT INTO groups VALUES ('s:a', 7)")
        with pytest.raises(TableError, match="s:a"):
            assign_ids(compute, recall(state), START)


def test_ids_run_out_with_a_sentence(shop: Shop, compute: Compute) -> None:
    with State.open(shop.folder) as state:
        shop.assign(state, "a b")
        past = recall(state)
        full = Past(past.key, LAST_NUMBER, past.last_entry, past.ended, past.redirects)
        with pytest.raises(StateError, match="used up"):
            assign_ids(compute, full, START)


def test_changes_of_different_customers_come_out_the_same_in_one_run_or_in_three(
    compute: Compute, tmp_path: Path
) -> None:
    runs = ["ab cd efg hij k", "abcd efg hij k", "abcd ef g hij k", "abcd ef g hijk"]
    stepwise, at_once = Shop(compute, tmp_path / "steps"), Shop(compute, tmp_path / "once")
    for groups in runs:
        stepwise.publish(groups)
    expected = stepwise.ids()
    at_once.publish(runs[0])
    at_once.publish(runs[-1])
    assert at_once.ids() == expected


RECORDS = "abcdefghij"
partitions = st.dictionaries(st.sampled_from(RECORDS), st.integers(0, 5), min_size=1)


@settings(max_examples=4, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs=st.lists(partitions, min_size=2, max_size=4), seed=st.integers(0, 9))
def test_the_invariants_hold_on_any_road(
    compute: Compute, tmp_path_factory: pytest.TempPathFactory, runs: list[dict[str, int]], seed: int
) -> None:
    shop, twin = (Shop(compute, tmp_path_factory.mktemp("shop")) for _ in range(2))
    chance = random.Random(seed)
    shop.created = twin.created = {r: START - timedelta(days=chance.randrange(3)) for r in RECORDS[::2]}
    issued: set[str] = set()
    for number, groups in enumerate(runs):
        before = shop.ids() if number else {}
        shop.publish(groups, seed=seed)
        living = shop.ids()
        # The groups are kept whole, whatever their ids.
        wanted = {"".join(sorted(r for r in groups if groups[r] == group)) for group in groups.values()}
        assert set(living.values()) == wanted
        # New ids are younger than all before, and none is given twice.
        with State.open(shop.folder) as state:
            ever = {customer_id(n) for n in range(1, state.next_number)}
            assert living.keys() <= ever
            assert all(new > old for new in ever - issued for old in issued)
            issued = ever
            known = {row["old_id"]: row for row in redirects(state).to_pylist() if row["kind"] != "split"}
            for identifier in ever:
                end = follow(state, identifier)[-1]
                # Every id lives or leads to a living one, or all of its records are gone.
                assert (identifier in living) == (follow(state, identifier) == [identifier])
                assert end == "" or end in living
                assert (identifier in known) == (identifier not in living)
            key = [("old_id", "ascending"), ("new_id", "ascending"), ("at", "ascending")]
            assert redirects(state).sort_by(key) == compute.arrow("FROM redirects").sort_by(key).cast(
                redirects(state).schema
            )
        # Nobody keeps an id although another group holds more of it and has a weaker claim of its own.
        for old, records in before.items():
            shares = {new: len(set(records) & set(living[new])) for new in living}
            if max(shares.values(), default=0) * 2 > len(records) and old in living:
                assert shares[old] > 0
        assert shop.problems() == []
        # The order of rows plays no part.
        twin.publish(dict(reversed(groups.items())), seed=seed + 1)
        assert twin.ids() == living
        assert twin.entries() == shop.entries()
    assert twin.publish(groups, seed=seed + 2).counts == {}
