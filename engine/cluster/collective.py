"""Score groups as groups: evidence that is spread over several records counts together.

Two fragments may share an e-mail between one pair of records and a phone between another, neither enough by itself. For
every two groups with a scored pair between them, each comparison counts with its best weight over all of those pairs; a
source that rarely holds a person twice counts with its worst. A few rounds, best first, at most one join a group and
round, so that the evidence is counted again before the next.
"""

from __future__ import annotations

import pyarrow as pa

from engine.cluster.admit import BIRTH_DATES, NAMES, TOO_MANY, TWO_OF_A_KIND
from engine.cluster.policy import Policy
from engine.compute import Compute, quote
from engine.link import names
from engine.link.model import Model
from engine.link.score import level_of

ROUNDS = 8


def join_groups(compute: Compute, model: Model, policy: Policy) -> int:
    """Join groups of `group_of` on collective evidence; returns how many joins were made.

    Appends to `joined` (step, a, b, weight, reasons): the joins, each hung on its strongest pair of nodes; and to
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
        chosen = _choose(compute)
        if not chosen:
            break
        _record(compute, model, total)
        compute.run("UPDATE group_of SET group_id = c.g FROM _chosen c WHERE group_of.group_id = c.h")
        compute.table("_changed", "SELECT g AS group_id FROM _chosen")
        total += chosen
    compute.drop("_changed", "_candidates", "_between", "_chosen")
    return total


def _candidates(compute: Compute, model: Model, policy: Policy) -> None:
    """`_between`: scored pairs across groups of which one has changed; `_candidates`: (g, h, weight, refusal), g < h."""
    shares = []
    for name in model.comparisons:
        best = "min" if name == "source" else "max"
        shares.append(f"coalesce({best}({quote('w_' + name)}), 0)")
    proof = [quote(f"w_{c}") for c in ("account", "birth_date") if c in model.comparisons]
    compute.table(
        "_between",
        """
        SELECT least(x.group_id, y.group_id) AS g, greatest(x.group_id, y.group_id) AS h, s.*
        FROM scored s JOIN group_of x ON x.node_id = s.a JOIN group_of y ON y.node_id = s.b
        WHERE x.group_id <> y.group_id
            AND (x.group_id IN (FROM _changed) OR y.group_id IN (FROM _changed))
        """,
    )
    compute.table(
        "_candidates",
        f"""
        SELECT g, h, round({" + ".join(shares)} + $prior, 6) AS weight, arg_max(a, (weight, -a, -b)) AS a,
            arg_max(b, (weight, -a, -b)) AS b, coalesce(greatest({", ".join([f"max({p})" for p in proof] + ["0.0"])}), 0) > 0 AS proof
        FROM _between GROUP BY g, h
        HAVING round({" + ".join(shares)} + $prior, 6) >= $threshold AND bool_or(personal)
        """,
        {"prior": model.prior_weight, "threshold": policy.threshold},
    )
    _forbid(compute, policy)


def _forbid(compute: Compute, policy: Policy) -> None:
    """Add `refusal` to `_candidates`: why the policy forbids the join, NULL where it doesn't."""
    clash = f"sum((x.n * y.n) * ({names.contradictory('x', 'y')})::INT) * 2 > sum(x.n * y.n)"
    compute.table(
        "_candidates",
        f"""
        WITH concerned AS (SELECT g AS group_id FROM _candidates UNION SELECT h FROM _candidates),
        held AS (SELECT group_id, n.node_id, n.first_name, n.first_root, n.first_count, n.birth_text
                 FROM group_of JOIN concerned USING (group_id) JOIN nodes n USING (node_id)),
        name AS (SELECT group_id, first_name, any_value(first_root) AS first_root, any_value(first_count) AS first_count,
                    count(*) AS n FROM held WHERE first_name IS NOT NULL GROUP BY group_id, first_name),
        birth AS (SELECT group_id, list(DISTINCT birth_text) AS born FROM held WHERE birth_text IS NOT NULL GROUP BY ALL),
        size AS (SELECT group_id, sum(records) AS records FROM held JOIN node_sizes USING (node_id) GROUP BY ALL),
        singular AS (SELECT DISTINCT group_id, type, value FROM held JOIN unique_values USING (node_id)),
        two AS (SELECT c.g, c.h, min(x.type) AS type FROM _candidates c JOIN singular x ON x.group_id = c.g
                JOIN singular y ON y.group_id = c.h AND x.type = y.type AND x.value <> y.value GROUP BY ALL),
        other AS (SELECT c.g, c.h FROM _candidates c JOIN name x ON x.group_id = c.g JOIN name y ON y.group_id = c.h
                  GROUP BY c.g, c.h HAVING {clash})
        SELECT c.*, CASE
            WHEN two.type IS NOT NULL THEN replace($two, '{{}}', two.type)
            WHEN sg.records + sh.records > $limit THEN replace($many, '{{}}', $limit::BIGINT::VARCHAR)
            WHEN proof OR coalesce(list_has_any(bg.born, bh.born), false) THEN NULL
            WHEN $births AND bg.born IS NOT NULL AND bh.born IS NOT NULL THEN $birth_dates
            WHEN $names AND other.g IS NOT NULL THEN $clash END AS refusal
        FROM _candidates c JOIN size sg ON sg.group_id = c.g JOIN size sh ON sh.group_id = c.h
        LEFT JOIN birth bg ON bg.group_id = c.g LEFT JOIN birth bh ON bh.group_id = c.h
        LEFT JOIN two ON two.g = c.g AND two.h = c.h LEFT JOIN other ON other.g = c.g AND other.h = c.h
        """,
        {
            "two": TWO_OF_A_KIND, "limit": policy.max_records, "many": TOO_MANY, "births": policy.births_forbid,
            "birth_dates": BIRTH_DATES, "names": policy.names_forbid, "clash": NAMES,
        },
    )  # fmt: skip
    compute.run(
        """INSERT INTO refused SELECT a, b, refusal FROM _candidates c WHERE refusal IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM refused r WHERE r.a = c.a AND r.b = c.b)"""
    )


def _choose(compute: Compute) -> int:
    """`_chosen`: the joins of this round, best first, each group at most once; returns their number."""
    rows = compute.rows("SELECT g, h FROM _candidates WHERE refusal IS NULL ORDER BY weight DESC, g, h")
    taken: set[int] = set()
    chosen: list[tuple[int, int]] = []
    for g, h in rows:
        if g not in taken and h not in taken:
            taken |= {g, h}
            chosen.append((g, h))
    columns = list(zip(*chosen, strict=True)) or [(), ()]
    return compute.load("_chosen", pa.table([pa.array(c, pa.int64()) for c in columns], ["g", "h"]))


def _record(compute: Compute, model: Model, before: int) -> None:
    """Append this round's joins to `joined`, each piece of evidence with the pair of nodes that it comes from."""
    pieces = []
    for name in model.comparisons:
        weight, order = quote("w_" + name), "{0}, -a, -b".format(quote("w_" + name))
        best = "arg_min" if name == "source" else "arg_max"
        piece = (
            f"{{'weight': {weight}, 'comparison': '{name.removeprefix('x_')}', 'level': {level_of(model, name)}, 'a': a, 'b': b}}"
        )
        pieces.append(f"{best}({piece}, ({order})) FILTER ({weight} IS NOT NULL)")
    compute.run(
        f"""
        INSERT INTO joined
        SELECT {before} + row_number() OVER (ORDER BY c.weight DESC, c.g, c.h), c.a, c.b,
            (SELECT rule FROM scored s WHERE s.a = c.a AND s.b = c.b), c.weight,
            list_reverse_sort(list_filter([{", ".join(f"p{i}" for i in range(len(pieces)))}], lambda p: p IS NOT NULL))
        FROM (SELECT g, h, {", ".join(f"{p} AS p{i}" for i, p in enumerate(pieces))}
              FROM _between JOIN _chosen USING (g, h) GROUP BY g, h)
        JOIN _candidates c USING (g, h)
        """
    )
