"""What a run's table has otherwise than that of the run before, kept beside it to feed graphs with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from engine.compute import Compute, literal
from engine.fingerprints import compare, file_state, keep, kept, read_fingerprints

#: The column that tells new rows (true) from old ones.
FRESH = "_fresh"
#: Where more than one row in so many differs, it isn't worth keeping.
_MOST = 10


def write_difference(compute: Compute, old: Path, new: Path) -> None:
    """Write the rows that only one of two Parquet files has beside the new one, if both have fingerprints."""
    known = read_fingerprints(compute, (old, new))
    if known is None:
        return
    found = compare(*known)
    if sum(map(len, found)) * _MOST > sum(len(side.rows) for side in known):
        return
    if not any(map(len, found)):
        none = compute.arrow(f"SELECT *, true AS {FRESH} FROM read_parquet({literal(str(new))}) LIMIT 0")
        keep(new.with_suffix(".changes"), none, _state(old, new))
        return
    sides = []
    for file, rows, fresh in zip((old, new), found, ("false", "true"), strict=True):
        compute.load(f"differ_{fresh}", pa.table({"row": rows}))
        sides.append(
            f"""SELECT * EXCLUDE (file_row_number), {fresh} AS {FRESH}
            FROM read_parquet({literal(str(file))}, file_row_number = true)
            WHERE file_row_number IN (SELECT row FROM differ_{fresh})"""
        )
    data = compute.arrow(" UNION ALL BY NAME ".join(sides))
    compute.drop("differ_false", "differ_true")
    keep(new.with_suffix(".changes"), data, _state(old, new))


def read_difference(old: Path, new: Path) -> pa.Table | None:
    """The rows that only one of two files has, or None where that isn't kept, or not of the files as they are now."""
    stored = kept(new.with_suffix(".changes")) if old.exists() and new.exists() else None
    return stored[0] if stored is not None and stored[1] == _state(old, new) else None


def _state(*paths: Path) -> list[Any]:
    return [file_state(path) for path in paths]
