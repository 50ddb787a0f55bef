"""Two runs side by side: what became of customers, and what that does to money and audiences."""

from engine.compare.compare import compare
from engine.compare.result import (
    Agreement,
    Audience,
    Because,
    Channel,
    Comparison,
    Conflicts,
    Elsewhere,
    Figure,
    Input,
    Merge,
    Shift,
    Verdict,
)
from engine.compare.shift import METRICS, Explained, Metric, Mover, explain_shift

__all__ = [
    "METRICS",
    "Agreement",
    "Audience",
    "Because",
    "Channel",
    "Comparison",
    "Conflicts",
    "Elsewhere",
    "Explained",
    "Figure",
    "Input",
    "Merge",
    "Metric",
    "Mover",
    "Shift",
    "Verdict",
    "compare",
    "explain_shift",
]
