"""Two runs side by side: what became of customers, and what that does to money and audiences."""

from engine.compare.compare import compare
from engine.compare.result import Agreement, Audience, Channel, Comparison, Figure, Input, Shift
from engine.compare.shift import METRICS, Explained, Metric, Mover, explain_shift

__all__ = [
    "METRICS",
    "Agreement",
    "Audience",
    "Channel",
    "Comparison",
    "Explained",
    "Figure",
    "Input",
    "Metric",
    "Mover",
    "Shift",
    "compare",
    "explain_shift",
]
