"""How far measures are from what they would be if every identity were known, before unification and after.

    python benchmarks/measures.py PROJECT.yaml [TRUTH.csv]

*Truth* has the true persons as customers, and the events that can be tied to them. *After* is the current run of the
project. *Before* is the shop's own idea of a customer: one per customer id of an order, else per e-mail, else per
order, with the events that name one of these. Prints lifetime value and repeat rate of buyers, and the error of each;
and the mean error of lifetime value by channel and of the cohort table, weighted by buyers.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from engine.cluster.events import own_events
from engine.compute import Compute
from engine.config import load
from engine.measure import open_views
from engine.measure.identities import before, named, unified
from engine.measure.totals import SHARED, Totals, totals
from engine.runs import Layout, RunTables
from engine.state import State


def _true(truth: Path) -> Callable[[Compute, RunTables], None]:
    def fill(compute: Compute, run: RunTables) -> None:
        compute.read_parquet("shared_values", run.path("shared_values"))
        compute.table(
            "members",
            """SELECT source || ':' || key AS record_id, person AS customer_id, 1.0::DOUBLE AS confidence,
                   NULL::TIMESTAMP AS since FROM read_csv($p, all_varchar = true)""",
            {"p": str(truth)},
        )
        named(compute)
        own_events(compute)

    return fill


def measure(project: Path, truth: Path) -> None:
    """Print all of it."""
    config = load(project)
    layout = Layout(project.parent / config.store)
    with State.open(layout.store) as state:
        current = state.current_run()
    if current is None:
        raise SystemExit(f"{project}: has no run")
    found: dict[str, Totals] = {}
    for name, identities in {"truth": _true(truth), "before": before, "after": unified}.items():
        with Compute() as compute:
            open_views(compute, layout.run(current.run_id), identities=identities, keep=SHARED)
            found[name] = totals(compute)
    true = found["truth"]
    print(f"{'':8}{'buyers':>10}{'LTV':>10}{'error':>8}{'repeat':>8}{'error':>8}{'LTV by channel':>16}{'cohorts':>10}")
    for name, one in found.items():
        weights = sum(n for n, _ in true.channels.values())
        wrong = (
            sum(n * abs(one.channels.get(c, (0, 0.0))[1] - v) / v for c, (n, v) in true.channels.items() if v) / weights
        )
        # (Buyers of the cohort, active) -> times the share that is retained.
        retained = {k: active / n for k, (n, active) in one.cohorts.items()}
        off = sum(n * abs(retained.get(k, 0.0) - active / n) for k, (n, active) in true.cohorts.items())
        mean = sum(active for _, active in true.cohorts.values())
        print(
            f"{name:8}{one.buyers:10,}{one.ltv:10.2f}{one.ltv / true.ltv - 1:8.1%}{one.repeat_rate:8.3f}"
            f"{one.repeat_rate / true.repeat_rate - 1:8.1%}{wrong:16.1%}{off / mean if mean else 0:10.1%}"
        )


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("truth", type=Path, nargs="?")
    given = parser.parse_args()
    measure(given.project, given.truth or given.project.parent / "truth.csv")


if __name__ == "__main__":
    main()
