"""What a run's model compared, set up once more: its linker, and what each blocking rule proposed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from splink import Linker

from engine.compute import Compute, quote
from engine.ledger.decided import find_decided
from engine.link import blocking, own
from engine.link.blocking import Rule
from engine.link.model import Model
from engine.link.nodes import build_nodes
from engine.link.score import compared, make_linker, score

if TYPE_CHECKING:
    from engine.config import Config
    from engine.runs import RunTables
    from engine.state import State


@dataclass(frozen=True)
class RuleShare:
    """What a blocking rule gives: the pairs that it proposes, those that no earlier rule does, and that no other does.

    `found` counts the pairs of `alone` that weigh the threshold or more: what would be lost without the rule.
    """

    rule: str
    pairs: int
    first: int
    alone: int
    found: int


def set_up(compute: Compute, run: RunTables, model: Path, config: Config, state: State) -> Model:
    """Make `records`, `identifiers`, `nodes` and the term frequencies of a run in `compute`; returns the model.

    Nodes go by what people have decided until now.
    How common names and domains are is counted over all records of the run: some two seconds per 100,000 of them.
    """
    # Splink warns of every level that a pass doesn't see; the model has its own answer to that.
    logging.getLogger("splink").setLevel(logging.ERROR)
    for name in ("records", "identifiers"):
        compute.table(name, "SELECT * FROM read_parquet($path)", {"path": str(run.path(name))})
    compute.read_parquet("events", run.path("events"))
    build_nodes(compute, config, find_decided(compute, state))
    return Model.load(compute, model)


def linker(compute: Compute, model: Model, config: Config, root: Path) -> Linker:
    """Splink's linker over `nodes` as a run uses it: its weights, term frequencies, and the pairs that are compared.

    A row is a node: records of one source that say the same. `unique_id` is the first of them, as Splink's clustering
    has a `node_id` of its own. It lives in `compute`.
    """
    blocking.block(compute, _rules(compute, config, root), config.limits.block_size, config.linkage.link_only)
    columns = dict.fromkeys([*compared(compute, model), "source"])
    del columns["node_id"]
    compute.view("splink_nodes", f"SELECT head AS unique_id, {', '.join(map(quote, columns))} FROM nodes")
    compute.view(
        "splink_pairs",
        """SELECT a.head AS join_key_l, b.head AS join_key_r, match_key
        FROM blocked JOIN nodes a ON a.node_id = join_key_l JOIN nodes b ON b.node_id = join_key_r
        WHERE join_key_l <> join_key_r""",
    )
    own_columns = {"unique_id_column_name": "unique_id", "additional_columns_to_retain": ["source"]}
    settings = {**model.settings, **own_columns, "retain_matching_columns": True}
    return make_linker(compute, model, settings, "splink_nodes", "splink_pairs")


def rule_shares(compute: Compute, model: Model, config: Config, root: Path, threshold: float) -> tuple[RuleShare, ...]:
    """What each blocking rule gives over `nodes`, in the order in which pairs are called by them."""
    rules = _rules(compute, config, root)
    blocking.propose(compute, rules, config.limits.block_size, config.linkage.link_only)
    compute.table(
        "_by_rule",
        """SELECT *, rule = min(rule) OVER pair AS first, count(*) OVER pair = 1 AS alone
        FROM (SELECT DISTINCT * FROM _blocked WHERE a <> b) WINDOW pair AS (PARTITION BY a, b)""",
    )
    blocking.settle(compute)
    score(compute, model)
    return _shares(compute, rules, threshold)


def _rules(compute: Compute, config: Config, root: Path) -> list[Rule]:
    return blocking.choose(compute, config.linkage.blocking + own.blocking(own.settings_of(config, root)))


def _shares(compute: Compute, rules: Sequence[Rule], threshold: float) -> tuple[RuleShare, ...]:
    rows = compute.rows(
        """SELECT p.rule, count(*), count(*) FILTER (first), count(*) FILTER (alone),
            count(*) FILTER (alone AND weight >= $threshold)
        FROM _by_rule p LEFT JOIN scored s ON s.a = p.a AND s.b = p.b GROUP BY p.rule ORDER BY p.rule""",
        {"threshold": threshold},
    )
    return tuple(RuleShare(rules[number].name, *counts) for number, *counts in rows)
