"""What was said: mailings that profiles received and opened, and tickets that users wrote."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from engine.compute import Compute
from engine.demo import catalogue, rates
from engine.demo.dice import Bools, Generator, distinct, runs, weighted
from engine.demo.people import moment
from engine.demo.records import Records

_MAILINGS_PER_PROFILE = 1.8
_MOST_TICKETS = 4


def load_mailings(rng: Generator, compute: Compute, records: Records, kept: Bools) -> int:
    """Make table `mailings`: what happened to e-mails sent to the profiles that are in the export."""
    rows = records.rows("klaviyo_profiles")
    profiles = np.arange(rows.start, rows.stop)[kept[rows]]
    owner, _ = runs(rng.poisson(_MAILINGS_PER_PROFILE, len(profiles)))
    row = profiles[owner]
    return compute.load(
        "mailings",
        pa.table(
            {
                "id": distinct(lambda n: rng.integers(0, 10**12, n), len(row)),
                "n": row,
                "moment": moment(rng, records.at[row]),
                "name": pa.array(("Received Email", "Opened Email", "Clicked Email")).take(
                    pa.array(weighted(rng, (0.3, 0.45, 0.25), len(row)))
                ),
                "mailing": pa.array(catalogue.MAILINGS).take(
                    pa.array(weighted(rng, np.ones(len(catalogue.MAILINGS)), len(row)))
                ),
            }
        ),
    )


def load_tickets(rng: Generator, compute: Compute, records: Records) -> int:
    """Make table `tickets`: one to four for each support user. `n` is the user's row."""
    rows = records.rows("zendesk_users")
    counts = np.minimum(1 + rng.poisson(0.5, rows.stop - rows.start), _MOST_TICKETS)
    user, _ = runs(counts)
    row = rows.start + user
    size = len(row)

    def some(words: tuple[str, ...]) -> pa.Array:
        return pa.array(words).take(pa.array(rng.integers(0, len(words), size)))

    return compute.load(
        "tickets",
        pa.table(
            {
                "id": distinct(lambda n: rng.integers(10**8, 10**10, n), size),
                "n": row,
                "moment": moment(rng, np.minimum(records.at[row], rates.TAKEN - 86_400)),
                "status": some(("open", "solved", "closed")),
                "subject": some(catalogue.SUBJECTS),
                "channel": some(("web", "chat", "email")),
            }
        ),
    )
