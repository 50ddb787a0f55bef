"""What shops really export, all the way from the files to the answers."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.project import Project
from tests.engine.corner import Corner, Row, write_csv

pytestmark = pytest.mark.long

NOW = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
MAIL = "aarch@mail.com"
#: What of some measures doesn't hang on the ids of customers.
MEASURED = {
    "buyers": ("purchases", "ltv", "status"), "retention_velocity": ("days", "observed", "again"),
    "cohorts": ("cohort", "months", "active"), "customer_state": ("stage", "days_since_order", "cart_at"),
}  # fmt: skip


class _Plain(yaml.SafeDumper):
    """Writes what is said twice twice."""

    def ignore_aliases(self, _: Any) -> bool:
        return True


class Shop(Corner):
    """The corner shop with a project file, asked as its people ask."""

    def opened(self) -> Project:
        """The project, run with today's files."""
        said = {"sources": list(self.sources.values()), **self.settings}
        file = self.folder / "clew.yaml"
        file.write_text(yaml.dump(said, Dumper=_Plain), encoding="utf-8")
        project = Project(file)
        self.warnings = project.run().warnings
        return project

    def orders(self, name: str, *rows: Row, **source: Any) -> None:
        """A source of orders, each with its buyer's e-mail."""
        columns = ("Receipt", "Mail", "Time", "Sum", "Paid in")
        write_csv(self.folder / f"{name}.csv", columns, [{"Mail": MAIL, **row} for row in rows])
        record = {
            "kind": "order", "key": "Receipt", "seen_at": "Time", "created_at": "Time",
            "identifiers": [{"type": "email", "column": "Mail"}],
        }  # fmt: skip
        order = {"number": "Receipt", "at": "Time", "total": "Sum", "currency": "Paid in"}
        self.sources[name] = {"path": f"{name}.csv", "map": {"record": record, "order": order}, **source}

    def contacts(self, name: str, columns: tuple[str, ...], *rows: Row, **record: Any) -> None:
        """A source of people."""
        write_csv(self.folder / f"{name}.csv", columns, rows)
        self.sources[name] = {"path": f"{name}.csv", "preset": "contacts", "map": {"record": record}}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop of the test's own, never run."""
    return Shop(tmp_path / "corner")


def days_ago(days: float) -> str:
    return f"{NOW - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


def rows(project: Project, measure: str, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of a measure, sorted."""
    return sorted(
        (tuple(row[c] for c in columns) for row in project.measure(measure).rows.to_pylist()),
        key=lambda row: [(value is None, value) for value in row],
    )


def why_not(project: Project, tmp_path: Path) -> dict[str, str]:
    """Address -> why it must not be reminded of a cart."""
    file = tmp_path / "list.csv"
    project.audience("cart-recovery", "email", file, reach=False, at=NOW)
    head, *found = (line.split(",") for line in file.read_text(encoding="utf-8").splitlines())
    assert head == ["customer_id", "address", "since", "why_not"]
    return {address: reason for _, address, _, reason in found}


def test_consents_that_disagree_in_four_systems(shop: Shop, tmp_path: Path) -> None:
    said = {"crm": ("yes", 10), "desk": ("no", 20), "news": ("no", 30), "site": ("yes", 40)}
    consent = {"column": "Newsletter", "opted_in": ["yes"], "opted_out": ["no"], "at": "created_at"}
    for name, (word, days) in said.items():
        row = {"id": "1", "email": MAIL, "Newsletter": word, "created_at": days_ago(days)}
        shop.contacts(name, tuple(row), row, consents={"email": consent})
    shop.write("visits", [{"event_id": "a", "event": "add_to_cart", "at": days_ago(2), "email": MAIL}])
    with shop.opened() as project:
        found = project.profile(MAIL)
        (permission,) = (p for p in found.permissions if p.channel == "email")
        assert (permission.state, permission.conflict, permission.why_not) == ("out", True, "conflict")
        assert (permission.said_in, permission.said_out) == (("crm", "site"), ("desk", "news"))
        assert found.state.email == "conflict"
        assert why_not(project, tmp_path)[MAIL] == "conflict"
        told = [m for m in project.timeline(MAIL).moments if m.kind == "consent"]
        assert [m.source for m in told] == ["site", "news", "desk", "crm"]
    # A shop that wants it otherwise says so; then whoever spoke last is heard.
    shop.settings["consent"] = {"precedence": "recent"}
    with shop.opened() as project:
        assert project.profile(MAIL).state.email == "yes"
        assert MAIL not in why_not(project, tmp_path)


def test_an_order_without_a_rate_is_named_and_the_rest_goes_on(shop: Shop) -> None:
    shop.orders(
        "till2",
        {"Receipt": "1", "Time": days_ago(9), "Sum": "10", "Paid in": "USD"},
        {"Receipt": "2", "Time": days_ago(8), "Sum": "20", "Paid in": "EUR"},
        {"Receipt": "3", "Time": days_ago(7), "Sum": "900", "Paid in": "ISK"},
    )
    shop.settings["rates"] = [{"currency": "EUR", "rate": 1.5}]
    with shop.opened() as project:
        assert [w for w in shop.warnings if "ISK" in w] == [
            "till2: 1 of 3 orders are in ISK, which has no rate, so they count in no sum of money (33.3 %); "
            "add `- {currency: ISK, rate: ...}` to `rates` in the project file"
        ]
        assert rows(project, "purchases", "nth", "net") == [(1, 10.0), (2, 30.0), (3, None)]
        assert rows(project, "revenue_quality", "orders", "net", "no_rate") == [(3, 40.0, 1)]
        state = project.profile(MAIL).state
        assert (state.purchases, state.last_order, state.last_order_currency) == (3, "3", "ISK")


def test_several_currencies_and_time_zones_on_one_timeline(shop: Shop) -> None:
    shop.orders(
        "tokyo", {"Receipt": "t1", "Time": "2026-03-02 01:00", "Sum": "3000"}, currency="JPY", time_zone="Asia/Tokyo",
    )  # fmt: skip
    shop.orders(
        "york", {"Receipt": "n1", "Time": "2026-03-01 12:00", "Sum": "20"}, currency="USD",
        time_zone="America/New_York",
    )  # fmt: skip
    shop.orders(
        "bonn", {"Receipt": "b1", "Time": "2026-03-01 18:30:00 +0100", "Sum": "10"},
        {"Receipt": "b2", "Time": "2026-03-03 18:30:00 +0100", "Sum": "10"}, currency="EUR",
    )  # fmt: skip
    shop.settings["rates"] = [
        {"currency": "JPY", "rate": 0.01}, {"currency": "EUR", "rate": 1.2},
        {"currency": "EUR", "rate": 2, "since": "2026-03-02"},
    ]  # fmt: skip
    with shop.opened() as project:
        bought = [m for m in project.timeline(MAIL).moments if m.kind == "order"]
        assert [(m.at, m.name, m.value, m.currency) for m in bought] == [
            (datetime(2026, 3, 1, 16), "t1", 3000.0, "JPY"), (datetime(2026, 3, 1, 17), "n1", 20.0, "USD"),
            (datetime(2026, 3, 1, 17, 30), "b1", 10.0, "EUR"), (datetime(2026, 3, 3, 17, 30), "b2", 10.0, "EUR"),
        ]  # fmt: skip
        assert rows(project, "purchases", "nth", "net") == [(1, 30.0), (2, 20.0), (3, 12.0), (4, 20.0)]
        assert rows(project, "storefronts", "storefront", "currencies", "net") == [
            ("bonn", ["EUR"], 32.0), ("tokyo", ["JPY"], 30.0), ("york", ["USD"], 20.0),
        ]  # fmt: skip


def test_events_of_the_future_and_of_1970_decide_nothing(shop: Shop, tmp_path: Path) -> None:
    shop.orders("till2", {"Receipt": "1", "Time": days_ago(5), "Sum": "10"})
    events = [
        {"event_id": "a", "event": "add_to_cart", "at": days_ago(6)},
        {"event_id": "b", "event": "add_to_cart", "at": "1970-01-01T00:00:00Z"},
        {"event_id": "e", "event": "view", "at": "1970-06-01T00:00:00Z"},
        {"event_id": "c", "event": "add_to_cart", "at": "2199-01-01T00:00:00Z"},
        {"event_id": "d", "event": "purchase", "at": "2199-01-01T00:00:00Z"},
    ]
    shop.write("visits", [{**event, "email": MAIL} for event in events])
    with shop.opened() as project:
        assert [w for w in shop.warnings if w.startswith("visits: ")] == [
            "visits: 1 of 5 events are dated before 1995 (20.0 %); is a time missing there?",
            "visits: 2 of 5 events are dated in the future (40.0 %); is the time zone right?",
            "visits: 1 of 5 events have no date that can be read (20.0 %); is the right column mapped? "
            "1970-01-01 and years from 2200 on count as none",
        ]
        state = project.profile(MAIL).state
        assert (state.as_of, state.days_since_order) == (NOW - timedelta(days=5), 0)
        assert (state.cart_at, state.last_active_at) == (None, NOW - timedelta(days=5))
        assert why_not(project, tmp_path)[MAIL] == "bought since; no consent"
        # They are told all the same.
        assert len([m for m in project.timeline(MAIL).moments if m.source == "visits"]) == 5


def test_an_event_table_a_hundred_times_larger_than_the_rest(shop: Shop) -> None:
    """All on few devices, so that whatever compares each event with each other one would not come to an end."""
    shop.orders("till2", *({"Receipt": str(n), "Time": days_ago(n), "Sum": "10"} for n in range(1, 200)))
    kinds = ("view", "session", "add_to_cart", "login")
    shop.write("visits", [
        {"event_id": str(n), "event": kinds[n % 4], "at": days_ago(n / 200), "device": f"d{n % 3}",
         "email": MAIL if n % 4 == 3 and n % 3 == 1 else None,
         "url": f"https://x.com/?utm_source=google&utm_medium=cpc&utm_campaign=c{n % 7}"}
        for n in range(20_000)
    ])  # fmt: skip
    with shop.opened() as project:
        assert ("paid search", 1, 1990.0) in rows(project, "channels", "acquired_by", "buyers", "revenue")
        touches = rows(project, "campaigns", "campaign", "touches", "known")
        assert (sum(row[1] for row in touches), len(touches)) == (20_000, 7)
        # Two of the devices are nobody's: no login, order or click on them.
        on_device = sum(1 for n in range(20_000) if n % 3 == 1)
        assert 0.99 * on_device < sum(row[2] for row in touches) <= on_device
        assert project.profile(MAIL).state.purchases == 199
        assert sum(row[0] for row in rows(project, "attribution", "orders")) >= 199


def test_a_crm_with_revenue_for_customers_whom_the_shop_has_never_seen(shop: Shop) -> None:
    shop.orders("till2", {"Receipt": "1", "Time": days_ago(5), "Sum": "100"})
    people = {MAIL: "100", "dd77@mail.com": "0", "stranger@far.com": "5000", "other@far.com": "70"}
    shop.contacts(
        "crm", ("id", "email", "Spent"), *({"id": m, "email": m, "Spent": spent} for m, spent in people.items()),
        claims={"revenue": "Spent"},
    )  # fmt: skip
    with shop.opened() as project:
        assert Counter(rows(project, "reconciliation", "outcome", "claimed", "bought")) == Counter(
            [("agrees", 100.0, 100.0), ("agrees", 0.0, 0.0), ("never seen", 5000.0, 0.0), ("never seen", 70.0, 0.0)]
        )
        assert [(f.grade, f.check) for f in project.health().findings if f.source == "crm" and f.grade != "ok"] == [
            ("fail", "mismatch"), ("fail", "never_seen"),
        ]  # fmt: skip
        # The shop's word counts.
        assert rows(project, "revenue_quality", "net") == [(100.0,)]
        assert project.profile("stranger@far.com").state.purchases == 0


def test_no_visit_is_lost_where_every_campaign_is_unknown(shop: Shop) -> None:
    shop.write("visits", [
        {"event_id": str(n), "event": "view", "at": days_ago(n), "email": MAIL if n % 2 else None,
         "url": f"https://x.com/?utm_source=Odd%20{n % 3}&utm_medium=pigeon&utm_campaign=Way+{n % 5}"}
        for n in range(60)
    ])  # fmt: skip
    shop.orders("till2", {"Receipt": "1", "Time": days_ago(0.5), "Sum": "10"})
    with shop.opened() as project:
        found = rows(project, "campaigns", "channel", "campaign", "touches", "known", "spellings")
        assert [row[:4] for row in found] == [("other", f"way-{n}", 12, 6) for n in range(5)]
        assert found[0][4] == [f"Odd {n} / pigeon / Way 0" for n in range(3)]
        assert ("other", 1, 10.0) in rows(project, "channels", "acquired_by", "buyers", "revenue")


def test_a_source_that_arrives_three_days_late(shop: Shop, tmp_path: Path) -> None:
    """It is told to be late; once it has come, all is as if it had come in time."""
    sold = [{"Receipt": str(n), "Mail": "dd77@mail.com", "Time": days_ago(n + 0.4), "Sum": "5"} for n in range(3, 30)]
    shop.orders("till2", *sold)
    visits = [{"event_id": str(n), "event": "view", "at": days_ago(n), "device": "d1"} for n in range(30)]
    visits.append({"event_id": "cart", "event": "add_to_cart", "at": days_ago(3), "email": MAIL})
    shop.write("visits", visits)
    with shop.opened() as project:
        (told,) = (f for f in project.health().findings if f.check == "late")
        assert (told.grade, told.source) == ("warn", "till2")
        assert "3 days behind the other sources; it usually has something new every day" in told.said
        assert why_not(project, tmp_path).get(MAIL) == "no consent"
    late = [{"Receipt": str(n), "Time": days_ago(n + 0.4), "Sum": "5"} for n in range(3)]
    shop.orders("till2", *sold, *late)
    with shop.opened() as project:
        assert all(f.grade == "ok" for f in project.health().findings if f.check == "late")
        assert why_not(project, tmp_path).get(MAIL) == "bought since; no consent"
        measured = {name: Counter(rows(project, name, *columns)) for name, columns in MEASURED.items()}
    in_time = Shop(tmp_path / "twin")
    in_time.orders("till2", *sold, *late)
    in_time.write("visits", visits)
    with in_time.opened() as project:
        assert measured == {name: Counter(rows(project, name, *columns)) for name, columns in MEASURED.items()}
