"""How long after new orders have arrived the suppression list has changed.

    python benchmarks/freshness.py --records 100000 --work DIR            # the shop sends all its orders, as it does
    python benchmarks/freshness.py --records 100000 --work DIR --append   # it sends the new ones only

Makes the demo shop and holds back its newest orders, 1 % of them. Runs the project, and makes the list for cart
recovery as of the end. Then the orders arrive, and two commands are timed: `clew run --source` of the orders, and
`clew audience suppress`. Prints where the seconds went, and how many addresses came onto the list because somebody has
bought.

The clock is that of the commands from start to end, with imports; CPU seconds, which a busy machine stretches less, are
those of the commands and their workers.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import yaml
from ceiling import rows_of

from engine.demo import generate
from engine.sources import write_project

ORDERS = "shopify_orders"
#: Orders that arrive later.
SHARE = 0.01


def timed(*words: object) -> tuple[float, float]:
    """Wall and CPU seconds of a clew command."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [str(Path(sys.executable).with_name("clew")), *map(str, words)]
    subprocess.run(command, check=True, capture_output=True)
    seconds, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def hold_back(shop: Path) -> tuple[Path, Path, str]:
    """Part the orders' file: returns the earlier ones, the newest ones, and the last day."""
    whole = shop / f"{ORDERS}.csv"
    with whole.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows, columns = list(reader), list(reader.fieldnames or ())
    made = {row["Name"]: row["Created at"] for row in rows if row["Id"]}
    newest = set(sorted(made, key=lambda name: (made[name], name))[-max(1, round(SHARE * len(made))) :])
    parts = []
    for part, is_new in (("earlier", False), ("newest", True)):
        path = shop / f"{part}.part"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(row for row in rows if (row["Name"] in newest) == is_new)
        parts.append(path)
    return parts[0], parts[1], max(made.values())[:10]


def on_the_list(file: Path) -> set[str]:
    """Addresses whose owner has bought."""
    with file.open(newline="", encoding="utf-8") as rows:
        return {row["address"] for row in csv.DictReader(rows) if "bought" in row["why_not"]}


def measure(records: int, seed: int, work: Path, append: bool) -> None:
    """Print all of it."""
    shop = work / f"fresh-{records}"
    shutil.rmtree(shop, ignore_errors=True)
    generate(shop, records, seed)
    project = write_project(shop)
    settings = yaml.safe_load(project.read_text(encoding="utf-8"))
    for source in settings["sources"]:
        if append and source["path"] == f"{ORDERS}.csv":
            source["mode"] = "append"
    project.write_text(yaml.safe_dump(settings), encoding="utf-8")
    whole = shop / f"{ORDERS}.csv"
    everything = whole.read_bytes()
    earlier, newest, last_day = hold_back(shop)
    shutil.copyfile(earlier, whole)
    # Whoever ordered on the last day is on the list an hour later.
    suppress = ("audience", "suppress", "--for", "cart-recovery", "--at", f"{last_day} 23:59:59", "-p", project)
    first = timed("run", "-p", project)
    timed(*suppress, shop / "before.csv")

    if append:
        shutil.copyfile(newest, whole)
    else:
        whole.write_bytes(everything)
    run = timed("run", "--source", ORDERS, "-p", project)
    made = timed(*suppress, shop / "after.csv")
    runs = sorted((shop / ".clew" / "runs").iterdir(), key=os.path.getmtime)
    stages = json.loads((runs[-1] / "manifest.json").read_text(encoding="utf-8"))["seconds"]
    rows: list[tuple[object, ...]] = [(name, f"{seconds:.1f}", "") for name, seconds in stages.items()]
    rows += [
        ("start, tables, graph", f"{run[0] - sum(stages.values()):.1f}", ""),
        (f"clew run --source {ORDERS}"[:23], f"{run[0]:.1f}", f"{run[1]:.1f}"),
        ("clew audience suppress", f"{made[0]:.1f}", f"{made[1]:.1f}"),
        ("from arrival to list", f"{run[0] + made[0]:.1f}", f"{run[1] + made[1]:.1f}"),
        ("the whole run before", f"{first[0]:.1f}", f"{first[1]:.1f}"),
    ]
    rows_of("|seconds|CPU seconds", rows)
    came = on_the_list(shop / "after.csv") - on_the_list(shop / "before.csv")
    sent = "the new orders" if append else "all orders"
    print(f"\n{records:,} records; {sent} sent; {len(came):,} addresses came onto the list as their owner has bought")
    if not came:
        raise SystemExit("the list hasn't changed")


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, default=Path("work"))
    parser.add_argument("--append", action="store_true", help="the file holds the new orders only")
    given = parser.parse_args()
    measure(given.records, given.seed, given.work, given.append)


if __name__ == "__main__":
    main()
