"""What a run should say about what it read, though it could go on: amounts without a rate, times that can't be."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.compute import Compute
from engine.config import Config

#: Nothing that a shop exports is older.
OLDEST = datetime(1995, 1, 1)
#: Clocks and time zones differ by less.
AHEAD = timedelta(days=1)


def doubts(compute: Compute, config: Config, now: datetime) -> list[str]:
    """Sentences about `orders` and `events`, as of `now` (UTC, naive)."""
    said: list[str] = []
    for source, currency, count in compute.rows(
        """SELECT source, currency, count(*) FROM orders WHERE base_total IS NULL AND total IS NOT NULL
           GROUP BY ALL ORDER BY ALL"""
    ):
        said.append(
            f"{source}: {count:,} orders in {currency} have no rate into {config.currency}, so they count in no sum of "
            f"money: add `- {{currency: {currency}, rate: ...}}` to `rates` in the project file"
        )
    for table in ("orders", "events"):
        for source, early, late in compute.rows(
            f"""SELECT source, count(*) FILTER ("at" < $oldest), count(*) FILTER ("at" > $latest) FROM {table}
                WHERE "at" < $oldest OR "at" > $latest GROUP BY source ORDER BY source""",
            {"oldest": OLDEST, "latest": now + AHEAD},
        ):
            if early:
                said.append(f"{source}: {early:,} {table} are dated before {OLDEST:%Y}; is a time missing there?")
            if late:
                said.append(f"{source}: {late:,} {table} are dated in the future; is the time zone right?")
    return said
