"""The stage as a whole: which tables come in, in what order they are made, which go out."""

from __future__ import annotations

from collections.abc import Callable

from engine import tables
from engine.compute import Compute
from engine.config import Config
from engine.standardise.claims import make_claims
from engine.standardise.consents import make_consents
from engine.standardise.events import make_events
from engine.standardise.identifiers import KNOWN, make_identifiers, make_known
from engine.standardise.orders import make_order_lines, make_orders
from engine.standardise.records import locate, make_records
from engine.standardise.sources import TABLE as SOURCES
from engine.standardise.sources import load_sources

_RAW = (
    tables.RAW_RECORDS,
    tables.RAW_IDENTIFIERS,
    tables.RAW_CONSENTS,
    tables.RAW_ORDERS,
    tables.RAW_ORDER_LINES,
    tables.RAW_EVENTS,
    tables.RAW_CLAIMS,
)
_MADE = (
    tables.RECORDS,
    tables.IDENTIFIERS,
    tables.CONSENTS,
    tables.ORDERS,
    tables.ORDER_LINES,
    tables.EVENTS,
    tables.CLAIMS,
)


def make_tables(compute: Compute, config: Config, advance: Callable[[str], None]) -> None:
    """Make every run table of this stage; see `engine.standardise.standardise`."""
    for table in _RAW:
        tables.check(compute, table)
    _make_empty(compute)
    if _any(compute, *_RAW):
        _fill(compute, config, advance)
    for table in _MADE:
        tables.check(compute, table)


def _make_empty(compute: Compute) -> None:
    """Make all tables of this stage without a row: where no file has changed, none has any."""
    extras = [column for column in compute.columns(tables.RAW_RECORDS.name) if column.startswith(tables.EXTRA)]
    for table in _MADE:
        compute.run(tables.create_sql(table, table.name, tuple(extras) if table.extras else ()))


def _fill(compute: Compute, config: Config, advance: Callable[[str], None]) -> None:
    """Fill the tables that there is something for. Most of a small run's time goes into preparing statements."""
    load_sources(compute, config)
    locate(compute, config)
    advance("identifiers")
    make_known(compute, config)
    make_identifiers(compute)
    advance("names and addresses")
    make_records(compute)
    advance("orders")
    if _any(compute, tables.RAW_ORDERS):
        make_orders(compute, config)
    if _any(compute, tables.RAW_ORDER_LINES):
        make_order_lines(compute)
    advance("events")
    if _any(compute, tables.RAW_EVENTS):
        make_events(compute)
    if _any(compute, tables.RAW_CLAIMS, tables.EVENTS):
        make_claims(compute, config)
    advance("consents")
    if _any(compute, tables.RAW_CONSENTS, tables.EVENTS):
        make_consents(compute)
    compute.drop(KNOWN, SOURCES)


def _any(compute: Compute, *of: tables.Table) -> bool:
    return any(compute.count(table.name) for table in of)
