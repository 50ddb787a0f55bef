"""What each customer of a run is worth, and whom each purpose reaches: the measures, called once for each run."""

from __future__ import annotations

from datetime import datetime

from engine.compute import Compute
from engine.measure import KEPT, open_views
from engine.profile.audiences import PURPOSES, VIEWS, Channel, make_audiences
from engine.runs import RunTables

#: The channels that an audience is compared in.
CHANNELS: tuple[Channel, ...] = ("email", "sms")
#: What is told of a run, in tables called by the run and these names -> SQL of their rows.
TOLD = {
    # Revenue is net and to date; `conflicts` counts channels.
    "worth": """
        SELECT b.customer_id, b.purchases, b.ltv AS revenue, b.acquired_by, coalesce(c.channels, 0) AS conflicts
        FROM buyers b LEFT JOIN (
            SELECT customer_id, count(DISTINCT channel) AS channels FROM permissions WHERE conflict
            GROUP BY customer_id) c USING (customer_id)""",
    "purchases": "SELECT record_id, net FROM purchases",
    "reached": "SELECT purpose, channel, address, customer_id FROM audiences WHERE chosen",
}

#: Of touches only the first ones are asked for: kept, all of their columns would be computed.
_ASKED_TWICE = tuple(name for name in KEPT if name != "touches")


def tell_worth(compute: Compute, name: str, run: RunTables | None, now: datetime) -> None:
    """Make `<name>_worth`, `<name>_purchases` and `<name>_reached` of a run, as of `now` (UTC, naive).

    They hold customer_id, purchases, revenue, acquired_by, conflicts; record_id, net; and purpose, channel, address,
    customer_id. No run is worth nothing and reaches nobody.
    """
    if run is None:
        for told in TOLD:
            compute.table(f"{name}_{told}", f"FROM after_{told} WHERE false")
        return
    with Compute() as views:
        open_views(views, run, now, keep=_ASKED_TWICE, only=("buyers", *VIEWS))
        make_audiences(views, PURPOSES, CHANNELS, now)
        for told, rows in TOLD.items():
            compute.load(f"{name}_{told}", views.arrow(rows))
