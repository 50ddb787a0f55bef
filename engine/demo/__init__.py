"""A made-up shop with known truth: its exports in the formats of the real tools, with the traps of real life."""

from engine.demo.shop import DemoSummary, generate

__all__ = ["DemoSummary", "generate"]
