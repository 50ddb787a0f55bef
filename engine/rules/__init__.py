"""What a run was told to do: its settings, kept beside its tables, and what of them changed from run to run."""

from engine.rules.affected import Reach, measures_touched, reach
from engine.rules.changes import Change, compare
from engine.rules.log import RunChanges, change_log, redefinitions
from engine.rules.settings import in_force, read_settings, write_settings

__all__ = [
    "Change",
    "Reach",
    "RunChanges",
    "change_log",
    "compare",
    "in_force",
    "measures_touched",
    "reach",
    "read_settings",
    "redefinitions",
    "write_settings",
]
