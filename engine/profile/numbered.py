"""Orders by the number that their shop writes on them: #1075."""

from __future__ import annotations

import re

from engine.compute import Compute
from engine.ledger import customer_number
from engine.runs import RunTables

#: What is longer is an id, a phone number or a device.
_NUMBER = re.compile(r"#\s?\S{1,32}|(?=\D*\d)(?!\d{9})[A-Za-z0-9-]{1,24}")


def may_be_number(text: str) -> bool:
    """Tell whether a text looks like an order's number, with its # or without."""
    return _NUMBER.fullmatch(text.strip()) is not None and customer_number(text.strip()) is None


def orders_numbered(run: RunTables, text: str) -> list[str]:
    """The record ids of the orders with a number, in any shop; none where the text doesn't look like one."""
    if not may_be_number(text):
        return []
    with Compute() as compute:
        found = compute.rows(
            """SELECT record_id FROM read_parquet($orders) WHERE lower(ltrim(number, '# ')) = lower(ltrim($text, '# '))
               ORDER BY record_id""",
            {"orders": str(run.path("orders")), "text": text.strip()},
        )
    return [record_id for (record_id,) in found]
