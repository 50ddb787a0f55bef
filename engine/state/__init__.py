"""The database of record (SQLite): runs, the ledger, the next customer number; its schema version and migrations."""

from engine.state.changes import ENTRIES, MOVED, MOVES, Changes
from engine.state.store import Run, State, from_micros, to_micros

__all__ = ["ENTRIES", "MOVED", "MOVES", "Changes", "Run", "State", "from_micros", "to_micros"]
