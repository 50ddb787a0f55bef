"""What a statement raises, for stages that can do something about it."""

import errno
import re

import duckdb

#: Data that it can't read. Not among them: lack of memory, and an interruption.
UNREADABLE = (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.IOException)
#: SQL that means nothing: for the rules and conditions that a project brings.
MEANINGLESS = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)

_INTERRUPTED = "Query interrupted"
_TABLE = re.compile(r"""['"]([^'"]+/runs/[^'"]+\.parquet)""")
_FULL = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)
_FILE = re.compile(r'\\?"(/[^"\\]+)\\?"')


def full_disk(error: BaseException) -> str | None:
    """A file on the full disk that an error tells of, or "" where it names none; None for an error of another kind."""
    if isinstance(error, OSError):
        return str(error.filename or "") if error.errno in (errno.ENOSPC, errno.EDQUOT) else None
    if not isinstance(error, duckdb.Error) or not _FULL.search(str(error)):
        return None
    named = _FILE.search(str(error))
    return named[1] if named else ""


def interrupted(error: BaseException) -> bool:
    """Tell whether Ctrl-C broke off a statement, which then raises an error, in which others may be wrapped."""
    told: BaseException | None = error
    while told is not None:
        if isinstance(told, duckdb.InterruptException) or _INTERRUPTED in str(told):
            return True
        told = told.__cause__ or told.__context__
    return False


def damaged_table(error: BaseException) -> str | None:
    """The table of a published run that an error says is gone or can't be read; None for an error of another kind."""
    named = _TABLE.search(str(error)) if isinstance(error, UNREADABLE) else None
    return named[1] if named else None
