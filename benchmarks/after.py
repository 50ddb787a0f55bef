"""How long all takes that is made of customers, in per cent of working out who they are.

    python benchmarks/after.py --demo 100000 --events 3 --work DIR
    python benchmarks/after.py --data DIR

Runs a demo, whose visits are there `--events` times, or a copy of a folder of exports, beginning without a model. Times
the stages of the run, and what follows: the customers, their permissions and their events (stage profile), the
measuring of the data (stage health) and the judging of it, every measure written to a file, the lists of each purpose
by each channel, and the report. All that comes after the clusters is compared with all up to them.

CPU seconds are of this process and of the workers that have ended; a busy machine stretches them less than the others.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ceiling import rows_of

import clew
from engine.demo import generate
from engine.sources import write_project

#: The stages that work out who is who.
CLUSTERS = ("sources", "standardise", "link", "cluster")
#: Stages of the run that make something of that.
OURS = ("profile", "health")
VISITS = "ga4_events.ndjson"

Taken = tuple[float, float]


def clocks() -> Taken:
    """Wall and CPU seconds."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return time.perf_counter(), sum(one.ru_utime + one.ru_stime for one in used)


class Timed:
    """What things took, in wall and CPU seconds; as a reporter, the stages of a run."""

    def __init__(self) -> None:
        self.taken: dict[str, Taken] = {}
        self._begun = clocks()

    def stage(self, name: str) -> None:
        """A stage begins."""
        self._begun = clocks()

    def step(self, text: str) -> None:
        """Ignored."""

    def done(self, name: str, seconds: float, counts: Mapping[str, int]) -> None:
        """The stage is done."""
        self.taken[name] = self._since(self._begun)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Time what is done inside."""
        begun = clocks()
        yield
        self.taken[name] = self._since(begun)

    def sum(self, names: tuple[str, ...]) -> Taken:
        """What several took together."""
        found = [self.taken[name] for name in names]
        return sum(wall for wall, _ in found), sum(cpu for _, cpu in found)

    @staticmethod
    def _since(begun: Taken) -> Taken:
        now = clocks()
        return now[0] - begun[0], now[1] - begun[1]


def repeat_visits(file: Path, times: int) -> None:
    """Have every visit several times, seconds apart, each an event of its own."""
    whole = file.with_suffix(".part")
    with file.open(encoding="utf-8") as lines, whole.open("w", encoding="utf-8") as written:
        for line in lines:
            written.write(line)
            row = json.loads(line)
            (named,) = (part["value"] for part in row["event_params"] if part["key"] == "event_id")
            event_id, at = named["string_value"], row["event_timestamp"]
            for n in range(1, times):
                named["string_value"] = f"{event_id}-{n}"
                row["event_timestamp"] = at + n * 1_000_000
                written.write(json.dumps(row, separators=(",", ":")) + "\n")
    whole.replace(file)


def measure(folder: Path, make: Callable[[], object]) -> None:
    """Print all of it."""
    shutil.rmtree(folder, ignore_errors=True)
    make()
    written = folder / "written"
    written.mkdir()
    timed = Timed()
    with clew.open(write_project(folder)) as project:
        run = project.run(reporter=timed)
        with timed.of("judging health"):
            project.health()
        with timed.of("all measures"):
            project.export_measures(written / "measures")
        with timed.of("all lists"):
            project.audiences(written / "lists")
        with timed.of("report"):
            project.report(written / "report.html")
    after = (*OURS, "judging health", "all measures", "all lists", "report")
    rows = [(name, *timed.taken[name]) for name in CLUSTERS]
    whole = timed.sum(CLUSTERS)
    rows += [("sources to cluster", *whole), *((name, *timed.taken[name]) for name in after)]
    ours = timed.sum(after)
    rows.append(("all that follows", *ours))
    rows_of("|seconds|CPU seconds", [(name, f"{wall:.1f}", f"{cpu:.1f}") for name, wall, cpu in rows])
    print(f"\n{run.records:,} records, {run.events:,} events")
    of_wall, of_cpu = (f"{part / all_of:.1%}" for part, all_of in zip(ours, whole, strict=True))
    print(f"all that follows: {of_wall} of the seconds from sources to cluster, {of_cpu} of their CPU seconds")


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--data", type=Path, help="a folder of exports")
    what.add_argument("--demo", type=int, help="make a demo of so many records")
    parser.add_argument("--events", type=int, default=1, help="how many times the demo's visits are there")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, default=Path("work"), help="where to make it")
    given = parser.parse_args()
    folder = given.work / "after"

    def make() -> None:
        if given.data:
            shutil.copytree(
                given.data, folder, copy_function=shutil.copyfile, ignore=shutil.ignore_patterns(".clew", "clew.yaml")
            )
            return
        generate(folder, given.demo, given.seed)
        repeat_visits(folder / VISITS, given.events)

    given.work.mkdir(parents=True, exist_ok=True)
    measure(folder, make)


if __name__ == "__main__":
    main()
