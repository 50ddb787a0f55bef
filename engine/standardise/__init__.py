"""Raw tables -> run tables: every value in one form, whoever typed it.

`standardise` does the tables of a run; `standardise_identifier` does what a user typed, with the same functions.
"""

from engine.standardise.identify import standardise_identifier
from engine.standardise.name import root as name_root
from engine.standardise.stage import standardise
from engine.standardise.text import fold, fold_name

__all__ = ["fold", "fold_name", "name_root", "standardise", "standardise_identifier"]
