"""From scored pairs of nodes to groups of records, with the matches that made them and those that were refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.cluster.admit import admit
from engine.cluster.collective import join_groups
from engine.cluster.group import DECIDED, tie_columns
from engine.cluster.policy import Policy
from engine.compute import Compute, quote
from engine.link.blocking import Rule
from engine.link.model import Model
from engine.link.nodes import held_once
from engine.link.score import reasons, rule_name, stage
from engine.tables import DECIDED_BY, MATCHES, REFUSALS, check

if TYPE_CHECKING:
    from engine.config import Config

#: What a decision weighs: more than any comparison can.
DECIDED_BITS = 100.0
#: SQL of what a decision that keeps two apart is called among the values of which a person has one.
DECIDED_APART = f"format('{DECIDED}', actor, entry)"
NOT_PERSONAL = "nothing speaks of one person rather than of a household or a namesake"


def cluster(compute: Compute, config: Config, model: Model, rules: list[Rule]) -> None:
    """Make `groups` (record_id, group_id), `matches` and `refusals` from `nodes`, `node_records` and `scored`."""
    policy = Policy.of(config, model)
    _decided(compute)
    _unique_values(compute, config)
    compute.table("node_sizes", "SELECT node_id, count(*) AS records FROM node_records GROUP BY node_id")
    source = "coalesce(w_source, 0)" if "source" in model.comparisons else "0"
    compute.table(
        "edges",
        f"""
        SELECT a, b, weight, personal, weight - {source} AS base, {tie_columns(model, lambda c: quote("w_" + c))}
        FROM scored WHERE weight >= $threshold AND a < b
        """,
        {"threshold": policy.threshold},
    )
    compute.table("_impersonal", "SELECT a, b FROM edges WHERE NOT personal")
    compute.run("DELETE FROM edges WHERE NOT personal")
    admit(compute, policy)
    join_groups(compute, model, policy)
    compute.table(
        "same_group",
        """SELECT s.a, s.b FROM scored s JOIN group_of x ON x.node_id = s.a JOIN group_of y ON y.node_id = s.b
           WHERE x.group_id = y.group_id AND s.a < s.b""",
    )
    compute.run("INSERT INTO refused SELECT a, b, $why FROM _impersonal", {"why": NOT_PERSONAL})
    compute.table("groups", "SELECT record_id, group_id FROM node_records JOIN group_of USING (node_id)")
    _matches(compute, model, rules)
    _refusals(compute, model, rules)
    compute.drop(
        "edges",
        "decided_edges",
        "_impersonal",
        "refused",
        "joined",
        "unique_values",
        "node_sizes",
        "group_of",
        "same_group",
    )


def _decided(compute: Compute) -> None:
    """`decided_edges` (a, b, entry, actor): pairs of nodes that somebody said are one person."""
    compute.table(
        "decided_edges",
        """SELECT least(x.node_id, y.node_id) AS a, greatest(x.node_id, y.node_id) AS b, min(l.entry) AS entry,
            arg_min(l.actor, l.entry) AS actor
        FROM decided l JOIN decided r ON r.entry = l.entry AND r.side = 2
        JOIN node_records x ON x.record_id = l.record_id JOIN node_records y ON y.record_id = r.record_id
        WHERE l.same AND l.side = 1 GROUP BY 1, 2""",
    )


def _unique_values(compute: Compute, config: Config) -> None:
    """`unique_values` (node_id, type, value): of each of these types a person has one value at the most.

    So do the two sides of what somebody decided to be two people.
    """
    compute.run("CREATE OR REPLACE TABLE unique_values (node_id BIGINT, type VARCHAR, value VARCHAR)")
    for (kind,) in compute.rows("SELECT DISTINCT type FROM links ORDER BY type"):
        if config.policy(kind).trust == "unique":
            compute.run(
                "INSERT INTO unique_values SELECT node_id, type, min(value) FROM links"
                " JOIN node_records USING (record_id) WHERE type = $kind GROUP BY node_id, type",
                {"kind": kind},
            )
    for source in held_once(config):
        compute.run(
            "INSERT INTO unique_values SELECT node_id, $kind, min(record_id) FROM node_records JOIN records"
            " USING (record_id) WHERE source = $source GROUP BY node_id",
            {"kind": f"record of {source}", "source": source},
        )
    compute.run(
        f"INSERT INTO unique_values SELECT node_id, {DECIDED_APART}, side::VARCHAR"
        " FROM decided JOIN node_records USING (record_id) WHERE NOT same"
    )


def _matches(compute: Compute, model: Model, rules: list[Rule]) -> None:
    """`matches`: the pairs that hold a group together, the joins of groups, and records folded into their like."""
    compute.table("_head", "SELECT node_id, record_id FROM node_records WHERE is_head")
    # A pair that a join of groups hangs on is told by that join.
    _pairs(
        compute,
        model,
        rules,
        "SELECT a, b FROM edges SEMI JOIN same_group USING (a, b)"
        " ANTI JOIN joined USING (a, b) ANTI JOIN decided_edges USING (a, b)",
    )
    compute.table(
        "_joined",
        f"""
        WITH piece AS (SELECT step, unnest(reasons) AS r FROM joined),
        told AS (
            SELECT step, list({{'comparison': r.comparison, 'level': r.level, 'weight': r.weight,
                'record_a': x.record_id, 'record_b': y.record_id}} ORDER BY r.weight DESC, r.comparison) AS reasons
            FROM piece JOIN _head x ON x.node_id = r.a JOIN _head y ON y.node_id = r.b GROUP BY step)
        SELECT step, a, b, {rule_name(rules)} AS rule, weight, told.reasons FROM joined JOIN told USING (step)
        """,
    )
    compute.table("_alike", f"SELECT a AS node_id, weight, {reasons(model)} AS reasons FROM scored WHERE a = b")
    compute.table(
        "matches",
        f"""
        WITH every AS (
            SELECT a, b, stage, rule, weight, reasons, 0 AS step FROM _pairs
            UNION ALL
            SELECT a, b, 'decision', format('{DECIDED_BY}{{}} (entry {{}})', actor, entry), {DECIDED_BITS},
                [{{'comparison': 'decision', 'level': 'one person', 'weight': {DECIDED_BITS}, 'record_a': NULL,
                    'record_b': NULL}}], 0
            FROM decided_edges
            UNION ALL
            SELECT a, b, 'collective', 'evidence of several records, first: ' || rule, weight, reasons, step
            FROM _joined
        ), hung AS (
            SELECT a AS node_id, x.record_id AS one, y.record_id AS other, every.* EXCLUDE (a, b)
            FROM every JOIN _head x ON x.node_id = every.a JOIN _head y ON y.node_id = every.b
            UNION ALL
            SELECT node_id, h.record_id, n.record_id, 'identical', 'same in every field', weight, reasons, 0
            FROM node_records n JOIN _head h USING (node_id) JOIN _alike USING (node_id) WHERE NOT n.is_head
        )
        SELECT least(one, other) AS record_a, greatest(one, other) AS record_b, stage, rule, weight,
            {_probability("weight")} AS probability, reasons,
            CASE stage WHEN 'identical' THEN 0 ELSE dense_rank() OVER (PARTITION BY group_id ORDER BY step) END AS step
        FROM hung JOIN group_of USING (node_id)
        """,
    )
    check(compute, MATCHES)
    compute.drop("_alike", "_joined", "_pairs")


def _refusals(compute: Compute, model: Model, rules: list[Rule]) -> None:
    """`refusals`: pairs that scored as matches, or would have joined groups, and stayed apart, each with the reason."""
    compute.table(
        "_apart", "SELECT a, b, min(refusal) AS refusal FROM refused r ANTI JOIN same_group USING (a, b) GROUP BY a, b"
    )
    _pairs(compute, model, rules, "SELECT a, b FROM _apart")
    compute.table(
        "refusals",
        f"""
        SELECT least(x.record_id, y.record_id) AS record_a, greatest(x.record_id, y.record_id) AS record_b,
            stage, rule, weight, {_probability("weight")} AS probability, reasons, 0::BIGINT AS step, refusal
        FROM _pairs p JOIN _apart USING (a, b) JOIN _head x ON x.node_id = a JOIN _head y ON y.node_id = b
        """,
    )
    check(compute, REFUSALS)
    compute.drop("_apart", "_pairs", "_head")


def _pairs(compute: Compute, model: Model, rules: list[Rule], wanted: str) -> None:
    """Make `_pairs`: the scored pairs (a, b) that the query `wanted` names, with their reasons."""
    compute.table(
        "_pairs",
        f"""
        SELECT s.a, s.b, {stage(rules)} AS stage, {rule_name(rules)} AS rule, s.weight, {reasons(model)} AS reasons
        FROM scored s SEMI JOIN ({wanted}) w ON w.a = s.a AND w.b = s.b
        """,
    )


def _probability(weight: str) -> str:
    """SQL: the probability that a match weight of so many bits stands for, prior included."""
    return f"1 / (1 + pow(2.0, -({weight})))"
