"""Audiences as files, in the columns that tools accept."""

from __future__ import annotations

import csv
import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from api.project import Project
from engine.errors import ConfigError
from engine.measure import views

AT = datetime(2026, 10, 20, tzinfo=UTC)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_those_to_write_to_and_those_not_are_all(project: Project, tmp_path: Path) -> None:
    found = project.audience("newsletter", "email", tmp_path / "reach.csv", at=AT)
    project.audience("newsletter", "email", tmp_path / "not.csv", reach=False, at=AT)
    reach, suppressed = rows(tmp_path / "reach.csv"), rows(tmp_path / "not.csv")
    assert len(reach) == found.audience.reached > 0
    left_out = {row["customer_id"] for row in suppressed} - {row["customer_id"] for row in reach}
    assert len(reach) + len(left_out) == found.audience.about
    assert list(reach[0]) == ["customer_id", "address", "since", "why_not"]
    assert not any(row["why_not"] for row in reach)
    assert all(row["why_not"] for row in suppressed)
    # Of one who may be written to, another address may have opted out.
    assert not {row["address"] for row in reach} & {row["address"] for row in suppressed}


def test_without_a_file_it_is_counted(project: Project) -> None:
    found = project.audience("cart-recovery", at=AT)
    assert found.file is None
    assert found.to_dict()["audience"]["about"] == found.audience.about > 0
    assert project.audience("cart-recovery", at=AT.replace(tzinfo=None)).audience == found.audience


def test_klaviyo_takes_the_address_first(project: Project, tmp_path: Path) -> None:
    project.audience("newsletter", "email", tmp_path / "e.csv", layout="klaviyo", at=AT)
    project.audience("newsletter", "sms", tmp_path / "s.csv", layout="klaviyo", at=AT)
    assert next(iter(rows(tmp_path / "e.csv")[0])) == "Email"
    phones = rows(tmp_path / "s.csv")
    assert all(re.fullmatch(r"\+[1-9]\d{6,14}", row["Phone Number"]) for row in phones)
    assert phones


def test_meta_gets_hashes_only(project: Project, tmp_path: Path) -> None:
    project.audience("newsletter", "email", tmp_path / "meta.csv", layout="meta", at=AT)
    project.audience("newsletter", "email", tmp_path / "plain.csv", at=AT)
    project.audience("newsletter", "sms", tmp_path / "phones.csv", layout="meta", at=AT)
    found = rows(tmp_path / "meta.csv")
    assert list(found[0]) == ["email", "fn", "ln", "ct", "st", "zip", "country"]
    assert all(re.fullmatch("[0-9a-f]{64}|", value) for row in found for value in row.values())
    addresses = {row["address"] for row in rows(tmp_path / "plain.csv")}
    assert {row["email"] for row in found} == {hashlib.sha256(a.encode()).hexdigest() for a in addresses}
    assert next(iter(rows(tmp_path / "phones.csv")[0])) == "phone"


def test_a_place_that_can_not_be_written_is_told(project: Project, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"should end in \.csv or \.parquet"):
        project.audience("newsletter", file=tmp_path / "a.txt")
    assert list(tmp_path.iterdir()) == []


def test_a_bi_tool_finds_every_measure_in_a_file_of_its_own(project: Project, tmp_path: Path) -> None:
    found = project.export_views(tmp_path / "clew.duckdb")
    assert found.rows == len(views())
    (tmp_path / "clew.duckdb").rename(tmp_path / "moved.duckdb")
    with duckdb.connect(tmp_path / "moved.duckdb", read_only=True) as database:
        told = dict(database.execute("SELECT view_name, comment FROM duckdb_views() WHERE NOT internal").fetchall())
        assert told["channels"].startswith("Revenue, repeat rate and lifetime value by acquisition channel.")
        rows = database.execute("SELECT acquired_by, buyers FROM channels ORDER BY ALL").fetchall()
        for view in views():
            database.execute(f"FROM {view.name} LIMIT 1")
    measured = project.measure("channels").rows.select(["acquired_by", "buyers"]).to_pylist()
    assert rows == [tuple(row.values()) for row in measured]
    with pytest.raises(ConfigError, match=r"should end in \.duckdb"):
        project.export_views(tmp_path / "views.csv")
