from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from engine.errors import NotFoundError, StateError
from engine.state import ENTRIES, MOVED, Changes, State
from engine.state.numbers import record_number

AT = datetime(2025, 1, 1)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State.open(tmp_path / "store") as state:
        yield state


def created(state: State, *records: str, after: int | None = None) -> Changes:
    """Each record a new customer."""
    first = state.next_number
    numbers = range(first, first + len(records))
    count = len(records)
    columns = [["created"] * count, [None] * count, list(numbers), [1] * count, [None] * count]
    entries = pa.table([pa.array(c, f.type) for c, f in zip(columns, ENTRIES, strict=True)], ENTRIES)
    keys = [record_number(state.key, record) for record in records]
    moved = pa.table([pa.array(keys, pa.int64()), pa.array(records, pa.string())], MOVED)
    return Changes(entries, moved, first + count, state.head()[0] if after is None else after)


def publish(state: State, run_id: str, *records: str) -> None:
    with state.writing("a test"):
        state.begin(run_id, "config", AT)
        state.publish(run_id, created(state, *records), "manifest", AT)


def test_a_new_state_is_empty(state: State) -> None:
    assert state.current_run() is None
    assert state.runs() == []
    assert state.head() == (0, bytes(32))
    assert state.next_number == 1


def test_a_publish_moves_the_pointer_and_the_ledger(state: State) -> None:
    publish(state, "one", "s:a", "s:b")
    publish(state, "two", "s:c")
    run = state.current_run()
    assert run is not None
    assert (run.run_id, run.status, run.started, run.config_hash, run.manifest_hash) == (
        "two", "published", AT, "config", "manifest",
    )  # fmt: skip
    assert run.finished is not None
    assert (run.last_entry, run.head) == state.head()
    assert state.head()[0] == 3
    assert state.next_number == 4
    assert [run.run_id for run in state.runs()] == ["one", "two"]
    assert list(state.rows("SELECT seq, kind, target, records, actor FROM ledger")) == [
        (1, "created", 1, 1, "clew run"), (2, "created", 2, 1, "clew run"), (3, "created", 3, 1, "clew run"),
    ]  # fmt: skip


def test_who_started_a_run_and_why(state: State) -> None:
    with state.writing("a test"):
        state.begin("one", "config", AT, "ann", "the euro has moved")
        state.begin("two", "config", AT)
    assert [(run.actor, run.reason) for run in state.runs()] == [("ann", "the euro has moved"), (None, None)]


def test_a_run_without_changes_is_published_all_the_same(state: State) -> None:
    publish(state, "one", "s:a")
    head = state.head()
    publish(state, "two")
    assert state.head() == head
    current = state.current_run()
    assert current is not None and current.run_id == "two"


def test_a_failed_run_leaves_the_earlier_answer(state: State) -> None:
    publish(state, "one", "s:a")
    with state.writing("a test"):
        state.begin("two", "config", AT)
        state.fail("two", AT)
        with pytest.raises(StateError, match="not running"):
            state.publish("two", created(state, "s:b"), "manifest", AT)
    assert [(run.run_id, run.status) for run in state.runs()] == [("one", "published"), ("two", "failed")]
    current = state.current_run()
    assert current is not None and current.run_id == "one"
    assert state.head()[0] == 1


def test_a_run_that_was_killed_is_marked_by_the_next(state: State) -> None:
    with state.writing("a test"):
        state.begin("one", "config", AT)
    publish(state, "two", "s:a")
    assert [run.status for run in state.runs()] == ["stopped", "published"]


def test_changes_for_another_ledger_are_refused_whole(state: State) -> None:
    publish(state, "one", "s:a")
    with state.writing("a test"):
        state.begin("two", "config", AT)
        with pytest.raises(StateError, match="has moved since"):
            state.publish("two", created(state, "s:b", after=0), "manifest", AT)
    assert state.head()[0] == 1


@pytest.mark.parametrize("records", [("s:a", "s:a"), ("s:old", "s:b")])
def test_two_records_of_one_number_are_refused_whole(state: State, records: tuple[str, str]) -> None:
    publish(state, "one", "s:old")
    changes = created(state, *records)
    number = record_number(state.key, "s:old")
    moved = pa.table([pa.array([number, 5], pa.int64()), pa.array(["s:other", "s:b"])], MOVED)
    if records[0] == records[1]:
        moved = changes.moved
    with state.writing("a test"):
        state.begin("two", "config", AT)
        with pytest.raises(StateError, match="nothing was published"):
            state.publish("two", Changes(changes.entries, moved, changes.next_number, 1), "manifest", AT)
    assert state.head()[0] == 1
    assert list(state.rows("SELECT record_id FROM record")) == [("s:old",)]


def test_an_unknown_run_is_not_found(state: State) -> None:
    with pytest.raises(NotFoundError, match="no run nine"):
        state.run("nine")


def test_times_with_a_zone_become_utc(state: State) -> None:
    with state.writing("a test"):
        state.begin("one", "config", datetime(2025, 1, 1, tzinfo=UTC))
    assert state.run("one").started == AT


def test_writing_needs_the_lock(state: State) -> None:
    with pytest.raises(StateError, match=r"inside State\.writing"):
        state.begin("one", "config", AT)


def test_a_second_writer_is_told_who_holds_it_and_readers_go_on(state: State) -> None:
    publish(state, "one", "s:a")
    with state.writing("clew run"):
        state.begin("two", "config", AT)
        with State.open(state.path.parent) as other:
            with (
                pytest.raises(StateError, match=rf"clew run \(process {os.getpid()} on .*, since 20"),
                other.writing("x"),
            ):
                pass
            current = other.current_run()
            assert current is not None and current.run_id == "one"
    with State.open(state.path.parent) as other, other.writing("now it is free"):
        pass


def test_a_writer_that_was_killed_holds_nothing_and_published_nothing(state: State) -> None:
    publish(state, "one", "s:a")
    script = """
        import os, signal, sys
        from pathlib import Path
        import engine.state.store
        from tests.engine.state.test_store import *

        def kill(*_, **__):
            os.kill(os.getpid(), signal.SIGKILL)

        with State.open(Path(sys.argv[1])) as state, state.writing("a test"):
            if os.fork() == 0:
                time = __import__("time"); time.sleep(20); os._exit(0)
            state.begin("two", "config", AT)
            State._end = kill
            state.publish("two", created(state, "s:b"), "manifest", AT)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(state.path.parent)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[3],
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert state.head()[0] == 1
    # The lock is free although a forked child of the dead writer still lives.
    publish(state, "three", "s:c")
    assert [run.status for run in state.runs()] == ["published", "stopped", "published"]


def test_many_processes_may_make_it_at_once(tmp_path: Path) -> None:
    script = "import sys; from pathlib import Path; from engine.state import State; State.open(Path(sys.argv[1])).key"
    command = [sys.executable, "-c", script, str(tmp_path)]
    processes = [subprocess.Popen(command, cwd=Path(__file__).parents[3], stderr=subprocess.PIPE) for _ in range(4)]
    errors = [process.communicate()[1].decode() for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, errors
