"""The rows of one customer out of the tables of a run: with these alone, questions take a fraction of the time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from engine import tables
from engine.compute import Compute, any_of
from engine.measure import read_table
from engine.runs import RunTables

#: What is a customer's of a table: its column, the query of the values there out of the tables before it (without one,
#: the customer), and a further join where these alone don't tell. Files are in the order of those columns, so that what
#: is asked for by values passes most of a file over; joined to them, it would be read whole.
_OF_CUSTOMER = ("customer_id", "", "")
_OF_RECORDS = ("record_id", "SELECT record_id FROM members", "")
_SAID = "SELECT source, key FROM records UNION SELECT source, key FROM event_owners"
_OWN = (
    (tables.MEMBERS, *_OF_CUSTOMER),
    (tables.CUSTOMERS, *_OF_CUSTOMER),
    (tables.KNOWN_BY, *_OF_CUSTOMER),
    (tables.PERMISSIONS, *_OF_CUSTOMER),
    (tables.EVENT_OWNERS, *_OF_CUSTOMER),
    (tables.RECORDS, *_OF_RECORDS),
    (tables.IDENTIFIERS, *_OF_RECORDS),
    (tables.ORDERS, *_OF_RECORDS),
    (tables.ORDER_LINES, *_OF_RECORDS),
    (tables.EVENTS, "key", "SELECT key FROM event_owners", "SEMI JOIN event_owners USING (source, key)"),
    (tables.CONSENTS, "key", f"SELECT key FROM ({_SAID})", f"SEMI JOIN ({_SAID}) USING (source, key)"),
)


@contextmanager
def open_customer(run: RunTables, customer_id: str, *names: str) -> Iterator[Compute]:
    """A Compute with tables of `run`, of each the rows of one customer. `members` is always among them.

    `events` wants `event_owners`, `consents` that and `records`. Errors: StateError for a run of an earlier version.
    """
    with Compute() as compute:
        for table, column, values, join in _OWN:
            if table.name in ("members", *names):
                asked = [value for (value,) in compute.rows(values)] if values else [customer_id]
                read_table(compute, run, table, f"{join} WHERE {column} IN {any_of(asked)}", asked)
        yield compute
