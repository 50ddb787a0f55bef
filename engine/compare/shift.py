"""Why a metric is another one in a later run: new data, new rules, decisions, and customers put together otherwise."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Literal, get_args

from engine.compare.fates import CELLS, ENDS, FATES, find_fates, read_sides
from engine.compare.reasons import explain
from engine.compare.worth import tell_worth
from engine.compute import Compute
from engine.rules import compare, read_settings
from engine.runs import TOP, RunTables, read_manifest
from engine.tables import BLOCKED_BY, DECIDED_BY

Metric = Literal["ltv", "repeat-rate", "revenue", "buyers", "customers", "revenue-per-customer"]
METRICS: tuple[Metric, ...] = get_args(Metric)
#: What can move a metric, in the order in which the difference is taken apart.
CAUSES = ("new rules", "decisions", "identity changes", "new data")
#: An effect below is what adding in another order makes.
LEAST = 1e-9

#: Customers, buyers, buyers who came back, buyers of whom it is known what they are worth, and revenue.
_COUNTED = ("customers", "buyers", "repeat", "valued", "revenue")
#: Counts -> what of them a metric is.
_OF = {
    "ltv": ("revenue", "valued"),
    "repeat-rate": ("repeat", "buyers"),
    "revenue": ("revenue", None),
    "buyers": ("buyers", None),
    "customers": ("customers", None),
    "revenue-per-customer": ("revenue", "customers"),
}  # fmt: skip


@dataclass(frozen=True)
class Mover:
    """Customers that were joined or parted, and how much that alone moved the metric of the earlier run."""

    kind: str
    cause: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    effect: float
    reason: str
    between: tuple[str, str] | None


@dataclass(frozen=True)
class Explained:
    """A metric of two runs, and what made the difference: `parts` (CAUSES -> share) sum to it.

    None where the metric has no value, as a rate of nobody.
    """

    metric: str
    before: str
    after: str
    was: float | None
    is_now: float | None
    parts: dict[str, float]
    movers: tuple[Mover, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)


def explain_shift(before: RunTables, after: RunTables, metric: Metric, now: datetime, top: int = TOP) -> Explained:
    """Take the difference of a metric between two runs apart, as of `now` (UTC, naive), and name `top` movers.

    The earlier run's purchases are put under the later run's customers, one cause after the other; what is left then is
    new data. So the parts sum to the whole, of rates too. Customers that new records joined or parted are *identity
    changes*; *new rules* are changes of settings or model, counted where no record came or went; *decisions* are those
    that only one of the runs went by. Errors: as for reading either run.
    """
    with Compute() as compute:
        find_fates(compute, before, after)
        tell_worth(compute, "after", after, now)
        tell_worth(compute, "before", before, now)
        _find_causes(compute, before, after)
        _regroup(compute)
        steps = _steps(compute)
        values = [_metric(metric, counts) for counts in steps]
        shares = [round((b or 0) - (a or 0), 9) for a, b in pairwise(values)]
        movers = _movers(compute, metric, steps[0], before, after, top)
    parts = dict(zip(CAUSES, shares, strict=True))
    return Explained(metric, before.run_id, after.run_id, values[0], values[-1], parts, movers)


def _metric(metric: str, counts: dict[str, float]) -> float | None:
    of, by = _OF[metric]
    if by is None:
        return counts[of]
    return counts[of] / counts[by] if counts[by] else None


def _find_causes(compute: Compute, before: RunTables, after: RunTables) -> None:
    """Make `shift_causes` (fate, cause) of the customers that hand records to one another."""
    was, is_now = read_settings(before), read_settings(after)
    manifests = [read_manifest(run) for run in (before, after)]
    rules = bool(was and is_now and compare(was, is_now)) or manifests[0]["model"] != manifests[1]["model"]
    decided = manifests[0].get("decisions") != manifests[1].get("decisions")
    read_sides(compute, before, after, "matches", "refusals", "identifiers", "shared_values")
    said = " UNION ALL ".join(
        f"""SELECT record_a FROM {side}_matches WHERE stage = 'decision'
        UNION ALL SELECT record_a FROM {side}_refusals WHERE starts_with(refusal, '{DECIDED_BY}')
        UNION ALL SELECT record_id FROM {side}_identifiers SEMI JOIN shift_blocked USING (type, value)"""
        for side in ("before", "after")
    )
    # What only one of the runs took for blocked.
    blocked = [
        f"SELECT type, value FROM {side}_shared_values WHERE starts_with(reason, '{BLOCKED_BY}')"
        for side in ("before", "after")
    ]
    one, other = (f"(FROM ({a}) EXCEPT FROM ({b}))" for a, b in (blocked, blocked[::-1]))
    compute.table("shift_blocked", f"{one} UNION ALL {other}")
    compute.table(
        "shift_causes",
        f"""
        WITH said AS (
            SELECT DISTINCT e.fate FROM ({said}) s
            LEFT JOIN after_members a ON a.record_id = s.record_a LEFT JOIN before_members b ON b.record_id = s.record_a
            JOIN {ENDS} e ON e.customer_id = coalesce(a.customer_id, b.customer_id)
                AND e.later = (a.customer_id IS NOT NULL))
        SELECT fate, CASE
            WHEN $decided AND fate IN (FROM said) THEN 'decisions'
            WHEN $rules AND arrived + gone = 0 THEN 'new rules'
            ELSE 'identity changes' END AS cause
        FROM {FATES} WHERE kind IN ('merged', 'split', 'regrouped')
        """,
        {"decided": decided, "rules": rules},
    )


def _regroup(compute: Compute) -> None:
    """Make `shift_records` (record_id, fate, cause, was, becomes): the earlier run's records, under either's customers.

    A record that is gone goes to where most of its customer went.
    """
    compute.table(
        "shift_records",
        f"""
        WITH heir AS (
            SELECT before, arg_max(after, (records, after)) AS after FROM {CELLS}
            WHERE before IS NOT NULL AND after IS NOT NULL GROUP BY before)
        SELECT b.record_id, e.fate, c.cause, b.customer_id AS was,
            coalesce(a.customer_id, h.after, b.customer_id) AS becomes
        FROM before_members b LEFT JOIN after_members a USING (record_id) LEFT JOIN heir h ON h.before = b.customer_id
        JOIN {ENDS} e ON e.customer_id = b.customer_id AND NOT e.later LEFT JOIN shift_causes c USING (fate)
        """,
    )


def _counts(compute: Compute, members: str, purchases: str, by: str = "") -> list[tuple[Any, ...]]:
    """The counts _COUNTED of `members` (record_id, customer_id)."""
    return compute.rows(
        f"""
        WITH bought AS (
            SELECT m.customer_id {by and ", " + by}, count(p.record_id) AS purchases, sum(p.net) AS net
            FROM ({members}) m LEFT JOIN {purchases} p USING (record_id) GROUP BY ALL)
        SELECT {by + "," if by else ""} count(*), count(*) FILTER (purchases > 0), count(*) FILTER (purchases > 1),
            count(net), round(coalesce(sum(net), 0), 4)::DOUBLE
        FROM bought {"GROUP BY " + by if by else ""}
        """
    )


def _steps(compute: Compute) -> list[dict[str, float]]:
    """The counts of the earlier run, then with one cause after the other, and of the later run at last."""
    found = []
    for done in range(len(CAUSES)):
        moved = ", ".join(f"'{cause}'" for cause in CAUSES[:done]) or "NULL"
        members = f"SELECT record_id, if(cause IN ({moved}), becomes, was) AS customer_id FROM shift_records"
        found.append(_counts(compute, members, "before_purchases")[0])
    found.append(_counts(compute, "FROM after_members", "after_purchases")[0])
    return [dict(zip(_COUNTED, row, strict=True)) for row in found]


def _movers(
    compute: Compute, metric: Metric, whole: dict[str, float], before: RunTables, after: RunTables, most: int
) -> tuple[Mover, ...]:
    sides = [
        {
            fate: dict(zip(_COUNTED, counts, strict=True))
            for fate, *counts in _counts(
                compute,
                f"SELECT record_id, fate, {side} AS customer_id FROM shift_records WHERE cause IS NOT NULL",
                "before_purchases",
                "fate",
            )
        }
        for side in ("was", "becomes")
    ]
    start = _metric(metric, whole) or 0.0
    effects = {
        fate: (_metric(metric, {n: whole[n] + sides[1][fate][n] - v for n, v in was.items()}) or 0.0) - start
        for fate, was in sides[0].items()
    }
    moved = [fate for fate, effect in effects.items() if abs(effect) > LEAST]
    top = sorted(moved, key=lambda fate: (-abs(effects[fate]), fate))[:most]
    compute.table("compare_top", f"SELECT * FROM {FATES} WHERE list_contains($top, fate)", {"top": top})
    explain(compute, before, after)
    rows = compute.rows(
        """SELECT fate, kind, cause, before, after, reason, record_a, record_b
        FROM compare_top JOIN compare_reasons USING (fate) JOIN shift_causes USING (fate)"""
    )
    found = {fate: told for fate, *told in rows}
    return tuple(
        Mover(kind, cause, tuple(was), tuple(is_now), effects[fate], reason, (a, b) if a else None)
        for fate in top
        for kind, cause, was, is_now, reason, a, b in (found[fate],)
    )
