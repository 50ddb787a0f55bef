"""What the graph's two benchmarks share: two runs of the demo, what to ask of the graph, and how it is timed.

The runs are kept in the working folder and used again: `DIR/<records>/shop` is the demo as `speed.py` leaves it, too,
and `DIR/<records>/changed` a copy in which 1 % of the exports' rows are otherwise, run again under the same model.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import os
import random
import resource
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from engine.compute import Compute
from engine.runs import RunTables
from graph.store import GraphStore
from graph.tables import DERIVED, GRAPH_TABLES, open_run

T = TypeVar("T")

#: Exports of which each row is a record; the others hold events, or the truth.
RECORDS = ("shopify_", "hubspot_", "klaviyo_profiles", "pos_", "sms_", "zendesk_users")
#: Of an order's rows only the first says whose it is: none of them is left out.
ORDERS = "shopify_orders"
SHARE = 0.01
#: Tables whose rows are nodes; a value is one, too, but has no table.
NODES = ("records", "customers", "ledger")
LOOKUPS, PAIRS = 4_000, 200


class Seconds(NamedTuple):
    """What something took: by the clock, and of this process's processors."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Asked:
    """What is asked of the graph: identifiers of customers picked at random, and those of the largest customer."""

    emails: list[str]
    largest: list[str]
    records: int


def options(doc: str | None) -> argparse.Namespace:
    """The options that both benchmarks take."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, nargs="+", default=[100_000])
    parser.add_argument("--seed", type=int, default=1, help="of a demo that isn't there yet")
    parser.add_argument("--work", type=Path, required=True, help="where the demo, its runs and the graphs are kept")
    given = parser.parse_args()
    given.work = given.work.resolve()
    return given


def apart(work: Callable[..., T], *given: Any) -> T:
    """Do it in a process of its own, so that its peak memory is its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(work, *given).result()


def runs(folder: Path, records: int, seed: int) -> tuple[RunTables, RunTables]:
    """The demo's run, and the one after 1 % of its records changed; what isn't there is made first."""
    shop, changed = folder / "shop", folder / "changed"
    if _run_of(shop) is None:
        apart(_make, shop, records, seed)
    one = _run_of(shop)
    assert one is not None
    two = _run_of(changed)
    if two is None or not (changed / ".clew" / "runs" / one.run_id).is_dir() or two.run_id == one.run_id:
        shutil.rmtree(changed, ignore_errors=True)
        _change(shop, changed, seed)
        apart(_run, changed)
        two = _run_of(changed)
    assert two is not None
    # Its difference to the run before lies in its own folder; both runs are here, as links.
    return RunTables(changed / ".clew" / "runs" / one.run_id), two


def asked(run: RunTables) -> Asked:
    """What to ask of a graph of `run`."""
    with Compute() as compute:
        for name in ("known_by", "customers"):
            compute.read_parquet(name, run.path(name))
        every = "SELECT DISTINCT value FROM known_by WHERE type = 'email' ORDER BY value"
        emails = [value for (value,) in compute.rows(every)]
        ((largest, records),) = compute.rows("SELECT customer_id, records FROM customers ORDER BY records DESC LIMIT 1")
        theirs = compute.rows(
            "SELECT value FROM known_by WHERE customer_id = ? AND type IN ('email', 'phone') ORDER BY value", [largest]
        )
    sample = random.Random(1).sample(emails, min(LOOKUPS, len(emails)))
    return Asked(sample, [value for (value,) in theirs], records)


def paths(graph: GraphStore, ends: Sequence[str], records: int) -> None:
    """Print how long `clew path` takes between identifiers of the largest customer."""
    from api.evidence import path_between
    from engine.config import DEFAULT_IDENTIFIERS

    types = {name: number for number, name in enumerate(DEFAULT_IDENTIFIERS)}
    pairs = [(a, b) for a in ends for b in ends if a < b]
    pairs = random.Random(1).sample(pairs, min(PAIRS, len(pairs)))
    found = {f"path, {records} records": lambda pair: path_between(graph, *pair, "US", types)}
    compare(found, [pair for pair in pairs for _ in range(PAIRS // len(pairs) or 1)])


def whole_customer(graph: GraphStore, email: str) -> None:
    """From an identifier to the whole of each customer that it leads to, in one answer."""
    graph.together(lambda held: [held.customer(c.customer_id) for c in held.find("email", email).customers])


def compare(ways: dict[str, Callable[[Any], object]], given: Sequence[Any]) -> None:
    """Print the percentiles of each way's seconds for the same questions, asked in turns."""
    for way in ways.values():
        for question in given[: len(given) // 10]:
            way(question)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for question in given:
        for name, way in ways.items():
            begun = time.perf_counter()
            way(question)
            times[name].append(1000 * (time.perf_counter() - begun))
    for name, found in times.items():
        found.sort()
        half, most = found[len(found) // 2], found[len(found) * 99 // 100]
        print(f"{name:22} p50 {half:7.3f} ms   p99 {most:7.3f} ms   {len(found):,} times", flush=True)


def told(name: str, seconds: Seconds, text: str) -> None:
    """Print a line of figures."""
    print(f"{name:22} {seconds.wall:7.1f} s {seconds.cpu:7.1f} CPU s   {text}", flush=True)


def timed(work: Callable[[], T]) -> tuple[Seconds, T]:
    """How many seconds the work took, and what came of it."""
    begun = Seconds(time.perf_counter(), time.process_time())
    result = work()
    return Seconds(time.perf_counter() - begun.wall, time.process_time() - begun.cpu), result


def peak() -> str:
    """The most memory that this process has held."""
    return f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB"


def size(path: Path) -> str:
    """What a file or folder takes on disk."""
    files = [p for p in (path.rglob("*") if path.is_dir() else [path]) if p.is_file()]
    return f"{sum(p.stat().st_blocks for p in files) * 512 / 2**20:,.0f} MiB on disk"


def content(run: RunTables) -> tuple[int, int]:
    """How many nodes and relationships a run is, whatever the store."""
    with Compute() as compute:
        open_run(compute, run, "run")
        nodes = [f"FROM run_{name}" for name in NODES] + [f"FROM ({DERIVED['values'].sql.format('run')})"]
        links = [f"FROM run_{name}" for name in GRAPH_TABLES if name not in (*NODES, "shared_values")]
        links.append(f"FROM ({DERIVED['about'].sql.format('run')})")
        counted = [sum(compute.value(f"SELECT count(*) {rows}") for rows in kinds) for kinds in (nodes, links)]
    return counted[0], counted[1]


def head(store: str, records: int, one: RunTables, two: RunTables) -> None:
    """Print what is measured, and how many records, or what they hold, the two runs have otherwise."""
    with Compute() as compute:
        sides = []
        for side, run in (("a", one), ("b", two)):
            for name in ("records", "identifiers"):
                compute.read_parquet(f"{side}_{name}", run.path(name))
            held = (
                f"SELECT record_id, list((type, value) ORDER BY type, value) AS held FROM {side}_identifiers GROUP BY 1"
            )
            sides.append(f"SELECT * FROM {side}_records LEFT JOIN ({held}) USING (record_id)")
        a, b = sides
        changed = f"SELECT record_id FROM (({a} EXCEPT {b}) UNION ALL ({b} EXCEPT {a}))"
        count = compute.value(f"SELECT count(DISTINCT record_id) FROM ({changed})")
        every = compute.value("SELECT count(*) FROM a_records")
    share = f"in the second run {count:,} of {every:,} ({count / every:.2%}) are otherwise"
    print(f"\n{store}, a demo of {records:,} records; {share}", flush=True)


# --- making the runs -------------------------------------------------------------------------------------------------


def _run_of(shop: Path) -> RunTables | None:
    """The current run of a project, if it has all its tables."""
    import clew
    from engine.errors import ClewError

    try:
        with clew.open(shop / "clew.yaml") as project:
            run = project.status().run
    except ClewError:
        return None
    tables = RunTables(shop / ".clew" / "runs" / run.run_id) if run else None
    return tables if tables and tables.path("claims").exists() else None


def _make(shop: Path, records: int, seed: int) -> None:
    from engine.demo import generate
    from engine.sources.project import write_project

    # The project file is written last.
    if not (shop / "clew.yaml").exists():
        shutil.rmtree(shop, ignore_errors=True)
        generate(shop, records, seed)
        write_project(shop, "shop")
    _run(shop)


def _run(shop: Path) -> None:
    import clew

    with clew.open(shop / "clew.yaml") as project:
        project.run()


def _change(shop: Path, changed: Path, seed: int) -> None:
    """Copy a project with its runs, and change some rows of its exports."""
    changed.mkdir(parents=True)
    for path in shop.iterdir():
        if path.is_file() and path.name.startswith(RECORDS):
            _rewrite(path, changed / path.name, random.Random(f"{seed} {path.name}"))
        elif path.is_file():
            os.link(path, changed / path.name)
    # What a run never changes is linked; the rest of the store is copied.
    shutil.copytree(shop / ".clew", changed / ".clew", copy_function=_copy)


def _copy(source: str, target: str) -> None:
    if source.endswith(".parquet"):
        os.link(source, target)
    else:
        shutil.copy2(source, target)


def _rewrite(source: Path, target: Path, dice: random.Random) -> None:
    """In 1 % of the rows another phone; a row without a phone goes."""
    with source.open(newline="", encoding="utf-8") as given, target.open("w", newline="", encoding="utf-8") as out:
        if source.suffix == ".ndjson":
            for line in given:
                row = json.loads(line)
                if dice.random() >= SHARE:
                    out.write(line)
                elif row["phone"]:
                    out.write(json.dumps({**row, "phone": _another(row["phone"], dice)}, ensure_ascii=False) + "\n")
            return
        rows = csv.reader(given)
        header = next(rows)
        csv.writer(out, lineterminator="\n").writerows([header, *_changed(header, rows, source.stem, dice)])


def _changed(header: list[str], rows: Iterator[list[str]], name: str, dice: random.Random) -> Iterator[list[str]]:
    phone = next(n for n, column in enumerate(header) if "phone" in column.lower())
    for row in rows:
        if dice.random() >= SHARE:
            yield row
        elif row[phone]:
            yield [*row[:phone], _another(row[phone], dice), *row[phone + 1 :]]
        elif name == ORDERS:
            yield row


def _another(phone: str, dice: random.Random) -> str:
    return f"{phone[:-4]}{dice.randrange(10_000):04d}"
