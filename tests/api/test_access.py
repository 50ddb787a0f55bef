"""Everything held about a person, as one document."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from api.project import Project
from engine.errors import ConfigError, NotFoundError

EMAIL, PHONE = "john@email.com", "+15551234567"
DESK = "zendesk_users:555123456700"


def test_all_of_it_is_there_and_nothing_of_others(copy: Path, tmp_path: Path) -> None:
    with Project(copy) as project:
        made = project.decide("same", DESK, EMAIL, reason="he rang", actor="ann")
        found = project.access(PHONE, tmp_path / "john.json")
        records = {r.record_id for r in project.whois(EMAIL).customer.records}  # type: ignore[union-attr]
    for table in ("records", "identifiers", "orders"):
        assert {row["record_id"] for row in found.held[table]} <= records
    assert {row["record_id"] for row in found.held["records"]} == records
    assert {row["value"] for row in found.held["known_by"]} >= {EMAIL, PHONE}
    assert found.held["events"]
    assert all(row["because"] for row in found.held["events"])
    assert all({row["record_a"], row["record_b"]} <= records for row in found.held["matches"])
    assert [d.entry for d in found.decisions] == [made.entry]
    assert [e.kind for e in found.entries] == ["created"]
    assert found.runs == (found.run_id,)
    assert json.loads((tmp_path / "john.json").read_text())["held"].keys() == found.held.keys()


def test_a_page_to_read_asks_nothing_of_the_network(copy: Path, tmp_path: Path, clew: Callable[..., Result]) -> None:
    page = tmp_path / "john.html"
    assert f"All of it is in {page}." in clew("-p", copy, "access", EMAIL, page).stdout.replace("\n", "")
    text = page.read_text(encoding="utf-8")
    for told in (EMAIL, "+1 555-123-4567", DESK, "Why the records are one person", "same phone", "created"):
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
