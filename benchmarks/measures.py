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
from engine.measure import views
from engine.runs import Layout
from engine.state import State

_SAME = ("records", "identifiers", "shared_values", "orders", "order_lines", "events")


def _true(compute: Compute, folder: Path, truth: Path) -> None:
    compute.table(
        "members",
        """SELECT source || ':' || key AS record_id, person AS customer_id, 1.0::DOUBLE AS confidence,
               NULL::TIMESTAMP AS since FROM read_csv($p, all_varchar = true)""",
        {"p": str(truth)},
    )
    own_events(compute)


def _after(compute: Compute, folder: Path, truth: Path) -> None:
    for name in ("members", "event_owners"):
        compute.read_parquet(name, folder / f"{name}.parquet")


def _before(compute: Compute, folder: Path, truth: Path) -> None:
    compute.table(
        "members",
        """SELECT record_id, coalesce(min(value) FILTER (type = 'account' AND starts_with(value, 'shopify:')),
                min(value) FILTER (type = 'email'), record_id) AS customer_id, 1.0 AS confidence
           FROM records LEFT JOIN identifiers USING (record_id) GROUP BY record_id""",
    )
    compute.table(
        "event_owners",
        """SELECT e.source, e.key, coalesce(e.account, e.email) AS customer_id, 1.0 AS confidence
           FROM events e WHERE coalesce(e.account, e.email) IN (SELECT customer_id FROM members)""",
    )


def measure(project: Path, truth: Path) -> None:
    """Print all of it."""
    config = load(project)
    layout = Layout(project.parent / config.store)
    with State.open(layout.store) as state:
        current = state.current_run()
    if current is None:
        raise SystemExit(f"{project}: has no run")
    folder = layout.run(current.run_id).folder
    ways: dict[str, Callable[[Compute, Path, Path], None]] = {
        "truth": _true, "before": _before, "after": _after,
    }  # fmt: skip
    found = {}
    for name, fill in ways.items():
        with Compute() as compute:
            for table in _SAME:
                compute.read_parquet(table, folder / f"{table}.parquet")
            fill(compute, folder, truth)
            compute.view("customers", "SELECT DISTINCT customer_id FROM members")
            compute.view("segments", "SELECT NULL::VARCHAR AS customer_id, NULL::VARCHAR AS segment WHERE false")
            for view in views():
                compute.run(view.sql)
            total = compute.rows(
                """SELECT count(*), avg(ltv), count(*) FILTER (purchases > 1) / count(*) FROM buyers
                   WHERE purchases > 0"""
            )[0]
            channels = {c: (n, v) for c, n, v in compute.rows("SELECT acquired_by, buyers, ltv FROM channels")}
            cohorts = {
                (c, m): (n, r) for c, m, n, r in compute.rows("SELECT cohort, months, buyers, retained FROM cohorts")
            }
            found[name] = (total, channels, cohorts)
    (_, ltv, repeat), channels, cohorts = found["truth"]
    print(f"{'':8}{'buyers':>10}{'LTV':>10}{'error':>8}{'repeat':>8}{'error':>8}{'LTV by channel':>16}{'cohorts':>10}")
    for name, (total, by_channel, by_cohort) in found.items():
        buyers, value, again = total
        weights = sum(n for n, _ in channels.values())
        wrong = (
            sum(n * abs((by_channel.get(c, (0, 0))[1] or 0) - v) / v for c, (n, v) in channels.items() if v) / weights
        )
        size = sum(n for n, _ in cohorts.values())
        off = sum(n * abs(by_cohort.get(k, (0, 0.0))[1] - r) for k, (n, r) in cohorts.items())
        mean = sum(n * r for n, r in cohorts.values())
        print(
            f"{name:8}{buyers:10,}{value:10.2f}{value / ltv - 1:8.1%}{again:8.3f}{again / repeat - 1:8.1%}"
            f"{wrong:16.1%}{off / mean if size else 0:10.1%}"
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
