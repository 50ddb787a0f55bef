"""What a run's manifest and health count, counted anew where its tables have lost a person."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from engine.cluster.events import count_stitched
from engine.compute import Compute, literal
from engine.config import Config
from engine.quality.measured import measure_health
from engine.runs import RunTables
from engine.stages import RUN_TABLES


def recount(config: Config, folder: Path, manifest: dict[str, Any], now: datetime) -> None:
    """Bring the counts of a manifest, and the health in a run's folder, up to its tables, as of `now` (UTC).

    What was read, and what it took to link that, stays as it was.
    """
    run = RunTables(folder)
    with Compute() as compute:
        for name in RUN_TABLES:
            if name == "records":  # whose rows the profiler numbers
                compute.table(name, f"FROM read_parquet({literal(str(run.path(name)))})")
            elif name != "health" and run.path(name).exists():
                compute.read_parquet(name, run.path(name))
        stitched = count_stitched(compute)
        if run.path("health").exists():  # a run of an earlier version has none
            measure_health(compute, config, now.replace(tzinfo=None), stitched.anonymous, stitched.stitched)
            compute.write_parquet("health", run.path("health"), order_by=RUN_TABLES["health"])
        counts = {name: compute.count(name) for name in RUN_TABLES if run.path(name).exists()}
    known = manifest["counts"]
    counts |= {"anonymous": stitched.anonymous, "stitched": stitched.stitched}
    manifest["counts"] = known | {name: counts[name] for name in known.keys() & counts.keys()}
