"""The embedded graph store: one file, no server."""

from graph.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
