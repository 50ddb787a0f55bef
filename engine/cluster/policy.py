"""What may not stand together in one customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.link.comparisons import DIFFER
from engine.link.model import Model

if TYPE_CHECKING:
    from engine.config import Config

#: Disagreeing names or birth dates forbid a join only where the model has learned that they hardly ever disagree within
#: a person: in fewer than so many true pairs. On data that is corrupted on purpose they do, and a hard veto would cost
#: more than it saves. A birth date hardly ever changes, so one that does says more about the data than about the person.
NAMES_SELDOM_DIFFER = 0.05
BIRTHS_SELDOM_DIFFER = 0.01


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

        def seldom(comparison: str, share: float) -> bool:
            m = model.m(comparison, DIFFER)
            return m is not None and m < share

        learned = any(abs(m - u) > u / 2 for _, m, u in model.levels("birth_date"))
        return Policy(
            threshold=config.linkage.threshold,
            max_records=config.limits.max_records,
            names_forbid=seldom("first_name", NAMES_SELDOM_DIFFER),
            # A birth date that no two records of a person ever repeat was never learned; it can still contradict.
            births_forbid=seldom("birth_date", BIRTHS_SELDOM_DIFFER) or ("birth_date" in model.comparisons and not learned),
        )
