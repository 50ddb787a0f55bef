"""What may befall a run: killed in any stage, interrupted, no place to write, a record from the future."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.compute import Compute
from engine.errors import LinkError, StateError
from engine.state import State
from tests.engine.corner import PEOPLE, TILL, Corner, customers

ROOT = Path(__file__).parents[2]
STAGES = ("sources", "standardise", "link", "cluster", "ledger", "profile", "publish")

#: Runs the shop in folder argv[1] and is killed with no chance to tidy up: at the start of a stage, at the end of the
#: last one, when half of the tables are written, or when all are and only the commit is missing.
KILLED = """
import os, signal, sys
from pathlib import Path
from engine.compute import Compute
from engine.pipeline import Silent
from engine.state import State
from tests.engine.corner import Corner

folder, moment = Path(sys.argv[1]), sys.argv[2]

def die():
    os.kill(os.getpid(), signal.SIGKILL)

class Deadly(Silent):
    def stage(self, name):
        if name == moment:
            die()

    def done(self, name, seconds, counts):
        if moment == "published":
            die()

write = Compute.write_parquet
def write_half(self, name, path, order_by=None):
    if moment == "half written" and name == "members":
        path.with_name(path.name + ".part").write_bytes(b"PAR1")
        die()
    write(self, name, path, order_by)
Compute.write_parquet = write_half

publish = State.publish
def publish_or_die(self, *args, **options):
    if moment == "before the commit":
        die()
    publish(self, *args, **options)
    if moment == "after the commit":
        die()
State.publish = publish_or_die

Corner(folder).run(reporter=Deadly())
"""


def kill_in(shop: Corner, moment: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(shop.folder), moment],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def litter(shop: Corner) -> list[str]:
    """What lies in the store that no published run, no model and no record needs."""
    with State.open(shop.store, read_only=True) as state:
        published = {r.run_id for r in state.runs() if r.status == "published"}
    found = [f"runs/{p.name}" for p in (shop.store / "runs").iterdir() if p.name not in published]
    found += [f"scratch/{p.name}" for p in (shop.store / "scratch").glob("*")]
    found += [str(p.relative_to(shop.store)) for p in shop.store.rglob("*.part")]
    return sorted(set(found))


def statuses(shop: Corner) -> list[str]:
    with State.open(shop.store, read_only=True) as state:
        return [r.status for r in state.runs()]


# --- kill -9


@pytest.mark.parametrize("moments", [STAGES[:3], STAGES[3:5], STAGES[5:], ("half written", "before the commit")])
def test_a_run_killed_in_any_stage_leaves_the_earlier_answer_and_the_next_run_works(
    corner: Corner, moments: tuple[str, ...]
) -> None:
    first = corner.current()
    corner.write("till", TILL[:2])
    for moment in moments:
        kill_in(corner, moment)
        assert corner.current() == first
        assert customers(first) == PEOPLE
    second = corner.run()
    assert corner.current() == second.run
    assert customers(second.run) == [group for group in PEOPLE if group != ["till:9"]]
    assert litter(corner) == []
    assert statuses(corner) == ["published", *["stopped"] * len(moments), "published"]


def test_a_run_killed_right_after_its_commit_is_published(corner: Corner) -> None:
    first = corner.current()
    corner.write("till", TILL[:2])
    kill_in(corner, "after the commit")
    second = corner.current()
    assert second != first
    assert customers(second) == [group for group in PEOPLE if group != ["till:9"]]


def test_a_first_run_that_was_killed_leaves_nothing_in_the_way(new_corner: Corner) -> None:
    kill_in(new_corner, "before the commit")
    assert customers(new_corner.run().run) == PEOPLE
    assert litter(new_corner) == []


# --- Ctrl-C


class Interrupting:
    """Presses Ctrl-C when a stage begins."""

    def __init__(self, moment: str) -> None:
        self.moment = moment

    def stage(self, name: str) -> None:
        if name == self.moment:
            raise KeyboardInterrupt

    def step(self, text: str) -> None:
        pass

    def done(self, name: str, seconds: float, counts: Mapping[str, int]) -> None:
        pass


@pytest.mark.parametrize("moment", ["standardise", "publish"])
def test_ctrl_c_leaves_the_earlier_answer_and_no_litter(corner: Corner, moment: str) -> None:
    first = corner.current()
    with pytest.raises(KeyboardInterrupt):
        corner.run(reporter=Interrupting(moment))
    assert corner.current() == first
    assert statuses(corner) == ["published", "failed"]
    assert litter(corner) == []
    # Nothing holds the store: whoever comes next may write.
    with State.open(corner.store) as state, state.writing("a test"):
        pass


def test_a_run_interrupted_while_its_tables_are_written_takes_them_away(
    corner: Corner, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Compute.write_parquet

    def interrupted(self: Compute, name: str, path: Path, order_by: str | None = None) -> None:
        if name == "members":
            raise KeyboardInterrupt
        write(self, name, path, order_by)

    monkeypatch.setattr(Compute, "write_parquet", interrupted)
    first = corner.current()
    with pytest.raises(KeyboardInterrupt):
        corner.run()
    assert corner.current() == first
    assert litter(corner) == []


# --- no place to write


def test_a_store_that_can_not_be_a_folder_is_refused_in_a_sentence(new_corner: Corner) -> None:
    (new_corner.folder / ".clew").write_text("I was here first")
    with pytest.raises(StateError, match=r"\.clew"):
        new_corner.run()


def test_a_store_on_a_disk_that_takes_no_writing_is_refused_in_a_sentence(new_corner: Corner) -> None:
    new_corner.settings["store"] = "/proc/clew"
    with pytest.raises(StateError, match="/proc/clew"):
        new_corner.run()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_store_is_refused_in_a_sentence(corner: Corner) -> None:
    corner.store.chmod(0o500)
    try:
        with pytest.raises(StateError, match="permission"):
            corner.run()
    finally:
        corner.store.chmod(0o700)


# --- a store of another time


def test_a_state_of_a_newer_version_is_refused_and_stays_as_it_was(corner: Corner) -> None:
    path = corner.store / "state.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StateError, match=r"newer|later|99"):
        corner.run()
    assert path.read_bytes() == before


def test_a_model_that_was_removed_is_missed_by_name_and_made_anew_on_request(corner: Corner) -> None:
    for folder in [p for p in (corner.store / "models").iterdir() if p.is_dir()]:
        for file in folder.iterdir():
            file.unlink()
    with pytest.raises(LinkError, match="clew train"):
        corner.run()
    assert customers(corner.run(retrain=True).run) == PEOPLE


def test_two_runs_at_once_are_one_too_many(corner: Corner) -> None:
    with (
        State.open(corner.store) as state,
        state.writing("clew train"),
        pytest.raises(StateError, match="clew train"),
    ):
        corner.run()


def test_a_published_run_whose_folder_was_removed_is_missed_by_name(corner: Corner) -> None:
    gone = corner.current().folder
    for file in gone.iterdir():
        file.unlink()
    gone.rmdir()
    with pytest.raises(StateError, match=f"{gone.name}.*are gone"):
        corner.run()
