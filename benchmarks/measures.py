"""How far measures and suppression lists are from what they would be if every identity were known.

    python benchmarks/measures.py PROJECT.yaml          # something that was run, with truth files beside it
    python benchmarks/measures.py --data DIR            # a folder of exports with truth files
    python benchmarks/measures.py --demo 20000

*Truth* has the true persons as customers, and all else by the same rules. *After* is the current run of the project.
*Before* is the shop's own idea of a customer: one per customer id of an order, else per e-mail, else per record, with
the events that name one of these.

Prints lifetime value and repeat rate of buyers, and the error of each; the mean error of lifetime value by channel and
of the cohort table, weighted by buyers; and precision and recall of the suppression lists for cart recovery by e-mail,
over six lists a month apart: which addresses must not be reminded, and which of them because their owner has bought.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from ceiling import Judged, judged, naive_run, rows_of, true_run

from engine.compute import Compute
from engine.measure import KEPT, open_views
from engine.measure.totals import READ, SHARED, Totals, totals
from engine.profile.audiences import VIEWS, make_audience
from engine.runs import RunTables

#: Lists are made now and so many times before, so far apart.
LISTS, APART = 6, timedelta(days=30)


def measure(run: RunTables) -> Totals:
    """The measures of a run that depend most on knowing who is who."""
    with Compute(memory_limit="4GB") as compute:
        open_views(compute, run, keep=SHARED, only=READ)
        return totals(compute)


def suppressed(run: RunTables, at: datetime, sure: float) -> dict[str, bool]:
    """The addresses on the list, and whether because somebody has bought."""
    with Compute(memory_limit="4GB") as compute:
        open_views(compute, run, at, keep=KEPT, only=VIEWS)
        make_audience(compute, "cart-recovery", "email", at, sure)
        return dict(
            compute.rows(
                """SELECT address, bool_or(contains(why_not, 'bought')) FROM audience
                   WHERE why_not IS NOT NULL AND address IS NOT NULL GROUP BY address"""
            )
        )


def last_moment(run: RunTables) -> datetime:
    """As of when the run's measures are."""
    with Compute() as compute:
        open_views(compute, run, only=["customer_state"])
        found: datetime = compute.value("SELECT as_of FROM customer_state LIMIT 1")
        return found


def report(of: Judged, work: Path) -> None:
    """Print all of it."""
    ways = {"truth": true_run(of, work / "truth"), "before": naive_run(of, work / "naive"), "after": of.run}
    found = {name: measure(run) for name, run in ways.items()}
    true = found["truth"]
    rows: list[tuple[object, ...]] = []
    for name, one in found.items():
        weights = sum(n for n, _ in true.channels.values())
        wrong = sum(n * abs(one.channels.get(c, (0, 0.0))[1] - v) / v for c, (n, v) in true.channels.items() if v)
        # (Buyers of the cohort, active) -> times the share that is retained.
        retained = {key: active / n for key, (n, active) in one.cohorts.items()}
        off = sum(n * abs(retained.get(key, 0.0) - active / n) for key, (n, active) in true.cohorts.items())
        mean = sum(active for _, active in true.cohorts.values())
        rows.append(
            (
                name,
                f"{one.buyers:,}",
                f"{one.ltv:.2f}",
                f"{one.ltv / true.ltv - 1:.1%}",
                f"{one.repeat_rate:.3f}",
                f"{one.repeat_rate / true.repeat_rate - 1:.1%}",
                f"{wrong / weights:.1%}",
                f"{off / mean:.1%}",
            )
        )
    rows_of("|buyers|LTV|error|repeat|error|LTV by channel|cohorts", rows)

    now = last_moment(of.run)
    sure = of.config.consent.confidence.email
    lists: dict[str, list[dict[str, bool]]] = {
        name: [suppressed(run, now - APART * n, sure) for n in range(LISTS)] for name, run in ways.items()
    }
    rows = []
    for name in ("before", "after"):
        for title, bought in (("all reasons", False), ("has bought", True)):
            said, right, should = 0, 0, 0
            for ours, theirs in zip(lists[name], lists["truth"], strict=True):
                mine, true_ones = ({a for a, b in one.items() if b or not bought} for one in (ours, theirs))
                said, right, should = said + len(mine), right + len(mine & true_ones), should + len(true_ones)
            rows.append(
                (f"{name}: {title}", f"{said:,}", f"{should:,}", f"{right / said:.2%}", f"{right / should:.2%}")
            )
    print()
    rows_of("suppressed addresses|said|true|precision|recall", rows)


if __name__ == "__main__":
    report(*judged(__doc__))
