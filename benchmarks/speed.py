"""How long `clew run` takes on the demo shop, beside bare Splink on the table that Clew itself made for it.

    python benchmarks/speed.py --records 100000 1000000 --seed 1 --work DIR

For each size, one after the other and each in a process of its own:

- *clew run*: the whole of it, from the exports to the published run and the filled graph, with no model to begin with.
- *bare Splink*: training, predict and cluster, with Clew's comparisons, blocking keys, number of sampled pairs and
  passes of expectation maximisation, on Clew's standardised and folded table. That table and its blocking keys, with
  too large blocks already left out, are made beforehand and not timed.
- *minimal Splink*: the set-up of Splink's quick start on the same table: e-mail, phone and names, three blocking rules.

Prints seconds and peak memory of each, the ratios, and the time per stage. Seconds are wall time without imports; CPU
seconds, which a busy machine stretches less, are those of the whole process and its workers. Peak memory is the largest
sum of their resident memory.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

NODES, PLAN = "nodes.parquet", "plan.json"
MIB = 2**20


class Clock:
    """Seconds per named step, in order."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what happens inside, added to what `name` took before."""
        begun = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun


class Watch:
    """A reporter of `clew run` that keeps seconds per stage, linking taken apart, and what was counted."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.counts: dict[str, int] = {}
        self._stage, self._name, self._since = "", "", 0.0

    def stage(self, name: str) -> None:
        """Close what went before, and begin a stage."""
        self._turn_to(name)
        self._stage = name

    def step(self, text: str) -> None:
        """Begin a step; those of linking have names of their own, other stages' are the sources' or the fields'."""
        if self._stage == "link":
            self._turn_to(f"link: {text}")

    def done(self, name: str, seconds: float, counts: Mapping[str, int]) -> None:
        """Keep the counts."""
        self.counts.update(counts)

    def _turn_to(self, name: str) -> None:
        now = time.perf_counter()
        if self._name and self._name != "link":
            self.seconds[self._name] = self.seconds.get(self._name, 0.0) + now - self._since
        self._name, self._since = name, now


# --- what runs in a process of its own: each takes the working folder and returns plain values -----------------------


def make_demo(work: Path, records: int, seed: int) -> dict[str, Any]:
    """Write the demo shop's exports and its project file."""
    from engine.demo import generate
    from engine.sources.project import write_project

    shop = work / "shop"
    shutil.rmtree(shop, ignore_errors=True)
    made = generate(shop, records, seed)
    write_project(shop, "shop")
    return {"persons": made.persons, "records": made.records, "events": made.events, "phones": made.phones}


def run_clew(work: Path, records: int, seed: int) -> dict[str, Any]:
    """Run the project from nothing, as `clew run` does, and judge the answer (untimed)."""
    import clew
    from engine.config import load

    shop = work / "shop"
    path = shop / "clew.yaml"
    config = load(path)
    shutil.rmtree(shop / config.store, ignore_errors=True)
    watch = Watch()
    with clew.open(path) as project:
        begun = time.perf_counter()
        project.run(reporter=watch)
        seconds = time.perf_counter() - begun
        watch.stage("done")
        found = project.evaluate(shop / "truth.csv")
    return {
        "seconds": seconds,
        "steps": watch.seconds,
        "pairs": watch.counts["pairs"],
        "customers": watch.counts["customers"],
        "pairwise": found.pairwise.f1,
        "b-cubed": found.bcubed.f1,
    }


def make_nodes(work: Path, records: int, seed: int) -> dict[str, Any]:
    """Write Clew's standardised and folded table with its blocking keys, and the settings for bare Splink."""
    from engine.compute import Compute
    from engine.config import load
    from engine.link import blocking
    from engine.link.comparisons import choose
    from engine.link.model import base_settings
    from engine.link.nodes import build_nodes
    from engine.sources import read_sources
    from engine.standardise import standardise

    shop = work / "shop"
    config = load(shop / "clew.yaml")
    with Compute(work) as compute:
        read_sources(compute, config, shop)
        standardise(compute, config)
        count = build_nodes(compute, config)
        settings = base_settings([c.settings() for c in choose(compute, config.linkage.compare)])
        # Splink's clustering has a node_id of its own.
        settings["unique_id_column_name"] = "unique_id"
        rules = blocking.choose(compute, config.linkage.blocking)
        size = config.limits.block_size
        keys = [_write_key(compute, i, r, size) for i, r in enumerate(rules)]
        made = "".join(f", _key_{i}.key AS key_{i}" for i in range(len(rules)))
        joins = "".join(f" LEFT JOIN _key_{i} USING (node_id)" for i in range(len(rules)))
        compute.table("keyed", f"SELECT node_id AS unique_id, nodes.* EXCLUDE (node_id){made} FROM nodes{joins}")
        compute.write_parquet("keyed", work / NODES, order_by="unique_id")
    (work / PLAN).write_text(
        json.dumps({"settings": settings, "keys": keys, "threshold": config.linkage.threshold}), encoding="utf-8"
    )
    return {"nodes": count}


def _write_key(compute: Any, number: int, rule: Any, block_size: int) -> dict[str, Any]:
    """Make `_key_<number>` (node_id, key): hashes of a rule's key, a list where a node has several; no large blocks."""
    from engine.link import blocking

    blocking.find_blocks(compute, rule, block_size)
    several = compute.value("SELECT count(*) > count(DISTINCT node_id) FROM blocks")
    value = "list(key ORDER BY key)" if several else "any_value(key)"
    compute.table(f"_key_{number}", f"SELECT node_id, {value} AS key FROM blocks GROUP BY node_id")
    return {"column": f"key_{number}", "list": bool(several)}


def run_bare(work: Path, records: int, seed: int) -> dict[str, Any]:
    """Splink by itself with Clew's settings: prior, u, m over Clew's passes, predict, cluster."""
    from splink import DuckDBAPI, Linker, block_on

    from engine.link import training

    plan = json.loads((work / PLAN).read_text(encoding="utf-8"))
    api = DuckDBAPI()
    clock = Clock()
    with clock.step("load"):
        table = _load(api, work)
    rules = [block_on(k["column"], **({"arrays_to_explode": [k["column"]]} if k["list"] else {})) for k in plan["keys"]]
    settings = {**plan["settings"], "blocking_rules_to_generate_predictions": rules}
    linker = Linker(table, settings, log_level=None, validate_settings=False)
    with clock.step("prior"):
        certain = [block_on("email"), block_on("phone"), block_on("first_name", "last_name", "postcode")]
        linker.training.estimate_probability_two_random_records_match(certain, recall=0.7)
    with clock.step("u"):
        linker.training.estimate_u_using_random_sampling(
            max_pairs=training.U_PAIRS, seed=training.SEED, min_count_per_level=None, num_chunks=1
        )
    nodes = _count(api, "nodes")
    names = {c["output_column_name"] for c in plan["settings"]["comparisons"]}
    passes = [*training.PASSES, *((c,) for c in sorted(names) if c.startswith("x_"))]
    skipped = []
    with clock.step("m"):
        for held in passes:
            pairs = _pairs(api, held)
            if pairs < training.EM_MIN_PAIRS:
                continue
            before = linker.misc.save_model_to_json()
            try:
                linker.training.estimate_parameters_using_expectation_maximisation(
                    block_on(*held),
                    estimate_without_term_frequencies=True,
                    max_pairs=training.EM_PAIRS if pairs > training.EM_PAIRS else None,
                    record_sample_proportion=1.0 if nodes < 200_000 else 0.05,
                )
            except ValueError as error:
                # Splink stops where an m becomes zero, and the pass leaves a half-made session behind: start over
                # from what was known before it.
                skipped.append(f"{' and '.join(held)} ({error})")
                before["blocking_rules_to_generate_predictions"] = rules
                linker = Linker(table, before, log_level=None, validate_settings=False)
    return _predict(linker, clock, plan["threshold"], plan["threshold"]) | {"skipped": skipped}


def run_minimal(work: Path, records: int, seed: int) -> dict[str, Any]:
    """The set-up of Splink's quick start, for this table."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    api = DuckDBAPI()
    clock = Clock()
    with clock.step("load"):
        table = _load(api, work)
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="unique_id",
        comparisons=[
            cl.ExactMatch("email"),
            cl.ExactMatch("phone"),
            cl.JaroWinklerAtThresholds("first_name"),
            cl.JaroWinklerAtThresholds("last_name"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("email"),
            block_on("phone"),
            block_on("first_name", "last_name"),
        ],
    )
    linker = Linker(table, settings, log_level=None)
    with clock.step("prior"):
        linker.training.estimate_probability_two_random_records_match(
            [block_on("email"), block_on("phone")], recall=0.7
        )
    with clock.step("u"):
        linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    with clock.step("m"):
        for held in (("first_name", "last_name"), ("email",)):
            linker.training.estimate_parameters_using_expectation_maximisation(block_on(*held))
    return _predict(linker, clock, -10.0, 0.0)


def _load(api: Any, work: Path) -> Any:
    api.duckdb_con.execute("CREATE TABLE nodes AS SELECT * FROM read_parquet($path)", {"path": str(work / NODES)})
    return api.register("nodes")


def _count(api: Any, table: str) -> int:
    return int(api.duckdb_con.execute(f'SELECT count(*) FROM "{table}"').fetchall()[0][0])


def _pairs(api: Any, held: tuple[str, ...]) -> int:
    """How many pairs hold the same `held`."""
    known = " AND ".join(f'"{c}" IS NOT NULL' for c in held)
    columns = ", ".join(f'"{c}"' for c in held)
    blocks = f"SELECT count(*) AS k FROM nodes WHERE {known} GROUP BY {columns}"
    return int(api.duckdb_con.execute(f"SELECT sum(k * (k - 1) / 2) FROM ({blocks})").fetchall()[0][0] or 0)


def _predict(linker: Any, clock: Clock, least_weight: float, threshold: float) -> dict[str, Any]:
    with clock.step("block"):
        blocked = linker.inference.compute_blocked_pairs_for_predict()
    with clock.step("predict"):
        predicted = linker.inference.predict(threshold_match_weight=least_weight, warning_mode="never")
    with clock.step("cluster"):
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
            predicted, threshold_match_weight=threshold
        )
    counted = linker.misc.query_sql(
        f"SELECT count(DISTINCT cluster_id) AS clusters, (SELECT count(*) FROM {blocked.physical_name}) AS pairs"
        f" FROM {clusters.physical_name}"
    ).as_record_list()[0]
    return {
        "seconds": sum(clock.seconds.values()),
        "steps": clock.seconds,
        "pairs": int(counted["pairs"]),
        "customers": int(counted["clusters"]),
    }


PARTS: dict[str, Callable[[Path, int, int], dict[str, Any]]] = {
    "demo": make_demo,
    "clew": run_clew,
    "nodes": make_nodes,
    "bare": run_bare,
    "minimal": run_minimal,
}

# --- the process that starts them -----------------------------------------------------------------------------------


def measured(part: str, work: Path, records: int, seed: int) -> dict[str, Any]:
    """Run one of PARTS in a process of its own; returns what it returns, with `peak` (bytes) and `cpu` (seconds)."""
    answer = work / f"{part}.json"
    answer.unlink(missing_ok=True)
    command = [
        sys.executable,
        __file__,
        "--part",
        part,
        "--records",
        str(records),
        "--seed",
        str(seed),
        "--work",
        str(work),
    ]
    child = subprocess.Popen(command)
    peak = [0]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            peak[0] = max(peak[0], _resident(child.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, status, usage = os.wait4(child.pid, 0)
    over.set()
    watcher.join()
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{part} at {records:,} records ended with exit code {child.returncode}")
    # What the kernel saw of the largest single process is exact; the sum over workers is sampled.
    peak_bytes = max(peak[0], usage.ru_maxrss * 1024)
    return {
        **json.loads(answer.read_text(encoding="utf-8")),
        "peak": peak_bytes,
        "cpu": usage.ru_utime + usage.ru_stime,
    }


def _resident(pid: int) -> int:
    """Resident memory of a process and all its descendants, in bytes; what has just ended counts as nothing."""
    total, waiting = 0, [pid]
    while waiting:
        folder = Path("/proc") / str(waiting.pop())
        try:
            total += int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            for task in (folder / "task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


def benchmark(records: int, seed: int, work: Path) -> dict[str, dict[str, Any]]:
    """All parts at one size."""
    work.mkdir(parents=True, exist_ok=True)
    found = {}
    for part in PARTS:
        begun = time.perf_counter()
        found[part] = measured(part, work, records, seed)
        print(f"{records:,} records: {part} done in {time.perf_counter() - begun:.0f} s with imports", flush=True)
    return found


def report(sizes: dict[int, dict[str, dict[str, Any]]]) -> str:
    """The results as tables in Markdown."""
    lines = [
        "| records | events | phones | nodes | | seconds | CPU seconds | peak memory | compared pairs | customers "
        "| clew run is |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    titles = {"clew": "clew run", "bare": "bare Splink, Clew's settings", "minimal": "minimal Splink"}
    for found in sizes.values():
        demo, clew = found["demo"], found["clew"]
        sizes_of = f"{demo['records']:,} | {demo['events']:,} | {demo['phones']:,} | {found['nodes']['nodes']:,}"
        for part, title in titles.items():
            ratio = "" if part == "clew" else f"{clew['seconds'] / found[part]['seconds']:.2f} times as long"
            lines.append(
                f"| {sizes_of} | {title} | {found[part]['seconds']:.1f} | {found[part]['cpu']:.1f} "
                f"| {found[part]['peak'] / MIB:,.0f} MiB "
                f"| {found[part]['pairs']:,} | {found[part]['customers']:,} | {ratio} |"
            )
            sizes_of = " | | | "
    for found in sizes.values():
        lines += ["", f"Seconds per step at {found['demo']['records']:,} records:", "", "| | |", "|---|---|"]
        for part, title in titles.items():
            steps = ", ".join(f"{name} {seconds:.1f}" for name, seconds in found[part]["steps"].items())
            lines.append(f"| {title} | {steps} |")
        clew = found["clew"]
        lines += ["", f"The answer: pairwise F1 {clew['pairwise']:.4f}, B-cubed F1 {clew['b-cubed']:.4f}."]
        lines += [f"Bare Splink: the training pass on {skipped} failed." for skipped in found["bare"]["skipped"]]
    ordered = sorted(sizes)
    for small, large in pairwise(ordered):
        a, b = sizes[small], sizes[large]
        lines += [
            "",
            f"From {a['demo']['records']:,} to {b['demo']['records']:,} records "
            f"({b['demo']['records'] / a['demo']['records']:.1f} times), clew run takes "
            f"{b['clew']['seconds'] / a['clew']['seconds']:.1f} times as long.",
        ]
    return "\n".join(lines)


def main() -> None:
    """Measure all sizes, or be one of the processes that are measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--records", type=int, nargs="+", default=[100_000])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, required=True, help="folder for the demo and everything computed from it")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        logging.getLogger("splink").setLevel(logging.ERROR)
        answer = PARTS[options.part](options.work, options.records[0], options.seed)
        (options.work / f"{options.part}.json").write_text(json.dumps(answer), encoding="utf-8")
        return
    sizes = {n: benchmark(n, options.seed, (options.work / str(n)).resolve()) for n in options.records}
    text = report(sizes)
    (options.work / "speed.md").write_text(text + "\n", encoding="utf-8")
    print("\n" + text)


if __name__ == "__main__":
    main()
