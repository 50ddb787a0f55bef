"""A made-up shop with known truth: its exports in the formats of the real tools, with the traps of real life."""

from engine.demo.shop import DemoSummary, check_size, generate

__all__ = ["DemoSummary", "check_size", "generate"]
