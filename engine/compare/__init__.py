"""Two runs side by side: what became of customers, and what that does to money and audiences."""

from engine.compare.compare import compare
from engine.compare.result import Agreement, Audience, Channel, Comparison, Figure, Input, Shift

__all__ = ["Agreement", "Audience", "Channel", "Comparison", "Figure", "Input", "Shift", "compare"]
