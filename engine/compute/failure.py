"""What a statement raises when it meets data that it can't read, for stages that can do something about it."""

import duckdb

#: Not among them: lack of memory, and an interruption.
UNREADABLE = (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.IOException)
