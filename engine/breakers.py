"""Circuit breakers: a run that would change too much at once is held, and waits as a plan to be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.compute import Compute
from engine.config import Breakers, Config
from engine.runs import RunTables, read_manifest

#: Entries of the ledger of customers that aren't what they were: their id ends, or some of them get another one.
_CHANGE_ID = ("merged", "split", "retired")


def tripped(config: Config, before: RunTables, after: RunTables, counts: dict[str, int]) -> tuple[str, ...]:
    """Which breakers the run `after` trips, each a sentence with its numbers. `counts` are entries by their kind."""
    limits = config.breakers
    with Compute() as compute:
        for name, run in (("was", before), ("is_now", after)):
            compute.read_parquet(name, run.path("customers"))
        customers, largest = compute.rows("SELECT count(*), max(records) FROM was")[0]
        grown = compute.value("SELECT max(records) FROM is_now") or 0
    if customers < limits.from_customers:
        return ()
    manifests = read_manifest(before), read_manifest(after)
    return (
        *_ids(limits, customers, sum(counts.get(kind, 0) for kind in _CHANGE_ID)),
        *_largest(limits, largest, grown),
        *_sources(config, *manifests),
        *_stitched(limits, *(m["counts"] for m in manifests)),
    )


def _ids(limits: Breakers, customers: int, changed: int) -> Iterator[str]:
    if changed > limits.changed_ids * customers:
        yield (
            f"{changed:,} of {customers:,} customers would end, be joined or be parted ({changed / customers:.1%}; "
            f"breakers.changed_ids is {limits.changed_ids * 100:g}%)"
        )


def _largest(limits: Breakers, before: int, after: int) -> Iterator[str]:
    if after > limits.largest_growth * before:
        yield (
            f"the largest customer would grow from {before:,} to {after:,} records "
            f"(breakers.largest_growth is {limits.largest_growth:g} times)"
        )


def _sources(config: Config, before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    was, is_now = (_rows(manifest) for manifest in (before, after))
    # A source that only appends brings what is new, however little. One that left the project file takes all its rows.
    appends = {source.title for source in config.sources if source.mode == "append"}
    for source, rows in sorted(was.items()):
        left = is_now.get(source, 0)
        if source not in appends and rows - left > config.breakers.source_fall * rows:
            yield (
                f"{source} would fall from {rows:,} to {left:,} rows "
                f"(breakers.source_fall is {config.breakers.source_fall * 100:g}%)"
            )


def _rows(manifest: dict[str, Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in manifest["inputs"]:
        found[row["source"]] = found.get(row["source"], 0) + row["rows"]
    return found


def _stitched(limits: Breakers, before: dict[str, int], after: dict[str, int]) -> Iterator[str]:
    was, is_now = (
        counts["stitched"] / counts["anonymous"] if counts["anonymous"] else 0.0 for counts in (before, after)
    )
    if after["anonymous"] and was - is_now > limits.stitch_fall * was:
        yield (
            f"of anonymous events {is_now:.1%} would find a customer, not {was:.1%} as before "
            f"(breakers.stitch_fall is {limits.stitch_fall * 100:g}%)"
        )
