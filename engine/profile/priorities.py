"""How far each source is believed, as a table to join."""

from __future__ import annotations

import pyarrow as pa

from engine.compute import Compute
from engine.config import Config


def load_priorities(compute: Compute, config: Config, table: str) -> None:
    """Make `table` (source, priority): 1 is believed first."""
    priorities = {source.title: config.priority(source) for source in config.sources}
    columns = {"source": pa.array(priorities, pa.string()), "priority": pa.array(priorities.values(), pa.int64())}
    compute.load(table, pa.table(columns))
