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

#: A country in which less than this share of the records lives says nothing about a number without one.
_LEAST_SHARE = 0.01


def load_sources(compute: Compute, config: Config) -> None:
    """Make the table from the project file; what a source leaves open is the project's."""
    others = _regions(compute, config)
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


def _regions(compute: Compute, config: Config) -> list[str]:
    """List the regions of the project and its sources, and the countries that the records name, commonest first."""
    apply(compute, Task("SELECT country FROM raw_records WHERE country IS NOT NULL", country, COUNTRIES))
    named = compute.rows(
        f"""
        SELECT c.value FROM raw_records r JOIN {COUNTRIES} c ON c.in_country = r.country WHERE c.value IS NOT NULL
        GROUP BY c.value QUALIFY count(*) >= ? * sum(count(*)) OVER () ORDER BY count(*) DESC, c.value
        """,
        [_LEAST_SHARE],
    )
    return [config.region, *sorted(source.region for source in config.sources if source.region), *(n for (n,) in named)]
