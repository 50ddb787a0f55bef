"""kill -9 before every step of apply, rollback and prune: the answer is the one before or the one after, whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import pipeline
from engine.compute import Compute
from engine.ledger import verify
from engine.runs import Layout, read_manifest
from engine.stages import RUN_TABLES, Request
from engine.state import State
from tests.child import run_apart
from tests.engine.corner import TILL, Corner

pytestmark = pytest.mark.long

#: In copies of the shop at argv[1], does argv[2] ("apply", "rollback", "prune") with argument argv[3], each killed one
#: step later than the one before, until one goes through. A step is whatever changes the disk; of the many files that
#: are copied, replaced or removed alike, every tenth is. Prints the copies.
KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from engine import pipeline
from engine.compute import Compute
from engine.prune import prune
from engine.runs import Layout
from engine.state import State
from tests.engine.corner import Corner

STEPS = [
    (Path, "rename", 1), (Path, "unlink", 1), (Path, "write_text", 1), (State, "begin", 1), (State, "publish", 1),
    (shutil, "rmtree", 1), (shutil, "copy2", 10), (Path, "replace", 10), (os, "unlink", 10),
]

def deadly(last):
    taken = [0]
    def counting(step, every):
        calls = [0]
        def counted(*args, **options):
            calls[0] += 1
            taken[0] += calls[0] % every == 1 % every
            if taken[0] > last:
                os.kill(os.getpid(), signal.SIGKILL)
            return step(*args, **options)
        return counted
    for owner, name, every in STEPS:
        setattr(owner, name, counting(getattr(owner, name), every))

def do(shop, what, argument):
    if what == "prune":
        prune(Layout(shop.store), int(argument))
    elif what == "apply":
        pipeline.apply(shop.config, shop.folder, argument, actor="ann")
    else:
        pipeline.rollback(shop.config, shop.folder, argument, actor="ann")

folder, what, argument = sys.argv[1:]
step, status = 0, 1
while status:
    copy = Path(f"{folder}-{step}")
    shutil.copytree(folder, copy)
    child = os.fork()
    if not child:
        deadly(step)
        do(Corner(copy), what, argument)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert not status or os.WIFSIGNALED(status), (what, step, status)
    print(copy, flush=True)
    step += 1
"""


def killed(shop: Corner, what: str, argument: str) -> list[Corner]:
    return [Corner(Path(line)) for line in run_apart(KILLED, str(shop.folder), what, argument)]


def adds_up(shop: Corner) -> None:
    """The ledger makes the answer."""
    with State.open(shop.store, read_only=True) as state, Compute(threads=1) as compute:
        assert verify(state, compute, shop.current().path("members")) == []


def answer_of(shop: Corner) -> str:
    """The run that answers; every run that is listed as kept is whole, and has its model."""
    with State.open(shop.store, read_only=True) as state:
        current = state.current_run()
        published = [r.run_id for r in state.runs() if r.status == "published"]
    assert current is not None
    layout = Layout(shop.store)
    assert layout.run(current.run_id).path("members").exists()
    for run in map(layout.run, published):
        if run.path("members").exists():
            assert all(run.path(table).exists() for table in RUN_TABLES)
            assert (layout.models / read_manifest(run)["model"] / "model.json").exists()
    return current.run_id


def sweep(shop: Corner) -> None:
    """What whoever writes next does first."""
    layout = Layout(shop.store)
    with State.open(layout.store) as state:
        pipeline.sweep(layout, state)


@pytest.fixture(scope="module")
def ran_changed(corner_run: Corner, tmp_path_factory: pytest.TempPathFactory) -> Corner:
    """A shop of two runs; the first had one customer more. It is only read."""
    corner = corner_run.copy(tmp_path_factory.mktemp("changed") / "corner")
    corner.write("till", TILL[:2])
    corner.run()
    return corner


@pytest.fixture
def changed(ran_changed: Corner, tmp_path: Path) -> Corner:
    """A copy of that, to be changed."""
    return ran_changed.copy(tmp_path / "corner")


def test_apply(changed: Corner) -> None:
    before = changed.current().run_id
    changed.write("till", TILL)
    plan = pipeline.plan(changed.config, changed.folder, Request(actor="bob"))
    shops = killed(changed, "apply", plan.plan_id)
    answers = [answer_of(shop) for shop in shops]
    assert answers.count(before) > 2
    assert answers.count(plan.plan_id) > 2
    for shop, answer in zip(shops, answers, strict=True):
        if answer == before:
            # The plan waits as before, and can be applied.
            assert pipeline.apply(shop.config, shop.folder, plan.plan_id, actor="ann").run.run_id == plan.plan_id
        adds_up(shop)


def test_rollback(changed: Corner) -> None:
    before = changed.current().run_id
    with State.open(changed.store, read_only=True) as state:
        first = state.runs()[0].run_id
    shops = killed(changed, "rollback", first)
    answers = [answer_of(shop) for shop in shops]
    assert answers.count(before) > 5
    assert answers[-1] not in (before, first)
    for shop, answer in zip(shops, answers, strict=True):
        sweep(shop)
        assert answer_of(shop) == answer
        assert len(list((shop.store / "runs").iterdir())) == 2 + (answer != before)
    for shop in shops[-3:]:
        adds_up(shop)


def test_prune(changed: Corner) -> None:
    changed.run()
    current = changed.current().run_id
    shops = killed(changed, "prune", "1")
    left = []
    for shop in shops:
        assert answer_of(shop) == current
        sweep(shop)
        assert answer_of(shop) == current
        assert not (shop.store / "scratch").exists()
        left.append(len(list((shop.store / "runs").iterdir())))
    assert (left[0], left[-1]) == (3, 1)
    assert 2 in left
    assert sorted(left, reverse=True) == left
    adds_up(shops[-1])
