"""The one customer whom every demo shop has: four tools know him under four names, and only evidence ties them.

The shop knows john@email.com, John Doe. Support knows "John D." by his phone. The SMS tool knows the phone alone.
Analytics knows a browser without a login, which is noted on one of his orders. The phone is also on another order, in
another format.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from engine.compute import Compute
from engine.demo import catalogue, rates
from engine.demo.dice import Ints
from engine.demo.visits import BEFORE_ORDER, BOUGHT, CART, Devices, Visits

#: His number among the persons; its label in the truth files is p0000000.
PERSON = -1
EMAIL = "john@email.com"
PHONE = "+15551234567"
DEVICE = (555_123_456, 7_000_000_001)
CUSTOMER_KEY = "7000000000001"
#: Rows that he has in truth.csv.
RECORDS = 5


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


ORDERED_AT = np.array([_at("2026-03-14T17:05:00"), _at("2026-06-20T14:40:00")])
_HOME = {"street": "12 Thread Lane", "town": "Ariadne Falls", "postcode": "62701"}
_WEB_VISITS = ((_at("2026-03-12T20:15:00"), CART, -1), (int(ORDERED_AT[0]) - BEFORE_ORDER, BOUGHT, 0))


@dataclass(frozen=True)
class Rows:
    """His rows of `shown`: the customer row and the order rows come first."""

    table: list[dict[str, Any]]

    @property
    def orders(self) -> Ints:
        """The numbers of his order rows."""
        return np.array([row["n"] for row in self.table if row["source"] == "shopify_orders"])


def rows(first: int, numbers: Ints) -> Rows:
    """His records, numbered from `first`; `numbers` are his orders'."""
    john_doe = {"first": "John", "last": "Doe", "full_name": "John Doe", **_HOME}
    records: list[dict[str, Any]] = [
        {
            "source": "shopify_customers",
            "key": CUSTOMER_KEY,
            "moment": _at("2026-03-14T16:58:00"),
            "email": EMAIL,
            **john_doe,
        },
        {"source": "shopify_orders", "key": str(numbers[0]), "moment": ORDERED_AT[0], "account": first, "email": EMAIL}
        | john_doe,
        {
            "source": "shopify_orders",
            "key": str(numbers[1]),
            "moment": ORDERED_AT[1],
            "email": EMAIL,
            "phone": "(555) 123-4567",
        }
        | john_doe,
        {
            "source": "sms_subscribers",
            "key": "s15551234567",
            "moment": _at("2026-06-20T14:52:00"),
            "phone": PHONE,
            "first": "John",
        },
        {"source": "zendesk_users", "key": "555123456700", "moment": _at("2026-06-29T09:12:00"), "phone": PHONE}
        | {"first": "John", "last": "D.", "full_name": "John D."},
    ]
    common = {"person": PERSON, "nth": 0, "account": -1, "country": 0, "email_ok": True, "sms_ok": True}
    chance = {"u1": 0.5, "u2": 0.5, "u3": 0.5}
    return Rows(
        [
            {
                "n": first + i,
                "later": _at("2026-09-01T10:00:00"),
                **common,
                **chance,
                **record,
                "moment": int(record["moment"]),
            }
            for i, record in enumerate(records)
        ]
    )


def add_rows(compute: Compute, his: Rows) -> None:
    """Put his records into `shown` and his ticket into `tickets`."""
    names = list(compute.columns("shown"))
    table = pa.table({name: [row.get(name) for row in his.table] for name in names})
    compute.load("his", table)
    compute.run("INSERT INTO shown BY NAME SELECT * FROM his")
    compute.drop("his")
    user = next(row for row in his.table if row["source"] == "zendesk_users")
    compute.run(
        "INSERT INTO tickets (id, n, moment, status, subject, channel) VALUES (?, ?, ?, 'solved', ?, 'chat')",
        [5_551_234_567 * 2, user["n"], user["moment"], catalogue.SUBJECTS[0]],
    )


def add_visits(visits: Visits, devices: Devices, first_order: int) -> tuple[Visits, Devices]:
    """Put his browser and its two visits behind the others; his orders are numbered from `first_order`."""
    device = len(devices.left)
    start, reach, order = (np.array(column) for column in zip(*_WEB_VISITS, strict=True))
    count = len(start)

    def more(values: Ints, added: Ints | int) -> Ints:
        return np.concatenate([values, np.broadcast_to(added, count)])

    search = next(i for i, c in enumerate(catalogue.CAMPAIGNS) if c.medium == "organic")
    return (
        Visits(
            person=more(visits.person, PERSON),
            country=more(visits.country, rates.COUNTRIES.index("US")),
            device=more(visits.device, device),
            start=more(visits.start, start),
            reach=more(visits.reach, reach),
            order=more(visits.order, np.where(order >= 0, first_order + order, -1)),
            account=more(visits.account, -1),
            campaign=more(visits.campaign, search),
            profile=more(visits.profile, -1),
        ),
        replace(
            devices,
            left=np.append(devices.left, DEVICE[0]),
            right=np.append(devices.right, DEVICE[1]),
            kind=np.append(devices.kind, 0),
            language=np.append(devices.language, 0),
        ),
    )
