"""Everything held about a person, as one document."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import Result

from api.project import Project
from engine.errors import ConfigError, NotFoundError
from engine.state.accesses import Accessed, AccessLog

EMAIL, PHONE = "john@email.com", "+15551234567"
DESK = "zendesk_users:555123456700"


def records_of_all(project: Project, folder: Path) -> list[str]:
    project.export_members(folder / "members.csv")
    with (folder / "members.csv").open(newline="", encoding="utf-8") as file:
        return [f"{row['source']}:{row['key']}" for row in csv.DictReader(file)]


def test_all_of_it_is_there_and_nothing_of_others(copy: Path, tmp_path: Path) -> None:
    with Project(copy) as project:
        made = project.decide("same", DESK, EMAIL, reason="he rang", actor="ann")
        blocked = project.block(EMAIL, actor="ann")
        records = {r.record_id for r in project.whois(EMAIL).customer.records}  # type: ignore[union-attr]
        others = [r for r in records_of_all(project, tmp_path) if r not in records][:2]
        project.label(DESK, others[0], same=False, actor="bob")
        project.label(others[0], others[1], same=True, actor="bob")
        found = project.access(PHONE, tmp_path / "john.json")
    for table in ("records", "identifiers", "orders"):
        assert {row["record_id"] for row in found.held[table]} <= records
    assert {row["record_id"] for row in found.held["records"]} == records
    assert {row["value"] for row in found.held["known_by"]} >= {EMAIL, PHONE}
    assert found.held["events"]
    assert all(row["because"] for row in found.held["events"])
    assert all({row["record_a"], row["record_b"]} <= records for row in found.held["matches"])
    assert [d.entry for d in found.decisions] == [made.entry, blocked.entry]
    (label,) = found.labels
    assert ({label.record_a, label.record_b}, label.same, label.actor) == ({DESK, others[0]}, False, "bob")
    assert [e.kind for e in found.entries] == ["created"]
    assert found.runs == (found.run_id,)
    assert json.loads((tmp_path / "john.json").read_text())["held"].keys() == found.held.keys()


def test_who_was_shown_it_by_day_until_that_is_pruned(copy: Path, tmp_path: Path, clew: Callable[..., Result]) -> None:
    page = tmp_path / "john.html"
    with Project(copy) as project, AccessLog(copy / ".clew") as log:
        john = project.whois(EMAIL).customer.customer_id  # type: ignore[union-attr]
        days = [datetime(2026, 1, 1, 8), datetime(2026, 1, 1, 9), datetime.now(UTC)]
        log.append(Accessed(at, "0badcafe", "the site", "GET /v1/whois", john, True, "r") for at in days)
        assert len(project.access(EMAIL, page).accesses) == 3
    told = re.sub(r"<[^>]+>", " ", page.read_text())
    assert re.search(r"2026-01-01\s+the site\s+GET /v1/whois\s+yes\s+2\s", told)
    dry = clew("-p", copy, "prune", "--keep", "9", "--access-days", "30", "--dry-run").stdout
    assert "2 entries of the access log would be removed." in " ".join(dry.split())
    assert json.loads(clew("-p", copy, "prune", "--keep", "9", "--access-days", "30", "--json").stdout)["accesses"] == 2
    with Project(copy) as project:
        assert len(project.access(EMAIL).accesses) == 1
        with pytest.raises(ConfigError, match="1 to 36500"):
            project.prune(9, access_days=1e9)


def test_what_was_kept_apart_is_told_with_what_forbade_it(copy: Path, tmp_path: Path) -> None:
    with Project(copy) as project:
        refused = (
            project.sql(
                """SELECT customer_id, count(*) AS pairs FROM members m
            JOIN refusals r ON m.record_id IN (record_a, record_b)
            WHERE (SELECT count(*) FROM members o WHERE o.customer_id = m.customer_id
                AND o.record_id IN (record_a, record_b)) = 1
            GROUP BY customer_id ORDER BY pairs DESC, customer_id LIMIT 1"""
            )
            .to_arrow()
            .to_pylist()[0]
        )
        found = project.access(refused["customer_id"], tmp_path / "held.html")
    records = {row["record_id"] for row in found.held["records"]}
    apart = [row for row in found.held["refusals"] if row["record_b"] not in records]
    assert len(apart) == refused["pairs"]
    assert all(row["record_a"] in records and row["refusal"] and row["reasons"] for row in apart)
    page = (tmp_path / "held.html").read_text(encoding="utf-8")
    assert all(row["record_b"] in page and row["refusal"] in page for row in apart)


def test_a_page_to_read_asks_nothing_of_the_network(copy: Path, tmp_path: Path, clew: Callable[..., Result]) -> None:
    page = tmp_path / "john.html"
    with Project(copy) as project:
        project.block(PHONE, reason="everybody's", actor="ann")
        other = next(r for r in records_of_all(project, tmp_path) if not r.endswith(DESK))
        project.label(DESK, other, same=True, actor="bob")
    told = clew("-p", copy, "access", EMAIL, page).stdout
    assert f"All of it is in {page}." in told.replace("\n", "")
    assert "answers shown to somebody" in told
    text = page.read_text(encoding="utf-8")
    for told in (
        EMAIL,
        "+1 555-123-4567",
        DESK,
        "Why the records are one person",
        "same phone",
        "created",
        f"phone {PHONE} never links",
        "judged to be",
        other,
    ):
        assert told in text
    assert "<script" not in text
    assert not re.search(r"(src|href)=.?http", text)


def test_a_name_that_is_no_document(copy: Path, tmp_path: Path) -> None:
    with Project(copy) as project:
        with pytest.raises(ConfigError):
            project.access(EMAIL, tmp_path / "john.txt")
        with pytest.raises(NotFoundError):
            project.access("nobody@nowhere.com", tmp_path / "nobody.html")
    assert list(tmp_path.glob("*.txt")) == []
    assert list(tmp_path.glob("nobody*")) == []
