"""The whole of a clustering: what holds every group together, and what plays no part in the answer."""

from __future__ import annotations

import csv
import random
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from engine import pipeline
from engine.link.comparisons import DIFFER
from engine.runs import RunTables
from tests.engine.cluster.scores import Scores
from tests.engine.conftest import Published
from tests.engine.corner import customers, table

#: Files of which a row is a record, in no order of meaning.
LISTS = ("shopify_customers", "klaviyo_profiles", "hubspot_contacts", "sms_subscribers", "pos_loyalty")


@pytest.mark.parametrize("seed", range(4))
def test_where_nothing_can_be_refused_groups_are_connected_components(scores: Scores, seed: int) -> None:
    dice = random.Random(seed)
    graph = nx.gnm_random_graph(dice.randint(2, 40), dice.randint(1, 40), seed=seed)
    records = {n: f"{dice.choice(('crm', 'till'))}:{n}" for n in graph}
    for record in records.values():
        scores.people.add(record, city=record, kind="order")
    for a, b in graph.edges:
        further: dict[str, Any] = {"phone": "same"} if dice.random() < 0.5 else {}
        scores.pair(records[a], records[b], email="same", **further)
    expected = sorted(sorted(records[n] for n in part) for part in nx.connected_components(graph) if len(part) > 1)
    assert scores.cluster() == expected, f"seed {seed}"
    assert scores.refusals() == {}


def crowd(scores: Scores, seed: int) -> None:
    """People with everything that can be refused, tied at random."""
    dice = random.Random(seed)
    records = [f"{source}:{n:02}" for source in ("crm", "till", "web") for n in range(8)]
    for record in records:
        scores.people.add(
            record,
            f"{dice.choice(('ann', 'bob', 'robert', 'b', '-'))} {dice.choice(('archer', 'baker', '-'))}",
            email=dice.choice((None, "a@x.com", "b@x.com", "c@x.com")),
            loyalty=dice.choice((None, None, None, "L1", "L2")),
            birth_date=dice.choice((None, None, date(1950, 1, 2), date(1980, 3, 4))),
            city=record,
        )
    for i, a in enumerate(records):
        for b in dice.sample(records[i + 1 :], min(4, len(records) - i - 1)):
            levels: dict[str, Any] = {
                name: dice.choice(("same", "same", DIFFER))
                for name in ("email", "phone", "first_name", "last_name", "birth_date", "account")
                if dice.random() < 0.6
            }
            scores.pair(a, b, **levels, personal=dice.random() < 0.9)


@pytest.mark.parametrize("seed", range(2))
def test_the_order_of_scored_pairs_plays_no_part(scores: Scores, seed: int) -> None:
    crowd(scores, seed)
    answers = []
    for shuffle in range(2):
        groups = scores.cluster(seed=shuffle)
        tables = [
            scores.compute.rows(f"SELECT * EXCLUDE (reasons), reasons::VARCHAR FROM {name} ORDER BY ALL")
            for name in ("matches", "refusals")
        ]
        answers.append((groups, tables))
    assert answers[0][0]
    assert answers[0][1][1]
    assert answers[1] == answers[0]


@pytest.mark.parametrize("seed", range(4))
def test_no_group_breaks_what_admission_promises(scores: Scores, seed: int) -> None:
    crowd(scores, seed + 100)
    groups = scores.cluster()
    held = dict(
        scores.compute.rows("SELECT record_id, any_value(value) FROM identifiers WHERE type = 'loyalty' GROUP BY 1")
    )
    for group in groups:
        assert len({held[r] for r in group if r in held}) <= 1
    assert joined_by(scores.compute.rows("SELECT record_a, record_b FROM matches")) == groups
    together = {(a, b) for group in groups for a in group for b in group}
    assert not together & set(scores.refusals())


def joined_by(matches: list[tuple[Any, ...]]) -> list[list[str]]:
    graph: nx.Graph[str] = nx.Graph()
    graph.add_edges_from((a, b) for a, b, *_ in matches)
    return sorted(sorted(part) for part in nx.connected_components(graph))


def test_every_customer_is_held_together_by_its_matches(published: Published) -> None:
    run = published.result.run
    several = [group for group in customers(run) if len(group) > 1]
    assert joined_by(table(run, "matches", "record_a, record_b")) == several


def test_refused_pairs_are_of_two_customers_and_say_why(published: Published) -> None:
    run = published.result.run
    belongs = dict(table(run, "members", "record_id, customer_id"))
    found = table(run, "refusals", "record_a, record_b, refusal")
    assert found
    assert all(belongs[a] != belongs[b] and why for a, b, why in found)


def test_the_demos_customers_are_nearly_the_true_ones(published: Published) -> None:
    """A floor under all changes, far below what is reached; benchmarks say how good it really is."""
    with (published.folder / "truth.csv").open(encoding="utf-8") as file:
        person = {f"{row['source']}:{row['key']}": row["person"] for row in csv.DictReader(file)}
    pairs = right = 0
    for group in customers(published.result.run):
        known = [person[r] for r in group if r in person]
        pairs += len(known) * (len(known) - 1) // 2
        right += sum(a == b for i, a in enumerate(known) for b in known[:i])
    counts = [list(person.values()).count(p) for p in set(person.values())]
    assert right / pairs > 0.9
    assert right / sum(n * (n - 1) // 2 for n in counts) > 0.75


def answer(run: RunTables) -> tuple[list[list[str]], list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    columns = "record_a, record_b, stage, rule, weight, reasons::VARCHAR"
    return customers(run), table(run, "matches", columns), table(run, "refusals", columns)


def test_the_order_of_rows_and_of_sources_plays_no_part(published: Published, tmp_path: Path) -> None:
    """From the files to the answer, training included."""
    folder = Path(
        shutil.copytree(published.folder, tmp_path / "shuffled", ignore=shutil.ignore_patterns(".clew", "truth*"))
    )
    dice = random.Random(5)
    for name in LISTS:
        path = folder / f"{name}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            head, *rows = list(csv.reader(file))
        dice.shuffle(rows)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([head, *rows])
    sources = published.config.sources
    turned = tuple(
        source.model_copy(update={"priority": published.config.priority(source)}) for source in reversed(sources)
    )
    result = pipeline.run(published.config.model_copy(update={"sources": turned}), folder)
    assert result.manifest["model_hash"] == published.result.manifest["model_hash"]
    assert answer(result.run) == answer(published.result.run)
