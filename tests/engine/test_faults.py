"""What may befall a run: killed in any stage, interrupted, no place to write, a record from the future."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.compute import Compute
from engine.errors import LinkError, StateError
from engine.state import State
from tests.child import run_apart
from tests.engine.corner import PEOPLE, TILL, Corner, customers

pytestmark = pytest.mark.long

STAGES = ("sources", "standardise", "link", "cluster", "ledger", "profile", "publish")

#: Runs the shop in folder argv[1] once for each of the further words, each time in a process of its own that is killed
#: with no chance to tidy up: at the start of a stage, when half of the tables are written, or right before or after the
#: commit. Prints which run is published after each.
KILLED = """
import os, signal, sys
from pathlib import Path
from engine.compute import Compute
from engine.progress import Silent
from engine.state import State
from tests.engine.corner import Corner

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def run(shop, moment):
    class Deadly(Silent):
        def stage(self, name):
            if name == moment:
                die()

    write, publish = Compute.write_parquet, State.publish

    def write_half(self, name, path, *how):
        if moment == "half written" and name == "members":
            path.with_name(path.name + ".part").write_bytes(b"PAR1")
            die()
        write(self, name, path, *how)

    def publish_or_die(self, *args, **options):
        if moment == "before the commit":
            die()
        publish(self, *args, **options)
        if moment == "after the commit":
            die()

    Compute.write_parquet, State.publish = write_half, publish_or_die
    shop.run(reporter=Deadly())

shop = Corner(Path(sys.argv[1]))
for moment in sys.argv[2:]:
    child = os.fork()
    if not child:
        run(shop, moment)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, (moment, status)
    with State.open(shop.store, read_only=True) as state:
        current = state.current_run()
    print(moment, current.run_id if current else None, sep=": ")
"""


def kill_in(shop: Corner, *moments: str) -> list[str]:
    """Kill a run at each of these moments, one after the other; returns the published run after each."""
    lines = [line.split(": ") for line in run_apart(KILLED, str(shop.folder), *moments)]
    assert [moment for moment, _ in lines] == list(moments)
    return [run for _, run in lines]


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


def test_a_run_killed_in_any_stage_leaves_the_earlier_answer_and_the_next_run_works(corner: Corner) -> None:
    first = corner.current()
    corner.write("till", TILL[:2])
    moments = (*STAGES, "half written", "before the commit")
    assert kill_in(corner, *moments) == [first.run_id] * len(moments)
    assert customers(first) == PEOPLE
    assert litter(corner)
    second = corner.run()
    assert corner.current() == second.run
    assert customers(second.run) == [group for group in PEOPLE if group != ["till:9"]]
    assert litter(corner) == []
    assert statuses(corner) == ["published", *["stopped"] * len(moments), "published"]


def test_a_first_run_killed_before_its_commit_answers_nothing_and_one_killed_after_it_all(new_corner: Corner) -> None:
    none, published = kill_in(new_corner, "before the commit", "after the commit")
    assert none == "None"
    assert new_corner.current().run_id == published
    assert customers(new_corner.current()) == PEOPLE
    assert not new_corner.run().changes
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


@pytest.mark.parametrize("moment", STAGES)
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

    def interrupted(self: Compute, name: str, path: Path, *how: Any) -> None:
        if name == "members":
            raise KeyboardInterrupt
        write(self, name, path, *how)

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


def test_where_all_sources_are_empty_each_is_named(new_corner: Corner) -> None:
    del new_corner.settings["linkage"]
    new_corner.write("web", [])
    for name in ("till", "visits"):
        (new_corner.folder / f"{name}.csv").write_text("")
    with pytest.raises(LinkError) as raised:
        new_corner.run()
    assert str(raised.value).endswith("web: web.csv has no rows. till: till.csv is empty. visits: visits.csv is empty")
