"""Tables of older runs and plans that are void are removed; what answers, plans that wait and the ledger stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import pipeline
from engine.compute import Compute
from engine.errors import StateError
from engine.ledger import verify
from engine.prune import Pruned, prune
from engine.runs import Layout, RunTables, read_manifest
from engine.stages import Request
from engine.state import State
from tests.engine.corner import PEOPLE, TILL, Corner, customers, untrained

pytestmark = pytest.mark.long


def kept(corner: Corner) -> list[str]:
    return sorted(p.name for p in (corner.store / "runs").iterdir())


def models(corner: Corner) -> list[str]:
    return sorted(p.name for p in (corner.store / "models").iterdir())


def pruned(corner: Corner, keep: int, dry_run: bool = False) -> Pruned:
    return prune(Layout(corner.store), keep, dry_run=dry_run)


@pytest.fixture(scope="module")
def ran_thrice(corner_rerun: Corner, tmp_path_factory: pytest.TempPathFactory) -> Corner:
    """A shop of three runs. It is only read."""
    corner = corner_rerun.copy(tmp_path_factory.mktemp("thrice") / "corner")
    corner.run()
    return corner


@pytest.fixture
def thrice(ran_thrice: Corner, tmp_path: Path) -> Corner:
    """A copy of that, to be changed."""
    return ran_thrice.copy(tmp_path / "corner")


def runs(corner: Corner) -> list[RunTables]:
    with State.open(corner.store, read_only=True) as state:
        return [Layout(corner.store).run(run.run_id) for run in state.runs()]


def test_older_runs_go_and_the_answer_stays(thrice: Corner) -> None:
    corner = thrice
    first, second, third = runs(corner)
    with State.open(corner.store, read_only=True) as state:
        before = state.runs(), state.head()
    dry = pruned(corner, 2, dry_run=True)
    assert kept(corner) == [first.run_id, second.run_id, third.run_id]
    found = pruned(corner, 2)
    assert found == dry
    assert (found.runs, found.models, found.kept) == ((first.run_id,), (), (second.run_id, third.run_id))
    assert found.bytes > 10_000
    assert kept(corner) == [second.run_id, third.run_id]
    assert not (corner.store / "scratch").exists()
    with State.open(corner.store, read_only=True) as state, Compute() as compute:
        assert (state.runs(), state.head()) == before
        assert verify(state, compute, third.path("members")) == []
    assert pruned(corner, 1).runs == (second.run_id,)
    assert pruned(corner, 1) == Pruned((), (), (), 0, (third.run_id,), 0)
    assert not corner.run().changes


def test_models_that_no_run_needs_go_with_them(corner: Corner) -> None:
    corner.write_model(untrained())
    old = read_manifest(corner.current())["model"]
    corner.write("till", TILL[:2])
    new = corner.run(retrain=True).manifest["model"]
    assert models(corner) == sorted([old, new])
    assert pruned(corner, 2).models == ()
    assert pruned(corner, 1).models == (old,)
    assert models(corner) == [new]
    assert corner.run().manifest["model"] == new


def test_a_plan_and_its_model_stay_while_it_can_be_applied(corner: Corner) -> None:
    corner.write_model(untrained())
    first = corner.current()
    corner.write("till", TILL[:2])
    plan = pipeline.plan(corner.config, corner.folder, Request(retrain=True))
    assert pruned(corner, 1) == Pruned((), (), (), 0, (first.run_id,), 0)
    pipeline.apply(corner.config, corner.folder, plan.plan_id)
    dead = pipeline.plan(corner.config, corner.folder, Request())
    last = corner.run().run
    assert pruned(corner, 1, dry_run=True).plans == (dead.plan_id,)
    assert dead.tables.folder.exists()
    found = pruned(corner, 1)
    assert (found.runs, found.plans) == ((first.run_id, plan.plan_id), (dead.plan_id,))
    assert not dead.tables.folder.exists()
    assert kept(corner) == [last.run_id]


def test_what_the_next_run_after_a_rollback_reads_stays_until_then(thrice: Corner) -> None:
    corner = thrice
    first, second, third = runs(corner)
    back = pipeline.rollback(corner.config, corner.folder, first.run_id).run
    assert pruned(corner, 1).kept == (third.run_id, back.run_id)
    assert kept(corner) == [third.run_id, back.run_id]
    last = corner.run().run
    assert customers(last) == PEOPLE
    assert pruned(corner, 1).runs == (third.run_id, back.run_id)
    with pytest.raises(FileNotFoundError):
        next(second.folder.iterdir())


def test_none_can_not_be_kept(corner: Corner) -> None:
    with pytest.raises(StateError, match="keep 1 or more"):
        pruned(corner, 0)
    assert len(kept(corner)) == 1
