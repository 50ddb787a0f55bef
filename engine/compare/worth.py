"""What each customer of a run is worth, and whom each purpose reaches: the measures, called once for each run."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from engine.compute import Compute
from engine.measure import KEPT, open_views
from engine.profile.audiences import PURPOSES, Channel, make_audience
from engine.runs import RunTables

#: The channels that an audience is compared in.
CHANNELS: tuple[Channel, ...] = ("email", "sms")


def worth(run: RunTables) -> pa.Table:
    """One row per customer: customer_id, purchases, revenue (net, to date), acquired_by, conflicts (channels)."""
    with Compute() as compute:
        open_views(compute, run)
        return compute.arrow(
            """SELECT b.customer_id, b.purchases, b.ltv AS revenue, b.acquired_by,
                coalesce(c.channels, 0) AS conflicts
            FROM buyers b LEFT JOIN (
                SELECT customer_id, count(DISTINCT channel) AS channels FROM permissions WHERE conflict
                GROUP BY customer_id) c USING (customer_id)"""
        )


def purchases(run: RunTables) -> pa.Table:
    """One row per purchase of a run: record_id, net."""
    with Compute() as compute:
        open_views(compute, run)
        return compute.arrow("SELECT record_id, net FROM purchases")


def reached(run: RunTables, now: datetime) -> pa.Table:
    """Whom each purpose reaches as of `now`: purpose, channel, address, customer_id."""
    found = []
    with Compute() as compute:
        open_views(compute, run, now, keep=KEPT)
        for purpose in PURPOSES:
            for channel in CHANNELS:
                make_audience(compute, purpose, channel, now)
                found.append(
                    compute.arrow(
                        """SELECT $purpose AS purpose, $channel AS channel, address, customer_id
                        FROM audience WHERE chosen""",
                        {"purpose": purpose, "channel": channel},
                    )
                )
    return pa.concat_tables(found)
