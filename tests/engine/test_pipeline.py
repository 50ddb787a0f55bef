"""The whole road, on shops small enough to be run several times."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from engine import pipeline
from engine.compute import Compute
from engine.config import config_hash
from engine.errors import ClewError, ConfigError, NotFoundError, SourceError
from engine.link import ENOUGH_PEOPLE
from engine.pipeline import RunResult
from engine.reading import OF_SOURCES
from engine.runs import SCHEMA_VERSION, RunTables, read_manifest, write_manifest
from engine.stages import COMPARED, RUN_TABLES
from engine.state import State
from engine.tables import RECORDS
from tests.engine.conftest import Published
from tests.engine.corner import COLUMNS, EVENT_COLUMNS, PEOPLE, TILL, VISITS, WEB, Corner, customers, table, write_csv


def bare(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest without what differs from run to run."""
    return {k: v for k, v in manifest.items() if k not in ("run_id", "started", "seconds")}


def entries(store: Path) -> int:
    with State.open(store, read_only=True) as state:
        return state.head()[0]


def changed(a: RunTables, b: RunTables) -> list[str]:
    """Names of the tables that differ between two runs, by their bytes."""
    return [name for name in RUN_TABLES if a.path(name).read_bytes() != b.path(name).read_bytes()]


# --- the demo shop


@pytest.fixture(scope="module")
def again(published: Published, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """A second run over the same input, all of which it reads anew."""
    folder = Path(shutil.copytree(published.folder, tmp_path_factory.mktemp("again") / "shop"))
    first = RunTables(folder / published.config.store / "runs" / published.result.run.run_id)
    write_manifest(first.folder, {**read_manifest(first), "reading": {}})
    return pipeline.run(published.config, folder)


def test_the_same_input_gives_the_same_tables(published: Published, again: RunResult) -> None:
    assert again.run.run_id != published.result.run.run_id
    assert changed(published.result.run, again.run) == []
    assert bare(again.manifest) == bare(published.result.manifest)


def test_the_same_input_adds_nothing_to_the_ledger(published: Published, again: RunResult) -> None:
    assert not again.changes
    assert entries(again.run.folder.parent.parent) == entries(published.folder / ".clew")


def test_the_model_of_the_first_run_serves_the_second(published: Published, again: RunResult) -> None:
    assert again.manifest["model_hash"] == published.result.manifest["model_hash"]
    assert len(list((again.run.folder.parent.parent / "models").iterdir())) == 1


def test_every_record_has_one_customer_and_every_customer_an_anchor(published: Published) -> None:
    run = published.result.run
    members = table(run, "members", "record_id, customer_id, confidence")
    assert [(m[0],) for m in members] == table(run, "records", "record_id")
    anchors = dict(table(run, "customers", "customer_id, anchor"))
    belongs = {record: customer for record, customer, _ in members}
    assert set(belongs.values()) == set(anchors)
    assert all(belongs[anchor] == customer for customer, anchor in anchors.items())
    assert all(confidence == 1 for record, customer, confidence in members if anchors[customer] == record)
    assert all(0.5 <= confidence <= 1 for _, _, confidence in members)


# --- the manifest


def test_the_manifest_says_what_went_in_and_what_came_out(corner_run: Corner) -> None:
    run = corner_run.current()
    manifest = read_manifest(run)
    assert manifest["schema_version"] == SCHEMA_VERSION
    assert manifest["run_id"] == run.run_id
    assert manifest["config_hash"] == config_hash(corner_run.config)
    assert manifest["settings_hash"] == hashlib.sha256((run.folder / "settings.json").read_bytes()).hexdigest()
    assert manifest["model_hash"].startswith(manifest["model"])
    for entry, source in zip(manifest["inputs"], ["till", "visits", "web"], strict=True):
        content = (corner_run.folder / f"{source}.csv").read_bytes()
        assert (entry["source"], entry["file"]) == (source, f"{source}.csv")
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
        assert entry["bytes"] == len(content)
    counts = manifest["counts"]
    assert counts["records"] == counts["members"] == len(WEB) + len(TILL)
    assert counts["customers"] == len(PEOPLE)
    assert counts["events"] == len(VISITS)
    assert list(manifest["seconds"]) == ["sources", "standardise", "link", "cluster", "ledger", "profile", "health"]
    hashes = {f"{t}.hashes" for t in COMPARED}
    assert {p.name for p in run.folder.iterdir()} == {f"{t}.parquet" for t in RUN_TABLES} | hashes | {
        "manifest.json",
        "settings.json",
    }


def test_the_manifest_on_disk_is_the_one_that_the_state_vouches_for(corner_run: Corner) -> None:
    run = corner_run.current()
    with State.open(corner_run.store, read_only=True) as state:
        published = state.run(run.run_id)
    assert published.status == "published"
    told = json.dumps(read_manifest(run), sort_keys=True)
    assert published.manifest_hash == hashlib.sha256(told.encode()).hexdigest()


def test_a_manifest_of_a_newer_version_or_none_at_all_is_refused(corner: Corner) -> None:
    run = corner.current()
    path = run.folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema_version": 99}))
    with pytest.raises(ClewError, match="newer version of Clew"):
        read_manifest(run)
    path.write_text("{")
    with pytest.raises(ClewError, match="run again"):
        read_manifest(run)


def test_every_stage_is_reported(new_corner: Corner) -> None:
    told: list[tuple[str, str]] = []

    class Listener:
        def stage(self, name: str) -> None:
            told.append(("stage", name))

        def step(self, text: str) -> None:
            told.append(("step", text))

        def done(self, name: str, seconds: float, counts: Mapping[str, int]) -> None:
            assert seconds >= 0
            told.append(("done", name))

    new_corner.run(reporter=Listener())
    stages = ["sources", "standardise", "link", "cluster", "ledger", "profile", "health", "publish"]
    assert [name for kind, name in told if kind == "stage"] == stages
    assert [name for kind, name in told if kind == "done"] == stages
    steps = [name for kind, name in told if kind == "step"]
    assert steps[:3] == ["web", "till", "visits"]
    assert "score" in steps


# --- one source afresh


def test_one_source_is_read_afresh_and_the_others_stay(corner: Corner) -> None:
    first = corner.current()
    cleo = {"id": "10", "first_name": "Cleo", "last_name": "Cook", "email": "cleopatra9@mail.com"}
    corner.write("till", [*TILL, cleo])
    corner.write("web", [])  # must not be looked at
    second = corner.run(only="till").run
    assert customers(second) == sorted([*(g for g in PEOPLE if g != ["web:3"]), ["till:10", "web:3"]])
    for name in OF_SOURCES:
        others = [[r for r in table(run, name) if not str(r[0]).startswith("till")] for run in (first, second)]
        if name != "records":
            assert others[0] == others[1]
    assert table(second, "records", "*", "WHERE source = 'web'") == table(first, "records", "*", "WHERE source = 'web'")
    assert table(second, "source_files", "source") == [("till",), ("visits",), ("web",)]


def test_a_source_that_there_is_not_is_no_run_that_failed(corner: Corner) -> None:
    for only, frames in (("tills", None), (None, {"tills": []})):
        with pytest.raises(NotFoundError, match=r"There is no source 'tills'\. Did you mean 'till'"):
            corner.run(only=only, frames=frames)
    with State.open(corner.store, read_only=True) as state:
        assert [run.status for run in state.runs()] == ["published"]


def test_one_source_can_be_refreshed_after_another_lost_a_column_of_the_projects_own(new_corner: Corner) -> None:
    record = {"key": "id", "last_name": "last_name", "identifiers": [{"type": "email", "column": "email"}]}
    extras = {"tier": "tier"}
    new_corner.sources["web"] = {"path": "web.csv", "map": {"record": {**record, "extras": extras}}}
    write_csv(new_corner.folder / "web.csv", (*COLUMNS, "tier"), [{**row, "tier": "gold"} for row in WEB])
    first = new_corner.run().run
    assert ("gold",) in table(first, "records", "x_tier")
    new_corner.sources["web"] = {"path": "web.csv", "map": {"record": record}}
    second = new_corner.run(only="till").run
    assert len(table(second, "records")) == len(WEB) + len(TILL)
    with Compute(threads=1) as compute:
        compute.read_parquet("kept", second.path("records"))
        assert list(compute.columns("kept")) == [*RECORDS.columns, "x_language"]


def test_a_source_that_is_not_there_is_named_with_its_likeness(corner: Corner) -> None:
    with pytest.raises(NotFoundError, match="Did you mean 'till'"):
        corner.run(only="tills")


def test_a_first_run_cannot_be_of_one_source(new_corner: Corner) -> None:
    with pytest.raises(ConfigError, match="no run yet"):
        new_corner.run(only="till")


# --- what a CRM claims


def test_what_a_crm_claims_touches_nobody_and_is_kept_like_the_rest(new_corner: Corner) -> None:
    claims = {"record": {"claims": {"revenue": "revenue"}}}
    new_corner.sources["web"] = {"path": "web.csv", "preset": "contacts", "map": claims}
    found = []
    for revenues in (("9", "9", "9", "9"), ("1", "200", "", "3000")):
        rows = [{**row, "revenue": revenue} for row, revenue in zip(WEB, revenues, strict=True)]
        write_csv(new_corner.folder / "web.csv", (*COLUMNS, "revenue"), rows)
        found.append(new_corner.run().run)
    first, second = found
    assert {"claims", "source_files", "source_columns", "health"} >= set(changed(first, second)) >= {"claims"}
    assert table(second, "claims", "record_id, base_revenue") == [("web:1", 1.0), ("web:2", 200.0), ("web:4", 3000.0)]
    third = new_corner.run(only="till").run
    assert changed(second, third) == []


# --- sources that grow, shrink and vanish


def test_a_source_that_appends_keeps_what_it_no_longer_lists(corner: Corner) -> None:
    corner.sources["till"]["mode"] = "append"
    corner.sources["visits"]["mode"] = "append"
    later = {"id": "8", "first_name": "Robert", "last_name": "Baker", "email": "rob@mail.com", "phone": "415-555-2672"}
    corner.write("till", [later])
    corner.write("visits", [{**VISITS[0], "event": "click"}])
    corner.write("web", WEB[:3])
    second = corner.run().run
    keys = [r for (r,) in table(second, "records", "record_id")]
    assert keys == ["till:7", "till:8", "till:9", "web:1", "web:2", "web:3"]
    # What comes again is what is known now, and not mixed with what was.
    assert ("till:8", "rob@mail.com") in table(second, "identifiers", "record_id, value")
    assert table(second, "identifiers", "type", "WHERE record_id = 'till:8'") == [("email",), ("phone",)]
    assert table(second, "events", "key, kind") == [("v1", "click"), ("v2", "view")]
    third = corner.run()
    assert not third.changes
    assert changed(second, third.run) == []


def test_a_row_that_is_gone_from_a_snapshot_is_gone(corner: Corner) -> None:
    corner.write("till", TILL[:2])
    second = corner.run().run
    assert customers(second) == [group for group in PEOPLE if group != ["till:9"]]
    assert not table(second, "records", "*", "WHERE record_id = 'till:9'")
    assert not table(second, "identifiers", "*", "WHERE record_id = 'till:9'")


def test_a_file_that_vanishes_stops_the_run_and_the_earlier_one_stands(corner: Corner) -> None:
    first = corner.current()
    (corner.folder / "till.csv").unlink()
    # Within one second, too, each failure is a run of its own.
    for _ in range(3):
        with pytest.raises(SourceError, match="till"):
            corner.run()
    assert corner.current() == first
    with State.open(corner.store, read_only=True) as state:
        assert [r.status for r in state.runs()] == ["published", "failed", "failed", "failed"]
    assert [p.name for p in (corner.store / "runs").iterdir()] == [first.run_id]


def test_a_source_that_left_the_project_leaves_the_answer(corner: Corner) -> None:
    del corner.sources["till"]
    assert customers(corner.run().run) == [["web:1"], ["web:2"], ["web:3"], ["web:4"]]


# --- frames


def test_frames_in_place_of_files_give_the_same_answer(new_corner: Corner) -> None:
    for name in ("web", "till", "visits"):
        (new_corner.folder / f"{name}.csv").unlink()
    till = [{c: row.get(c) for c in COLUMNS} for row in TILL]
    frames = {
        "web": pd.DataFrame([dict(row) for row in WEB], columns=list(COLUMNS)),
        "till": pl.DataFrame(till, schema=dict.fromkeys(COLUMNS, pl.String)),
        "visits": pa.Table.from_pylist(
            [dict(row) for row in VISITS], schema=pa.schema([(c, pa.string()) for c in EVENT_COLUMNS])
        ),
    }
    run = new_corner.run(frames=frames).run
    assert customers(run) == PEOPLE
    assert table(run, "device_windows", "device") == [("d1",)]
    assert table(run, "source_files", "source, file") == [("till", "frame"), ("visits", "frame"), ("web", "frame")]


def test_a_frame_for_an_unknown_source_is_refused(corner: Corner) -> None:
    with pytest.raises(NotFoundError, match="tll"):
        corner.run(frames={"tll": pa.table({"id": []})})


# --- the first day


@pytest.fixture
def first_day(tmp_path: Path) -> Corner:
    """A shop of one customer, in one or two sources, that learns its weights itself."""
    corner = Corner(tmp_path / "shop")
    corner.settings = {}
    corner.write("visits", [])
    corner.write("web", WEB[:1])
    corner.write("till", [])
    return corner


def test_a_shop_of_one_record_is_published(first_day: Corner) -> None:
    result = first_day.run()
    assert customers(result.run) == [["web:1"]]
    assert result.warnings[-1].startswith("too few people to learn from")


def test_what_one_customer_says_twice_is_one_customer_from_the_first_day_on(first_day: Corner) -> None:
    first = first_day.run()
    first_day.write("till", [{**WEB[0], "id": "7"}])
    assert customers(first_day.run().run) == [["till:7", "web:1"]]
    first_day.write("till", TILL)
    first_day.write("web", WEB)
    last = first_day.run()
    assert customers(last.run) == PEOPLE
    assert last.manifest["model_hash"] != first.manifest["model_hash"]


def test_records_that_nothing_can_compare_are_customers_each(first_day: Corner) -> None:
    first_day.write("web", [{"id": "1"}, {"id": "2"}])
    result = first_day.run()
    assert customers(result.run) == [["web:1"], ["web:2"]]
    assert table(result.run, "matches", "count(*)") == [(0,)]


def test_once_there_are_people_enough_the_run_says_so(first_day: Corner) -> None:
    people = [
        {"id": str(n), "first_name": f"ann{n}", "last_name": f"archer{n}", "email": f"p{n}@x{n}.com"}
        for n in range(ENOUGH_PEOPLE)
    ]
    first_day.write("web", people[:1])
    first_day.run()
    first_day.write("web", people)
    assert first_day.run().warnings[-1].endswith("there are people enough now: `clew train` learns from them")
    assert "people to learn from" not in "".join(first_day.run(retrain=True).warnings)
