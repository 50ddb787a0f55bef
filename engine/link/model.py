"""The model: what each grade of agreement is worth. Learned from the data without labels, kept in a file, used again.

A match weight is log2(m/u): m is how often a true pair shows the grade, u how often two different people do (Fellegi
and Sunter 1969). What is particular here:

- u, term frequencies and the prior are counted in people, not rows: from one representative of each first group.
- m comes from expectation maximisation (Winkler 1988, by Splink) over several blocking passes, each in a session of its
  own, so that a pass that fails leaves nothing half-made behind; the median of the passes counts.
- A grade that no pass saw is no evidence; no grade is worth more than the data could show.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from splink import DuckDBAPI, Linker, block_on

from engine.compute import Compute, quote
from engine.compute.failure import UNREADABLE
from engine.errors import LinkError
from engine.link.comparisons import DIFFER, SAME, Comparison
from engine.tables import EXTRA

log = logging.getLogger("clew.link")

SCHEMA_VERSION = 1
#: Pairs sampled for u, and at the most used in one pass of expectation maximisation.
U_PAIRS = 1_000_001  # Splink warns about the round number, which is its default
EM_PAIRS = 300_000
#: A pass over fewer pairs than this teaches noise.
EM_MIN_PAIRS = 50
SEED = 20260101
#: However rarely a grade was seen within a person, m is at least this share of u: so much can speak against a match.
M_FLOOR = 0.005
SOURCE_FLOOR = 1 / 64
#: Fewer pairs of people than this can't show how rare an agreement is, or how faithful: what shops usually show stands
#: in, for u and m alike.
ENOUGH_PAIRS = 20_000
#: A value's share is taken of at least so many people: what nobody else in a small shop has, somebody elsewhere has.
AT_LEAST_PEOPLE = {"email": 1000, "phone": 1000, "rare_domain": 1000}
AT_LEAST_NAMESAKES = 200
#: Weights (bits) of one comparison's levels differ by more than this.
TELLING = 1e-5

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


@dataclass(frozen=True)
class Model:
    """A trained model: Splink's settings with m and u, and how it came about.

    `term_frequencies` lists the columns whose tables (`tf_<column>`: value, share of people who hold it) belong to it,
    and `frequencies` is a digest of what these tables hold.
    """

    settings: dict[str, Any]
    term_frequencies: tuple[str, ...]
    trained_on: dict[str, int] = field(default_factory=dict)
    frequencies: str = ""
    schema_version: int = SCHEMA_VERSION

    @property
    def prior_weight(self) -> float:
        """log2 of the odds that two records taken at random are one person."""
        prior = self.settings["probability_two_random_records_match"]
        return math.log2(prior / (1 - prior))

    @property
    def comparisons(self) -> list[str]:
        """Names of the comparisons, in order."""
        return [c["output_column_name"] for c in self.settings["comparisons"]]

    def levels(self, comparison: str) -> list[tuple[str, float, float]]:
        """(label, m, u) of a comparison's levels, without those that are no evidence."""
        for found in self.settings["comparisons"]:
            if found["output_column_name"] == comparison:
                return [
                    (level["label_for_charts"], level["m_probability"], level["u_probability"])
                    for level in found["comparison_levels"]
                    if not level.get("is_null_level")
                ]
        return []

    def m(self, comparison: str, label: str) -> float | None:
        """Look up m of one level, None where the model has no such level."""
        return next((m for name, m, _ in self.levels(comparison) if name == label), None)

    @property
    def hash(self) -> str:
        """SHA-256 over what the model computes with."""
        text = json.dumps([self.settings, self.term_frequencies, self.frequencies, self.schema_version], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def fits(self, comparisons: list[Comparison]) -> bool:
        """Tell whether this model was made for just these comparisons."""
        return _shape(self.settings["comparisons"]) == _shape([c.settings() for c in comparisons])

    def save(self, compute: Compute, folder: Path) -> Path:
        """Write model.json and its term frequencies under `folder/<first 16 of the hash>`; returns that folder."""
        target = folder / self.hash[:16]
        target.mkdir(parents=True, exist_ok=True)
        for column in self.term_frequencies:
            compute.write_parquet(f"tf_{column}", target / f"tf_{column}.parquet", order_by=quote(column))
        part = target / "model.json.part"
        part.write_text(json.dumps({**self.__dict__, "hash": self.hash}, indent=1), encoding="utf-8")
        part.replace(target / "model.json")
        return target

    @staticmethod
    def with_term_frequencies(compute: Compute, settings: dict[str, Any], comparisons: list[Comparison]) -> Model:
        """A model of these settings, with term frequencies taken from `nodes` and `seeds`."""
        columns = tuple(sorted({level.tf for c in comparisons for level in c.levels if level.tf}))
        for column in columns:
            _term_frequencies(compute, column)
        groups = int(compute.value("SELECT count(*) FROM seeds WHERE is_head"))
        trained_on = {"nodes": compute.count("nodes"), "groups": groups}
        return Model(settings, columns, trained_on, _digest(compute, columns))

    @staticmethod
    def load(compute: Compute, folder: Path) -> Model:
        """Read a model that `save` wrote, and its term frequencies into `compute`."""
        try:
            found = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            stated = found.pop("hash")
            if found["schema_version"] > SCHEMA_VERSION:
                raise LinkError(f"{folder}: this model was made by a newer version of Clew; train again or update Clew")
            model = Model(**{**found, "term_frequencies": tuple(found["term_frequencies"])})
            for column in model.term_frequencies:
                path = str(folder / f"tf_{column}.parquet")
                compute.table(f"tf_{column}", "SELECT * FROM read_parquet($path)", {"path": path})
        except (OSError, ValueError, KeyError, TypeError, *UNREADABLE) as error:
            why = str(error).splitlines()[0]
            raise LinkError(f"{folder}: the model can't be read ({why}); make a new one with `clew train`") from error
        if model.hash != stated or model.frequencies != _digest(compute, model.term_frequencies):
            raise LinkError(f"{folder}: the model was changed by hand; make a new one with `clew train`")
        return model


def _digest(compute: Compute, columns: tuple[str, ...]) -> str:
    """Sum up what the term frequency tables hold, in any order of rows."""
    rows = "bit_xor(md5_number_lower({0}::VARCHAR || '=' || round({1}, 12)::VARCHAR))"
    parts = [
        compute.value(f"SELECT {rows.format(quote(c), quote('tf_' + c))} FROM {quote('tf_' + c)}") for c in columns
    ]
    return hashlib.sha256(repr(list(zip(columns, parts, strict=True))).encode()).hexdigest()


def _shape(comparisons: list[dict[str, Any]]) -> list[Any]:
    return [
        (c["output_column_name"], [(v["sql_condition"], v.get("tf_adjustment_column")) for v in c["comparison_levels"]])
        for c in comparisons
    ]


def base_settings(comparisons: list[dict[str, Any]]) -> dict[str, Any]:
    """Splink settings for comparing `nodes`, untrained."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "node_id",
        "comparisons": comparisons,
        "blocking_rules_to_generate_predictions": [],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": True,
        "em_convergence": 0.0005,
        "max_iterations": 30,
    }


def train(compute: Compute, comparisons: list[Comparison]) -> Model:
    """Learn a model from `nodes` and `seeds` in `compute`.

    Raises LinkError when there is nothing to learn from.
    """
    nodes = compute.count("nodes")
    if nodes < 2 or not comparisons:
        raise LinkError(
            "there is nothing to compare: the sources hold fewer than two records that differ in a name or identifier"
        )
    settings = base_settings([c.settings() for c in comparisons])
    settings["probability_two_random_records_match"] = _prior(compute, nodes)
    model = Model.with_term_frequencies(compute, settings, comparisons)
    floor = _learn_u(compute, settings, comparisons)
    groups = model.trained_on["groups"]
    taught = groups * (groups - 1) / 2 >= ENOUGH_PAIRS or not any(v.usual for c in comparisons for v in c.levels)
    _settle(settings, comparisons, _learn_m(compute, settings, model.term_frequencies) if taught else {}, floor)
    return model


def _prior(compute: Compute, nodes: int) -> float:
    """How often two nodes taken at random are one person, by the first groups."""
    pairs = compute.value("SELECT sum(k * (k - 1) / 2) FROM (SELECT count(*) AS k FROM seeds GROUP BY seed_id)")
    return round_to(min(max(float(pairs or 0), 1.0) / (nodes * (nodes - 1) / 2), 0.5))


def _term_frequencies(compute: Compute, column: str) -> None:
    """Make `tf_<column>`: how likely another person is to hold the value, counted in first groups.

    An address or number is its owner's own, so the group itself is left out of the count; half a person stands for
    none.
    """
    own = 1 if column in AT_LEAST_PEOPLE else 0
    least = AT_LEAST_PEOPLE.get(column, AT_LEAST_NAMESAKES)
    compute.table(
        f"tf_{column}",
        f"""
        WITH held AS (SELECT DISTINCT {quote(column)} AS value, seed_id FROM nodes JOIN seeds USING (node_id)
                      WHERE {quote(column)} IS NOT NULL)
        SELECT value AS {quote(column)},
            greatest(count(*) - {own}, 0.5) / greatest((SELECT count(DISTINCT seed_id) FROM held), {least})
            AS {quote("tf_" + column)}
        FROM held GROUP BY value ORDER BY value
        """,
    )


def _learn_u(compute: Compute, settings: dict[str, Any], comparisons: list[Comparison]) -> float:
    """Fill in u from pairs of representatives, which are different people nearly always; returns the smallest u."""
    groups = compute.table(
        "_people", "SELECT n.* FROM nodes n JOIN seeds USING (node_id) WHERE is_head ORDER BY node_id"
    )
    sampler = Linker(
        DuckDBAPI(compute.connection).register("_people"), settings, log_level=None, validate_settings=False
    )
    sampler.training.estimate_u_using_random_sampling(
        max_pairs=U_PAIRS, seed=SEED, min_count_per_level=None, num_chunks=1
    )
    # A level that the sample never showed is rarer than the sample could show.
    pairs = min(U_PAIRS, groups * (groups - 1) / 2)
    floor = 0.5 / max(pairs, U_PAIRS if pairs < ENOUGH_PAIRS else 1)
    for learned, wanted in _paired_levels(sampler.misc.save_model_to_json(), settings):
        u = learned.get("u_probability")
        wanted["u_probability"] = round_to(max(u if isinstance(u, float) else 0.0, floor))
    for comparison, found in zip(comparisons, settings["comparisons"], strict=True):
        for level, wanted in zip(comparison.levels, found["comparison_levels"], strict=True):
            if level.among_namesakes:
                wanted["u_probability"] = round_to(_shared_by_namesakes(compute))
            elif level.usual and pairs < ENOUGH_PAIRS:
                wanted["u_probability"] = level.usual[1]
    sampler.table_management.invalidate_cache()
    compute.drop("_people")
    return round_to(floor)


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
    if (pairs or 0) < EM_MIN_PAIRS or not set(only) & _free(settings, held):
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
        if comparison["output_column_name"] in only:
            for v, level in enumerate(comparison["comparison_levels"]):
                if isinstance(level.get("m_probability"), float):
                    found.setdefault((c, v), []).append(level["m_probability"])


def _free(settings: dict[str, Any], held: tuple[str, ...]) -> set[str]:
    """Names of the comparisons that use none of the columns; the others learn nothing while these are held equal."""
    found = set()
    for comparison in settings["comparisons"]:
        conditions = " ".join(level["sql_condition"] for level in comparison["comparison_levels"])
        if not set(held) & set(re.findall(r"(\w+)_[lr]\b", conditions)):
            found.add(comparison["output_column_name"])
    return found


def _settle(
    settings: dict[str, Any], comparisons: list[Comparison], passes: dict[tuple[int, int], list[float]], floor: float
) -> None:
    """Decide m for every level, from the passes or, where none saw it, by rule."""
    for c, comparison in enumerate(comparisons):
        levels = settings["comparisons"][c]["comparison_levels"]
        seen = {v: median(passes[c, v]) for v in range(len(levels)) if (c, v) in passes}
        kinds = {v for v, level in enumerate(comparison.levels) if level.label == SAME or level.among_namesakes}
        if len(kinds) > 1 and kinds & seen.keys():
            # A person repeats an address of either kind as often as of the other.
            seen |= dict.fromkeys(kinds, min(sum(seen.get(v, 0.0) for v in kinds), 1.0))
        agreed = _repeats(comparison, levels, seen, floor)
        settled: dict[str, tuple[float, float]] = {}
        for v, level in enumerate(comparison.levels):
            if level.null:
                continue
            u = levels[v]["u_probability"]
            if comparison.name == "account":
                # Never learned: no pass can hold it apart, and an account is one person's by its nature.
                u = levels[v]["u_probability"] = floor
                m = 0.9 if level.label != DIFFER else u
            elif level.given:
                m, u = level.given
                levels[v]["u_probability"] = u
            elif not seen and comparison.name != "source":
                m = level.usual[0] if level.usual else u
            elif not agreed:
                m = u  # a field that never repeats within a person can only contradict, and admission sees to that
            elif level.like in settled:
                like_m, like_u = settled[level.like]
                # With a term frequency in place of u, the two weigh the same where m is.
                m = like_m if level.tf else min(u * like_m / like_u, 1.0)
            else:
                m = max(seen.get(v, u), u * (SOURCE_FLOOR if comparison.name == "source" else M_FLOOR))
            settled[level.label] = (m, u)
            levels[v]["m_probability"] = m
        _tell_apart(levels)


def _tell_apart(levels: list[dict[str, Any]]) -> None:
    """Nudge m where two levels weigh the same, or one weighs nothing: a weight then tells its level.

    The nudge is too small to play a part.
    """
    taken = [0.0]
    for level in (v for v in levels if not v.get("is_null_level")):
        m, u = float(f"{min(max(level['m_probability'], 1e-9), 1.0):.8g}"), level["u_probability"]
        while any(abs(math.log2(m / u) - other) < 3 * TELLING for other in taken):
            m *= 1 - 4 * TELLING
        level["m_probability"] = m
        taken.append(math.log2(m / u))


def _repeats(comparison: Comparison, levels: list[dict[str, Any]], seen: dict[int, float], floor: float) -> bool:
    """Tell whether training saw the field repeat within people, at odds clearly better than between them.

    The strongest grade that the data has at all decides: without streets, that of an address is its postcode.
    """
    for v, level in enumerate(comparison.levels):
        u = 1.0 if level.null else levels[v]["u_probability"]
        if comparison.name != "source" and not level.null and (v in seen or u > floor):
            m = min(seen.get(v, 0.0), 1 - 1e-9)
            return level.label != DIFFER and m * (1 - u) > 3 * u * (1 - m)
    return True


def _paired_levels(a: dict[str, Any], b: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [
        (x, y)
        for p, q in zip(a["comparisons"], b["comparisons"], strict=True)
        for x, y in zip(p["comparison_levels"], q["comparison_levels"], strict=True)
        if not y.get("is_null_level")
    ]


def round_to(value: float, digits: int = 6) -> float:
    """Round to significant digits, so that the last bits of a parallel sum can't change an answer."""
    return float(f"{value:.{digits}g}")
