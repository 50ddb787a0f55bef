"""What lasting ids, plans and questions about the past cost, and whether an id stays with its person.

    python benchmarks/ledger.py --records 25000 --runs 30 --work DIR
    python benchmarks/ledger.py --records 1000000 --runs 1 --work DIR

Makes the demo shop without a tenth of its records and runs it. Before each of the `--runs` runs that follow, 2 % of the
records change: in equal parts they say something else (another e-mail, phone or address, a misspelt name), are gone,
and come, be it for the first time or again. The last of these runs is a plan, compared with the run before it as
`clew plan` does, and applied. Prints

- of the customers whose records didn't change how many kept their id, from run to run and from the first to the last,
  and what became of the others; and how many ids went from one person to another, by the truth file;
- the size of the ledger, and how long `clew verify` takes;
- the share of a run that ids and ledger take: the stage, the commit in state.db, and the ledger's table for the graph;
- the whole plan beside its stages from sources to cluster, and beside the same stages a plan of another threshold, for
  which no file needs to be read;
- how long questions about the past take, by customer, record and e-mail, of the first run's time.

Seconds are by the clock; CPU seconds, which a busy machine stretches less, of this process and its workers.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import shutil
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

from after import CLUSTERS, Taken, Timed, clocks
from ceiling import rows_of

import api.project.opened as opened
import clew
from engine.compute import Compute
from engine.demo import generate
from engine.errors import NotFoundError
from engine.runs import RunTables
from engine.sources import write_project
from engine.state import State

#: Records that change before a run, and those that aren't there at first.
SHARE, HELD_BACK = 0.02, 0.1
#: Exports of which each row is a record; of an order's rows only the first has an id.
RECORDS = ("shopify_customers", "shopify_orders", "hubspot_", "klaviyo_profiles", "sms_", "zendesk_users", "pos_")
#: Columns that may change, by a part of their name.
MAILS, PHONES, NAMES, PLACES = ("email",), ("phone",), ("name",), ("address1", "city", "zip", "postal", "postcode")
#: What takes a run's ids and ledger: a stage, and two steps that have no stage.
IDS = ("ledger", "commit", "ledger's table")
ASKED, NAMED = 300, 5
#: Bits, in the plan of another threshold.
THRESHOLD = 4.0
#: How it is called when two customers become one.
AS_IT_WAS, RIGHT = "that was as it is", ("wrongly", "rightly")


class Export:
    """One file of records, of which some are there and some aren't."""

    def __init__(self, path: Path, dice: random.Random) -> None:
        self.path, self.dice, self.json = path, dice, path.suffix == ".ndjson"
        with path.open(newline="", encoding="utf-8") as file:
            lines = list(file)
        self.head = "" if self.json else lines.pop(0)
        self.columns = list(json.loads(lines[0])) if self.json else next(csv.reader([self.head]))
        blocks: list[str] = []
        quoted = False
        for line in lines:
            # A line goes on with the record before it inside of quotes, and where it begins with an empty id.
            if quoted or line.startswith(","):
                blocks[-1] += line
            else:
                blocks.append(line)
            quoted ^= line.count('"') % 2 == 1 and not self.json
        self.there = {self._key(block): block for block in blocks}
        self.away: dict[str, str] = {}
        for key in dice.sample(sorted(self.there), round(HELD_BACK * len(self.there))):
            self.away[key] = self.there.pop(key)

    def change(self) -> Iterator[str]:
        """Change SHARE of the records, write the file, and yield the ids of those that changed or went."""
        third = max(1, round(SHARE * len(self.there) / 3))
        changed, gone = (self.dice.sample(sorted(self.there), 2 * third)[part::2] for part in (0, 1))
        for key in self.dice.sample(sorted(self.away), min(third, len(self.away))):
            self.there[key] = self.away.pop(key)
        for key in changed:
            self.there[key] = self._otherwise(self.there[key])
        for key in gone:
            self.away[key] = self.there.pop(key)
        self.write()
        yield from (f"{self.path.stem}:{key}" for key in (*changed, *gone))

    def write(self) -> None:
        """Write the records that are there."""
        self.path.write_text(self.head + "".join(self.there.values()), encoding="utf-8", newline="")

    def _key(self, block: str) -> str:
        return str(json.loads(block)["id"]) if self.json else block.partition(",")[0]

    def _otherwise(self, block: str) -> str:
        """The record with another value in one of its columns."""
        rows = [] if self.json else list(csv.reader(io.StringIO(block, newline="")))
        row = json.loads(block) if self.json else dict(zip(self.columns, rows[0], strict=True))
        found = [column for column in self.columns if row[column] and _kind(column)]
        if found:
            column = self.dice.choice(found)
            row[column] = self._another(column, row[column])
        if self.json:
            return json.dumps(row, ensure_ascii=False) + "\n"
        written = io.StringIO(newline="")
        csv.writer(written, lineterminator="\n").writerows([row.values(), *rows[1:]])
        return written.getvalue()

    def _another(self, column: str, value: str) -> str:
        kind = _kind(column)
        if kind is MAILS:
            return f"new{self.dice.randrange(10**9)}@{value.partition('@')[2]}"
        if kind is PHONES:
            return f"{value[:-4]}{self.dice.randrange(10_000):04d}"
        if kind is NAMES:
            place = self.dice.randrange(len(value))
            return value[:place] + self.dice.choice("aeinrst") + value[place + 1 :]
        return str(self.dice.randrange(10_000, 100_000)) if value.isdigit() else f"{self.dice.randrange(999)} {value}"


def _kind(column: str) -> tuple[str, ...] | None:
    """What a column holds that may change; None of an order's number, a product and all others."""
    text = column.lower()
    if column == "Name" or any(part in text for part in ("lineitem", "accepts", "consent")):
        return None
    return next((kind for kind in (MAILS, PHONES, NAMES, PLACES) if any(part in text for part in kind)), None)


@contextmanager
def steps_timed(timed: Timed) -> Iterator[None]:
    """Time what a run does for ids and ledger outside of its stages."""

    def watched(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def taking(*given: Any, **options: Any) -> Any:
            with timed.of(name):
                return step(*given, **options)

        return taking

    commit, table = (watched(n, s) for n, s in zip(IDS[1:], (State.publish, opened.write_ledger), strict=True))
    with patch.object(State, "publish", commit), patch.object(opened, "write_ledger", table):
        yield


def share_of_ids(timed: Timed, whole: Taken) -> tuple[float, float]:
    """What ids and ledger took of a run, by the clock and in CPU seconds."""
    wall, cpu = timed.sum(IDS)
    return wall / whole[0], cpu / whole[1]


def run(project: clew.Project) -> tuple[Timed, Taken]:
    """Run it; what each stage took, and the whole."""
    timed = Timed()
    with timed.of("run"), steps_timed(timed):
        project.run(reporter=timed)
    return timed, timed.taken["run"]


def plan(project: clew.Project, threshold: float | None = None, beside: Taken | None = None) -> Taken:
    """Plan and compare, and print what it took beside its own stages from sources to cluster, or beside others'.

    With the project's own settings it is applied. Returns what the stages from sources to cluster took.
    """
    timed = Timed()
    with timed.of("plan"):
        found = project.plan(reporter=timed, threshold=threshold)
    wall, cpu = timed.taken["plan"]
    stages = {n: t for n, t in timed.taken.items() if n != "plan"}
    stages["compare"] = (wall - sum(w for w, _ in stages.values()), cpu - sum(c for _, c in stages.values()))
    own = timed.sum(CLUSTERS)
    base = beside or own
    rows = [*stages.items(), ("sources to cluster", own), ("plan", (wall, cpu))]
    rows_of("|seconds|CPU seconds", [(name, f"{w:.1f}", f"{c:.1f}") for name, (w, c) in rows])
    print(f"plan with impact: {wall / base[0]:.2f} times sources to cluster, {cpu / base[1]:.2f} in CPU seconds")
    if threshold is None:
        project.apply(found.plan_id)
    return own


# --- the road of ids -------------------------------------------------------------------------------------------------

Holders = dict[str, str]


def holders(tables: RunTables) -> Holders:
    """Record -> customer."""
    with Compute() as compute:
        compute.read_parquet("members", tables.path("members"))
        return dict(compute.rows("SELECT record_id, customer_id FROM members"))


def persons(shop: Path) -> dict[str, str]:
    """Record -> person, by the truth file."""
    with (shop / "truth.csv").open(newline="", encoding="utf-8") as file:
        return {f"{row['source']}:{row['key']}": row["person"] for row in csv.DictReader(file)}


def customers(held: Holders) -> dict[str, list[str]]:
    """Customer -> records."""
    found = defaultdict(list)
    for record, customer in held.items():
        found[customer].append(record)
    return found


def fates(was: Holders, now: Holders, touched: set[str], truth: dict[str, str]) -> Counter[str]:
    """What became of the customers whose records are all there and say the same."""
    found: Counter[str] = Counter()
    before, after = customers(was), customers(now)
    for customer, records in before.items():
        if touched.isdisjoint(records):
            targets = Counter(now[record] for record in records)
            if targets[customer] == max(targets.values()):
                found["kept"] += 1
            elif len(targets) > 1:
                found["parted"] += 1
            else:
                (target,) = targets
                news = any(record in touched or record not in was for record in after[target] + before.get(target, []))
                others = {truth.get(record) for record in set(after[target]).difference(records)}
                right = not others.isdisjoint(truth.get(record) for record in records)
                found[f"joined another {'whose records changed' if news else AS_IT_WAS}, {RIGHT[right]}"] += 1
    return found


def passed(runs: list[Holders], truth: dict[str, str]) -> tuple[list[str], int]:
    """Ids that went from one person to another, in words, and how many ids there were."""
    last: dict[str, set[str]] = {}
    told = []
    for number, held in enumerate(runs):
        for customer, records in customers(held).items():
            counted = Counter(truth[record] for record in records if record in truth)
            # Of a customer that is as much one person as another, it is either.
            now = {person for person, count in counted.items() if count == max(counted.values())}
            # Of carts that were left the file doesn't tell.
            if not now:
                continue
            was = last.get(customer, now)
            if was.isdisjoint(now):
                told.append(f"{customer} in run {number}: from {', '.join(sorted(was))} to {dict(counted)}")
            last[customer] = now
    return told, len(last)


def print_road(runs: list[Holders], touched: list[set[str]], truth: dict[str, str]) -> None:
    """Print how ids fared."""
    found: Counter[str] = Counter()
    for (was, now), changed in zip(pairwise(runs), touched, strict=True):
        found += fates(was, now, changed, truth)
    last = fates(runs[0], runs[-1], set().union(*touched), truth)
    for name, became in (("run to run", found), ("first to last", last)):
        every = sum(became.values())
        alone = every - sum(n for what, n in became.items() if what.startswith("joined") and AS_IT_WAS not in what)
        kept = f"{became['kept'] / every:.3%} of {every:,} kept their id"
        print(f"customers of unchanged records, {name}: {kept}; {became['kept'] / alone:.3%} where no other's changed")
        for what, count in became.most_common():
            print(f"  {count:,} {what}")
    told, ids = passed(runs, truth)
    print(f"ids that went to another person: {len(told)} of {ids:,}")
    for line in told[:NAMED]:
        print(f"  {line}")


# --- the past --------------------------------------------------------------------------------------------------------


def print_past(project: clew.Project, first: RunTables) -> None:
    """Print how long answers of the first run's time take, asked in turns."""
    dice = random.Random(1)
    with Compute() as compute:
        for name in ("members", "known_by"):
            compute.read_parquet(name, first.path(name))
        asked = {
            name: [text for (text,) in compute.rows(f"SELECT DISTINCT {sql} ORDER BY ALL")]
            for name, sql in (
                ("customer", "customer_id FROM members"),
                ("record", "record_id FROM members"),
                ("e-mail", "value FROM known_by WHERE type = 'email'"),
            )
        }
    with State.open(project.layout.store, read_only=True) as state:
        at = state.run(first.run_id).finished
    assert at is not None
    took: dict[str, list[float]] = {name: [] for name in asked}
    for name, texts in asked.items():
        for text in dice.sample(texts, min(ASKED, len(texts))):
            begun = time.perf_counter()
            try:
                project.whois_as_of(text, at)
            except NotFoundError:
                # No record that holds this e-mail is left.
                continue
            took[name].append(1000 * (time.perf_counter() - begun))
    for name, times in took.items():
        times.sort()
        half, most = times[len(times) // 2], times[len(times) * 99 // 100]
        print(f"who was it, by {name:10} p50 {half:7.1f} ms   p99 {most:7.1f} ms   {len(times)} answers")


def print_ledger(project: clew.Project) -> None:
    """Print how large the ledger is, and how long its proof takes."""
    begun = clocks()
    verified = project.verify()
    wall, cpu = (now - then for now, then in zip(clocks(), begun, strict=True))
    size = (project.layout.store / "state.db").stat().st_size
    each = size / max(1, verified.entries)
    print(f"ledger: {verified.entries:,} entries, state.db {size / 2**20:,.1f} MiB, {each:.0f} bytes an entry")
    print(f"clew verify: {wall:.1f} s, {cpu:.1f} CPU s; {'well' if verified.well else 'NOT WELL'}")


def measure(records: int, runs: int, seed: int, work: Path) -> None:
    """Print all of it."""
    shop = work / f"ledger-{records}"
    shutil.rmtree(shop, ignore_errors=True)
    generate(shop, records, seed)
    paths = sorted(path for path in shop.iterdir() if path.name.startswith(RECORDS))
    exports = [Export(path, random.Random(f"{seed} {path.name}")) for path in paths]
    for export in exports:
        export.write()
    truth, shares, seen, touched = persons(shop), [], [], []
    with clew.open(write_project(shop)) as project:
        timed, whole = run(project)
        tables = [project.layout.run(project.status().run.run_id)]  # type: ignore[union-attr]
        rows = [(name, f"{timed.taken[name][0]:.1f}", f"{timed.taken[name][1]:.1f}") for name in (*IDS, "run")]
        rows_of("the first run|seconds|CPU seconds", rows)
        print("ids and ledger: {:.1%} of the run, {:.1%} of its CPU seconds\n".format(*share_of_ids(timed, whole)))
        seen.append(holders(tables[0]))
        for number in range(1, runs + 1):
            touched.append({record for export in exports for record in export.change()})
            if number < runs:
                shares.append(share_of_ids(*run(project)))
            else:
                base = plan(project)
                print("\na plan of another threshold, with every file as it was, beside those stages of the one before")
                plan(project, THRESHOLD, base)
            tables.append(project.layout.run(project.status().run.run_id))  # type: ignore[union-attr]
            seen.append(holders(tables[-1]))
        if shares:
            wall, cpu = (sorted(part)[len(part) // 2] for part in zip(*shares, strict=True))
            print(f"ids and ledger of a later run: {wall:.1%} of it, {cpu:.1%} of its CPU seconds (median)")
        each = sum(map(len, touched)) / runs / len(seen[0])
        print(f"\n{len(seen[0]):,} records at first; before each run {each:.2%} changed or went, and half as many came")
        print_road(seen, touched, truth)
        print_ledger(project)
        print_past(project, tables[0])


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=25_000)
    parser.add_argument("--runs", type=int, default=30, help="runs after the first; the last is a plan that is applied")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, default=Path("work"))
    given = parser.parse_args()
    measure(given.records, max(1, given.runs), given.seed, given.work.resolve())


if __name__ == "__main__":
    main()
