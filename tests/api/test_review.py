"""The queue as people work through it: listed, asked, labelled blindly, exported and judged by."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from api.project import Project
from engine.errors import ConfigError
from engine.state import State


@pytest.fixture
def mine(copy: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLEW_ACTOR", "ann")
    return copy


def ask(mine: Path, keys: str, *words: str) -> Result:
    """Go through the queue with these keys."""
    return CliRunner().invoke(app, ["-p", str(mine), "review", "--ask", *words], input="\n".join(keys) + "\n")


def test_the_queue_says_why_what_is_at_stake_and_what_to_do(project: Project, clew: Callable[..., Result]) -> None:
    found = project.review(3)
    assert len(found.pairs) == 3 < found.waiting
    told = " ".join(clew("-p", project.path, "review", "--limit", 3).stdout.split())
    assert f"3 of {found.waiting} doubtful pairs, most consequential first" in told
    for pair in found.pairs:
        assert pair.doubt is not None
        other = "same" if pair.doubt.kind == "refused" else "different"
        assert f"clew decide {other} {pair.record_a} {pair.record_b}" in told
        assert f"{pair.doubt.kind}: " in told
        assert pair.doubt.a.customer_id in told


def test_two_records_stand_side_by_side(project: Project) -> None:
    for pair in project.review(50).pairs:
        fields = {f.name: f for f in pair.fields}
        assert next(iter(fields)) == "kind"
        assert fields["kind"].same is None
        assert all(f.a or f.b for f in pair.fields)
        answer = project.whois(pair.record_a).customer
        assert answer is not None
        (record,) = (r for r in answer.records if r.record_id == pair.record_a)
        assert (fields["name"].a if "name" in fields else ()) == ((record.name,) if record.name else ())


def test_blind_ones_tell_nothing_of_the_answer(project: Project, clew: Callable[..., Result]) -> None:
    seen, blind = project.review(10), project.review(10, blind=True)
    assert {(p.record_a, p.record_b) for p in seen.pairs} == {(p.record_a, p.record_b) for p in blind.pairs}
    assert [p.record_a for p in seen.pairs] != [p.record_a for p in blind.pairs]
    shown = clew("-p", project.path, "review", "--blind", "--limit", 10)
    for page in (shown.stdout, clew("-p", project.path, "review", "--blind", "--limit", 10, "--json").stdout):
        for pair in seen.pairs:
            assert pair.doubt is not None
            assert pair.record_a in page
            assert pair.doubt.a.customer_id not in page
            assert pair.doubt.why not in " ".join(page.split())
    assert {p["doubt"] for p in json.loads(page)["pairs"]} == {None}


def test_answers_are_decisions_and_the_next_run_goes_by_them(mine: Path) -> None:
    with Project(mine) as project:
        first, second, third, *_ = project.review().pairs
        told = ask(mine, "s?ldq")
        assert "2 pairs decided, 1 pair left for later. The next `clew run` goes by it" in " ".join(told.stdout.split())
        made = project.decisions().decisions
        assert [(d.kind, {*d.left, *d.right}) for d in made] == [
            ("same", {first.record_a, first.record_b}),
            ("different", {third.record_a, third.record_b}),
        ]
        assert {d.actor for d in made} == {"ann"}
        left = project.review()
        assert left.pairs[0] == second
        project.run()
        whose = [project.whois(r).customer for r in (first.record_a, first.record_b, third.record_a, third.record_b)]
        ids = [customer.customer_id if customer else None for customer in whose]
        assert ids[0] == ids[1]
        assert ids[2] != ids[3]
        scores = project.evaluate()
        assert (scores.labels, scores.obeyed, scores.precision) == (2, 2, None)


def test_a_contradiction_is_told_and_the_others_are_still_asked(mine: Path) -> None:
    with Project(mine) as project:
        first, *_ = project.review().pairs
        # Meanwhile somebody decides otherwise of the pair that is being asked about.
        typed = iter(("d", "q"))

        def answer(*_: object, **__: object) -> str:
            key = next(typed)
            if key == "d":
                project.decide("same", first.record_a, first.record_b)
            return key

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("typer.prompt", answer)
            told = CliRunner().invoke(app, ["-p", str(mine), "review", "--ask"])
    assert told.exit_code == 0
    assert "contradicts what was decided" in told.stderr
    assert "0 pairs decided, 1 pair left for later." in told.stdout


def test_blind_answers_are_labels_that_no_run_goes_by(mine: Path, clew: Callable[..., Result]) -> None:
    with Project(mine) as project:
        pairs = project.review(4, blind=True).pairs
        told = ask(mine, "dsdl", "--blind", "--limit", "4")
        assert "3 pairs labelled, 1 pair left for later." in told.stdout
        assert "sure by score" not in told.stdout
        assert project.decisions().decisions == ()
        assert not {(p.record_a, p.record_b) for p in pairs[:3]} & {
            (p.record_a, p.record_b) for p in project.review(1000).pairs
        }
        scores = project.evaluate()
        assert (scores.labels, scores.missing, scores.obeyed) == (3, 0, 0)
        assert scores.same_together + scores.same_apart == 1
    assert "Against 3 labelled pairs" in clew("-p", mine, "evaluate", "--labels").stdout
    assert json.loads(clew("-p", mine, "evaluate", "--labels", "--json").stdout)["labels"] == 3
    # Whoever is erased takes their labels along.
    assert clew("-p", mine, "erase", pairs[0].record_a, "--really").exit_code == 0
    with State.open(mine / ".clew", read_only=True) as state:
        assert len(list(state.rows("SELECT * FROM label"))) < 3


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_labels_are_written_in_the_columns_of_splink(
    mine: Path, tmp_path: Path, clew: Callable[..., Result], ending: str
) -> None:
    file = tmp_path / f"labels.{ending}"
    with Project(mine) as project:
        one, two, *_ = project.review(blind=True).pairs
        project.label(one.record_a, one.record_b, True)
        project.label(two.record_a, two.record_b, False)
    assert "2 labels of run" in " ".join(clew("-p", mine, "export", "labels", file).stderr.split())
    expected = {
        (*one.record_a.split(":", 1), *one.record_b.split(":", 1), 1.0),
        (*two.record_a.split(":", 1), *two.record_b.split(":", 1), 0.0),
    }
    names = ["source_dataset_l", "unique_id_l", "source_dataset_r", "unique_id_r", "clerical_match_score"]
    if ending == "csv":
        with file.open(newline="") as opened:
            header, *rows = list(csv.reader(opened))
        assert header == names
        assert {(*row[:4], float(row[4])) for row in rows} == expected
    else:
        found = duckdb.sql(f"FROM '{file}'")
        assert found.columns == names
        assert set(found.fetchall()) == expected


def test_what_cannot_be_asked(project: Project, clew: Callable[..., Result], tmp_path: Path) -> None:
    for words in (["review", "--ask", "--json"], ["review", "--limit", 0], ["evaluate"]):
        assert clew("-p", project.path, *words).exit_code == ConfigError.exit_code
    both = clew("-p", project.path, "evaluate", "--labels", "--truth", tmp_path / "truth.csv")
    assert both.exit_code == ConfigError.exit_code
    assert "There is no label to judge by yet" in clew("-p", project.path, "evaluate", "--labels").stdout
    assert clew("-p", project.path, "export", "labels", tmp_path / "labels.txt").exit_code == ConfigError.exit_code
