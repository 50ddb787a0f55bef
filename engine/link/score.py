"""Score the blocked pairs with the model, and say in words where a pair's weight comes from."""

from __future__ import annotations

import math
from typing import Any

from splink import DuckDBAPI, Linker

from engine.compute import Compute, literal, quote
from engine.link.blocking import Rule
from engine.link.comparisons import APPROXIMATE, HOUSEHOLD
from engine.link.model import Model
from engine.link.weights import TELLING

#: Pairs with less than this many bits, prior included, can't be brought home even by a group's other evidence.
LEAST_WEIGHT = -30.0
#: A comparison speaks for a pair from this many bits on.
PERSONAL_BITS = 1.0


def score(compute: Compute, model: Model) -> int:
    """Make `scored` from `nodes`, `blocked` and the model's term frequencies; returns the number of pairs.

    scored: a, b (node ids, a < b), rule (index), weight (bits, prior included), and for each comparison `w_<name>`, its
    share in bits with the term frequency, and `v_<name>`, the number of its level in `Model.levels`. Both are NULL
    where the comparison is no evidence. `personal` says whether it speaks of one person rather than of a household.
    """
    # Splink takes every column that it sees along, and makes SQL of each.
    compute.view("compared", f"SELECT {', '.join(map(quote, compared(compute, model)))} FROM nodes")
    linker = make_linker(compute, model, model.settings, "compared", "blocked")
    predicted = linker.inference.predict(threshold_match_weight=LEAST_WEIGHT, warning_mode="never").physical_name
    have = compute.columns(predicted)
    parts = []
    for name in model.comparisons:
        base, adjustment = quote(f"mw_{name}"), f"mw_tf_adj_{name}"
        # Weights are rounded before they are used: the same input then gives the same answer on any machine.
        whole = f"round({base} + {quote(adjustment)}, 6)" if adjustment in have else f"round({base}, 6)"
        parts.append(f"CASE WHEN {base} <> 0 THEN {whole} END AS {quote('w_' + name)}")
        # Splink keeps no level with the score, but no two levels of a comparison weigh the same.
        known = [math.log2(m / u) for _, m, u in model.levels(name)]
        levels = " ".join(f"WHEN abs({base} - ({weight!r})) < {TELLING} THEN {v}" for v, weight in enumerate(known))
        parts.append(f"CASE WHEN {base} = 0 THEN NULL {levels} END::TINYINT AS {quote('v_' + name)}")
    count = compute.table(
        "scored",
        f"""
        SELECT *, {_personal(model)} AS personal FROM (
        SELECT least(node_id_l, node_id_r) AS a, greatest(node_id_l, node_id_r) AS b, match_key::SMALLINT AS rule,
            round(match_weight, 6) AS weight, {", ".join(parts)}
        FROM {quote(predicted)})
        """,
    )
    linker.table_management.invalidate_cache()
    compute.run("DROP VIEW compared")
    return count


def make_linker(compute: Compute, model: Model, settings: dict[str, Any], nodes: str, pairs: str) -> Linker:
    """Splink's linker over table `nodes`, with the model's term frequencies and the `pairs` to compare."""
    api = DuckDBAPI(compute.connection)
    linker = Linker(api.register(nodes), settings, log_level=None, validate_settings=False)
    for column in model.term_frequencies:
        linker.table_management.register_term_frequency_lookup(api.register(f"tf_{column}"), column)
    linker.table_management.register_blocked_pairs_for_predict(api.register(pairs))
    return linker


def compared(compute: Compute, model: Model) -> list[str]:
    """The columns of `nodes` that a model's conditions speak of, and perhaps some whose names are parts of theirs."""
    said = " ".join(level["sql_condition"] for c in model.settings["comparisons"] for level in c["comparison_levels"])
    said = said.lower().replace('""', '"')
    needed = {"node_id", *model.term_frequencies}
    return [c for c in compute.columns("nodes") if c in needed or f"{c}_l".lower() in said]


def _personal(model: Model) -> str:
    """SQL over a row of `scored` for whether it speaks of one person, not of a household or of two namesakes.

    A name counts by itself only where it is spelt alike, or the address agrees as well: Kelley isn't Keller.
    """
    names = {"first_name", "last_name"} & set(model.comparisons)
    positive = {c: f"coalesce({quote('w_' + c)} > {PERSONAL_BITS}, false)" for c in model.comparisons}
    proofs = [positive[c] for c in model.comparisons if c not in HOUSEHOLD and c not in names]
    if "first_name" in names:
        likened = {
            name: [v for v, (label, _, _) in enumerate(model.levels(name)) if label in APPROXIMATE]
            for name in sorted(names)
        }
        spelt = " AND ".join(
            f"coalesce({quote('v_' + name)} NOT IN ({', '.join(map(str, numbers))}), true)"
            for name, numbers in likened.items()
            if numbers
        )
        if "address" in model.comparisons:
            spelt = f"{spelt or 'true'} OR {positive['address']}"
        proofs.append(f"({positive['first_name']} AND ({spelt or 'true'}))")
    return " OR ".join(proofs or ["true"])


def reasons(model: Model) -> str:
    """SQL over a row of `scored`: its evidence, comparison by comparison, strongest first, as tables.REASONS."""
    structs = []
    for name in model.comparisons:
        weight = quote("w_" + name)
        structs.append(
            f"CASE WHEN {weight} IS NOT NULL THEN {{'weight': {weight},"
            f" 'comparison': {literal(name.removeprefix('x_'))}, 'level': {level_of(model, name)}}} END"
        )
    return f"""list_transform(
        list_reverse_sort(list_filter([{", ".join(structs)}], lambda r: r IS NOT NULL)),
        lambda r: {{'comparison': r.comparison, 'level': r.level, 'weight': r.weight,
                    'record_a': NULL::VARCHAR, 'record_b': NULL::VARCHAR}})"""


def level_of(model: Model, comparison: str) -> str:
    """SQL over a row of `scored`: the label of a comparison's level."""
    cases = " ".join(f"WHEN {v} THEN {literal(label)}" for v, (label, _, _) in enumerate(model.levels(comparison)))
    return f"CASE {quote('v_' + comparison)} {cases} END"


def rule_name(rules: list[Rule]) -> str:
    """SQL over a row of `scored`: the rule that proposed the pair, in words."""
    return f"([{', '.join(literal(r.name) for r in rules)}]::VARCHAR[])[rule + 1]"


def stage(rules: list[Rule]) -> str:
    """SQL over a row of `scored` for what proposed the pair: an identifier, or likeness."""
    last = max((i for i, r in enumerate(rules) if r.exact), default=-1)
    return f"CASE WHEN rule <= {last} THEN 'identifier' ELSE 'probabilistic' END"
