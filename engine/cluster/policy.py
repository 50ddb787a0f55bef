"""What may not stand together in one customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.link.comparisons import DIFFER
from engine.link.model import Model

if TYPE_CHECKING:
    from engine.config import Config

#: Disagreeing names or birth dates forbid a join only where the model has learned that they hardly ever disagree within
#: a person. On data that is corrupted on purpose they do, and a hard veto would cost more than it saves.
SELDOM = 0.10


@dataclass(frozen=True)
class Policy:
    """Limits of a customer, and which disagreements forbid."""

    threshold: float
    max_records: int
    names_forbid: bool
    births_forbid: bool

    @staticmethod
    def of(config: Config, model: Model) -> Policy:
        """The project's limits, and what this model has learned about names and birth dates."""

        def seldom_differs(comparison: str) -> bool:
            m = model.m(comparison, DIFFER)
            return m is not None and m < SELDOM

        born_again = any(
            m > u * 2 for label, m, u in model.levels("birth_date") if label == "same"
        )
        return Policy(
            threshold=config.linkage.threshold,
            max_records=config.limits.max_records,
            names_forbid=seldom_differs("first_name"),
            # A birth date that no two records of a person ever repeat was never learned; it can still contradict.
            births_forbid=seldom_differs("birth_date") or ("birth_date" in model.comparisons and not born_again),
        )
