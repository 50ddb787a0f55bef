"""Where SQL runs. The only package that knows that the engine is DuckDB."""

from engine.compute.duck import Compute, Parameters, any_of, literal, quote

__all__ = ["Compute", "Parameters", "any_of", "literal", "quote"]
