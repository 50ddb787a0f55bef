"""Files for other tools, from a run's tables: written beside their place, then renamed, so that none is half there."""

from __future__ import annotations

from pathlib import Path

from engine.compute import Compute
from engine.errors import ConfigError
from engine.runs import RunTables

_MEMBERS = """
    SELECT source, key, customer_id FROM read_parquet($records) JOIN read_parquet($members) USING (record_id)
"""
#: What a file's name ends in -> how it is written.
_FORMATS = {".csv": "FORMAT csv, HEADER", ".parquet": "FORMAT parquet, COMPRESSION zstd"}


def write_members(run: RunTables, file: Path) -> int:
    """Write source, key and customer_id of every record; returns the rows.

    Errors: ConfigError for the file's name or place.
    """
    form = _FORMATS.get(file.suffix.lower())
    if form is None:
        raise ConfigError(f"{file}: the name should end in {' or '.join(_FORMATS)}, which says what to write")
    if file.is_dir():
        raise ConfigError(f"{file}: is a folder; give the name of a file")
    if not file.parent.is_dir():
        raise ConfigError(f"{file}: there is no folder {file.parent}; make it first")
    part = file.with_name(f".{file.name}.part")
    try:
        # The place is tried first: what the database says about it later is no sentence for people.
        part.touch()
        with Compute() as compute:
            paths = {"records": str(run.path("records")), "members": str(run.path("members"))}
            rows = compute.table("export_members", _MEMBERS, paths)
            compute.run(f"COPY (FROM export_members ORDER BY source, key) TO $file ({form})", {"file": str(part)})
        part.replace(file)
    except OSError as error:
        raise ConfigError(f"{file}: can't be written: {(error.strerror or str(error)).lower()}") from error
    finally:
        part.unlink(missing_ok=True)
    return rows
