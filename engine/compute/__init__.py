"""Where SQL runs. The only package that knows that the engine is DuckDB."""

from engine.compute.duck import Compute, literal, quote

__all__ = ["Compute", "literal", "quote"]
