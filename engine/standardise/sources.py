"""What a source's values mean where they don't say so themselves: its region, time zone and currency, as a table."""

from __future__ import annotations

import pyarrow as pa

from engine.compute import Compute
from engine.config import Config

#: source, region, zone, currency: one row per source of the project.
TABLE = "std_sources"


def load_sources(compute: Compute, config: Config) -> None:
    """Make the table from the project file; what a source leaves open is the project's."""
    rows = [
        {
            "source": source.title,
            "region": source.region or config.region,
            "zone": source.time_zone or config.time_zone,
            "currency": source.currency or config.currency,
        }
        for source in config.sources
    ]
    schema = pa.schema([(name, pa.string()) for name in ("source", "region", "zone", "currency")])
    compute.load(TABLE, pa.Table.from_pylist(rows, schema))
