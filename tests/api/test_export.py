"""Audiences and measures as files."""

from __future__ import annotations

import csv
import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from api.project import Project
from engine.errors import ConfigError
from engine.measure import views

AT = datetime(2026, 10, 20, tzinfo=UTC)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def told(table: pa.Table) -> list[list[str]]:
    """The values of the rows; of sums, which depend on the order of what is added, not the last digits."""
    return [[f"{v:.6f}" if isinstance(v, float) else str(v) for v in row.values()] for row in table.to_pylist()]


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


def test_all_lists_are_those_that_are_made_one_by_one(project: Project, tmp_path: Path) -> None:
    found = project.audiences(tmp_path / "lists", at=AT)
    written = {file.name: file.read_bytes() for file in (tmp_path / "lists").iterdir()}
    assert len(written) == 2 * len(found.audiences) == 18
    asked = (("win-back", "email", True), ("cart-recovery", "sms", False), ("newsletter", "ads", True))
    for purpose, channel, reach in asked:
        alone = project.audience(purpose, channel, tmp_path / "one.csv", reach=reach, at=AT)  # type: ignore[arg-type]
        assert alone.audience in found.audiences
        assert (tmp_path / "one.csv").read_bytes() == written[
            f"{purpose}-{channel}-{'reach' if reach else 'suppress'}.csv"
        ]


def test_every_measure_is_a_file_with_the_rows_that_it_has_alone(project: Project, tmp_path: Path) -> None:
    found = project.export_measures(tmp_path / "measures", AT)
    assert {file.name for file in (tmp_path / "measures").iterdir()} == {f"{view.name}.parquet" for view in views()}
    for name in ("event_facts", "credits", "reminders", "carts", "contacts", "customer_state"):
        file = duckdb.sql(f"FROM '{tmp_path}/measures/{name}.parquet' ORDER BY ALL").to_arrow_table()
        assert told(file) == told(project.measure(name, AT).rows)
        assert file.num_rows == found.rows[name] > 0


def test_a_folder_keeps_what_else_is_in_it_and_gets_all_or_nothing(project: Project, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "win-back-email-reach.csv").write_text("old")
    project.audiences(tmp_path, at=AT)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / "win-back-email-reach.csv").read_text() != "old"
    with pytest.raises(ConfigError, match="is a file; give the name of a folder"):
        project.export_measures(tmp_path / "notes.txt")
    (tmp_path / "taken" / "carts.parquet").mkdir(parents=True)
    with pytest.raises(ConfigError, match="can't be written: is a directory"):
        project.export_measures(tmp_path / "taken")
    assert not (tmp_path / "taken" / ".part").exists()


def test_what_a_killed_export_left_comes_into_no_later_one(project: Project, tmp_path: Path) -> None:
    left = tmp_path / "lists" / ".part"
    left.mkdir(parents=True)
    (left / "half.parquet.part").write_text("half a file")
    project.audiences(tmp_path / "lists")
    assert {path.suffix for path in (tmp_path / "lists").iterdir()} == {".csv"}


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
