"""A plan changes nothing; applied, it is the run that was looked at, or it is refused."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from engine import pipeline, plans
from engine.errors import HeldError, NotFoundError, StateError
from engine.ledger.decisions import block
from engine.plans import Plan
from engine.runs import Layout, RunTables
from engine.stages import Request
from engine.state import State
from tests.engine.corner import PEOPLE, TILL, WEB, Corner, customers

#: One more at the till.
MORE = [*TILL, {"id": "10", "first_name": "Cleo", "last_name": "Cook", "email": "cleopatra9@mail.com", "phone": None}]
LATER = sorted([*(p for p in PEOPLE if p != ["web:3"]), ["till:10", "web:3"]])


def plan(corner: Corner, **options: Any) -> Plan:
    return pipeline.plan(corner.config, corner.folder, Request(**options))


def apply(corner: Corner, plan_id: str, **options: Any) -> RunTables:
    return pipeline.apply(corner.config, corner.folder, plan_id, **options).run


@pytest.fixture(scope="module")
def ran_plan(corner_run: Corner, tmp_path_factory: pytest.TempPathFactory) -> tuple[Corner, Plan]:
    """A corner shop with a plan of the same files. It is only read."""
    corner = corner_run.copy(tmp_path_factory.mktemp("plan") / "corner")
    return corner, plan(corner)


@pytest.fixture
def planned(ran_plan: tuple[Corner, Plan], tmp_path: Path) -> tuple[Corner, Plan]:
    """A copy of that, to be changed, and the plan in there."""
    corner = ran_plan[0].copy(tmp_path / "planned")
    return corner, plans.read(Layout(corner.store), ran_plan[1].plan_id)


def state_of(corner: Corner) -> tuple[Any, ...]:
    """What a plan must not touch: runs, the ledger's end, the next id."""
    with State.open(corner.store, read_only=True) as state:
        return state.runs(), state.head(), state.next_number


def test_a_plan_changes_nothing_and_applied_it_is_the_run(corner: Corner) -> None:
    before, run = state_of(corner), corner.current()
    corner.write("till", MORE)
    found = plan(corner, actor="ann", reason="one more")
    assert customers(found.tables) == LATER
    assert (found.base, found.author, found.reason, found.held) == (run.run_id, "ann", "one more", ())
    assert state_of(corner) == before
    assert corner.current() == run
    tables = {p.name: p.read_bytes() for p in found.tables.folder.glob("*.parquet")}
    applied = apply(corner, found.plan_id, actor="bob")
    assert applied.run_id == found.plan_id
    assert corner.current().run_id == found.plan_id
    assert {p.name: p.read_bytes() for p in applied.folder.glob("*.parquet")} == tables
    assert not (applied.folder / plans.FILE).exists()
    with State.open(corner.store, read_only=True) as state:
        known = state.run(applied.run_id)
        acts = list(state.rows("SELECT actor FROM act ORDER BY id DESC LIMIT 1"))
    assert (known.status, known.actor, known.reason) == ("published", "ann", "one more")
    assert acts == [("clew apply, by bob",)]
    # The next run finds nothing left to do.
    assert not corner.run().changes


def test_a_plan_is_the_run_that_a_run_would_be(corner: Corner, tmp_path: Path) -> None:
    shutil.copytree(corner.folder, tmp_path / "twin")
    twin = Corner(tmp_path / "twin")
    for shop in (corner, twin):
        shop.write("till", MORE)
    apply(corner, plan(corner).plan_id)
    assert customers(corner.current()) == customers(twin.run().run)


def test_the_first_plan_of_all_trains_and_can_be_applied(new_corner: Corner) -> None:
    found = plan(new_corner)
    assert found.base is None
    assert state_of(new_corner)[0] == []
    assert customers(apply(new_corner, found.plan_id)) == PEOPLE


def test_plans_are_listed_until_they_are_applied(ran_plan: tuple[Corner, Plan], planned: tuple[Corner, Plan]) -> None:
    corner, found = planned
    layout = Layout(corner.store)
    assert plans.waiting(layout) == [found.plan_id]
    assert found.changes.entries.equals(ran_plan[1].changes.entries)
    apply(corner, found.plan_id)
    assert plans.waiting(layout) == []


def test_no_such_plan(corner: Corner, planned: tuple[Corner, Plan]) -> None:
    with pytest.raises(NotFoundError, match="there is no plan 2020: `clew plan` makes one"):
        apply(corner, "2020")
    corner, found = planned
    with pytest.raises(NotFoundError, match=f"there is no plan 2020: there are {found.plan_id}"):
        apply(corner, "2020")


def test_a_plan_applied_twice_says_so(planned: tuple[Corner, Plan]) -> None:
    corner, found = planned
    apply(corner, found.plan_id)
    with pytest.raises(StateError, match=f"applied before: it is run {found.plan_id}"):
        apply(corner, found.plan_id)


def test_a_plan_of_an_answer_that_has_moved_is_refused(planned: tuple[Corner, Plan]) -> None:
    corner, first = planned
    other = corner.run()
    before = state_of(corner)
    with pytest.raises(StateError, match=f"run {other.run.run_id} answers now: make the plan again"):
        apply(corner, first.plan_id)
    assert state_of(corner) == before


def test_a_plan_goes_by_the_decisions_that_stood_when_it_was_made(planned: tuple[Corner, Plan]) -> None:
    corner, found = planned
    with State.open(corner.store) as state:
        made = block(state, "phone", "+14155552672", actor="ann")
    with pytest.raises(StateError, match="goes by earlier decisions: some were made or undone since"):
        apply(corner, found.plan_id)
    found = plan(corner)
    assert list(found.manifest["decisions"]) == [made.entry]
    assert apply(corner, found.plan_id).run_id == found.plan_id


def test_a_plan_of_files_that_have_moved_is_refused_by_name(planned: tuple[Corner, Plan]) -> None:
    corner, found = planned
    corner.write("web", WEB[:2])
    before = state_of(corner)
    with pytest.raises(StateError, match=r"web\.csv: not what plan"):
        apply(corner, found.plan_id)
    assert state_of(corner) == before
    corner.write("web", WEB)
    apply(corner, found.plan_id)


def test_a_plan_with_other_settings_than_the_file_is_refused(planned: tuple[Corner, Plan]) -> None:
    corner, found = planned
    corner.settings["linkage"]["threshold"] = 9
    with pytest.raises(StateError, match="other settings than the project file has"):
        apply(corner, found.plan_id)


def test_only_somebody_else_may_apply_where_approval_is_asked_for(corner: Corner) -> None:
    corner.settings["approval"] = True
    with pytest.raises(HeldError, match="somebody else to apply it"):
        corner.run(actor="ann")
    (waits,) = plans.waiting(Layout(corner.store))
    for actor in ("ann", None):
        with pytest.raises(StateError, match=f"plan {waits} is ann's"):
            apply(corner, waits, actor=actor)
    assert apply(corner, waits, actor="bob").run_id == waits


def test_a_process_killed_while_applying_loses_no_plan(corner: Corner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the folder's renaming and the commit, the plan goes back to the plans; it can be applied again."""
    corner.write("till", MORE)
    found = plan(corner)

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(State, "publish", killed)
        patched.setattr(State, "fail", killed)
        apply(corner, found.plan_id)
    assert not found.tables.folder.exists()
    assert customers(corner.current()) == PEOPLE
    assert customers(apply(corner, found.plan_id)) == LATER


def test_a_damaged_plan_is_refused(planned: tuple[Corner, Plan]) -> None:
    corner, found = planned
    (found.tables.folder / "moved.arrow").write_bytes(b"no")
    with pytest.raises(StateError, match="is damaged"):
        apply(corner, found.plan_id)


def test_a_plan_that_fails_leaves_nothing(corner: Corner) -> None:
    before = state_of(corner)
    (corner.folder / "web.csv").unlink()
    with pytest.raises(Exception, match=r"web\.csv"):
        plan(corner)
    assert state_of(corner) == before
    assert plans.waiting(Layout(corner.store)) == []
    assert [p.name for p in (corner.store / "runs").iterdir()] == [corner.current().run_id]
