"""kill -9 at every step of `clew apply` from the commit to the graph: what answers is a run, before or after, whole.

The steps up to the commit are those of tests/engine/test_killed.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from api.project import Project
from tests.child import run_apart

pytestmark = pytest.mark.long

EMAIL, DESK = "john@email.com", "zendesk_users:555123456700"

#: Applies the plan argv[2] of the project argv[1], killed one step later each time, until it is published; then has the
#: graph brought up to it, killed one step later each time, until it is. After each: the run that answers, the one that
#: the graph shows, and what is wrong with either.
KILLED = """
import os, signal, sys
from pathlib import Path
import api.project.opened as opened
from api.project import Project
from engine.compute import Compute
from engine.ledger import verify
from engine.state import State
from graph.sqlite import SqliteStore, load, numbers

STEPS = [
    (State, "publish"), (Path, "unlink"), (opened, "write_ledger"), (Path, "replace"), (SqliteStore, "publish"),
    (numbers, "number_changes"), (load, "take"), (numbers, "remove_unused_values"),
]
#: Of what is taken table after table, one in so many.
EVERY = {"take": 9}
folder, plan = Path(sys.argv[1]), sys.argv[2]

def deadly(last):
    taken = [0]
    def counting(name, step):
        calls = [0]
        def counted(*args, **options):
            calls[0] += 1
            taken[0] += calls[0] % EVERY.get(name, 1) == 1 % EVERY.get(name, 1)
            if taken[0] > last:
                os.kill(os.getpid(), signal.SIGKILL)
            return step(*args, **options)
        return counted
    for owner, name in STEPS:
        setattr(owner, name, counting(name, getattr(owner, name)))

def child(work, *given):
    started = os.fork()
    if not started:
        try:
            work(*given)
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
        sys.stdout.flush()
        os._exit(0)
    _, status = os.waitpid(started, 0)
    assert not status or os.WIFSIGNALED(status), status
    return status

def apply(step):
    deadly(step)
    with Project(folder) as project:
        project.apply(plan, actor="bob")

def bring(step):
    deadly(step)
    with Project(folder) as project:
        project.graph

def look():
    with Project(folder) as project:
        run, shown = project._tables(), project.layout.run(project._graph.current_run())
        wrong = project._graph.verify(shown)
        with State.open(project.layout.store, read_only=True) as state, Compute(threads=1) as compute:
            wrong += verify(state, compute, run.path("members"))
        print(run.run_id, shown.run_id, wrong, flush=True)

step = 0
while True:
    assert child(apply, step), "it has to be killed, up to the commit and beyond"
    child(look)
    with State.open(folder / ".clew", read_only=True) as state:
        if state.current_run().run_id == plan:
            break
    step += 1
step = 0
while child(bring, step):
    child(look)
    step += 1
child(look)
"""


def test_the_answer_is_the_one_before_or_the_one_after(copy: Path) -> None:
    with Project(copy) as project:
        project.decide("different", DESK, EMAIL, actor="ann")
        before = project.status().run
        plan = project.plan(actor="ann").plan_id
    assert before is not None
    told = [line.split(" ", 2) for line in run_apart(KILLED, str(copy), plan)]
    assert {wrong for _, _, wrong in told} == {"[]"}
    stages = [(run == plan, shown == plan) for run, shown, _ in told]
    assert stages == sorted(stages)
    # Killed before the commit, between it and the graph, and then through.
    counts = [stages.count(stage) for stage in ((False, False), (True, False), (True, True))]
    assert counts[0] > 0
    assert counts[1] > 5
    assert counts[2] > 0
    with Project(copy) as project:
        assert project.whois(DESK).customer != project.whois(EMAIL).customer
