"""A run's tables without a person."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa

from engine.compute import Compute, quote
from engine.fingerprints import write_fingerprints
from engine.runs import RunTables
from engine.stages import COMPARED, RUN_TABLES
from engine.state.numbers import record_number_sql
from engine.writing import SOUGHT

#: What makes a row an erased person's, by table; other tables are about no person.
_RECORD = "record_id IN (FROM gone_records)"
_VALUE = "(type, value) IN (FROM gone_values)"
_EVENT = "(source, key) IN (FROM gone_events)"
_CUSTOMER = "customer_id IN (FROM gone_customers)"
_EITHER_END = "record_a IN (FROM gone_records) OR record_b IN (FROM gone_records)"
_THEIRS = {
    **dict.fromkeys(("records", "orders", "order_lines", "members"), _RECORD),
    # An earlier run may show others with a value that only the person holds now.
    "identifiers": f"{_RECORD} OR {_VALUE}",
    "consents": f"source || ':' || key IN (FROM gone_records) OR {_VALUE} OR {_EVENT}",
    "claims": f"{_RECORD} OR {_EVENT}",
    "events": _EVENT,
    "event_owners": f"{_CUSTOMER} OR {_EVENT}",
    **dict.fromkeys(("matches", "refusals"), _EITHER_END),
    "shared_values": _VALUE,
    "customers": _CUSTOMER,
    **dict.fromkeys(("known_by", "permissions"), f"{_CUSTOMER} OR {_VALUE}"),
    "device_windows": f"{_CUSTOMER} OR {_RECORD} OR ('device', device) IN (FROM gone_values)",
    # What couldn't be read is kept as it stood in the file.
    "rejects": "EXISTS (FROM gone_values g WHERE contains(lower(concat_ws(' ', t.text, t.reason)), lower(g.value)))",
}
#: What rows that stay say of the person all the same, and what they say then.
_INSTEAD = {
    **dict.fromkeys(
        ("matches", "refusals"),
        """reasons: list_transform(reasons, lambda r: {
            'comparison': r.comparison, 'level': r.level, 'weight': r.weight,
            'record_a': if(list_contains(gone, r.record_a), NULL, r.record_a),
            'record_b': if(list_contains(gone, r.record_b), NULL, r.record_b)})""",
    ),
    "ledger": "record_ids: list_filter(record_ids, lambda r: r IS NULL OR NOT list_contains(gone, r))",
}
#: Of a customer that held others as well, in an earlier run, only its records are known to be the others'; and nobody
#: is shown with a value of the person.
_MIXED = """
    SELECT c.* REPLACE (
        if(m.customer_id IS NULL, c.anchor, m.anchor) AS anchor, if(m.customer_id IS NULL, c.name, NULL) AS name,
        if(m.customer_id IS NULL AND c.email NOT IN (FROM shown), c.email, NULL) AS email,
        if(m.customer_id IS NULL AND c.phone NOT IN (FROM shown), c.phone, NULL) AS phone,
        if(m.customer_id IS NULL, c.place, NULL) AS place, coalesce(m.records, c.records) AS records)
    FROM t c LEFT JOIN mixed m USING (customer_id) WHERE NOT (c.customer_id IN (FROM gone_customers))
"""


def forget(run: RunTables, target: Path, key: str, marks: pa.Table) -> int:
    """Write a run's tables without the records and values that `marks` (mark BIGINT) name into folder `target`.

    The order of rows stays. Manifest and settings are copied. Returns how many records are gone.
    """
    target.mkdir(parents=True)
    with Compute() as compute:
        tables = [name for name in (*RUN_TABLES, "ledger") if run.path(name).exists()]
        for name in tables:
            compute.read_parquet(f"run_{name}", run.path(name))
        gone = find_gone(compute, key, marks)
        if "ledger" in tables:
            _find_named(compute, key, marks)
        for name in tables:
            path = target / f"{name}.parquet"
            if name in _THEIRS or name in _INSTEAD:
                compute.view(f"kept_{name}", _kept(name))
                compute.write_parquet(f"kept_{name}", path, RUN_TABLES.get(name, "seq"), name in SOUGHT)
            else:
                shutil.copyfile(run.path(name), path)
            if name in COMPARED or name == "ledger":
                write_fingerprints(compute, path)
    for file in ("manifest.json", "settings.json"):
        if (run.folder / file).exists():
            shutil.copyfile(run.folder / file, target / file)
    return gone


def find_gone(compute: Compute, key: str, marks: pa.Table) -> int:
    """Make `gone_records`, `gone_values`, `gone_customers`, `gone_events` and `mixed` of tables `run_<name>`.

    Returns how many records are gone.
    """
    compute.load("erased_marks", marks)
    marked = "IN (SELECT mark FROM erased_marks)"
    gone = compute.table(
        "gone_records", f"SELECT record_id FROM run_records WHERE {record_number_sql('record_id')} {marked}", [key]
    )
    compute.table(
        "gone_values",
        f"""SELECT type, value FROM (
            SELECT type, value FROM run_identifiers
            UNION SELECT 'device', device FROM run_events WHERE device IS NOT NULL)
        WHERE {record_number_sql("type || '=' || value")} {marked}""",
        [key],
    )
    compute.table(
        "_left",
        f"""SELECT customer_id, count(*) FILTER (NOT ({_RECORD})) AS records, count(*) FILTER ({_RECORD}) AS gone,
            min(record_id) FILTER (NOT ({_RECORD})) AS anchor
        FROM run_members GROUP BY customer_id HAVING gone > 0""",
    )
    compute.table("gone_customers", "SELECT customer_id FROM _left WHERE records = 0")
    compute.table("mixed", "SELECT customer_id, records, anchor FROM _left WHERE records > 0")
    compute.table(
        "gone_events",
        f"""SELECT source, key FROM run_event_owners WHERE {_CUSTOMER}
        UNION SELECT source, key FROM run_events
        WHERE ('account', account) IN (FROM gone_values) OR ('email', email) IN (FROM gone_values)
            OR ('phone', phone) IN (FROM gone_values) OR ('device', device) IN (FROM gone_values)""",
    )
    compute.drop("_left", "erased_marks")
    return gone


def _find_named(compute: Compute, key: str, marks: pa.Table) -> None:
    """Make `gone_named`: the marked records that a run's ledger names, those too that the run holds no more."""
    compute.load("erased_marks", marks)
    compute.table(
        "gone_named",
        f"""SELECT record_id FROM (SELECT DISTINCT unnest(record_ids) AS record_id FROM run_ledger)
        WHERE {record_number_sql("record_id")} IN (SELECT mark FROM erased_marks)""",
        [key],
    )
    compute.drop("erased_marks")


def _kept(table: str) -> str:
    """SQL of the rows of a table that stay."""
    if table == "customers":
        shown = (
            "SELECT display FROM run_identifiers SEMI JOIN gone_values USING (type, value) WHERE display IS NOT NULL"
        )
        return f"WITH t AS (FROM run_customers), shown AS ({shown}) {_MIXED}"
    column, _, value = _INSTEAD.get(table, "").partition(": ")
    said = f"* REPLACE ({value} AS {column})" if column else "*"
    records = "gone_named" if table == "ledger" else "gone_records"
    listed = f"WITH named AS (SELECT coalesce(list(record_id), []) AS gone FROM {records}) " if column else ""
    of = f"{quote('run_' + table)} t" + (", named" if column else "")
    said = said.replace("*", "t.*", 1)
    return f"{listed}SELECT {said} FROM {of} WHERE coalesce(NOT ({_THEIRS.get(table, 'false')}), true)"
