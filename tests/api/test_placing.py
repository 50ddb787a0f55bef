"""Who may read what is written."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.project import Project
from engine.errors import ConfigError


@pytest.fixture(autouse=True)
def open_to_all() -> Iterator[None]:
    """What a careless shell lets everybody read."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()}


def test_exports_are_their_owners_alone(project: Project, tmp_path: Path) -> None:
    project.export_members(tmp_path / "members.csv")
    project.export_members(tmp_path / "members.parquet")
    project.audiences(tmp_path / "lists")
    project.access("john@email.com", tmp_path / "john.html")
    project.access("john@email.com", tmp_path / "john.json")
    project.report(tmp_path / "report.html")
    assert len(list(tmp_path.rglob("*.*"))) > 6
    assert modes(tmp_path) == {0o600}


def test_a_file_that_was_shared_stays_so(project: Project, tmp_path: Path) -> None:
    for name in ("members.csv", "members.parquet"):
        shared = tmp_path / name
        shared.touch()
        shared.chmod(0o640)
        project.export_members(shared)
        assert shared.stat().st_size
    assert modes(tmp_path) == {0o640}


def test_the_files_of_a_bulk_import_go_into_no_folder_of_others(project: Project, tmp_path: Path) -> None:
    letter = tmp_path / "letters" / "aunt.txt"
    letter.parent.mkdir()
    letter.write_text("Dear aunt")
    for place, why in ((letter.parent, "isn't empty"), (letter, "is a file")):
        with pytest.raises(ConfigError, match=why):
            project.export_neo4j(place)
    assert [p.name for p in tmp_path.rglob("*")] == ["letters", "aunt.txt"]
    assert letter.read_text() == "Dear aunt"


def test_the_files_of_a_bulk_import_are_their_owners_alone(project: Project, tmp_path: Path) -> None:
    for folder in (tmp_path / "new", tmp_path / "old"):
        if folder.name == "old":
            folder.mkdir()
        project.export_neo4j(folder)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert {p.suffix for p in tmp_path.rglob("*.*")} == {".csv", ".txt"}
    assert {stat.S_IMODE(p.stat().st_mode) for p in tmp_path.rglob("*.csv")} == {0o600}
