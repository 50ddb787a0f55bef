"""How well and how fast the embedded graph finds a customer by half a name, on a run of the demo.

    python benchmarks/search.py --shop DIR --graph FILE

For persons of the demo's truth, picked at random: the share whose customer is among the first ten by the name, its
words swapped, both halves of it, one slip in one word and one in each, and each of these with the city. `rare` counts
only those whose name no more than ten customers have, as a name alone can't say more. Seconds are of the processor,
since the clock of a machine that does other work says little.
"""

from __future__ import annotations

import argparse
import random
import string
import time
from pathlib import Path
from typing import NamedTuple

from engine.compute import Compute
from engine.runs import Layout, RunTables
from engine.state import State
from graph.sqlite import SqliteStore

SHOWN = 10


class Person(NamedTuple):
    """A person of the truth: its customer, a whole name and a city on its records, and how many have that name."""

    customer_id: str
    first: str
    last: str
    city: str
    namesakes: int


def main() -> None:
    """Publish the run if need be, ask, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shop", type=Path, required=True, help="the demo's folder, with its run and truth.csv")
    parser.add_argument("--graph", type=Path, required=True, help="where the graph is, or is to be made")
    parser.add_argument("--persons", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    run = current(given.shop)
    store = SqliteStore(given.graph)
    store.publish(run, None)
    dice = random.Random(given.seed)
    persons = pick(run, given.shop / "truth.csv", given.persons, given.seed)
    print(f"{len(persons)} persons, {sum(p.namesakes <= SHOWN for p in persons)} with a rare name; first {SHOWN}")
    print(f"{'':28}{'recall':>8}{'rare':>8}{'p50 ms':>9}{'p99 ms':>9}")
    for name, asked in questions(persons, dice).items():
        tell(store, name, persons, asked)
    yardstick(store, persons)
    store.close()


def current(shop: Path) -> RunTables:
    """The demo's current run."""
    layout = Layout(shop / ".clew")
    with State.open(layout.store, read_only=True) as state:
        found = state.current_run()
    assert found is not None, f"{shop} has no run"
    return layout.run(found.run_id)


def pick(run: RunTables, truth: Path, count: int, seed: int) -> list[Person]:
    """Persons whose records say a whole name and a city."""
    with Compute() as compute:
        for table in ("records", "members"):
            compute.read_parquet(table, run.path(table))
        compute.table(
            "known",
            """SELECT person, customer_id, first_name, last_name, city FROM members JOIN records USING (record_id)
            JOIN (SELECT source || ':' || key AS record_id, person FROM read_csv(?, all_varchar = true))
                USING (record_id)""",
            [str(truth)],
        )
        rows = compute.rows(
            """WITH namesakes AS (
                SELECT first_name, last_name, count(DISTINCT customer_id) AS customers FROM known GROUP BY ALL
            ), persons AS (
                SELECT person, mode(customer_id) AS customer_id, mode(city) AS city,
                    mode([first_name, last_name]) FILTER (length(first_name) > 2 AND length(last_name) > 2) AS name
                FROM known GROUP BY person HAVING name IS NOT NULL AND city IS NOT NULL
            )
            SELECT customer_id, name[1], name[2], city, customers FROM persons
            JOIN namesakes ON first_name = name[1] AND last_name = name[2]
            ORDER BY hash(person || ?) LIMIT ?""",
            [str(seed), count],
        )
    return [Person(*row) for row in rows]


def questions(persons: list[Person], dice: random.Random) -> dict[str, list[str]]:
    """What is asked of each person, by kind."""
    names = {
        "name": [f"{p.first} {p.last}" for p in persons],
        "last name first": [f"{p.last} {p.first}" for p in persons],
        "half of both": [f"{half(p.first)} {half(p.last)}" for p in persons],
        "one slip": [
            f"{slip(p.first, dice)} {p.last}" if n % 2 else f"{p.first} {slip(p.last, dice)}"
            for n, p in enumerate(persons)
        ],
        "a slip in each word": [f"{slip(p.first, dice)} {slip(p.last, dice)}" for p in persons],
    }
    placed = {
        f"{name}, city": [f"{text} {p.city}" for text, p in zip(texts, persons, strict=True)]
        for name, texts in names.items()
    }
    return {**names, **placed}


def half(word: str) -> str:
    """The first half of a word, two letters at least."""
    return word[: max(2, (len(word) + 1) // 2)]


def slip(word: str, dice: random.Random) -> str:
    """A word with a letter left out, put in, taken for another or swapped with the next one."""
    place, letter = dice.randrange(len(word) - 1), dice.choice(string.ascii_lowercase)
    before, after = word[:place], word[place:]
    changed = [after[1:], letter + after, letter + after[1:], after[1] + after[0] + after[2:]]
    return before + dice.choice(changed)


def yardstick(store: SqliteStore, persons: list[Person]) -> None:
    """Print how long the same customers take to be read by their ids, to compare machines by."""
    seconds = []
    for person in persons:
        began = time.process_time()
        store.customer(person.customer_id)
        seconds.append(time.process_time() - began)
    print(f"{'(a whole customer by its id)':44}{at(seconds, 0.5):9.1f}{at(seconds, 0.99):9.1f}")


def at(seconds: list[float], share: float) -> float:
    """The milliseconds that a share of some times doesn't exceed."""
    return sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * share))] * 1e3


def tell(store: SqliteStore, name: str, persons: list[Person], asked: list[str]) -> None:
    """Ask, and print the share found and how long it took."""
    seconds, found = [], []
    for person, text in zip(persons, asked, strict=True):
        began = time.process_time()
        hits = store.search(text, SHOWN)
        seconds.append(time.process_time() - began)
        found.append(person.customer_id in [hit.customer_id for hit in hits])
    rare = [f for f, person in zip(found, persons, strict=True) if person.namesakes <= SHOWN]
    recall, of_rare = sum(found) / len(found), sum(rare) / max(1, len(rare))
    print(f"{name:28}{recall:8.3f}{of_rare:8.3f}{at(seconds, 0.5):9.1f}{at(seconds, 0.99):9.1f}", flush=True)


if __name__ == "__main__":
    main()
