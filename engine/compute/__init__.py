"""Where SQL runs. The only package that knows that the engine is DuckDB."""

from engine.compute.duck import PART_ROWS, Compute, literal, quote

__all__ = ["PART_ROWS", "Compute", "literal", "quote"]
