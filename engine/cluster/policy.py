"""What may not stand together in one customer, and what speaks against it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.link.comparisons import BOTH_IN, DIFFER
from engine.link.model import Model

if TYPE_CHECKING:
    from engine.config import Config

#: Disagreeing names or birth dates forbid a join only where the model has learned that they hardly ever disagree within
#: a person: in fewer than so many true pairs. On data that is corrupted on purpose they do, and a hard veto would cost
#: more than it saves. A birth date hardly ever changes, so one that does says more about the data than the person.
NAMES_SELDOM_DIFFER = 0.05
BIRTHS_SELDOM_DIFFER = 0.01


@dataclass(frozen=True)
class Policy:
    """Limits of a customer, which disagreements forbid, and what others cost (bits, negative).

    `twice` is the cost of a source that would hold the person twice, `apart` that of identifiers (email, phone) that
    both sides have and don't share.
    """

    threshold: float
    max_records: int
    names_forbid: bool = False
    births_forbid: bool = False
    twice: dict[str, float] = field(default_factory=dict)
    apart: dict[str, float] = field(default_factory=dict)

    @staticmethod
    def of(config: Config, model: Model) -> Policy:
        """The project's limits, and what this model has learned."""

        def seldom(comparison: str, share: float) -> bool:
            m = model.m(comparison, DIFFER)
            return m is not None and m < share

        def against(comparison: str) -> dict[str, float]:
            found = {label: math.log2(m / u) for label, m, u in model.levels(comparison)}
            return {label: weight for label, weight in found.items() if weight < 0}

        learned = any(abs(m - u) > u / 2 for _, m, u in model.levels("birth_date"))
        apart = {c: against(c)[DIFFER] for c in ("email", "phone") if DIFFER in against(c)}
        return Policy(
            threshold=config.linkage.threshold,
            max_records=config.limits.max_records,
            names_forbid=seldom("first_name", NAMES_SELDOM_DIFFER),
            # A birth date that no two records of a person ever repeat was never learned; it can still contradict.
            births_forbid=seldom("birth_date", BIRTHS_SELDOM_DIFFER)
            or ("birth_date" in model.comparisons and not learned),
            twice={
                label.removeprefix(BOTH_IN): w for label, w in against("source").items() if label.startswith(BOTH_IN)
            },
            apart=apart,
        )
