"""The careful reader against Python's own csv module."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from engine.sources.rows import csv_rows, scan

CELL = st.text(st.sampled_from('ab ,;"\n\r'), max_size=6)
TABLE = st.integers(2, 4).flatmap(lambda w: st.lists(st.lists(CELL, min_size=w, max_size=w), min_size=1, max_size=6))


def _written(rows: list[list[str]], delimiter: str) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return out.getvalue()


@given(rows=TABLE, delimiter=st.sampled_from(",;"))
def test_well_formed_rows_are_all_read(rows: list[list[str]], delimiter: str) -> None:
    text = _written([["h"] * len(rows[0]), *rows], delimiter)
    read = list(scan(io.BytesIO(text.encode()), "csv", delimiter, len(rows[0])))
    assert [row.reason for row in read] == [None] * len(rows)
    cells = [next(csv_rows(iter(row.text.splitlines(keepends=True)), delimiter)) for row in read]
    assert cells == rows


@given(rows=TABLE, bad=st.text(st.sampled_from('ab,"'), min_size=1, max_size=8), at=st.integers(0, 6))
def test_a_bad_line_costs_at_most_itself(rows: list[list[str]], bad: str, at: int) -> None:
    plain = [[cell.translate(str.maketrans("", "", '\n\r"')) for cell in row] for row in rows]
    lines = _written([["h"] * len(rows[0]), *plain], ",").splitlines()
    lines.insert(1 + min(at, len(plain)), bad)
    read = list(scan(io.BytesIO("\n".join(lines).encode()), "csv", ",", len(rows[0])))
    good = [row.text for row in read if row.reason is None]
    for line in _written(plain, ",").splitlines():
        assert line in good
    assert len(read) == len(plain) + 1
