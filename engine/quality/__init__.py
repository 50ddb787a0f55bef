"""One profiler of a shop's data: what the sources hold, what is wrong with it, and what linking would gain."""

from engine.quality.audit import audit
from engine.quality.duplicates import CAUSES
from engine.quality.result import (
    Audit,
    Consent,
    Dates,
    Duplicates,
    FrequentValue,
    Gain,
    Identifier,
    Orders,
    Overlap,
    Reject,
    SharedValue,
    Source,
    Step,
)

__all__ = [
    "CAUSES",
    "Audit",
    "Consent",
    "Dates",
    "Duplicates",
    "FrequentValue",
    "Gain",
    "Identifier",
    "Orders",
    "Overlap",
    "Reject",
    "SharedValue",
    "Source",
    "Step",
    "audit",
]
