"""How right the answer is on data with known truth, through an ordinary project file and without labels.

    python benchmarks/quality.py --data DIR [--only NAME ...] [--keep DIR]

DIR holds one folder a data set: `records.parquet` and `truth.csv` (record_id, entity_id); `shop` holds exports in their
tools' own formats and `truth.csv` (source, key, person). The data are not part of this project; where they come from
and under which licence is in benchmarks/README.md. Data sets that DIR lacks are left out, and named.
"""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samples import SAMPLES, SHOP_GOAL, SHOP_PUBLISHED, Sample

from engine.compute import Compute, quote
from engine.config import load
from engine.evaluate import Evaluation, Scores, evaluate
from engine.pipeline import run
from engine.runs import Layout
from engine.sources.project import write_project

PROJECT_FILE = "clew.yaml"


@dataclass(frozen=True)
class Result:
    """One data set judged."""

    name: str
    found: Evaluation
    seconds: float
    goal: float
    published: dict[str, float]


def write_sample(sample: Sample, data: Path, folder: Path) -> Path:
    """Lay out a project for `sample` in `folder`: its files, its project file, and the truth as Clew reads it."""
    with Compute() as compute:
        compute.read_parquet("all_records", data / "records.parquet")
        compute.table(
            "entities",
            "SELECT record_id, entity_id FROM read_csv($path, all_varchar = true)",
            {"path": str(data / "truth.csv")},
        )
        part = f"{quote(sample.split)}::VARCHAR" if sample.split else "$name"
        name = {} if sample.split else {"name": sample.name}
        compute.table("named", f"SELECT *, lower({part}) AS _file FROM all_records", name)
        titles = [title for (title,) in compute.rows("SELECT DISTINCT _file FROM named ORDER BY 1")]
        for title in titles:
            compute.table("export", "SELECT * EXCLUDE (_file) FROM named WHERE _file = $file", {"file": title})
            compute.write_parquet("export", folder / f"{title}.parquet", order_by="record_id")
        compute.table(
            "truth_file",
            "SELECT _file AS source, record_id AS key, entity_id AS person FROM named JOIN entities USING (record_id)",
        )
        compute.write_parquet("truth_file", folder / "truth.parquet")
    project: dict[str, Any] = {
        **sample.project,
        "sources": [{"path": f"{t}.parquet", "map": {"record": sample.record}, **sample.sources} for t in titles],
    }
    (folder / PROJECT_FILE).write_text(json.dumps(project, indent=1), encoding="utf-8")  # JSON is YAML, too
    return folder / "truth.parquet"


def write_shop(data: Path, folder: Path) -> Path:
    """Let `clew init` write the project file for the shop's exports."""
    for export in data.iterdir():
        if export.is_file() and export.name != PROJECT_FILE and not export.name.startswith("truth"):
            (folder / export.name).symlink_to(export.resolve())
    write_project(folder, "shop")
    return data / "truth.csv"


def judge(folder: Path, truth: Path) -> tuple[Evaluation, float]:
    """Run the project in `folder` from nothing; returns the verdict, and the seconds that the run took."""
    config = load(folder / PROJECT_FILE)
    begun = time.perf_counter()
    done = run(config, folder)
    seconds = time.perf_counter() - begun
    with Compute() as compute:
        compute.read_parquet("members", Layout(folder / config.store).run(done.run.run_id).path("members"))
        return evaluate(compute, "members", truth), seconds


def show(result: Result) -> None:
    """Print one result at length."""
    found = result.found
    pair, cubed = found.pairwise, found.bcubed
    print(
        f"{result.name}: pairwise {' / '.join(figures(pair))}, "
        f"B-cubed {' / '.join(figures(cubed))} (precision / recall / F1)\n"
        f"  {found.customers:,} customers for {found.persons:,} persons; {found.mixed:,} customers hold several "
        f"persons (at most {found.most_persons}), {found.split:,} persons are split; {found.missing} of "
        f"{found.records:,} records missing; {result.seconds:.1f} s",
        flush=True,
    )


def figures(scores: Scores) -> list[str]:
    """Precision, recall and F1 to four digits."""
    return ["none" if s is None else f"{s:.4f}" for s in (scores.precision, scores.recall, scores.f1)]


def table(results: list[Result]) -> str:
    """All results as a table in Markdown."""
    lines = [
        "| data | records | persons | customers | pairwise P / R / F1 | B-cubed P / R / F1 | most persons in one "
        "customer | published pairwise F1 | goal | seconds |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for r in results:
        pair, cubed = figures(r.found.pairwise), figures(r.found.bcubed)
        published = ", ".join(f"{who} {value:g}" for who, value in r.published.items()) or "none"
        reached = "" if (r.found.pairwise.f1 or 0) >= r.goal else " (missed)"
        lines.append(
            f"| {r.name} | {r.found.records:,} | {r.found.persons:,} | {r.found.customers:,} "
            f"| {pair[0]} / {pair[1]} / **{pair[2]}** "
            f"| {cubed[0]} / {cubed[1]} / **{cubed[2]}** | {r.found.most_persons} "
            f"| {published} | {r.goal:g}{reached} | {r.seconds:.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Judge every data set that is there."""
    known = [*(s.name for s in SAMPLES), "shop"]
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of data sets")
    parser.add_argument("--only", nargs="+", choices=known, default=known, metavar="NAME", help=", ".join(known))
    parser.add_argument("--keep", type=Path, help="leave the projects in this folder (default: a temporary one)")
    options = parser.parse_args()
    # What a level was never seen for is Splink's business with the engine, not this table's.
    logging.getLogger("splink").setLevel(logging.ERROR)
    samples = {s.name: s for s in SAMPLES}
    results = []
    with tempfile.TemporaryDirectory(prefix="clew-quality-") as scratch:
        for name in [n for n in known if n in options.only]:
            data = options.data / name
            if not data.is_dir():
                print(f"{name}: not in {options.data}")
                continue
            folder = (options.keep or Path(scratch)) / name
            folder.mkdir(parents=True)
            truth = write_sample(samples[name], data, folder) if name in samples else write_shop(data, folder)
            found, seconds = judge(folder, truth)
            goal, published = (
                (samples[name].goal, samples[name].published) if name in samples else (SHOP_GOAL, SHOP_PUBLISHED)
            )
            results.append(Result(name, found, seconds, goal, published))
            show(results[-1])
    print("\n" + table(results))


if __name__ == "__main__":
    main()
