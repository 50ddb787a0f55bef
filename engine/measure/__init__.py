"""Measures: documented SQL views over a run's tables, which notebooks and BI tools can read.

Each view is a file of SQL that begins with what it means: a sentence, then its grain, formulas, owner and columns as
comments. The data dictionary is made of those. `$as_of` in it is the time as of which all is said, `$oldest` and
`$latest` are the bounds of times that can be right, `$sure` is how sure it has to be whose an event was, `$words` are
the channels that the project gives to words, `$language` is what reads a language from column `text`, and `$message`
what an event went by.
"""

from engine.measure.document import View, check_view, dictionary, tables_read, views
from engine.measure.opening import ARTICLES, KEPT, TABLES, WENT_BY, Times, make_views, needed, open_views, read_times
from engine.measure.reading import read_table, told

__all__ = [
    "ARTICLES", "KEPT", "TABLES", "WENT_BY", "Times", "View", "check_view", "dictionary", "make_views", "needed",
    "open_views", "read_table", "read_times", "tables_read", "told", "views",
]  # fmt: skip
