"""Raw tables -> run tables: every value in one form, whoever typed it.

`standardise` does the tables of a run; `standardise_identifier` does what a user typed, with the same functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.standardise.identify import identify, standardise_identifier
from engine.standardise.name import root as name_root
from engine.standardise.text import fold, fold_name

if TYPE_CHECKING:
    from engine.compute import Compute
    from engine.config import Config

__all__ = ["fold", "fold_name", "identify", "name_root", "standardise", "standardise_identifier"]


def standardise(compute: Compute, config: Config, advance: Callable[[str], None] = lambda _: None) -> None:
    """Make RECORDS, IDENTIFIERS, CONSENTS, ORDERS, ORDER_LINES and EVENTS from the raw tables in `compute`.

    `advance` is told what comes next, in a word. Raises TableError if a raw table isn't as declared.
    """
    # Imported late: workers and lookups import this package too, and need neither database nor project file.
    from engine.standardise.stage import make_tables

    make_tables(compute, config, advance)
