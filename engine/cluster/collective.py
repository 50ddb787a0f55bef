"""Score groups as groups: evidence that is spread over several records counts together.

Two fragments may share an e-mail between one pair of records and a phone between another, neither enough by itself. For
every two groups with a scored pair between them, each comparison counts with its best weight over all of those pairs,
as long as most of them speak for the join; against it stands what `group.refusal` knows of both. A few rounds, best
first, at most one join a group and round, so that the evidence is counted again before the next.
"""

from __future__ import annotations

import pyarrow as pa

from engine.cluster.admit import note_refused
from engine.cluster.group import Tie, find_clashes, load_groups, refusal, tie_columns
from engine.cluster.policy import Policy
from engine.compute import Compute, literal, quote
from engine.link.model import Model
from engine.link.score import level_of

ROUNDS = 8
#: Between fragments of so few pairs, it is enough that most speak for the join; of more, most have to be matches.
FEW = 4


def join_groups(compute: Compute, model: Model, policy: Policy) -> int:
    """Join groups of `group_of` on collective evidence; returns how many joins were made.

    Makes `joined` (step, a, b, rule, weight, reasons): the joins, each hung on its strongest pair of nodes; appends to
    `refused` the joins that the policy forbade.
    """
    compute.run(
        """CREATE OR REPLACE TABLE joined (step BIGINT, a BIGINT, b BIGINT, rule SMALLINT, weight DOUBLE,
           reasons STRUCT(weight DOUBLE, comparison VARCHAR, level VARCHAR, a BIGINT, b BIGINT)[])"""
    )
    compute.table("_changed", "SELECT DISTINCT group_id FROM group_of")
    total = 0
    for _ in range(ROUNDS):
        _candidates(compute, model, policy)
        chosen = _choose(compute, policy)
        if not chosen:
            break
        _record(compute, model, total)
        compute.run("UPDATE group_of SET group_id = c.g FROM _chosen c WHERE group_of.group_id = c.h")
        compute.table("_changed", "SELECT g AS group_id FROM _chosen")
        total += chosen
    compute.drop("_changed", "_candidates", "_between", "_chosen")
    return total


def _candidates(compute: Compute, model: Model, policy: Policy) -> None:
    """Make `_between`, the scored pairs across groups of which one has changed, and `_candidates`.

    The latter are pairs of groups, g < h, that reach the threshold together, with the fields of a Tie and their
    strongest pair of nodes (a, b).
    """

    def best(comparison: str) -> str:
        return f"max({quote('w_' + comparison)})"

    total = " + ".join(f"coalesce({best(c)}, 0)" for c in model.comparisons if c != "source")
    compute.table(
        "_between",
        """
        SELECT least(x.group_id, y.group_id) AS g, greatest(x.group_id, y.group_id) AS h, s.*
        FROM scored s JOIN group_of x ON x.node_id = s.a JOIN group_of y ON y.node_id = s.b
        WHERE x.group_id <> y.group_id AND (x.group_id IN (FROM _changed) OR y.group_id IN (FROM _changed))
        """,
    )
    compute.table(
        "_candidates",
        f"""
        SELECT g, h, round({total} + $prior, 6) AS base, {tie_columns(model, best)},
            arg_max(a, (weight, -a, -b)) AS a, arg_max(b, (weight, -a, -b)) AS b
        FROM _between GROUP BY g, h HAVING round({total} + $prior, 6) >= $threshold AND bool_or(personal)
            AND (count(*) FILTER (weight >= $threshold) * 2 >= count(*)
                 OR count(*) <= {FEW} AND count(*) FILTER (weight > $prior) * 2 >= count(*))
        """,
        {"prior": model.prior_weight, "threshold": policy.threshold},
    )


def _choose(compute: Compute, policy: Policy) -> int:
    """`_chosen` (g, h): the joins of this round, best first, each group at most once; returns their number."""
    groups = load_groups(compute, "SELECT g FROM _candidates UNION SELECT h FROM _candidates", by="group_id")
    clashes = find_clashes(
        compute,
        """SELECT hash(g, h) AS bag, node_id FROM (
               SELECT g, h, g AS group_id FROM _candidates UNION ALL SELECT g, h, h FROM _candidates)
           JOIN group_of USING (group_id)""",
    )
    best = compute.arrow("SELECT g, h, a, b, base, proof, email, phone FROM _candidates ORDER BY base DESC, g, h")
    taken: set[int] = set()
    chosen: list[tuple[int, int]] = []
    refused: list[tuple[int, int, str]] = []
    for g, h, a, b, *tie in zip(*(column.to_pylist() for column in best.columns), strict=True):
        if g in taken or h in taken:
            continue
        why = refusal(groups[g], groups[h], Tie(*tie), policy, clashes)
        if why:
            refused.append((a, b, why))
        else:
            taken |= {g, h}
            chosen.append((g, h))
    note_refused(compute, refused)
    columns = list(zip(*chosen, strict=True)) or [(), ()]
    return compute.load("_chosen", pa.table([pa.array(c, pa.int64()) for c in columns], ["g", "h"]))


def _record(compute: Compute, model: Model, before: int) -> None:
    """Append this round's joins to `joined`, each piece of evidence with the pair of nodes that it comes from."""
    pieces = []
    for name in model.comparisons:
        if name == "source":
            continue
        weight, order = quote("w_" + name), f"{quote('w_' + name)}, -a, -b"
        said = f"'comparison': {literal(name.removeprefix('x_'))}, 'level': {level_of(model, name)}"
        piece = f"{{'weight': {weight}, {said}, 'a': a, 'b': b}}"
        pieces.append(f"arg_max({piece}, ({order})) FILTER ({weight} IS NOT NULL)")
    compute.run(
        f"""
        INSERT INTO joined
        SELECT {before} + row_number() OVER (ORDER BY c.base DESC, c.g, c.h), c.a, c.b,
            (SELECT rule FROM scored s WHERE s.a = c.a AND s.b = c.b), c.base,
            list_reverse_sort(list_filter([{", ".join(f"p{i}" for i in range(len(pieces)))}], lambda p: p IS NOT NULL))
        FROM (SELECT g, h, {", ".join(f"{p} AS p{i}" for i, p in enumerate(pieces))}
              FROM _between JOIN _chosen USING (g, h) GROUP BY g, h)
        JOIN _candidates c USING (g, h)
        """
    )
