"""How a model is learned from the data without labels.

A match weight is log2(m/u): m is how often a true pair shows the grade, u how often two different people do (Fellegi
and Sunter 1969). What is particular here:

- u, term frequencies and the prior are counted in people, not rows: from one representative of each first group.
- m comes from expectation maximisation (Winkler 1988, by Splink) over several blocking passes, each in a session of its
  own, so that a pass that fails leaves nothing half-made behind. `engine.link.weights` decides on it in the end.
"""

from __future__ import annotations

import logging
import re
from typing import Any

from splink import DuckDBAPI, Linker, block_on

from engine.compute import Compute, quote
from engine.errors import LinkError
from engine.link.comparisons import ENOUGH_PEOPLE, Comparison
from engine.link.model import AT_LEAST_PEOPLE, Model, base_settings
from engine.link.weights import settle
from engine.tables import EXTRA

log = logging.getLogger("clew.link")

#: Pairs sampled for u, and at the most used in one pass of expectation maximisation.
U_PAIRS = 1_000_001  # Splink warns about the round number, which is its default
EM_PAIRS = 300_000
#: A pass over fewer pairs than this teaches noise.
EM_MIN_PAIRS = 50
#: What fewer pairs of one first group know teaches what strangers have in common.
EM_MIN_ALIKE = 10
SEED = 20260101
#: Two records taken at random are one person at most as often as if there were so many pairs: the next customers come.
AT_LEAST_PAIRS = 200

#: Blocking passes for expectation maximisation: columns that are held equal while the others are learned. An e-mail is
#: mostly made of its owner's name, so pairs that share one agree on names whether they match or not: such a pass may
#: teach about names, and only one that holds the names equal as well may teach about the rest.
PASSES = (
    ("email",), ("email", "first_root", "last_name"), ("phone",), ("first_root", "last_name"), ("birth_text",),
    ("first_root", "postcode"),
)  # fmt: skip
ONLY = {("email",): ("first_name", "last_name")}
#: Pairs held together by these are families as often as persons: they teach only what no other pass could.
HOUSEHOLD_PASSES = (("street", "postcode"), ("last_name", "postcode"), ("last_name", "city"))


def train(compute: Compute, comparisons: list[Comparison]) -> Model:
    """Learn a model from `nodes` and `seeds` in `compute`.

    Of too few people to learn from, it holds what shops usually show: see `Model.taught`. Raises LinkError where there
    are no records.
    """
    nodes = compute.count("nodes")
    if not nodes:
        raise LinkError(
            "there is nobody to link: no source holds a record. Is a file empty, or a column mapped wrongly?"
            " `clew audit` shows what is in each source"
        )
    settings = base_settings([c.settings() for c in comparisons])
    settings["probability_two_random_records_match"] = _prior(compute, nodes)
    model = Model.with_term_frequencies(compute, settings, comparisons)
    floor = _learn_u(compute, settings, comparisons)
    taught = model.taught or not any(v.usual for c in comparisons for v in c.levels)
    settle(settings, comparisons, _learn_m(compute, settings, model.term_frequencies) if taught else {}, floor)
    return model


def _prior(compute: Compute, nodes: int) -> float:
    """How often two nodes taken at random are one person, by the first groups."""
    pairs = compute.value("SELECT sum(k * (k - 1) / 2) FROM (SELECT count(*) AS k FROM seeds GROUP BY seed_id)")
    return _round(min(max(float(pairs or 0), 1.0) / max(nodes * (nodes - 1) / 2, AT_LEAST_PAIRS), 0.5))


def _learn_u(compute: Compute, settings: dict[str, Any], comparisons: list[Comparison]) -> float:
    """Fill in u from pairs of representatives, which are different people nearly always; returns the smallest u."""
    groups = compute.table(
        "_people", "SELECT n.* FROM nodes n JOIN seeds USING (node_id) WHERE is_head ORDER BY node_id"
    )
    enough = groups >= ENOUGH_PEOPLE
    sampler = Linker(
        DuckDBAPI(compute.connection).register("_people"), settings, log_level=None, validate_settings=False
    )
    sampler.training.estimate_u_using_random_sampling(
        max_pairs=U_PAIRS, seed=SEED, min_count_per_level=None, num_chunks=1
    )
    # A level that the sample never showed is rarer than the sample could show.
    pairs = min(U_PAIRS, groups * (groups - 1) / 2)
    floor = 0.5 / max(pairs, 1 if enough else U_PAIRS)
    for learned, wanted in _paired_levels(sampler.misc.save_model_to_json(), settings):
        u = learned.get("u_probability")
        wanted["u_probability"] = _round(max(u if isinstance(u, float) else 0.0, floor))
    for comparison, found in zip(comparisons, settings["comparisons"], strict=True):
        for level, wanted in zip(comparison.levels, found["comparison_levels"], strict=True):
            if level.among_namesakes:
                wanted["u_probability"] = _round(_shared_by_namesakes(compute))
            elif level.usual and not enough:
                wanted["u_probability"] = level.usual[1]
    sampler.table_management.invalidate_cache()
    compute.drop("_people")
    return _round(floor)


def _shared_by_namesakes(compute: Compute) -> float:
    """How often two people of one name have the same e-mail, where their addresses are made of it.

    Where first groups are too small, one person looks like two who share an address, but no more often if it is made of
    the name than if it isn't: only what is beyond that is a coincidence of names.
    """
    pairs, same, mails, same_others, others = compute.rows(
        """
        WITH held AS (SELECT first_name, last_name, email, email_rest = '' AS own, count(*) AS k FROM _people
                      WHERE email IS NOT NULL AND first_name IS NOT NULL AND last_name IS NOT NULL GROUP BY ALL)
        SELECT (SELECT sum(k * (k - 1) / 2) FROM
                (SELECT sum(k) AS k FROM held WHERE own GROUP BY first_name, last_name)),
            sum(k * (k - 1) / 2) FILTER (own), count(*) FILTER (own),
            sum(k * (k - 1) / 2) FILTER (NOT own), count(*) FILTER (NOT own)
        FROM held
        """
    )[0]
    beyond = (same or 0) - mails * (same_others or 0) / max(others, 1)
    return float(max(beyond, 0.5) / max(pairs or 0, mails, AT_LEAST_PEOPLE["email"]))


def _learn_m(
    compute: Compute, settings: dict[str, Any], columns: tuple[str, ...]
) -> dict[tuple[int, int], list[float]]:
    """Learn m of every level in every pass that could learn it, by (comparison, level)."""
    extras = [(c["output_column_name"],) for c in settings["comparisons"] if c["output_column_name"].startswith(EXTRA)]
    found: dict[tuple[int, int], list[float]] = {}
    for held in (*PASSES, *extras):
        only = ONLY.get(held, tuple(c["output_column_name"] for c in settings["comparisons"]))
        _learn_pass(compute, settings, columns, held, only, found)
    known = {c for c, _ in found}
    missing = tuple(x["output_column_name"] for c, x in enumerate(settings["comparisons"]) if c not in known)
    for held in HOUSEHOLD_PASSES if missing else ():
        _learn_pass(compute, settings, columns, held, missing, found)
    return found


def _learn_pass(
    compute: Compute,
    settings: dict[str, Any],
    columns: tuple[str, ...],
    held: tuple[str, ...],
    only: tuple[str, ...],
    found: dict[tuple[int, int], list[float]],
) -> None:
    """Run one pass of expectation maximisation: `held` columns are equal; what it learns of `only` goes to `found`."""
    nodes = compute.count("nodes")
    # A pass over a rule that yields no pairs raises, so the pairs are counted first.
    pairs = compute.value(
        f"""SELECT sum(k * (k - 1) / 2) FROM (SELECT count(*) AS k FROM nodes
            WHERE {" AND ".join(f"{quote(c)} IS NOT NULL" for c in held)} GROUP BY {", ".join(map(quote, held))})"""
    )
    if (pairs or 0) < EM_MIN_PAIRS:
        return
    taught = _taught(compute, settings, held) & set(only)
    if not taught & _free(settings, held):
        return
    api = DuckDBAPI(compute.connection)
    linker = Linker(api.register("nodes"), settings, log_level=None, validate_settings=False)
    for column in columns:
        linker.table_management.register_term_frequency_lookup(api.register(f"tf_{column}"), column)
    try:
        linker.training.estimate_parameters_using_expectation_maximisation(
            block_on(*held),
            estimate_without_term_frequencies=True,
            max_pairs=EM_PAIRS if pairs > EM_PAIRS else None,
            record_sample_proportion=1.0 if nodes < 200_000 else 0.05,
        )
    except ValueError as error:
        # Data with little variety drives an m to zero, and Splink stops there. The other passes go on.
        log.info("training pass on %s taught nothing: %s", " and ".join(held), error)
        return
    finally:
        # Its pairs and their comparisons would stay in memory until the end of the run.
        linker.table_management.invalidate_cache()
    for c, comparison in enumerate(linker.misc.save_model_to_json()["comparisons"]):
        if comparison["output_column_name"] in taught:
            for v, level in enumerate(comparison["comparison_levels"]):
                if isinstance(level.get("m_probability"), float):
                    found.setdefault((c, v), []).append(level["m_probability"])


def _taught(compute: Compute, settings: dict[str, Any], held: tuple[str, ...]) -> set[str]:
    """Names of the comparisons that pairs enough know which agree on `held` and are of one first group."""
    # The first grade of each is that not both know it.
    columns = {c["output_column_name"]: _columns(c["comparison_levels"][:1]) for c in settings["comparisons"]}
    each = sorted(set().union(*columns.values()))
    known = compute.rows(
        f"""SELECT {", ".join(f"sum(k{n} * (k{n} - 1) / 2)" for n in range(len(each)))} FROM (
            SELECT {", ".join(f"count({quote(c)}) AS k{n}" for n, c in enumerate(each))}
            FROM nodes JOIN seeds USING (node_id) WHERE {" AND ".join(f"{quote(c)} IS NOT NULL" for c in held)}
            GROUP BY {", ".join(map(quote, (*held, "seed_id")))})"""
    )[0]
    enough = {c for c, pairs in zip(each, known, strict=True) if (pairs or 0) >= EM_MIN_ALIKE}
    return {name for name, needed in columns.items() if needed & enough}


def _free(settings: dict[str, Any], held: tuple[str, ...]) -> set[str]:
    """Names of the comparisons that use none of the columns; the others learn nothing while these are held equal."""
    found = set()
    for comparison in settings["comparisons"]:
        if not set(held) & _columns(comparison["comparison_levels"]):
            found.add(comparison["output_column_name"])
    return found


def _columns(levels: list[dict[str, Any]]) -> set[str]:
    """The columns that levels compare."""
    return set(re.findall(r"(\w+)_[lr]\b", " ".join(level["sql_condition"] for level in levels)))


def _paired_levels(a: dict[str, Any], b: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [
        (x, y)
        for p, q in zip(a["comparisons"], b["comparisons"], strict=True)
        for x, y in zip(p["comparison_levels"], q["comparison_levels"], strict=True)
        if not y.get("is_null_level")
    ]


def _round(value: float, digits: int = 6) -> float:
    """Round to significant digits, so that the last bits of a parallel sum can't change an answer."""
    return float(f"{value:.{digits}g}")
