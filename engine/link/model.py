"""A model: what each grade of agreement is worth. Kept in a file, used again; `engine.link.training` learns one."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.compute import Compute, quote
from engine.compute.failure import UNREADABLE
from engine.errors import LinkError
from engine.link.comparisons import ENOUGH_PEOPLE, Comparison

SCHEMA_VERSION = 1
#: A value's share is taken of at least so many people: what nobody else in a small shop has, somebody elsewhere has.
AT_LEAST_PEOPLE = {"email": 1000, "phone": 1000, "rare_domain": 1000}
AT_LEAST_NAMESAKES = 200
#: What is its owner's own, and by itself says who that is.
ADDRESSES = ("email", "phone")


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
    def taught(self) -> bool:
        """Whether there were people enough to learn from."""
        return self.trained_on.get("groups", 0) >= ENOUGH_PEOPLE

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
        self.write(compute, target)
        return target

    def write(self, compute: Compute, target: Path) -> None:
        """Write model.json and its term frequencies into a folder."""
        target.mkdir(parents=True, exist_ok=True)
        for column in self.term_frequencies:
            compute.write_parquet(f"tf_{column}", target / f"tf_{column}.parquet", order_by=quote(column))
        part = target / "model.json.part"
        part.write_text(json.dumps({**self.__dict__, "hash": self.hash}, indent=1), encoding="utf-8")
        part.replace(target / "model.json")

    def without(self, compute: Compute, values: Mapping[str, str]) -> Model:
        """The same model whose term frequencies, in `compute`, lose what the queries `values` of some columns name."""
        for column, gone in values.items():
            if column in self.term_frequencies:
                compute.run(f"DELETE FROM {quote('tf_' + column)} WHERE {quote(column)}::VARCHAR IN ({gone})")
        return replace(self, frequencies=_digest(compute, self.term_frequencies))

    @staticmethod
    def with_term_frequencies(compute: Compute, settings: dict[str, Any], comparisons: list[Comparison]) -> Model:
        """A model of these settings, with term frequencies taken from `nodes` and `seeds`."""
        columns = tuple(sorted({level.tf for c in comparisons for level in c.levels if level.tf}))
        # However few share an address: of the pairs that do, and that share it with nobody else, most are one person.
        rarest = 1 / settings["probability_two_random_records_match"]
        for column in columns:
            _term_frequencies(compute, column, rarest if column in ADDRESSES else 0)
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


def _term_frequencies(compute: Compute, column: str, people: float) -> None:
    """Make `tf_<column>`: how likely another person is to hold the value, counted in first groups, of `people` or more.

    An address or number is its owner's own, so the group itself is left out of the count; half a person stands for
    none.
    """
    own = 1 if column in AT_LEAST_PEOPLE else 0
    least = max(AT_LEAST_PEOPLE.get(column, AT_LEAST_NAMESAKES), people)
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
