"""The rows of one customer out of the tables of a run: with these alone, questions take a fraction of the time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from engine import tables
from engine.compute import Compute
from engine.measure import read_table
from engine.runs import RunTables

_OF_CUSTOMER = "WHERE customer_id = $of"
_OF_MEMBERS = "SEMI JOIN members USING (record_id)"
#: Which rows of a table are a customer's, by the tables before it. What is joined to a few keys passes most of a file
#: over; asked whether one of two things holds, it would be read whole.
_OWN = (
    (tables.MEMBERS, _OF_CUSTOMER),
    (tables.CUSTOMERS, _OF_CUSTOMER),
    (tables.KNOWN_BY, _OF_CUSTOMER),
    (tables.PERMISSIONS, _OF_CUSTOMER),
    (tables.EVENT_OWNERS, _OF_CUSTOMER),
    (tables.RECORDS, _OF_MEMBERS),
    (tables.IDENTIFIERS, _OF_MEMBERS),
    (tables.ORDERS, _OF_MEMBERS),
    (tables.ORDER_LINES, _OF_MEMBERS),
    (tables.EVENTS, "SEMI JOIN event_owners USING (source, key)"),
)


@contextmanager
def open_customer(run: RunTables, customer_id: str, *names: str) -> Iterator[Compute]:
    """A Compute with tables of `run`, of each the rows of one customer. `members` is always among them.

    A table's name after `all_` is the view of all its rows. `events` wants `event_owners`.
    Errors: StateError for a run of an earlier version.
    """
    with Compute() as compute:
        for table, own in _OWN:
            if table.name in ("members", *names):
                read_table(compute, run, table, f"all_{table.name}")
                given = {"of": customer_id} if "$of" in own else None
                compute.table(table.name, f"FROM all_{table.name} {own}", given)
        yield compute
