from __future__ import annotations

import csv
import json
from itertools import combinations
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.compute import Compute
from engine.errors import TableError
from engine.evaluate import Evaluation, MixedCustomer, Scores, evaluate

Labels = dict[str, tuple[str, str | None]]  # key -> person, customer


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    return tmp_path / "truth.csv"


def score(truth: Path, labels: Labels) -> Evaluation:
    with truth.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["source", "key", "person"])
        writer.writerows(["crm", key, person] for key, (person, _) in labels.items())
    held = [(f"crm:{key}", customer) for key, (_, customer) in labels.items() if customer is not None]
    with Compute(threads=1) as compute:
        compute.load(
            "members",
            pa.table(
                {"record_id": [h[0] for h in held], "customer_id": [h[1] for h in held]},
                schema=pa.schema({"record_id": pa.string(), "customer_id": pa.string()}),
            ),
        )
        return evaluate(compute, "members", truth)


def by_hand(labels: Labels) -> dict[str, float | None]:
    """The definitions, read literally: loops over all pairs and over all records."""
    person = {key: p for key, (p, _) in labels.items()}
    customer = {key: ("c", c) if c is not None else ("missing", key) for key, (_, c) in labels.items()}
    pairs = list(combinations(labels, 2))
    together = [customer[x] == customer[y] for x, y in pairs]
    same = [person[x] == person[y] for x, y in pairs]
    hits = sum(t and s for t, s in zip(together, same, strict=True))
    precision = hits / sum(together) if any(together) else None
    recall = hits / sum(same) if any(same) else None
    b_precision = b_recall = 0.0
    for x in labels:
        beside = {y for y in labels if customer[y] == customer[x]}
        really = {y for y in labels if person[y] == person[x]}
        b_precision += len(beside & really) / len(beside) / len(labels)
        b_recall += len(beside & really) / len(really) / len(labels)
    mixtures = {c: {person[k] for k in labels if customer[k] == c} for c in set(customer.values())}
    pieces = {p: {customer[k] for k in labels if person[k] == p} for p in set(person.values())}
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * hits / (sum(together) + sum(same)) if any(together) or any(same) else None,
        "b_precision": b_precision,
        "b_recall": b_recall,
        "b_f1": 2 * b_precision * b_recall / (b_precision + b_recall),
        "customers": len(mixtures),
        "persons": len(pieces),
        "largest": max(sum(c == d for d in customer.values()) for c in mixtures),
        "mixed": sum(len(m) > 1 for m in mixtures.values()),
        "most_persons": max(map(len, mixtures.values())),
        "split": sum(len(p) > 1 for p in pieces.values()),
        "most_customers": max(map(len, pieces.values())),
        "missing": sum(c is None for _, c in labels.values()),
    }


# A customer may be called like a missing record ("crm:k0"): the two must stay apart.
names = st.sampled_from(["c1", "c2", "c3", "c4", "crm:k0", "crm:k1"])
answers = st.lists(st.tuples(st.sampled_from("pqrst"), st.one_of(st.none(), names)), min_size=1, max_size=25)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers)
def test_agrees_with_the_definitions_on_random_answers(truth: Path, answer: list[tuple[str, str | None]]) -> None:
    labels = {f"k{i}": pair for i, pair in enumerate(answer)}
    got, expected = score(truth, labels), by_hand(labels)
    assert {
        "precision": got.pairwise.precision,
        "recall": got.pairwise.recall,
        "f1": got.pairwise.f1,
        "b_precision": got.bcubed.precision,
        "b_recall": got.bcubed.recall,
        "b_f1": got.bcubed.f1,
        **{
            name: getattr(got, name)
            for name in (
                "customers",
                "persons",
                "largest",
                "mixed",
                "most_persons",
                "split",
                "most_customers",
                "missing",
            )
        },
    } == pytest.approx(expected)


def test_a_worked_example(truth: Path) -> None:
    labels: Labels = {"1": ("ann", "A"), "2": ("ann", "A"), "3": ("ann", "B"), "4": ("bob", "B"), "5": ("cy", None)}
    got = score(truth, labels)
    assert (got.correct_pairs, got.predicted_pairs, got.true_pairs) == (1, 2, 3)
    assert (got.pairwise.precision, got.pairwise.recall) == (1 / 2, 1 / 3)
    assert got.pairwise.f1 == pytest.approx(0.4)
    assert got.bcubed.precision == pytest.approx((1 + 1 + 1 / 2 + 1 / 2 + 1) / 5)
    assert got.bcubed.recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)
    assert got.missing_examples == ("crm:5",)
    assert got.mixed_examples == (MixedCustomer("B", 2, 2),)
    assert got.split == 1


def test_a_perfect_answer_scores_one(truth: Path) -> None:
    got = score(truth, {str(i): (f"p{i // 3}", f"c{i // 3}") for i in range(12)})
    assert got.pairwise.f1 == got.bcubed.f1 == 1
    assert got.mixed == got.split == got.missing == 0


def test_the_result_is_ready_for_json(truth: Path) -> None:
    got = score(truth, {"1": ("a", "x"), "2": ("b", "x")})
    assert json.loads(json.dumps(got.to_dict()))["pairwise"] == {"precision": 0.0, "recall": None, "f1": 0.0}


def test_where_nobody_has_two_records_pairs_say_nothing(truth: Path) -> None:
    got = score(truth, {"1": ("a", "x"), "2": ("b", "y")})
    assert got.pairwise == Scores(None, None, None)
    assert got.bcubed == Scores(1.0, 1.0, 1.0)
    assert json.loads(json.dumps(got.to_dict()))["pairwise"] == {"precision": None, "recall": None, "f1": None}


def test_source_and_key_serve_in_place_of_record_id(truth: Path) -> None:
    truth.write_text("source,key,person\na,b:c,1\na:b,c,2\n", encoding="utf-8")
    with Compute(threads=1) as compute:
        compute.load("answer", pa.table({"source": ["a", "a:b"], "key": ["b:c", "c"], "customer_id": [1, 2]}))
        got = evaluate(compute, "answer", truth)
        assert not compute.exists("evaluate_cells")
    assert got.customers == 2
    assert got.missing == 0


def test_records_outside_the_truth_do_not_count(truth: Path) -> None:
    truth.write_text("source,key,person\ncrm,1,ann\n", encoding="utf-8")
    with Compute(threads=1) as compute:
        compute.load("members", pa.table({"record_id": ["crm:1", "crm:2"], "customer_id": ["A", "A"]}))
        got = evaluate(compute, "members", truth)
    assert (got.records, got.largest) == (1, 1)


def test_a_table_that_cannot_be_judged_is_refused(truth: Path) -> None:
    truth.write_text("source,key,person\ncrm,1,ann\n", encoding="utf-8")
    with Compute(threads=1) as compute:
        compute.load("odd", pa.table({"id": ["crm:1"]}))
        with pytest.raises(TableError, match="needs customer_id and record_id"):
            evaluate(compute, "odd", truth)
        compute.load("twice", pa.table({"record_id": ["crm:1", "crm:1"], "customer_id": ["A", "B"]}))
        with pytest.raises(TableError, match="more than one customer"):
            evaluate(compute, "twice", truth)
