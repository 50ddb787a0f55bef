"""What hasn't changed since the run before isn't read again, and nobody can tell the difference by the answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from engine import pipeline, reading
from engine.pipeline import RunResult
from engine.runs import RunTables, read_manifest, write_manifest
from engine.stages import Stages
from engine.state import State
from tests.engine.corner import TILL, VISITS, WEB, Corner, Row, customers, table

pytestmark = pytest.mark.long

CLEO: Row = {"id": "10", "first_name": "Cleo", "last_name": "Cook", "email": "cleopatra9@mail.com"}


def unchanged(result: RunResult) -> int:
    """How many sources a run took from the run before."""
    return int(result.manifest["counts"]["unchanged"])


def decided(corner: Corner) -> reading.Reading:
    """What the next run would read."""
    with State.open(corner.store, read_only=True) as state:
        return reading.what_to_read(corner.config, corner.folder, state, corner.current(), None, {})


def content(run: RunTables) -> tuple[dict[str, list[Any]], list[list[str]]]:
    """All that was read, and who is who."""
    return {name: table(run, name) for name in reading.OF_SOURCES}, customers(run)


def anew(corner: Corner, folder: Path) -> RunTables:
    """The same shop run again, with everything read anew, from the same run on."""
    other = corner.copy(folder)
    other.sources, other.settings = corner.sources, corner.settings
    current = other.current()
    write_manifest(current.folder, {**read_manifest(current), "reading": {}})
    result = other.run()
    assert unchanged(result) == 0
    return result.run


def test_sources_that_are_as_they_were_are_not_read_again(new_corner: Corner, monkeypatch: pytest.MonkeyPatch) -> None:
    assert unchanged(new_corner.run()) == 0
    read: list[Any] = []
    monkeypatch.setattr(Stages, "read", _listening(Stages.read, read))
    result = new_corner.run()
    assert unchanged(result) == 3
    assert [r.now for r, _ in read] == [()]
    assert not any(result.changes.values())


def test_a_run_that_reads_nothing_shares_the_tables_of_what_was_read_on_disk(corner: Corner) -> None:
    first, second = corner.current(), corner.run().run
    assert all(first.path(name).samefile(second.path(name)) for name in reading.OF_SOURCES)
    _more(corner)
    third = corner.run().run
    assert not any(second.path(name).samefile(third.path(name)) for name in reading.OF_SOURCES)


def test_where_a_disk_has_no_second_names_the_tables_are_copied(
    corner: Corner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    first, second = corner.current(), corner.run().run
    assert not any(first.path(name).samefile(second.path(name)) for name in reading.OF_SOURCES)
    assert content(first) == content(second)


def test_an_erased_person_leaves_the_shared_tables_of_every_run(corner: Corner) -> None:
    first, second = corner.current(), corner.run().run
    customer = dict(table(second, "members", "record_id, customer_id"))["web:4"]
    pipeline.erase(corner.config, corner.folder, customer, actor="ann")
    pipeline.finish_erasing(corner.config, corner.folder)
    for run in (first, second):
        assert "dd77@mail.com" not in str(content(run))


def _listening(read: Callable[..., Any], into: list[Any]) -> Callable[..., Any]:
    def listen(*args: Any) -> Any:
        into.append(read(*args))
        return into[-1]

    return listen


def _more(corner: Corner) -> None:
    corner.write("till", [*TILL, CLEO])


def _changed(corner: Corner) -> None:
    _more(corner)
    corner.write("web", WEB[:-1])


def _appended(corner: Corner) -> None:
    corner.sources["visits"]["mode"] = "append"
    corner.run()
    corner.write("visits", [{**VISITS[1], "event_id": "v3", "at": "2026-01-06T10:01:00Z"}])
    corner.run()
    _more(corner)


def _emptied_and_added(corner: Corner) -> None:
    corner.sources["desk"] = {"path": "desk.csv", "preset": "contacts"}
    (corner.folder / "desk.csv").write_bytes((corner.folder / "till.csv").read_bytes())
    (corner.folder / "till.csv").write_text("")


def _dropped(corner: Corner) -> None:
    del corner.sources["till"]


def _in_utf_16(corner: Corner) -> None:
    file = corner.folder / "web.csv"
    file.write_text(file.read_text(encoding="utf-8"), encoding="utf-16")
    corner.run()


@pytest.mark.parametrize(
    ("change", "stay"),
    [(_changed, 1), (_appended, 2), (_emptied_and_added, 2), (_dropped, 2), (_in_utf_16, 3)],
)
def test_a_run_is_what_it_would_be_with_everything_read_anew(
    corner: Corner, tmp_path: Path, change: Callable[[Corner], None], stay: int
) -> None:
    change(corner)
    expected = anew(corner, tmp_path / "anew")
    result = corner.run()
    assert unchanged(result) == stay
    assert content(result.run) == content(expected)


@pytest.mark.parametrize(
    ("settings", "stay"),
    [
        ({"linkage": {"settings": "model.json", "threshold": 3}}, 3),
        ({"consent": {"precedence": "recent"}, "survivorship": {"default": ["recent"]}}, 3),
        ({"region": "GB"}, 0),
        ({"time_zone": "Europe/Berlin"}, 0),
        ({"rates": [{"currency": "EUR", "rate": 1.1}]}, 0),
        ({"identifiers": {"email": {"trust": "weak"}, "phone": {"max_customers": 2}}}, 3),
        ({"identifiers": {"email": {"block": ["aarch@mail.com"]}}}, 0),
    ],
)
def test_settings_that_decide_how_to_read_have_everything_read_anew(
    corner: Corner, settings: dict[str, Any], stay: int
) -> None:
    corner.settings.update(settings)
    assert len(decided(corner).stay) == stay


def test_settings_of_one_source_have_that_one_read_anew(corner: Corner) -> None:
    corner.sources["till"]["time_zone"] = "Europe/Berlin"
    assert decided(corner).now == ("till",)


def test_another_version_of_the_code_reads_everything_anew(corner: Corner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_code", lambda: "newer")
    assert decided(corner).stay == ()


def test_a_file_of_the_same_size_with_other_content_is_read(corner: Corner) -> None:
    file = corner.folder / "till.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("eve.e@", "eve.f@"), encoding="utf-8")
    result = corner.run()
    assert unchanged(result) == 2
    assert ("eve.f@mail.com",) in table(result.run, "identifiers", "value")


def test_a_frame_is_read_whatever_the_file_says(corner: Corner) -> None:
    frame = pd.DataFrame([*TILL, CLEO])
    result = corner.run(frames={"till": frame})
    assert unchanged(result) == 2
    assert len(table(result.run, "records", "key", "WHERE source = 'till'")) == 4
    # The file is not what was read last.
    assert unchanged(corner.run()) == 2
    assert len(table(corner.current(), "records", "key", "WHERE source = 'till'")) == 3


def test_what_one_source_was_asked_for_leaves_the_others_as_they_were_read(corner: Corner) -> None:
    corner.settings["region"] = "GB"
    assert unchanged(corner.run(only="till")) == 2
    # The others go by the region of before, until all are asked for.
    assert unchanged(corner.run()) == 1


def test_what_reading_has_to_say_is_said_in_every_run(new_corner: Corner) -> None:
    new_corner.write("till", [*TILL, {**TILL[0], "last_name": "Archer-Smith"}])
    said = new_corner.run().warnings
    assert any(w.startswith("till: ") for w in said)
    again = new_corner.run()
    assert (unchanged(again), again.warnings) == (3, said)


def test_whoever_is_erased_has_everything_read_anew_once(corner: Corner) -> None:
    customer = dict(table(corner.current(), "members", "record_id, customer_id"))["web:4"]
    pipeline.erase(corner.config, corner.folder, customer, actor="ann")
    pipeline.finish_erasing(corner.config, corner.folder)
    first, second = corner.run(), corner.run()
    assert (unchanged(first), unchanged(second)) == (0, 3)
    assert content(first.run) == content(second.run)
    assert "stopped: 1 of a person" in str(table(second.run, "rejects", "reason"))
