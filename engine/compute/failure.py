"""What a failed statement raises, for stages that can do something about it."""

from duckdb import Error as EngineError

__all__ = ["EngineError"]
