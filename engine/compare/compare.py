"""The one comparison of two runs, under plans, differences and explained shifts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from engine.compare.agreement import agreement
from engine.compare.elsewhere import tell_merges
from engine.compare.fates import CELLS, ENDS, FATES, find_fates
from engine.compare.reasons import explain, find_addressed
from engine.compare.result import IN_TURN, KINDS, Audience, Channel, Comparison, Conflicts, Figure, Input, Large, Shift
from engine.compare.worth import CHANNELS, tell_worth
from engine.compute import Compute
from engine.profile.audiences import PURPOSES
from engine.rules import Change, read_settings
from engine.rules import compare as compare_settings
from engine.runs import TOP, RunTables, read_manifest

#: So many of the largest customers are named.
LARGEST = 5
#: Buyers of whom it is known what they are worth, not those all of whose orders lack a rate.
_VALUED = "(purchases > 0 AND revenue IS NOT NULL)::INT"
#: A difference below is what adding in another order makes.
LEAST = 1e-6
#: A sum over the customers of the earlier run, and over those of the later one.
Sides = tuple[float, float]
#: What is most at stake comes first; customers that were neither joined nor parted last.
_MOST = "kind IN ('changed', 'created'), greatest(abs(was), abs(is_now)) DESC, records DESC, fate"

#: Figures that are sums over customers -> SQL over a row of what a customer is worth.
_SUMS = {
    "customers": "1",
    "buyers": "(purchases > 0)::INT",
    "buyers who came back": "(purchases > 1)::INT",
    "revenue": "coalesce(revenue, 0)",
    "consent conflicts": "conflicts",
}


def compare(before: RunTables | None, after: RunTables, now: datetime, top: int = TOP) -> Comparison:
    """Compare two runs: who became whom, and what that does to measures and audiences as of `now` (UTC, naive).

    `before` is None where there is nothing to compare with. `top` of the shifts are named. Errors: as for reading
    either run.
    """
    with Compute() as compute:
        find_fates(compute, before, after)
        _load(compute, before, after, now)
        was, now_is = (read_manifest(run) if run else {} for run in (before, after))
        decisions = [set(manifest.get("decisions", ())) for manifest in (was, now_is)]
        sizes = {name: int(compute.value(f"SELECT count(*) FROM {name}_members")) for name in ("before", "after")}
        kinds = dict(compute.rows(f"SELECT kind, count(*) FROM {FATES} GROUP BY kind"))
        return Comparison(
            before=before.run_id if before else None,
            after=after.run_id,
            currency=(read_settings(after) or {}).get("currency"),
            records_before=sizes["before"],
            records_after=sizes["after"],
            kinds={kind: kinds.get(kind, 0) for kind in KINDS},
            largest_before=_largest(compute, "before"),
            largest_after=_largest(compute, "after"),
            agreement=agreement(compute),
            figures=_figures(compute),
            revenue_moved=_moved(compute),
            conflicts=_conflicts(compute),
            channels=_channels(compute),
            audiences=_audiences(compute),
            shifts=_shifts(compute, before, after, top),
            elsewhere=tell_merges(compute, after),
            inputs=_inputs(was, now_is),
            rules=_rules(before, after),
            decided=tuple(sorted(decisions[1] - decisions[0])),
            undecided=tuple(sorted(decisions[0] - decisions[1])),
            model=was.get("model") != now_is["model"],
        )


def _load(compute: Compute, before: RunTables | None, after: RunTables, now: datetime) -> None:
    """Make `compare_worth` and `compare_reached`, the rows of either run with `later` and the customer's fate."""
    tell_worth(compute, "after", after, now)
    tell_worth(compute, "before", before, now)
    for name in ("worth", "reached"):
        compute.table(
            f"compare_{name}",
            f"""SELECT w.*, e.fate, f.kind FROM (
                SELECT *, false AS later FROM before_{name} UNION ALL SELECT *, true FROM after_{name}) w
            JOIN {ENDS} e ON e.customer_id = w.customer_id AND e.later = w.later JOIN {FATES} f ON f.fate = e.fate""",
        )
        compute.drop(f"before_{name}", f"after_{name}")


def _largest(compute: Compute, side: str) -> tuple[Large, ...]:
    rows = compute.rows(
        f"""SELECT {side}, sum(records)::BIGINT AS size FROM {CELLS} WHERE {side} IS NOT NULL
        GROUP BY {side} ORDER BY size DESC, {side} LIMIT {LARGEST}"""
    )
    return tuple(Large(*row) for row in rows)


def _figures(compute: Compute) -> tuple[Figure, ...]:
    sums: dict[str, dict[str, Sides]] = {}
    found = []
    for name, value in _SUMS.items():
        rows = compute.rows(
            f"SELECT kind, later, round(sum({value}), 4)::DOUBLE FROM compare_worth GROUP BY ALL ORDER BY ALL"
        )
        sums[name] = sides = _by_kind(rows)
        # Of amounts with cents: what adding them in another order changes isn't a difference.
        was, is_now = (round(sum(side), 4) for side in zip(*sides.values(), strict=True))
        parts = {kind: round(later - earlier, 4) for kind, (earlier, later) in sides.items()}
        found.append(Figure(name, was, is_now, {k: v for k, v in parts.items() if v}))

    def rate(name: str, of: str, by: str) -> Figure:
        return Figure(name, *_rate(sums[of], sums[by]))

    of_value = _by_kind(
        compute.rows(f"SELECT kind, later, sum({_VALUED}) FROM compare_worth GROUP BY ALL ORDER BY ALL")
    )
    return (
        *found,
        rate("repeat rate", "buyers who came back", "buyers"),
        Figure("lifetime value", *_rate(sums["revenue"], of_value)),
        rate("revenue per customer", "revenue", "customers"),
    )


def _moved(compute: Compute) -> float:
    """Net revenue of the purchases that belong to another customer now."""
    moved = compute.value(
        """SELECT sum(net) FROM after_purchases JOIN before_members b USING (record_id)
        JOIN after_members a USING (record_id) WHERE a.customer_id <> b.customer_id"""
    )
    return float(moved or 0)


def _conflicts(compute: Compute) -> Conflicts:
    """Consents in conflict that were made, and those that were resolved, among customers that share records."""
    found = {
        kind: (int(made), int(resolved))
        for kind, made, resolved in compute.rows(
            """SELECT kind, sum(greatest(more, 0)), sum(greatest(-more, 0)) FROM (
                SELECT kind, sum(CASE WHEN later THEN conflicts ELSE -conflicts END) AS more
                FROM compare_worth GROUP BY fate, kind) GROUP BY kind"""
        )
    }

    def told(side: int) -> dict[str, int]:
        return {kind: found[kind][side] for kind in KINDS if kind in found and found[kind][side]}

    return Conflicts(made=told(0), resolved=told(1))


def _channels(compute: Compute) -> tuple[Channel, ...]:
    buying: dict[str, list[tuple[str, bool, float]]] = defaultdict(list)
    valued: dict[str, list[tuple[str, bool, float]]] = defaultdict(list)
    worth: dict[str, list[tuple[str, bool, float]]] = defaultdict(list)
    for channel, kind, later, buyers, known, revenue in compute.rows(
        f"""SELECT acquired_by, kind, later, count(*), sum({_VALUED}), round(sum(revenue), 4)::DOUBLE FROM compare_worth
        WHERE purchases > 0 GROUP BY ALL ORDER BY ALL"""
    ):
        buying[channel].append((kind, later, buyers))
        valued[channel].append((kind, later, known))
        worth[channel].append((kind, later, revenue or 0.0))
    found = []
    for channel, rows in buying.items():
        was, is_now = (int(sum(side)) for side in zip(*_by_kind(rows).values(), strict=True))
        found.append(Channel(channel, was, is_now, *_rate(_by_kind(worth[channel]), _by_kind(valued[channel]))))
    return tuple(sorted(found, key=lambda c: (-c.buyers_after, c.channel)))


def _by_kind(rows: Iterable[tuple[str, bool, float]]) -> dict[str, Sides]:
    """Sums of (kind, later, value) by kind, those of the earlier run and those of the later one."""
    known = {(kind, later): value for kind, later, value in rows}
    return {kind: (known.get((kind, False), 0.0), known.get((kind, True), 0.0)) for kind in KINDS}


def _rate(of: dict[str, Sides], by: dict[str, Sides]) -> tuple[float | None, float | None, dict[str, float]]:
    """A rate before and after, and what made the difference: one kind of change after the other, IN_TURN."""
    counted, counts = (sum(was for was, _ in sums.values()) for sums in (of, by))
    first = value = round(counted / counts, 9) if counts else None
    parts: dict[str, float] = {}
    for kind in IN_TURN:
        counted += of[kind][1] - of[kind][0]
        counts += by[kind][1] - by[kind][0]
        # Nobody is left to have a rate while those that come are still to be counted: what they make is told of them.
        before, value = value, round(counted / counts, 9) if counts > 0 else value
        if before is not None and value is not None and abs(value - before) > LEAST:
            parts[kind] = round(value - before, 9)
    last = sum(later for _, later in by.values())
    return first, value if last else None, parts if first is not None and last else {}


def _audiences(compute: Compute) -> tuple[Audience, ...]:
    compute.table(
        "compare_crossing",
        """SELECT purpose, channel, arg_max(kind, (later, kind)) AS kind,
            bool_or(NOT later) AS was, bool_or(later) AS is_now
        FROM compare_reached GROUP BY purpose, channel, address""",
    )
    rows = compute.rows("SELECT purpose, channel, kind, was, is_now, count(*) FROM compare_crossing GROUP BY ALL")
    compute.drop("compare_crossing")
    found = []
    for purpose in PURPOSES:
        for channel in CHANNELS:
            mine = [row[2:] for row in rows if row[:2] == (purpose, channel)]

            def crossing(was: bool, is_now: bool, mine: list[Any] = mine) -> dict[str, int]:
                counts = {kind: n for kind, *sides, n in mine if sides == [was, is_now]}
                return {kind: counts[kind] for kind in KINDS if kind in counts}

            reached_before = sum(n for _, was, _, n in mine if was)
            reached_after = sum(n for _, _, is_now, n in mine if is_now)
            enter, leave = crossing(False, True), crossing(True, False)
            found.append(Audience(purpose, channel, reached_before, reached_after, enter, leave))
    return tuple(found)


def _shifts(compute: Compute, before: RunTables | None, after: RunTables, top: int) -> tuple[Shift, ...]:
    # Where nothing was before, everything is new, and none of it a change.
    compute.table(
        "compare_top",
        f"""SELECT f.*, coalesce(w.was, 0) AS was, coalesce(w.is_now, 0) AS is_now
        FROM {FATES} f LEFT JOIN (
            SELECT fate, sum(revenue) FILTER (NOT later) AS was, sum(revenue) FILTER (later) AS is_now
            FROM compare_worth GROUP BY fate) w USING (fate)
        WHERE kind <> 'unchanged' AND $compared
        ORDER BY {_MOST} LIMIT $top""",
        {"compared": before is not None, "top": top},
    )
    explain(compute, before, after)
    find_addressed(compute)
    rows = compute.rows(
        f"""SELECT kind, before, after, records, arrived, gone, was, is_now, reason, record_a, record_b,
            EXISTS (FROM compare_addressed WHERE record_id IN (record_a, record_b)) AS addressed
        FROM compare_top JOIN compare_reasons USING (fate) ORDER BY {_MOST}"""
    )
    return tuple(
        Shift(
            kind,
            tuple(was),
            tuple(is_now),
            records,
            arrived,
            gone,
            was_worth,
            worth_now,
            reason,
            (a, b) if a else None,
            addressed,
        )
        for kind, was, is_now, records, arrived, gone, was_worth, worth_now, reason, a, b, addressed in rows
    )


def _rules(before: RunTables | None, after: RunTables) -> tuple[Change, ...]:
    was, is_now = (read_settings(run) if run else None for run in (before, after))
    return compare_settings(was, is_now) if was and is_now else ()


def _inputs(before: dict[str, Any], after: dict[str, Any]) -> tuple[Input, ...]:
    """The files that were read before or now and aren't the same."""
    was, is_now = (
        {(row["source"], row["file"]): (row["sha256"], row["rows"]) for row in manifest.get("inputs", ())}
        for manifest in (before, after)
    )
    return tuple(
        Input(*place, was.get(place, (None, None))[1], is_now.get(place, (None, None))[1])
        for place in sorted(was.keys() | is_now.keys())
        if was.get(place) != is_now.get(place)
    )
