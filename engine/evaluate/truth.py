"""The truth file: which person each record really is."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from engine.compute import Compute, quote
from engine.errors import SourceError
from engine.tables import Table

#: `source` and `key` as in RECORDS; `person` is any text that is the same for all records of one person.
TRUTH = Table("truth", {"source": "VARCHAR", "key": "VARCHAR", "person": "VARCHAR"})


def read_truth(compute: Compute, path: Path) -> int:
    """Load a truth file (CSV, also gzipped, or Parquet by its ending) as table `truth`; returns its row count.

    Columns other than source, key and person are ignored. Keys are text: "007" stays "007".

    Raises SourceError: no such file, unreadable, a column missing, no rows, an empty cell, or a record named twice.
    """
    data = _read(path)
    found = {name.strip().lower(): name for name in data.column_names}
    missing = [name for name in TRUTH.columns if name not in found]
    if missing:
        raise SourceError(
            f"{path}: no column {', '.join(missing)}; a truth file has the columns source, key and person, "
            f"this one has {', '.join(data.column_names) or 'none'}"
        )
    try:
        columns = [data.column(found[name]).cast(pa.string()) for name in TRUTH.columns]
    except pa.ArrowException as error:
        raise SourceError(f"{path}: source, key and person must be text or numbers ({error})") from error
    rows = compute.load(TRUTH.name, pa.table(dict(zip(TRUTH.columns, columns, strict=True))))
    if rows == 0:
        raise SourceError(f"{path}: no rows below the header; a truth file has one row per record")
    _refuse_gaps_and_doubles(compute, path)
    return rows


def _read(path: Path) -> pa.Table:
    if not path.is_file():
        raise SourceError(f"{path}: no such file; give a CSV or Parquet file with the columns source, key and person")
    if path.stat().st_size == 0:
        raise SourceError(f"{path}: the file is empty; a truth file has the columns source, key and person")
    try:
        if path.suffix.lower() in (".parquet", ".pq"):
            return pa_parquet.read_table(path)
        header = pa_csv.open_csv(path).schema.names
        # Keys are read as text: as numbers, "007" and "7" would become one record.
        as_text = pa_csv.ConvertOptions(column_types=dict.fromkeys(header, pa.string()))
        quoted = pa_csv.ParseOptions(newlines_in_values=True)
        return pa_csv.read_csv(path, convert_options=as_text, parse_options=quoted)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{path}: can't be read as CSV or Parquet: {error}") from error


def _refuse_gaps_and_doubles(compute: Compute, path: Path) -> None:
    truth = quote(TRUTH.name)
    empty = compute.value(
        f"SELECT count(*) FROM {truth} WHERE NOT (source <> '' AND key <> '' AND person <> '') IS TRUE"
    )
    if empty:
        raise SourceError(f"{path}: {empty} rows lack a source, a key or a person; fill them or leave those rows out")
    doubles = compute.rows(
        f"SELECT source, key, count(*) FROM {truth} GROUP BY ALL HAVING count(*) > 1 ORDER BY source, key LIMIT 3"
    )
    if doubles:
        named = "; ".join(f"{source},{key} ({count} times)" for source, key, count in doubles)
        raise SourceError(f"{path}: a record may stand in a truth file once, but: {named}")
