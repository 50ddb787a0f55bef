"""Files for other tools, from a run's tables: written beside their place, then renamed, so that none is half there."""

from __future__ import annotations

from pathlib import Path

from engine.compute import Compute
from engine.errors import ConfigError
from engine.runs import RunTables

#: What can be written: the run tables that it takes, and its SQL.
_MEMBERS = ("records", "members"), "SELECT source, key, customer_id FROM records JOIN members USING (record_id)"
_EVENTS = (
    ("events", "event_owners"),
    "SELECT source, key, customer_id, confidence FROM events LEFT JOIN event_owners USING (source, key)",
)
#: What a file's name ends in -> how it is written.
_FORMATS = {".csv": "FORMAT csv, HEADER", ".parquet": "FORMAT parquet, COMPRESSION zstd"}


def write_members(run: RunTables, file: Path) -> int:
    """Write source, key and customer_id of every record; returns the rows.

    Errors: ConfigError for the file's name or place.
    """
    return _write(run, file, *_MEMBERS)


def write_events(run: RunTables, file: Path) -> int:
    """Write source, key, customer_id and confidence of every event, the last two empty where it is nobody's.

    Returns the rows. Errors: ConfigError for the file's name or place.
    """
    return _write(run, file, *_EVENTS)


def _write(run: RunTables, file: Path, tables: tuple[str, ...], sql: str) -> int:
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
            for table in tables:
                compute.read_parquet(table, run.path(table))
            rows = compute.table("exported", sql)
            compute.run(f"COPY (FROM exported ORDER BY source, key) TO $file ({form})", {"file": str(part)})
        part.replace(file)
    except OSError as error:
        raise ConfigError(f"{file}: can't be written: {(error.strerror or str(error)).lower()}") from error
    finally:
        part.unlink(missing_ok=True)
    return rows
