"""What a statement raises, for stages that can do something about it."""

import duckdb

#: Data that it can't read. Not among them: lack of memory, and an interruption.
UNREADABLE = (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.IOException)
#: SQL that means nothing: for the rules and conditions that a project brings.
MEANINGLESS = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)
