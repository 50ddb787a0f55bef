"""Files for other tools, from a run's tables: written beside their place, then renamed, so that none is half there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal

from engine.compute import Compute
from engine.errors import ConfigError
from engine.measure import check_view, open_views
from engine.profile.audiences import Audience, Channel, Purpose, make_audience
from engine.runs import RunTables

#: What can be written: the run tables that it takes, and its SQL.
_MEMBERS = ("records", "members"), "SELECT source, key, customer_id FROM records JOIN members USING (record_id)"
_EVENTS = (
    ("events", "event_owners"),
    "SELECT source, key, customer_id, confidence FROM events LEFT JOIN event_owners USING (source, key)",
)
#: How a tool wants an audience.
Layout = Literal["plain", "klaviyo", "meta"]


def _hashed(sql: str) -> str:
    """SQL of the SHA-256 of a text that is there, in lower case and without spaces and punctuation, as Meta asks."""
    return f"sha256(nullif(regexp_replace(lower({sql}), '[^\\p{{L}}\\p{{N}}]', '', 'g'), ''))"


_ZIP = "CASE WHEN r.country = 'US' THEN left(r.postcode, 5) ELSE r.postcode END"
#: Meta's names of the columns that describe a person -> where they come from: the customer's anchor record.
_META = {
    "fn": "r.first_name", "ln": "r.last_name", "zip": _ZIP, "ct": "r.city", "st": "r.state", "country": "r.country",
}  # fmt: skip
_PERSON = "JOIN customers c USING (customer_id) JOIN records r ON r.record_id = c.anchor"


def _layouts(kind: str) -> dict[Layout, str]:
    """SQL of each layout over {chosen}, for addresses that are e-mails or phones."""
    column = "Email" if kind == "email" else "Phone Number"
    address = "sha256(lower(trim(a.address)))" if kind == "email" else _hashed("a.address")
    person = ", ".join(f"{_hashed(sql)} AS {name}" for name, sql in _META.items())
    return {
        "plain": "SELECT customer_id, address, since, why_not FROM {chosen}",
        "klaviyo": f'SELECT address AS "{column}", customer_id AS "Clew ID", why_not AS "Clew Reason" FROM {{chosen}}'
        " WHERE address IS NOT NULL",
        "meta": f"SELECT {address} AS {kind}, {person} FROM {{chosen}} {_PERSON} WHERE address IS NOT NULL",
    }


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


def write_measure(run: RunTables, name: str, file: Path) -> int:
    """Write all rows of a measure; returns how many. Errors: ConfigError for the file's name or place."""
    check_view(name)
    with _writing(file) as (compute, copy):
        open_views(compute, run)
        return copy(f"FROM {name}", "ALL")


def write_audience(
    run: RunTables, file: Path | None, purpose: Purpose, channel: Channel, now: datetime, layout: Layout, reach: bool
) -> Audience:
    """Write whom to write to (`reach`) or whom not, in a layout that the tool takes; no file, and it is only counted.

    Errors: ConfigError for the file's name or place.
    """
    if file is None:
        with Compute() as compute:
            return make_audience(compute, run, purpose, channel, now)
    with _writing(file) as (compute, copy):
        audience = make_audience(compute, run, purpose, channel, now)
        chosen = f"(FROM audience WHERE why_not IS {'' if reach else 'NOT '}NULL) a"
        copy(_layouts("phone" if channel == "sms" else "email")[layout].replace("{chosen}", chosen), "ALL")
    return audience


def _write(run: RunTables, file: Path, tables: tuple[str, ...], sql: str) -> int:
    with _writing(file) as (compute, copy):
        for table in tables:
            compute.read_parquet(table, run.path(table))
        return copy(sql, "source, key")


@contextmanager
def _writing(file: Path) -> Iterator[tuple[Compute, Callable[[str, str], int]]]:
    """A Compute, and what copies the rows of a query in some order to the file; returns how many."""
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

            def copy(sql: str, order: str) -> int:
                rows = compute.table("exported", sql)
                compute.run(f"COPY (FROM exported ORDER BY {order}) TO $file ({form})", {"file": str(part)})
                return rows

            yield compute, copy
        part.replace(file)
    except OSError as error:
        raise ConfigError(f"{file}: can't be written: {(error.strerror or str(error)).lower()}") from error
    finally:
        part.unlink(missing_ok=True)
