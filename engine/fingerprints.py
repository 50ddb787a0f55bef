"""A 64-bit hash of every row of a run's table, kept beside its file: two runs are then compared without reading them.

The file says of which columns, which state of the table and which version of DuckDB's hash it is. Where any of that
doesn't fit, the hashes count as absent, and whoever wants them reads the table.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from engine.compute import Compute, literal, quote


class Fingerprints(NamedTuple):
    """The hashes of a table's rows, sorted, and the number of the row that each is of."""

    hashes: np.ndarray[Any, Any]
    rows: np.ndarray[Any, Any]


def hash_sql(columns: Iterable[str]) -> str:
    """The SQL of a row's hash."""
    # Without the constant, columns may cancel each other out: hash(a, [{a, 7}]) is the same for every a.
    return f"hash(1, {', '.join(map(quote, columns))})"


def fingerprints(found: pa.Table) -> Fingerprints:
    """Sort what was found: `hash` and `row`."""
    hashes, rows = found["hash"].to_numpy(), found["row"].to_numpy()
    order = np.argsort(hashes)
    return Fingerprints(hashes[order], rows[order])


def write_fingerprints(compute: Compute, path: Path) -> None:
    """Write the hashes of the rows of a Parquet file beside it."""
    file = literal(str(path))
    # By name, so that the order of columns plays no part.
    columns = sorted(name for name, *_ in compute.rows(f"DESCRIBE SELECT * FROM read_parquet({file})"))
    found = compute.arrow(
        f"SELECT {hash_sql(columns)} AS hash, file_row_number AS row FROM read_parquet({file}, file_row_number = true)"
    )
    hashes, rows = fingerprints(found)
    data = pa.table({"hash": hashes, "row": rows.astype(np.uint32)})
    keep(path.with_suffix(".hashes"), data, [*_state(compute, path), columns])


def read_fingerprints(compute: Compute, paths: Iterable[Path]) -> list[Fingerprints] | None:
    """Those of the rows of each file, or None where they are absent or can't be compared with one another."""
    found = []
    columns: list[list[str]] = []
    for path in paths:
        stored = kept(path.with_suffix(".hashes")) if path.exists() else None
        if stored is None:
            return None
        data, (*state, of) = stored
        columns.append(of)
        if state != _state(compute, path) or of != columns[0]:
            return None
        found.append(Fingerprints(data["hash"].to_numpy(), data["row"].to_numpy()))
    return found


def compare(old: Fingerprints, new: Fingerprints) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The numbers of the rows whose hashes only one side has: of the old ones, and of the new ones."""
    hashes = np.concatenate([old.hashes, new.hashes])
    hashes.sort(kind="stable")  # this kind merges what is sorted already
    edge = np.ones(len(hashes) + 1, dtype=bool)
    np.not_equal(hashes[1:], hashes[:-1], out=edge[1:-1])
    alone = hashes[edge[:-1] & edge[1:]]
    found = []
    for side in (old, new):
        at, after = (np.searchsorted(side.hashes, alone, end) for end in ("left", "right"))
        found.append(side.rows[at[at < after]])
    return found[0], found[1]


def keep(path: Path, data: pa.Table, about: list[Any]) -> None:
    """Write a file for use beside a table's, whole or not at all; `about` tells what it is of."""
    part = path.with_name(path.name + ".part")
    data = data.replace_schema_metadata({"about": json.dumps(about)})
    with pa.OSFile(str(part), "wb") as sink, pa.ipc.new_file(sink, data.schema) as writer:
        writer.write_table(data)
    part.replace(path)


def kept(path: Path) -> tuple[pa.Table, list[Any]] | None:
    """What such a file holds, and what it is of; None where there is none."""
    if not path.exists():
        return None
    data = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    return data, json.loads(data.schema.metadata[b"about"])


def file_state(path: Path) -> list[int]:
    """What tells one state of a file from another."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]


def _state(compute: Compute, path: Path) -> list[Any]:
    return [*file_state(path), compute.version]
