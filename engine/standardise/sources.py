"""What a source's values mean where they don't say so themselves: its region, time zone and currency, as a table."""

from __future__ import annotations

import pyarrow as pa

from engine.compute import Compute
from engine.config import Config
from engine.standardise.address import country
from engine.standardise.bulk import Task, apply

#: source, region, regions, zone, currency: one row per source. `regions` are its own and then the others where the shop
#: has customers, with spaces between them.
TABLE = "std_sources"

#: in_country -> value: the code of each way in which the records write a country.
COUNTRIES = "std_countries"


def load_sources(compute: Compute, config: Config) -> None:
    """Make the table from the project file; what a source leaves open is the project's."""
    apply(compute, Task("SELECT country FROM raw_records WHERE country IS NOT NULL", country, COUNTRIES))
    # Declared, not counted in what was read: a number must mean the same when one source is read alone.
    others = config.all_regions
    rows = [
        {
            "source": source.title,
            "region": source.region or config.region,
            "regions": " ".join(dict.fromkeys([source.region or config.region, *others])),
            "zone": source.time_zone or config.time_zone,
            "currency": source.currency or config.currency,
        }
        for source in config.sources
    ]
    schema = pa.schema([(name, pa.string()) for name in ("source", "region", "regions", "zone", "currency")])
    compute.load(TABLE, pa.Table.from_pylist(rows, schema))
