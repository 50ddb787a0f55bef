"""Scored pairs made by hand: a model with known weights, and the stage that follows it."""

from __future__ import annotations

import math
from typing import Any

from engine.cluster import cluster
from engine.compute import Compute
from engine.config import Config
from engine.link.blocking import Rule
from engine.link.comparisons import BOTH_IN, DIFFER
from engine.link.model import Model
from tests.engine.people import People, config

#: comparison -> level -> (m, u). The prior costs 10 bits.
LEVELS: dict[str, dict[str, tuple[float, float]]] = {
    "first_name": {"same": (0.9, 0.01), DIFFER: (0.02, 0.99)},  # +6.5, -5.6
    "last_name": {"same": (0.9, 0.01), DIFFER: (0.1, 0.99)},  # +6.5, -3.3
    "email": {"same": (0.8, 0.0001), DIFFER: (0.2, 0.9999)},  # +13.0, -2.3
    "phone": {"same": (0.7, 0.0001), DIFFER: (0.3, 0.9999)},  # +12.8, -1.7
    "account": {"same": (0.9, 0.000001), DIFFER: (0.5, 0.5)},  # +19.8, 0
    "birth_date": {"same": (0.9, 0.001), DIFFER: (0.005, 0.999)},  # +9.8, -7.6
    "source": {BOTH_IN + "crm": (0.03, 0.25), DIFFER: (0.97, 0.75)},  # -3.1, +0.4
}
MODEL = Model(
    {
        "probability_two_random_records_match": 1 / 1025,
        "comparisons": [
            {
                "output_column_name": name,
                "comparison_levels": [
                    {"label_for_charts": label, "m_probability": m, "u_probability": u}
                    for label, (m, u) in levels.items()
                ],
            }
            for name, levels in LEVELS.items()
        ],
    },
    (),
)
RULES = [Rule("same e-mail", "", exact=True), Rule("full name", "")]


class Scores:
    """Records, the pairs of them that were scored, and what becomes of both."""

    def __init__(self, compute: Compute) -> None:
        self.compute = compute
        self.people = People(compute)
        self.pairs: list[tuple[str, str, dict[str, str], bool, int]] = []

    def pair(self, a: str, b: str, *, personal: bool = True, rule: int = 0, **levels: str) -> float:
        """Score two records by the level of each comparison; returns the weight."""
        self.pairs.append((a, b, levels, personal, rule))
        return MODEL.prior_weight + sum(bits(name, level) for name, level in levels.items())

    def cluster(self, settings: Config | None = None, seed: int = 0) -> list[list[str]]:
        """Run the stage; returns the groups of more than one record. `seed` shuffles the scored pairs."""
        settings = settings or config()
        self.people.build(settings)
        self._load(seed)
        cluster(self.compute, settings, MODEL, RULES)
        return self.groups()

    def groups(self) -> list[list[str]]:
        return [
            records
            for (records,) in self.compute.rows(
                "SELECT list(record_id ORDER BY record_id) AS r FROM groups"
                " GROUP BY group_id HAVING count(*) > 1 ORDER BY r"
            )
        ]

    def refusals(self) -> dict[tuple[str, str], str]:
        """Record pair -> why it was refused."""
        return {(a, b): why for a, b, why in self.compute.rows("SELECT record_a, record_b, refusal FROM refusals")}

    def matches(self) -> list[tuple[Any, ...]]:
        return self.compute.rows("SELECT record_a, record_b, stage, rule, weight FROM matches ORDER BY ALL")

    def _load(self, seed: int) -> None:
        node = dict(self.compute.rows("SELECT record_id, node_id FROM node_records"))
        columns = ", ".join(f"w_{c} DOUBLE, v_{c} TINYINT" for c in LEVELS)
        self.compute.run(
            f"CREATE OR REPLACE TABLE unshuffled"
            f" (a BIGINT, b BIGINT, rule SMALLINT, weight DOUBLE, {columns}, personal BOOLEAN)"
        )
        for one, other, levels, personal, rule in self.pairs:
            a, b = sorted((node[one], node[other]))
            told: list[Any] = []
            for name, known in LEVELS.items():
                level = levels.get(name)
                told += [round(bits(name, level), 6), list(known).index(level)] if level else [None, None]
            weight = round(MODEL.prior_weight + sum(w for w in told[::2] if w is not None), 6)
            marks = ", ".join("?" * (len(told) + 5))
            self.compute.run(f"INSERT INTO unshuffled VALUES ({marks})", [a, b, rule, weight, *told, personal])
        self.compute.table("scored", f"SELECT * FROM unshuffled ORDER BY hash(a * 1000003 + b + {int(seed)})")


def bits(comparison: str, level: str) -> float:
    """The weight of a level."""
    m, u = LEVELS[comparison][level]
    return math.log2(m / u)
