from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.compute import Compute
from engine.config import Config
from engine.profile import build_permissions
from engine.sources.mapping import Channel
from engine.standardise.consents import ADDRESSES, keep_earlier
from engine.tables import CONSENTS, KNOWN_BY, MEMBERS, Table, create_sql

JUNE, JULY, AUGUST = (datetime(2026, month, 1) for month in (6, 7, 8))


def config(**consent: Any) -> Config:
    sources = [{"name": name, "path": f"{name}.csv", "preset": "x"} for name in ("shop", "crm", "sms")]
    return Config.model_validate({"sources": sources, "consent": consent})


@pytest.fixture
def compute() -> Iterator[Compute]:
    with Compute(memory_limit="500MB", threads=1) as opened:
        for table in (CONSENTS, MEMBERS, KNOWN_BY):
            opened.run(create_sql(table, table.name))
        yield opened


def insert(compute: Compute, table: Table, **values: Any) -> None:
    names = ", ".join(f'"{name}"' for name in values)
    compute.run(f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' * len(values))})", list(values.values()))


def knows(compute: Compute, customer: str, *addresses: str, confidence: float = 1.0) -> None:
    for value in addresses:
        kind = "email" if "@" in value else "account" if ":" in value else "phone"
        insert(compute, KNOWN_BY, customer_id=customer, type=kind, value=value, confidence=confidence)


def says(
    compute: Compute, record: str, state: str, address: str | None, at: datetime | None = JUNE,
    channel: str = "email", current: bool = True,
) -> None:  # fmt: skip
    source, _, key = record.partition(":")
    kind = address and ("email" if "@" in address else "account" if ":" in address else "phone")
    insert(
        compute, CONSENTS, source=source, key=key, channel=channel, type=kind, value=address, state=state, at=at,
        current=current,
    )  # fmt: skip


def permissions(compute: Compute, **consent: Any) -> dict[tuple[str, str, str], tuple[str, bool]]:
    build_permissions(compute, config(**consent), AUGUST)
    rows = compute.rows("SELECT customer_id, channel, value, state, conflict FROM permissions")
    found = {(customer, channel, value): (state, conflict) for customer, channel, value, state, conflict in rows}
    assert len(found) == len(rows)
    return found


def test_every_channel_has_addresses() -> None:
    assert tuple(ADDRESSES) == get_args(Channel)


def test_one_opt_out_is_enough_and_the_conflict_shows(compute: Compute) -> None:
    knows(compute, "C1", "john@x.com")
    says(compute, "shop:1", "in", "john@x.com", AUGUST)
    says(compute, "crm:1", "out", "john@x.com", JUNE)
    assert permissions(compute) == {("C1", "email", "john@x.com"): ("out", True)}
    (row,) = compute.rows('SELECT source, "at", said_in, said_out FROM permissions')
    assert row == ("crm", JUNE, ["shop"], ["crm"])


@pytest.mark.parametrize(
    ("precedence", "state"), [("restrictive", "out"), ("recent", "in"), ("priority", "out")], ids=str
)
def test_whose_word_counts(compute: Compute, precedence: str, state: str) -> None:
    knows(compute, "C1", "john@x.com")
    says(compute, "crm:1", "in", "john@x.com", AUGUST)
    says(compute, "shop:1", "out", "john@x.com", JUNE)
    assert permissions(compute, precedence=precedence) == {("C1", "email", "john@x.com"): (state, True)}


def test_a_channel_may_have_its_own_precedence(compute: Compute) -> None:
    knows(compute, "C1", "john@x.com", "+1555")
    for channel, address in (("email", "john@x.com"), ("sms", "+1555")):
        says(compute, "crm:1", "in", address, AUGUST, channel)
        says(compute, "shop:1", "out", address, JUNE, channel)
    found = permissions(compute, channels={"sms": "recent"})
    assert found == {("C1", "email", "john@x.com"): ("out", True), ("C1", "sms", "+1555"): ("in", True)}


def test_of_one_source_the_latest_counts(compute: Compute) -> None:
    knows(compute, "C1", "john@x.com")
    says(compute, "shop:1", "out", "john@x.com", JUNE)
    says(compute, "shop:2", "in", "john@x.com", JULY)
    assert permissions(compute) == {("C1", "email", "john@x.com"): ("in", False)}


def test_of_one_moment_the_opt_out_counts(compute: Compute) -> None:
    knows(compute, "C1", "john@x.com")
    says(compute, "shop:1", "in", "john@x.com", JUNE)
    says(compute, "shop:2", "out", "john@x.com", JUNE)
    assert permissions(compute) == {("C1", "email", "john@x.com"): ("out", False)}


@pytest.mark.parametrize(
    ("opted_in", "opted_out"),
    [
        (datetime(2031, 1, 1), JUNE),
        (datetime(1901, 1, 1), JUNE),
        (JULY, None),
        (JULY, datetime(1980, 1, 1)),
        (None, None),
    ],
    ids=str,
)
def test_a_time_that_cannot_be_right_takes_no_opt_out_back(
    compute: Compute, opted_in: datetime | None, opted_out: datetime | None
) -> None:
    knows(compute, "C1", "john@x.com")
    says(compute, "shop:1", "in", "john@x.com", opted_in)
    says(compute, "shop:2", "out", "john@x.com", opted_out)
    assert permissions(compute) == {("C1", "email", "john@x.com"): ("out", False)}


def test_addresses_of_one_customer_that_disagree_are_a_conflict(compute: Compute) -> None:
    knows(compute, "C1", "john@x.com", "j@work.com")
    says(compute, "shop:1", "in", "john@x.com")
    says(compute, "crm:1", "out", "j@work.com")
    assert permissions(compute) == {
        ("C1", "email", "john@x.com"): ("in", True),
        ("C1", "email", "j@work.com"): ("out", True),
    }


def test_an_opt_out_stays_with_its_address(compute: Compute) -> None:
    """Two who share a telephone: one's e-mail opted out, the other's didn't."""
    knows(compute, "C1", "john@x.com", "+1555")
    knows(compute, "C2", "jane@x.com", "+1555")
    says(compute, "shop:1", "out", "john@x.com")
    says(compute, "shop:2", "in", "jane@x.com")
    assert permissions(compute) == {
        ("C1", "email", "john@x.com"): ("out", False),
        ("C2", "email", "jane@x.com"): ("in", False),
    }


def test_an_inbox_of_two_customers_has_one_answer(compute: Compute) -> None:
    knows(compute, "C1", "family@x.com")
    knows(compute, "C2", "family@x.com")
    says(compute, "shop:1", "out", "family@x.com")
    found = permissions(compute)
    assert {customer: state for (customer, _, _), (state, _) in found.items()} == {"C1": "out", "C2": "out"}


def test_an_opt_out_without_an_address_counts_for_all_of_the_persons(compute: Compute) -> None:
    knows(compute, "C1", "john@x.com", "j@work.com", "+1555")
    insert(compute, MEMBERS, record_id="crm:9", customer_id="C1", confidence=0.9, since=JUNE)
    says(compute, "shop:1", "in", "john@x.com")
    says(compute, "crm:9", "out", None)
    assert permissions(compute) == {
        ("C1", "email", "john@x.com"): ("out", True),
        ("C1", "email", "j@work.com"): ("out", True),
    }


def test_an_opt_in_without_an_address_is_for_none(compute: Compute) -> None:
    knows(compute, "C1", "john@x.com")
    insert(compute, MEMBERS, record_id="crm:9", customer_id="C1", confidence=0.9, since=JUNE)
    says(compute, "crm:9", "in", None)
    assert permissions(compute) == {}


def test_an_account_that_unsubscribed_speaks_for_the_person(compute: Compute) -> None:
    knows(compute, "C1", "john@x.com", "klaviyo:1")
    says(compute, "shop:e1", "out", "klaviyo:1")
    assert permissions(compute) == {("C1", "email", "john@x.com"): ("out", False)}


@pytest.mark.parametrize(("state", "found"), [("out", {("C1", "email", "john@x.com"): ("out", False)}), ("in", {})])
def test_only_an_opt_out_outlives_its_record(compute: Compute, state: str, found: dict[Any, Any]) -> None:
    knows(compute, "C1", "john@x.com")
    says(compute, "shop:1", state, "john@x.com", current=False)
    assert permissions(compute) == found


def test_who_subscribed_again_is_subscribed(compute: Compute) -> None:
    knows(compute, "C1", "john@x.com")
    says(compute, "shop:1", "out", "john@x.com", AUGUST, current=False)
    says(compute, "shop:1", "in", "john@x.com", None)
    assert permissions(compute) == {("C1", "email", "john@x.com"): ("in", False)}


def test_unknown_says_nothing(compute: Compute) -> None:
    knows(compute, "C1", "john@x.com")
    says(compute, "shop:1", "unknown", "john@x.com")
    assert permissions(compute) == {}


def test_a_permission_is_as_sure_as_its_address(compute: Compute) -> None:
    knows(compute, "C1", "john@x.com", confidence=0.7)
    says(compute, "shop:1", "in", "john@x.com")
    permissions(compute)
    assert compute.rows("SELECT confidence FROM permissions") == [(0.7,)]


def why_not(compute: Compute, **consent: Any) -> dict[str, str | None]:
    build_permissions(compute, config(**consent), AUGUST)
    return dict(compute.rows("SELECT value, why_not FROM permissions"))


def test_why_an_address_may_not_be_used(compute: Compute) -> None:
    for customer, value in (("C1", "yes@x.com"), ("C2", "no@x.com"), ("C3", "torn@x.com"), ("C4", "other@x.com")):
        knows(compute, customer, value)
    knows(compute, "C4", "gone@x.com")
    knows(compute, "C5", "unsure@x.com", confidence=0.89)
    for value in ("yes@x.com", "torn@x.com", "other@x.com", "unsure@x.com"):
        says(compute, "shop:1", "in", value)
    for value in ("no@x.com", "torn@x.com", "gone@x.com"):
        says(compute, "crm:1", "out", value)
    assert why_not(compute) == {
        "yes@x.com": None, "no@x.com": "opted out", "torn@x.com": "conflict", "other@x.com": "conflict",
        "gone@x.com": "opted out", "unsure@x.com": "not sure enough",
    }  # fmt: skip


def test_a_project_that_says_how_to_decide_has_decided(compute: Compute) -> None:
    knows(compute, "C1", "john@x.com", confidence=0.6)
    says(compute, "shop:1", "out", "john@x.com", JUNE)
    says(compute, "crm:1", "in", "john@x.com", JULY)
    assert why_not(compute, precedence="recent", confidence={"email": 0.6}) == {"john@x.com": None}


STATEMENTS = st.lists(
    st.tuples(
        st.sampled_from(["shop:1", "shop:2", "crm:1", "sms:1"]),
        st.sampled_from(["in", "out", "unknown"]),
        st.sampled_from(["john@x.com", "j@work.com", None]),
        st.sampled_from([JUNE, JULY, None]),
        st.booleans(),
    ),
    max_size=8,
    unique=True,
)


@settings(max_examples=20, deadline=None)
@given(STATEMENTS, st.permutations(range(8)))
def test_no_opt_in_without_somebody_who_said_so_and_order_is_nothing(statements: list[Any], order: list[int]) -> None:
    shuffled = [statements[i] for i in order if i < len(statements)]
    found = []
    with Compute(memory_limit="500MB", threads=1) as compute:
        for each in (statements, shuffled):
            for table in (CONSENTS, MEMBERS, KNOWN_BY):
                compute.run(create_sql(table, table.name))
            knows(compute, "C1", "john@x.com", "j@work.com")
            for record, state, address, at, current in each:
                says(compute, record, state, address, at, current=current)
            found.append(permissions(compute))
    assert found[0] == found[1]
    for (_, _, address), (state, _) in found[0].items():
        said = {(s, c) for _, s, a, _, c in statements if a == address}
        assert ("in", True) in said if state == "in" else any(s == "out" for _, s, *_ in statements)


def earlier(tmp_path: Path, *statements: tuple[Any, ...]) -> Path:
    with Compute(memory_limit="500MB", threads=1) as before:
        before.run(create_sql(CONSENTS, "consents"))
        for statement in statements:
            says(before, *statement)
        before.write_parquet("consents", tmp_path / "consents.parquet", order_by="key")
    return tmp_path / "consents.parquet"


def history(compute: Compute) -> list[tuple[Any, ...]]:
    return compute.rows('SELECT state, "at", current FROM consents ORDER BY "at", state')


def test_what_was_said_before_is_kept(compute: Compute, tmp_path: Path) -> None:
    says(compute, "shop:1", "in", "john@x.com", AUGUST)
    keep_earlier(compute, earlier(tmp_path, ("shop:1", "out", "john@x.com", JUNE)))
    assert history(compute) == [("out", JUNE, False), ("in", AUGUST, True)]


def test_the_same_said_later_replaces_what_was_said_before(compute: Compute, tmp_path: Path) -> None:
    says(compute, "shop:1", "in", "john@x.com", AUGUST)
    keep_earlier(compute, earlier(tmp_path, ("shop:1", "in", "john@x.com", JUNE)))
    assert history(compute) == [("in", AUGUST, True)]


def test_history_is_kept_once(compute: Compute, tmp_path: Path) -> None:
    says(compute, "shop:1", "in", "john@x.com", AUGUST)
    old = ("shop:1", "in", "john@x.com", JUNE, "email", False)
    keep_earlier(compute, earlier(tmp_path, old, ("shop:1", "out", "john@x.com", JULY)))
    now = history(compute)
    assert now == [("in", JUNE, False), ("out", JULY, False), ("in", AUGUST, True)]
    compute.write_parquet("consents", tmp_path / "again.parquet", order_by="key")
    keep_earlier(compute, tmp_path / "again.parquet")
    assert history(compute) == now
