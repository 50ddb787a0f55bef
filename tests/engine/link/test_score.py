"""Every match carries its reasons, and they account for its weight."""

from __future__ import annotations

from typing import Any

import pytest

from engine.compute import Compute
from engine.link.model import Model
from tests.engine.conftest import Published
from tests.engine.corner import table


@pytest.fixture(scope="module")
def model(published: Published) -> Model:
    with Compute(threads=1) as compute:
        return Model.load(compute, published.folder / ".clew" / "models" / published.result.manifest["model"])


Match = dict[str, Any]


def matches(published: Published, name: str) -> list[Match]:
    columns = ("record_a", "record_b", "stage", "rule", "weight", "probability", "reasons")
    return [dict(zip(columns, row, strict=True)) for row in table(published.result.run, name, ", ".join(columns))]


@pytest.mark.parametrize("name", ["matches", "refusals"])
def test_every_match_has_a_rule_and_reasons(published: Published, model: Model, name: str) -> None:
    found = matches(published, name)
    assert found
    levels = {c.removeprefix("x_"): {label for label, _, _ in model.levels(c)} for c in model.comparisons}
    for match in found:
        assert match["record_a"] < match["record_b"]
        assert match["rule"]
        assert match["reasons"]
        assert match["stage"] in ("identical", "identifier", "probabilistic", "collective")
        assert all(r["level"] in levels[r["comparison"]] for r in match["reasons"])
        assert [r["weight"] for r in match["reasons"]] == sorted((r["weight"] for r in match["reasons"]), reverse=True)
        assert match["probability"] == pytest.approx(1 / (1 + 2 ** -match["weight"]))


@pytest.mark.parametrize("name", ["matches", "refusals"])
def test_the_reasons_of_a_match_and_the_prior_add_up_to_its_weight(
    published: Published, model: Model, name: str
) -> None:
    for match in matches(published, name):
        told = sum(r["weight"] for r in match["reasons"]) + model.prior_weight
        assert told == pytest.approx(match["weight"], abs=1e-4), match


def test_pairs_below_the_threshold_are_no_matches(published: Published) -> None:
    assert min(m["weight"] for m in matches(published, "matches")) >= published.config.linkage.threshold
