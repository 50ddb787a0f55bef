"""The ledger as a table of a run, for the graph: every entry up to the run, with record ids and no personal value."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa

from engine.compute import Compute
from engine.fingerprints import write_fingerprints
from engine.ledger.ids import customer_id
from engine.state import State
from engine.tables import LEDGER, arrow_schema


def write_ledger(state: State, run_id: str, path: Path) -> None:
    """Write the entries up to a published run to a Parquet file, which appears whole or not at all; fingerprint it."""
    from pyarrow import parquet

    part = path.with_name(path.name + ".part")
    parquet.write_table(_entries(state, state.run(run_id).last_entry or 0), part, compression="zstd")
    part.replace(path)
    with Compute() as compute:
        write_fingerprints(compute, path)


def _entries(state: State, last_entry: int) -> pa.Table:
    """All entries up to one, oldest first, as LEDGER; without the records that were erased, which have no ids."""
    found = list(
        state.rows(
            """SELECT seq, at, kind, run_id, actor, text, lower(hex(hash)), origin, target, records
               FROM entry JOIN act ON act.id = act LEFT JOIN cause ON cause.id = cause
               WHERE seq <= ? ORDER BY seq""",
            [last_entry],
        )
    )
    seq, at, kind, run_id, actor, texts, digest, origins, targets, moved = (
        zip(*found, strict=True) if found else [()] * 10
    )
    # The entries of one shape share one text.
    reasons = {text: _reason(text) for text in set(texts)}
    customers = [
        [customer_id(number) for number in dict.fromkeys(ends) if number is not None]
        for ends in zip(origins, targets, strict=True)
    ]
    columns = [seq, at, kind, run_id, actor, [reasons[text] for text in texts], digest, customers]
    schema = arrow_schema(LEDGER)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=False)]
    return pa.table([*arrays, _record_ids(state, moved)], schema)


def _reason(text: str | None) -> str:
    """The rules of a cause, each once; of what was parted, what forbade a match or no longer makes one."""
    why = json.loads(text) if text else {}
    told = (
        *(rule for rule, *_ in why.get("matches", [])),
        *(refusal for refusal, *_ in why.get("refused", [])),
        *(f"no longer {rule}" for rule, *_ in why.get("ended", [])),
    )
    return "; ".join(dict.fromkeys(told))


def _record_ids(state: State, moved: tuple[bytes, ...]) -> pa.ListArray:
    """The ids of the records that each entry moves."""
    known = list(zip(*state.rows("SELECT number, record_id FROM record ORDER BY number"), strict=True)) or [(), ()]
    numbers = np.array(known[0], dtype=np.int64)
    wanted = np.frombuffer(b"".join(moved), dtype=">i8").astype(np.int64)
    ids = pa.array(known[1], pa.string()).take(pa.array(np.searchsorted(numbers, wanted)))
    ends = np.cumsum([0, *(len(records) // 8 for records in moved)])
    named = ids.is_valid().to_numpy(zero_copy_only=False)
    offsets = np.insert(np.cumsum(named), 0, 0)[ends]
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), ids.drop_null())
