"""The database of record (SQLite): runs, the ledger, the next customer number; its schema version and migrations."""

from engine.state.changes import DECISIONS, ENTRIES, MOVED, MOVES, Changes, Note
from engine.state.store import Run, State, from_micros, to_micros

__all__ = ["DECISIONS", "ENTRIES", "MOVED", "MOVES", "Changes", "Note", "Run", "State", "from_micros", "to_micros"]
