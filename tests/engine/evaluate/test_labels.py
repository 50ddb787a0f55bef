"""Labels: what is kept, and what they say of a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from engine.compute import Compute
from engine.errors import ConfigError, NotFoundError
from engine.evaluate.labels import Judgement, LabelScores, judgements, label, load_labels, score_labels
from engine.ledger.decisions import decide, undo
from engine.state import State
from engine.state.numbers import record_number
from tests.engine.ledger.scenario import Shop

ANYBODY = ("C0000001Z", "C0000002X")


@pytest.fixture
def compute() -> Iterator[Compute]:
    with Compute(memory_limit="500MB", threads=1) as compute:
        yield compute


@pytest.fixture
def state(compute: Compute, tmp_path: Path) -> Iterator[State]:
    """Customers ab, cd and e, as a run published them; their table is `members`."""
    Shop(compute, tmp_path).publish("ab cd e")
    with State.open(tmp_path) as state:
        yield state


def say(state: State, *labels: str) -> None:
    """Label pairs of records: a=b, or a!b."""
    for text in labels:
        label(state, f"s:{text[0]}", f"s:{text[2]}", text[1] == "=", actor="ann")


def test_of_a_pair_the_last_word_counts_whichever_comes_first(state: State) -> None:
    say(state, "a=b", "c!d", "b!a")
    a, b, c, d = (record_number(state.key, f"s:{letter}") for letter in "abcd")
    assert {(frozenset(j.left + j.right), j.same) for j in judgements(state)} == {
        (frozenset((a, b)), False),
        (frozenset((c, d)), False),
    }


def test_a_label_is_no_entry_and_holds_no_name(state: State) -> None:
    head = state.head()
    say(state, "a=b")
    assert state.head() == head
    (row,) = state.rows("SELECT * FROM label")
    assert row[2:3] + row[4:] == (1, "ann")
    assert not any("s:" in str(value) for value in row)


@pytest.mark.parametrize(
    ("a", "b", "error", "told"),
    [("s:a", "s:x", NotFoundError, "no record s:x"), ("s:a", "s:a", ConfigError, "s:a can't be labelled with itself")],
)
def test_what_cannot_be_labelled(state: State, a: str, b: str, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        label(state, a, b, True, actor="ann")
    assert judgements(state) == []


def test_scores_are_of_the_labelled_pairs(compute: Compute, state: State) -> None:
    say(state, "a=b", "c!d", "a!c", "b!e", "d!e", "a=e")
    found = score_labels(compute, state, state.head()[0])
    assert found == LabelScores(6, 0, 0, 1, 1, 1, 3, 1 / 2, 1 / 2)


def test_without_labels_there_are_no_scores(compute: Compute, state: State) -> None:
    assert score_labels(compute, state, 0) == LabelScores(0, 0, 0, 0, 0, 0, 0, None, None)


def test_a_decision_is_a_label_until_a_run_goes_by_it(compute: Compute, state: State) -> None:
    say(state, "a!b")
    made = decide(state, "same", ["s:a"], ["s:b"], ANYBODY, actor="ann")
    assert score_labels(compute, state, made.entry - 1) == LabelScores(1, 0, 0, 1, 0, 0, 0, 1.0, 1.0)
    assert score_labels(compute, state, made.entry) == LabelScores(1, 0, 1, 0, 0, 0, 0, None, None)
    undo(state, made.entry, actor="ann")
    assert score_labels(compute, state, made.entry) == LabelScores(1, 0, 0, 0, 1, 0, 0, 0.0, None)


def test_a_decision_on_whole_customers_is_judged_but_no_label(compute: Compute, state: State) -> None:
    made = decide(state, "different", ["s:a", "s:b"], ["s:c"], ANYBODY, actor="ann")
    assert judgements(state) == [Judgement(made.left, made.right, False, made.entry)]
    assert load_labels(compute, state) == compute.count("labels") == 0


def test_records_that_the_run_lacks_are_counted(compute: Compute, state: State) -> None:
    say(state, "a=b", "c=d")
    compute.load("members", pa.table({"record_id": ["s:a", "s:b", "s:c"], "customer_id": ["1", "2", "3"]}))
    assert score_labels(compute, state, 0) == LabelScores(2, 1, 0, 0, 0, 1, 0, None, 0.0)
