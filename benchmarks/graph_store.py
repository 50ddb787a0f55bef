"""How fast the embedded graph store loads, answers and takes in a change, on synthetic runs of any size.

    python benchmarks/graph_store.py --records 1000000

Two runs are made with DuckDB: `one`, and `two`, in which 1 % of the records changed: some are new, some have another
phone, and some customers merged. Prints rows a second, peak memory, the file's size and lookup times (p50, p99).
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from engine.compute import Compute
from engine.differences import write_difference
from engine.fingerprints import write_fingerprints
from engine.runs import RunTables
from graph.sqlite import SqliteStore
from graph.tables import GRAPH_TABLES

T = TypeVar("T")

#: Records per customer: a pattern that repeats every 20 records, after a first customer of 1,000.
SIZES = (1, 1, 2, 2, 3, 3, 4, 4)
#: What a typical model compares; every comparison has four levels.
COMPARISONS = ("first name", "last name", "e-mail", "phone", "birth date", "street", "postcode", "city")

_REASON = (
    "{{'comparison': '{0}', 'level': {1}, 'weight': {2}::DOUBLE, 'record_a': NULL::VARCHAR, 'record_b': NULL::VARCHAR}}"
)
_REASONS = ", ".join(
    _REASON.format(
        name,
        f"['exact match', 'similar', 'differs', 'missing'][1 + (i // {n + 1}) % 4]",
        f"((i % {97 + n}) / 7.0 - 3)::DECIMAL(9, 4)",
    )
    for n, name in enumerate(COMPARISONS)
)

TABLES = {
    "records": """
        SELECT record_id, source, i::VARCHAR AS key, 'contact' AS kind,
            TIMESTAMP '2024-01-01' + to_minutes(i) AS seen_at, TIMESTAMP '2023-01-01' + to_minutes(i) AS created_at,
            'John Smith ' || raw_customer AS name, 'john' AS first_name, 'john' AS first_root,
            NULL::VARCHAR AS middle_name, 'smith' || raw_customer % 5000 AS last_name,
            DATE '1960-01-01' + (raw_customer % 15000)::INT AS birth_date, NULL::VARCHAR AS gender,
            raw_customer % 300 || ' main street' AS street, 'springfield' AS city,
            lpad((raw_customer % 90000)::VARCHAR, 5, '0') AS postcode, 'il' AS state, 'us' AS country,
            NULL::VARCHAR AS company, raw_customer % 300 || ' Main Street, Springfield' AS place
        FROM people""",
    "identifiers": """
        SELECT record_id, 'email' AS type, 'john.' || raw_customer || '@example.com' AS value, value AS display,
            'ok' AS status, NULL::VARCHAR AS detail
        FROM people
        UNION ALL
        SELECT record_id, 'phone', '+1' || (5550000000 + raw_customer + CASE WHEN edited THEN 7 ELSE 0 END),
            '(555) ' || raw_customer, 'ok', 'mobile'
        FROM people WHERE i % 10 < 7
        UNION ALL
        SELECT record_id, 'account', source || ':' || i, i::VARCHAR, 'ok', NULL FROM people WHERE i % 10 < 6""",
    "members": """
        SELECT record_id, customer_id, 0.9999::DOUBLE AS confidence, TIMESTAMP '2024-01-01' AS since FROM people""",
    "customers": """
        SELECT customer_id, arg_min(record_id, i) AS anchor, 'John Smith ' || min(raw_customer) AS name,
            'john.' || min(raw_customer) || '@example.com' AS email, '+1' || 5550000000 + min(raw_customer) AS phone,
            'Springfield' AS place, count(*) AS records, TIMESTAMP '2024-01-01' + to_minutes(min(i)) AS first_seen,
            TIMESTAMP '2024-01-01' + to_minutes(max(i)) AS last_seen
        FROM people GROUP BY customer_id""",
    "known_by": """
        SELECT customer_id, type, value, min(display) AS display, 0.9999::DOUBLE AS confidence,
            list(DISTINCT source ORDER BY source) AS sources,
            TIMESTAMP '2024-01-01' + to_minutes(min(i)) AS first_seen,
            TIMESTAMP '2024-01-01' + to_minutes(max(i)) AS last_seen
        FROM identifiers JOIN people USING (record_id) GROUP BY customer_id, type, value""",
    "permissions": """
        SELECT customer_id, type AS channel, type, value, 'in' AS state, false AS conflict, last_seen AS "at",
            sources[1] AS source, sources AS said_in, []::VARCHAR[] AS said_out, confidence, NULL::VARCHAR AS why_not
        FROM known_by WHERE type = 'email'""",
    "matches": f"""
        WITH pairs AS (
            SELECT customer_id, record_id, i, offset_, lead(record_id, offset_) OVER people_of AS other,
                row_number() OVER people_of AS step
            FROM people, (VALUES (1), (2)) offsets(offset_)
            WINDOW people_of AS (PARTITION BY customer_id, offset_ ORDER BY i)
        )
        SELECT least(record_id, other) AS record_a, greatest(record_id, other) AS record_b,
            CASE WHEN i % 3 = 0 THEN 'identifier' ELSE 'probabilistic' END AS stage,
            CASE WHEN i % 3 = 0 THEN 'email' ELSE 'last_name and postcode' END AS rule,
            10.0::DOUBLE + i % 1000 / 100 AS weight, 0.9999::DOUBLE AS probability, [{_REASONS}] AS reasons, step
        FROM pairs WHERE other IS NOT NULL""",
    "refusals": f"""
        SELECT a.record_id AS record_a, b.record_id AS record_b, 'probabilistic' AS stage, 'name' AS rule,
            3.5::DOUBLE AS weight, 0.9::DOUBLE AS probability,
            [{_REASON.format("first name", "'differs'", -4.0)}] AS reasons,
            1::BIGINT AS step, 'birth dates differ' AS refusal
        FROM people a JOIN people b ON b.i = a.i + 20 WHERE a.i % 20 = 0""",
    "shared_values": """
        SELECT 'phone' AS type, '+1' || (5550000000 + n) AS value, 'held by more than 5 people' AS reason,
            9::BIGINT AS records, 6::BIGINT AS customers
        FROM range(2, 102) t(n)""",
    "device_windows": """
        SELECT 'device-' || i AS device, customer_id, TIMESTAMP '2024-01-01' AS since, NULL::TIMESTAMP AS until,
            'login' AS because, record_id, 0.99::DOUBLE AS confidence
        FROM people WHERE i % 10 = 3""",
}


def make_run(folder: Path, records: int, previous: Path | None) -> None:
    """Write a synthetic run; about 1 % of its records differ from those of `previous`, a run made without one."""
    folder.mkdir(parents=True)
    customers = [customer for customer, size in enumerate(SIZES) for _ in range(size)]
    # 1 %: new records of new customers, records with another phone, and customers merged into the one before.
    extra, edited, merged = 0, "false", "false"
    if previous is not None:
        extra, edited, merged = records // 400, "i % 400 = 0", "raw_customer % 500 = 7"
    with Compute(memory_limit="3GB") as compute:
        compute.table(
            "people",
            f"""
            SELECT *, 'c' || lpad((CASE WHEN {merged} THEN raw_customer - 1 ELSE raw_customer END)::VARCHAR, 12, '0')
                AS customer_id
            FROM (
                SELECT i, ['shop', 'crm', 'support', 'sms', 'till'][1 + i % 5] AS source,
                    source || ':' || i AS record_id,
                    CASE WHEN i < 1000 THEN 0 ELSE 1 + (i // 20) * 8 + {customers}[1 + i % 20] END AS raw_customer,
                    {edited} AS edited
                FROM range({records + extra}) t(i)
            )
            """,
        )
        for name, sql in TABLES.items():
            compute.table(name, sql)
            order = ", ".join(GRAPH_TABLES[name].key)
            compute.write_parquet(name, folder / f"{name}.parquet", order_by=order)
            write_fingerprints(compute, folder / f"{name}.parquet")
            if previous is not None:
                write_difference(compute, previous / f"{name}.parquet", folder / f"{name}.parquet")


def main() -> None:
    """Make two runs, load the first, look customers up, publish the second."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="keep the runs and the graph here, and use the runs that are there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="clew-graph-") as scratch:
        folder = (options.folder or Path(scratch)) / str(options.records)
        runs = [RunTables(folder / name) for name in ("one", "two")]
        for run in runs:
            if not run.folder.exists():
                make_run(run.folder, options.records, None if run is runs[0] else runs[0].folder)
        # A process of its own, so that its peak memory is the store's and not the generator's.
        process = multiprocessing.get_context("spawn").Process(target=measure, args=(folder, *runs, options.records))
        process.start()
        process.join()


def measure(folder: Path, one: RunTables, two: RunTables, records: int) -> None:
    """Print what the store takes to load `one`, to answer, to bring itself to `two`, and to be verified."""
    store = SqliteStore(folder / "graph.db")
    store.drop()
    full, report = timed(lambda: store.publish(one, None))
    rows = sum(report.added.values())
    print(f"load     {full:6.1f} s  {rows:,} rows, {rows / full:,.0f} rows/s, {store.stats().size / 1e6:,.0f} MB")
    print(f"         peak memory {peak():,.0f} MB")
    random.seed(1)
    times = []
    for _ in range(10_000):
        email = f"john.{random.randrange(1, records // 20 * 8)}@example.com"
        seconds, _ = timed(lambda email=email: _whole_customer(store, email))
        times.append(seconds * 1000)
    times.sort()
    half, most = times[len(times) // 2], times[len(times) * 99 // 100]
    print(f"lookup   p50 {half:.3f} ms, p99 {most:.3f} ms, from an identifier to the whole customer")
    change, report = timed(lambda: store.publish(two, one))
    rows = sum(report.added.values()) + sum(report.removed.values())
    print(f"change   {change:6.1f} s  {rows:,} rows, {change / full:.1%} of the load, peak memory {peak():,.0f} MB")
    check, differences = timed(lambda: store.verify(two))
    print(f"verify   {check:6.1f} s  {differences or 'no differences'}")
    seconds, members = timed(store.members)
    print(f"members  {seconds:6.1f} s  {members.num_rows:,} rows")
    store.close()


def _whole_customer(store: SqliteStore, email: str) -> None:
    for owner in store.find("email", email).customers:
        store.customer(owner.customer_id)


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """How many seconds the work took, and what came of it."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def peak() -> float:
    """The most memory, in MB, that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


if __name__ == "__main__":
    main()
