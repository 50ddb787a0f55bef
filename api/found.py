"""What the engine finds, as notebooks show it. Imported where it is found: a question must not wait for the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from api.plain import Plain
from api.shown import Shown
from engine import compare, evaluate, quality
from engine.evaluate import expected, labels

if TYPE_CHECKING:
    import pyarrow as pa

    from engine.link import RuleShare


class _Made(Shown):
    """What is made of an engine's result."""

    @classmethod
    def of(cls, found: Any) -> Self:
        """The same values."""
        return cls(**vars(found))


class Audit(quality.Audit, _Made, page="audit:audit", rows="sources"):
    """A first look at the sources."""


class Comparison(compare.Comparison, _Made, page="comparison:comparison", sheet="comparison.page:page", rows="figures"):
    """What two runs have different."""


class Explained(compare.Explained, _Made, page="shift:explained", rows="parts"):
    """Why a metric moved."""


class Evaluation(evaluate.Evaluation, _Made, page="judgement:evaluation", rows="judged"):
    """How right an answer is."""

    @property
    def judged(self) -> list[dict[str, Any]]:
        """Precision, recall and F1 by what they are counted in."""
        both = (("pairs of records", self.pairwise), ("records", self.bcubed))
        return [{"of": of, **vars(scores)} for of, scores in both]


class Calibration(evaluate.Calibration, _Made, page="judgement:calibration", rows="deciles"):
    """Probability beside truth."""


class LabelScores(labels.LabelScores, _Made, page="judgement:by_labels", rows="counts"):
    """What labels say of an answer."""

    @property
    def counts(self) -> dict[str, float | None]:
        """Every number by its name."""
        return dict(vars(self))


class Estimate(expected.Estimate, _Made, page="judgement:estimate", rows="table"):
    """How right an answer is by its own weights, at its threshold and higher ones."""

    @property
    def table(self) -> list[dict[str, Any]]:
        """A row for each threshold; `true_` columns where there was a truth."""
        return [
            {
                "threshold": step.threshold, "joins": step.joins, "pairs": step.pairs,
                "false_merges": step.false_merges, "false_splits": step.false_splits, **vars(step.scores),
                **({f"true_{name}": value for name, value in vars(step.true).items()} if step.true else {}),
            }
            for step in self.steps
        ]  # fmt: skip


@dataclass(frozen=True)
class Blocking(Plain, Shown, page="judgement:blocking", rows="rules"):
    """What each blocking rule proposes, and what would be lost without it."""

    run_id: str
    rules: tuple[RuleShare, ...]


@dataclass(frozen=True)
class Rows(Plain, Shown, page="measure:rows", rows="rows"):
    """The answer to a question in SQL."""

    rows: pa.Table

    def shape(self) -> dict[str, Any]:
        """The rows one by one."""
        return {"rows": self.rows.to_pylist()}
