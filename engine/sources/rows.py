"""Text files row by row, in Python: slow and careful, for headers, and for files that the fast reader refuses.

The fast reader takes a file whole or not at all. When it refuses, `set_aside` walks through the file once, lists every
row that can't be read with its line and its reason, and writes the rest to a clean copy for the fast reader. A row that
goes wrong costs only its first line: reading goes on at the very next one, so a stray quote can't swallow a file.
"""

from __future__ import annotations

import io
import json
import re
from collections import deque
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import IO, NamedTuple

#: The largest row of a CSV file and the largest JSON line, in characters; larger ones are rejected with that reason.
MAX_ROW = 2_000_000
MAX_LINE = 16_000_000
#: How much of a rejected row is kept to show.
SHOWN = 500


class Row(NamedTuple):
    """One row of a text file: the line it starts at, its text, and why it can't be read (None: it can)."""

    line: int
    text: str
    reason: str | None


def csv_rows(lines: Iterator[str], delimiter: str) -> Iterator[list[str]]:
    """The rows at the start of a CSV text as lists of cells; a broken row comes as well as it can be had."""
    for row in _csv(lines, delimiter, None):
        yield _cells(row.text, delimiter)


def scan(file: IO[bytes], kind: str, delimiter: str, width: int) -> Iterator[Row]:
    """Every row of a CSV file (without its header) or of a file of JSON lines; blank lines are no rows."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        lines = _lines(text, MAX_ROW if kind == "csv" else MAX_LINE)
        rows = _json(lines) if kind == "jsonl" else _csv(lines, delimiter, width)
        if kind == "csv":
            next(rows, None)
        yield from rows
    finally:
        text.detach()  # the file belongs to the caller, who closes it


def set_aside(rows: Iterator[Row], header: str | None, clean: Path) -> list[Row]:
    """Write the rows that can be read to `clean`; returns the others."""
    rejected = []
    with clean.open("w", encoding="utf-8", newline="") as out:
        if header is not None:
            out.write(header + "\n")
        for row in rows:
            if row.reason is None:
                out.write(row.text + "\n")
            else:
                rejected.append(row._replace(text=row.text[:SHOWN]))
    return rejected


def lines_of(rows: Iterator[Row], wanted: Collection[int]) -> dict[int, int]:
    """The lines at which the readable rows of the given numbers (0 is the first) start."""
    found: dict[int, int] = {}
    number = 0
    for row in rows:
        if row.reason is None:
            if number in wanted:
                found[number] = row.line
            number += 1
    return found


def _lines(text: io.TextIOBase, limit: int) -> Iterator[str]:
    """Lines with their ends; of a line above the limit only the start comes, just long enough to be rejected."""
    while line := text.readline(limit + 2):
        if len(line) == limit + 2 and not line.endswith(("\n", "\r")):
            while (rest := text.readline(limit)) and not rest.endswith(("\n", "\r")):
                pass
        yield line


def _json(lines: Iterator[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text:
            continue
        if len(line) > MAX_LINE:
            yield Row(number, text, f"a line of more than {MAX_LINE // 1_000_000} MB")
            continue
        try:
            item = json.loads(text)
        except (ValueError, RecursionError) as error:
            yield Row(number, text, f"not JSON: {error}")
            continue
        if isinstance(item, dict):
            # Written anew, because a key that comes twice is fine here and not for the fast reader.
            yield Row(number, json.dumps(item, ensure_ascii=False), None)
        else:
            yield Row(number, text, "not a JSON object in {curly brackets}")


@cache
def _pattern(delimiter: str, width: int | None) -> re.Pattern[str]:
    """A whole row of `width` columns (None: any number); possessive, so a long bad row can't take for ever."""
    d = re.escape(delimiter)
    cell = rf'(?:"(?:[^"]|"")*+" *+|(?!")[^{d}\r\n]*+)'
    more = "*+" if width is None else f"{{{width - 1}}}+"
    return re.compile(rf"{cell}(?:{d}{cell}){more}{d}?[\r\n]*")


def _csv(lines: Iterator[str], delimiter: str, width: int | None) -> Iterator[Row]:
    again: deque[str] = deque()
    number = 0
    while True:
        line = again.popleft() if again else next(lines, None)
        if line is None:
            return
        number += 1
        start, ahead = number, [line]
        if not line.strip(" \r\n") and width != 1:
            continue
        reason = _wrong(line, delimiter, width)
        if reason and '"' in line:
            # An open quote: the row may go on. Take lines until the quotes are even, and try again at each such place.
            odd, size = line.count('"') % 2 == 1, len(line)
            while reason and odd and size <= MAX_ROW:
                following = again.popleft() if again else next(lines, None)
                if following is None:
                    break
                ahead.append(following)
                size += len(following)
                if following.count('"') % 2 == 1:
                    reason = _wrong("".join(ahead), delimiter, width)
                    odd = False
        if reason:
            again.extendleft(reversed(ahead[1:]))
            yield Row(start, line.rstrip("\r\n"), reason)
        else:
            number += len(ahead) - 1
            yield Row(start, "".join(ahead).rstrip("\r\n"), None)


def _wrong(text: str, delimiter: str, width: int | None) -> str | None:
    """Why a text isn't one row, or None."""
    if len(text) > MAX_ROW:
        return f"a row of more than {MAX_ROW // 1_000_000} MB"
    if _pattern(delimiter, width).fullmatch(text):
        return None
    if width is not None and _pattern(delimiter, None).fullmatch(text):
        found = len(_cells(text, delimiter))
        return f"{found} {'column' if found == 1 else 'columns'}, but the header has {width}"
    return "a quotation mark that doesn't close, or stands in the middle of a quoted cell"


def _cells(text: str, delimiter: str) -> list[str]:
    d = re.escape(delimiter)
    cells = []
    for quoted, plain in re.findall(rf'(?:^|{d})(?:"((?:[^"]|"")*)" *(?={d}|$)|([^{d}]*))', text):
        cells.append(quoted.replace('""', '"') if quoted else plain)
    return cells
