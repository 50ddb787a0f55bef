"""A run in the shop's own terms, counted from its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.results import Health, RunSummary, SourceCount
from engine.compute import Compute

if TYPE_CHECKING:  # with it comes Splink, which only a run needs
    from engine.pipeline import RunResult

_TABLES = ("records", "members", "refusals", "rejects", "customers", "events", "event_owners", "source_files")

_SOURCES = """
    WITH held AS (
        SELECT source, count(*) AS records, count(DISTINCT customer_id) AS customers,
            count(*) FILTER (kind = 'contact') - count(DISTINCT customer_id) FILTER (kind = 'contact') AS repeated
        FROM records JOIN members USING (record_id) GROUP BY source),
    told AS (SELECT source, count(*) AS events FROM events GROUP BY source),
    wrong AS (SELECT source, count(*) AS rejected FROM rejects GROUP BY source)
    SELECT source, coalesce(records, 0), coalesce(customers, 0), coalesce(repeated, 0), coalesce(events, 0),
        coalesce(rejected, 0)
    FROM (SELECT DISTINCT source FROM source_files) LEFT JOIN held USING (source) LEFT JOIN told USING (source)
        LEFT JOIN wrong USING (source)
    ORDER BY source
"""
_SPREAD = """
    CREATE TABLE spread AS SELECT customer_id, count(*) AS records, count(DISTINCT source) AS sources
    FROM records JOIN members USING (record_id) GROUP BY customer_id
"""
_APART = """
    SELECT count(*) FROM (SELECT record_a FROM refusals UNION SELECT record_b FROM refusals)
"""


def summarise(result: RunResult, health: Health) -> RunSummary:
    """Count what a run's tables say; what its health finds is among the warnings."""
    with Compute() as compute:
        for table in _TABLES:
            compute.read_parquet(table, result.run.path(table))
        sources = tuple(SourceCount(*row) for row in compute.rows(_SOURCES))
        compute.run(_SPREAD)
        several, largest = compute.rows("SELECT count(*) FILTER (sources > 1), coalesce(max(records), 0) FROM spread")[
            0
        ]
        # The customer whom most sources know, but not by so many records that no one could follow.
        example = compute.value(
            "SELECT customer_id FROM spread ORDER BY sources DESC, records > 30, records DESC, 1 LIMIT 1"
        )
        return RunSummary(
            run_id=result.run.run_id,
            records=compute.count("records"),
            customers=compute.count("customers"),
            several=several,
            largest=largest,
            apart=int(compute.value(_APART)),
            sources=sources,
            rejected=(rejected := compute.count("rejects")),
            rejects=str(result.run.path("rejects")) if rejected else None,
            events=compute.count("events"),
            owned=compute.count("event_owners"),
            anonymous=result.manifest["counts"]["anonymous"],
            stitched=result.manifest["counts"]["stitched"],
            changes=dict(result.changes),
            # Of the rows that could not be read, reading itself has said how many, where and why.
            warnings=(
                *result.warnings,
                *(f.said for f in health.findings if f.grade != "ok" and f.metric != "rejected"),
            ),
            health=health.grade,
            example=example,
            model=result.manifest["model"],
            seconds=dict(result.manifest["seconds"]),
        )
