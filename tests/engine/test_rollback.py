"""Back to the answer of an earlier run: its tables and ids, and what the next run goes by."""

from __future__ import annotations

import shutil

import pytest

from engine import pipeline
from engine.compute import Compute
from engine.errors import StateError
from engine.ledger import verify
from engine.ledger.decisions import block, decide, standing, undo
from engine.pipeline import RunResult
from engine.runs import RunTables, read_manifest
from engine.state import State
from tests.engine.corner import MODEL, PEOPLE, TILL, WEB, Corner, customers, table

ANN = ["till:7", "web:1"]
ENDS = ("C0000001Z", "C0000002X")


def rollback(corner: Corner, run: RunTables) -> RunResult:
    return pipeline.rollback(corner.config, corner.folder, run.run_id, actor="ann")


def ids(run: RunTables) -> list[tuple[str, str]]:
    return table(run, "members", "record_id, customer_id")


def check(corner: Corner) -> None:
    """The ledger adds up, and makes the members of the current run."""
    with State.open(corner.store, read_only=True) as state, Compute() as compute:
        assert verify(state, compute, corner.current().path("members")) == []


def stands(corner: Corner) -> list[str]:
    with State.open(corner.store, read_only=True) as state:
        return [decision.kind for decision in standing(state)]


def test_the_answer_of_then_comes_back_with_its_ids_and_stays(corner: Corner) -> None:
    first = corner.current()
    corner.settings["linkage"]["threshold"] = 45
    apart = corner.run()
    assert customers(apart.run) != PEOPLE
    del corner.settings["linkage"]["threshold"]
    back = rollback(corner, first)
    assert ids(back.run) == ids(first)
    assert corner.current() == back.run
    assert back.changes
    check(corner)
    for name in ("records", "matches", "customers", "known_by", "orders"):
        assert table(back.run, name) == table(first, name)
    manifest = read_manifest(back.run)
    assert (manifest["model"], manifest["back_to"]) == (read_manifest(first)["model"], first.run_id)
    assert (manifest["run_id"], manifest["read_in"]) == (back.run.run_id, apart.run.run_id)
    with State.open(corner.store, read_only=True) as state:
        known = state.run(back.run.run_id)
        assert (known.status, known.actor, known.reason) == ("published", "ann", f"back to run {first.run_id}")
        assert next(state.rows("SELECT actor FROM act ORDER BY id DESC")) == (
            f"clew rollback to {first.run_id}, by ann",
        )
    # The next run has nothing to do, and keeps the model.
    after = corner.run()
    assert not after.changes
    assert ids(after.run) == ids(first)
    assert after.manifest["model"] == manifest["model"]


def test_settings_have_to_be_set_back_first(corner: Corner) -> None:
    first = corner.current()
    corner.settings |= {"linkage": {**corner.settings["linkage"], "threshold": 45}, "name": "another"}
    corner.sources["more"] = {"path": "web.csv", "preset": "contacts", "name": "more"}
    second = corner.run().run
    with pytest.raises(StateError, match=r"linkage.threshold: 0.0 \(today 45.0\)") as refused:
        rollback(corner, first)
    assert "sources.more: not set (today contacts from web.csv)" in str(refused.value)
    assert "name" not in str(refused.value).split("\n", 1)[1].replace("sources.more", "")
    assert corner.current() == second


def test_decisions_made_since_are_taken_back_and_those_taken_back_are_made_anew(corner: Corner) -> None:
    with State.open(corner.store) as state:
        kept = decide(state, "same", ["till:9"], ["web:3"], ENDS, actor="ann")
        ended = decide(state, "different", ["till:7"], ["web:1"], ENDS, actor="ann")
        blocked = block(state, "phone", "+14155552679", actor="ann")
    then = corner.run().run
    with State.open(corner.store) as state:
        undo(state, ended.entry, actor="bob")
        undo(state, blocked.entry, actor="bob")
        since = decide(state, "same", ["till:8"], ["web:4"], ENDS, actor="bob")
    assert customers(corner.run().run) != customers(then)
    back = rollback(corner, then)
    assert ids(back.run) == ids(then)
    with State.open(corner.store, read_only=True) as state:
        stand = standing(state)
        assert [d.kind for d in stand] == ["same", "different", "block"]
        assert stand[0].entry == kept.entry
        assert [(d.left, d.right, d.mark) for d in stand[1:]] == [(d.left, d.right, d.mark) for d in (ended, blocked)]
        assert {d.reason for d in stand[1:]} == {f"back to run {then.run_id}"}
        assert list(read_manifest(back.run)["decisions"]) == [d.entry for d in stand]
        assert since.entry not in [d.entry for d in stand]
    check(corner)
    after = corner.run()
    assert not after.changes
    assert list(after.manifest["decisions"]) == list(read_manifest(back.run)["decisions"])


def test_who_decides_in_the_same_moment_stops_it(corner: Corner, monkeypatch: pytest.MonkeyPatch) -> None:
    first = corner.current()
    with State.open(corner.store) as state:
        decide(state, "same", ["till:9"], ["web:3"], ENDS, actor="ann")
    second = corner.run().run
    publish = State.publish

    def late(self: State, *args: object, **options: object) -> object:
        with State.open(corner.store) as state:
            block(state, "email", "x@y.com", actor="bob")
        return publish(self, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(State, "publish", late)
    with pytest.raises(StateError, match="has moved since"):
        rollback(corner, first)
    assert corner.current() == second
    assert stands(corner) == ["same", "block"]


def test_what_was_read_since_is_not_forgotten(corner: Corner) -> None:
    corner.sources["web"]["mode"] = "append"
    first = corner.run().run
    new = {**WEB[3], "id": "5", "first_name": "Fay", "last_name": "Fox", "email": "fayfox@mail.com"}
    corner.write("web", [new])
    corner.run()
    corner.write("web", [])
    corner.write("till", TILL[:2])
    rollback(corner, first)
    assert customers(corner.current()) == PEOPLE
    # Two rollbacks in a row forget nothing either.
    second = corner.run(only="till").run
    assert customers(second) == [*(p for p in PEOPLE if p != ["till:9"]), ["web:5"]]
    rollback(corner, first)
    rollback(corner, second)
    rollback(corner, first)
    assert ["web:5"] in customers(corner.run().run)
    check(corner)


def test_a_rollback_is_rolled_back(corner: Corner) -> None:
    first = corner.current()
    corner.write("till", TILL[:1])
    second = corner.run().run
    rollback(corner, first)
    back = rollback(corner, second)
    assert ids(back.run) == ids(second)
    check(corner)


def test_what_can_not_be_gone_back_to(corner: Corner) -> None:
    first = corner.current()
    with pytest.raises(StateError, match="is the one that answers"):
        rollback(corner, first)
    second = corner.run().run
    (first.folder / "health.parquet").unlink()
    with pytest.raises(StateError, match="of an earlier version of Clew, or damaged: it lacks health"):
        rollback(corner, first)
    (first.folder / "settings.json").unlink()
    third = corner.run().run
    corner.write_model({**MODEL, "probability_two_random_records_match": 0.01})
    with pytest.raises(StateError, match=r"no longer that of `linkage\.settings`"):
        rollback(corner, second)
    corner.write_model(MODEL)
    shutil.rmtree(corner.store / "models" / read_manifest(second)["model"])
    with pytest.raises(StateError, match="is gone"):
        rollback(corner, second)
    assert corner.current() == third


def test_who_was_erased_stays_so(corner: Corner) -> None:
    first = corner.current()
    erased = dict(ids(first))["web:1"]
    pipeline.erase(corner.config, corner.folder, erased, actor="ann")
    pipeline.finish_erasing(corner.config, corner.folder)
    rest = [p for p in PEOPLE if p != ANN]
    corner.write("till", TILL[:2])
    corner.run()
    assert customers(rollback(corner, first).run) == rest
    assert stands(corner) == ["erase"]
    corner.write("till", TILL)
    assert customers(corner.run().run) == rest
    check(corner)
