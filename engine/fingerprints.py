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
        f"""SELECT hash({", ".join(quote(c) for c in columns)}) AS hash, file_row_number AS row
        FROM read_parquet({file}, file_row_number = true)"""
    )
    hashes, rows = fingerprints(found)
    about = json.dumps({"columns": columns, **_state(compute, path)})
    data = pa.table({"hash": hashes, "row": rows.astype(np.uint32)}).replace_schema_metadata({"about": about})
    part = path.with_suffix(".hashes.part")
    with pa.OSFile(str(part), "wb") as sink, pa.ipc.new_file(sink, data.schema) as writer:
        writer.write_table(data)
    part.replace(path.with_suffix(".hashes"))


def read_fingerprints(compute: Compute, paths: Iterable[Path]) -> list[Fingerprints] | None:
    """Those of the rows of each file, or None where they are absent or can't be compared with one another."""
    found = []
    columns: list[list[str]] = []
    for path in paths:
        kept = path.with_suffix(".hashes")
        if not kept.exists() or not path.exists():
            return None
        stored = pa.ipc.open_file(pa.memory_map(str(kept))).read_all()
        about = json.loads(stored.schema.metadata[b"about"])
        columns.append(about.pop("columns"))
        if about != _state(compute, path) or columns[-1] != columns[0]:
            return None
        found.append(Fingerprints(stored["hash"].to_numpy(), stored["row"].to_numpy()))
    return found


def _state(compute: Compute, path: Path) -> dict[str, Any]:
    status = path.stat()
    return {"size": status.st_size, "modified": status.st_mtime_ns, "duckdb": compute.value("SELECT version()")}
