"""A store on a disk that is full or read-only: the earlier answer stands and can be read, and the rest is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from api.project import Project, open_project
from engine.errors import DiskError
from engine.pipeline import run
from tests.disks import Disk, apart

pytestmark = pytest.mark.long

JOHN = "john@email.com"


def test_a_full_disk(copy: Path) -> None:
    apart("tests.api.test_disks:full", copy)


def test_a_first_run_on_a_full_disk(copy: Path) -> None:
    apart("tests.api.test_disks:full_from_the_start", copy)


def test_a_read_only_disk(copy: Path) -> None:
    apart("tests.api.test_disks:read_only", copy)


def test_an_export_to_a_full_disk(copy: Path) -> None:
    apart("tests.api.test_disks:exports", copy)


def full(folder: Path) -> None:
    """What happens when no byte is left, when tables find no room, and when the graph alone finds none."""
    disk = _moved(folder)
    before = _asked(folder)
    with (folder / "hubspot_contacts.csv").open() as file:
        lines = file.readlines()
    (folder / "hubspot_contacts.csv").write_text("".join(lines[:20]))
    for left, place in (
        (0, r"state\.lock .*disk is full\. Free some space"),
        (60, r"\.clew: the disk is full\. Make room"),
    ):
        disk.leave(left)
        with _opened(folder) as project, pytest.raises(DiskError, match=place):
            project.run()
        assert _asked(folder) == before
    disk.clear()
    with _opened(folder) as project:
        published = run(project.config, project.root).run.run_id
        disk.leave(100)
        assert _john(project) == before
        with pytest.raises(DiskError, match=r"graph\.db: the disk is full .* Make room, then `clew publish`"):
            project.publish()
        assert _asked(folder) == before
        disk.clear()
        assert project.publish(verify=True).run_id == published
        assert _john(project) == before


def full_from_the_start(folder: Path) -> None:
    """A disk on which not even an empty state.db finds room must not be in the way of a run once there is room."""
    shutil.rmtree(folder / ".clew")
    (folder / ".clew").mkdir()
    disk = Disk(folder / ".clew", 64)
    with _opened(folder) as project:
        with pytest.raises(DiskError, match=r"state\.db can't grow: the disk is full"):
            project.run()
        assert project.status().run is None
        assert not project.expected_seconds()
        disk.grow(20_000)
        project.run()
    assert _asked(folder)


def read_only(folder: Path) -> None:
    """All questions are answered; what would write is refused."""
    disk = _moved(folder)
    before = _asked(folder)
    disk.writable(False)
    assert _asked(folder) == before
    with _opened(folder) as project:
        for act in (project.run, project.train, lambda: project.publish(rebuild=True)):
            with pytest.raises(DiskError, match="read-only"):
                act()
        assert project.status().run is not None
    disk.writable(True)
    with _opened(folder) as project:
        assert project.publish(verify=True).unchanged


def exports(folder: Path) -> None:
    """What was asked for is named, and neither the file beside it nor one in a folder; nothing half-written is left."""
    out = folder / "out"
    out.mkdir()
    disk = Disk(out, 1_000)
    disk.leave(0)
    with _opened(folder) as project:
        for name, export in (
            ("members.csv", project.export_members),
            ("members.parquet", project.export_members),
            ("views.duckdb", project.export_views),
            ("report.html", project.report),
            ("measures", project.export_measures),
            ("neo4j", project.export_neo4j),
        ):
            with pytest.raises(DiskError) as told:
                export(out / name)
            assert str(told.value) == f"{out / name}: can't be written: the disk is full"
    assert {path.name for path in out.rglob("*")} == {"filler", "measures", "neo4j"}


def _moved(folder: Path) -> Disk:
    """The demo's store, moved onto a small disk."""
    store = folder / ".clew"
    shutil.move(store, folder / "earlier")
    store.mkdir()
    disk = Disk(store, 20_000)
    shutil.copytree(folder / "earlier", store, dirs_exist_ok=True)
    return disk


def _opened(folder: Path) -> Project:
    return open_project(folder)


def _asked(folder: Path) -> str:
    """Who John is, asked by somebody who has opened nothing yet."""
    with _opened(folder) as project:
        return _john(project)


def _john(project: Project) -> str:
    found = project.whois(JOHN).customer
    assert found is not None
    return found.customer_id
