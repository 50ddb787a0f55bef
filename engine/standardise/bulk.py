"""One function of one value, applied to a whole table: once per distinct input, in Arrow batches, on all cores.

Large inputs go to workers as Arrow files. These are programs of their own (`python -m engine.standardise.bulk`) and not
multiprocessing's, which would run the user's script again in each worker (spawn) or copy DuckDB's threads
(fork). They get the name of a function and give back one row per input, so the result doesn't depend on their number.
"""

from __future__ import annotations

import gc
import importlib
import os
import subprocess  # nosec B404 # our own program, no shell
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, get_args, get_type_hints

import pyarrow as pa

from engine.errors import ClewError

if TYPE_CHECKING:  # a worker needs no database
    from engine.compute import Compute

#: Rows that are Python objects at one time.
BATCH = 50_000

_ARROW = {str: pa.string(), date: pa.date32()}


class Task(NamedTuple):
    """What to do with each distinct row of `inputs` (SQL -> text columns): call `function` with its values.

    The result, a NamedTuple of text and dates (or one such value, then called `value`), becomes the columns of table
    `into`, beside the inputs. From `pool_above` distinct rows on all cores work: a worker takes half a second to start.
    """

    inputs: str
    function: Callable[..., Any]
    into: str
    pool_above: int = 200_000


def apply(compute: Compute, task: Task) -> int:
    """Make table `task.into`, one row per distinct input, inputs as `in_...`; returns its row count."""
    distinct = compute.arrow(f"SELECT DISTINCT * FROM ({task.inputs}) AS given")
    importable = getattr(sys.modules[task.function.__module__], task.function.__name__, None) is task.function
    if distinct.num_rows > task.pool_above and compute.threads > 1 and importable and sys.executable:
        with _in_workers(task, distinct, compute.threads, compute.folder) as result:
            return compute.load(task.into, result)
    return compute.load(
        task.into, pa.Table.from_batches(_map(task.function, distinct), _schema(task.function, distinct))
    )


def _result(function: Callable[..., Any]) -> tuple[bool, dict[str, pa.DataType]]:
    """Is the result a NamedTuple, and its columns with their Arrow types."""
    returned = get_type_hints(function)["return"]
    if hasattr(returned, "_fields"):
        return True, {name: _arrow_type(hint) for name, hint in get_type_hints(returned).items()}
    return False, {"value": _arrow_type(returned)}


def _arrow_type(hint: Any) -> pa.DataType:
    return _ARROW[next((part for part in get_args(hint) if part is not type(None)), hint)]


def _schema(function: Callable[..., Any], inputs: pa.Table) -> pa.Schema:
    fields = [pa.field(f"in_{name}", pa.string()) for name in inputs.column_names]
    return pa.schema(fields + [pa.field(name, kind) for name, kind in _result(function)[1].items()])


def _map(function: Callable[..., Any], inputs: pa.Table) -> Iterator[pa.RecordBatch]:
    several, outputs = _result(function)
    schema = _schema(function, inputs)
    for batch in inputs.to_batches(max_chunksize=BATCH):
        columns = [column.to_pylist() for column in batch.columns]
        results = list(map(function, *columns))
        values = list(zip(*results, strict=True)) if several and results else [results] * len(outputs)
        arrays = [pa.array(column, pa.string()) for column in columns]
        arrays += [pa.array(column, kind) for column, kind in zip(values, outputs.values(), strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


@contextmanager
def _in_workers(task: Task, inputs: pa.Table, workers: int, folder: Path) -> Iterator[pa.Table]:
    size = -(-inputs.num_rows // workers)
    stems = [folder / f"{task.into}-{number}" for number in range(workers)]
    try:
        for number, stem in enumerate(stems):
            _write(stem.with_suffix(".in"), inputs.schema, inputs.slice(number * size, size).to_batches())
        _run(f"{task.function.__module__}:{task.function.__qualname__}", stems)
        yield pa.concat_tables([_read(stem.with_suffix(".out")) for stem in stems])
    finally:
        for stem in stems:
            stem.with_suffix(".in").unlink(missing_ok=True)
            stem.with_suffix(".out").unlink(missing_ok=True)


def _run(function: str, stems: list[Path]) -> None:
    """Run one worker for each share of the inputs, and wait for all of them."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with ExitStack() as running:
        started = []
        for stem in stems:
            command = [sys.executable, "-P", "-m", __name__, function, str(stem)]
            process = subprocess.Popen(  # noqa: S603  # nosec B603 # our own program, no shell
                command, env=environment, stderr=subprocess.PIPE, text=True
            )
            # Whatever happens here (Ctrl-C, a full disk), no worker outlives it.
            running.enter_context(process)
            running.callback(process.kill)
            started.append(process)
        for process in started:
            _, complaint = process.communicate()
            if process.returncode:
                raise ClewError(f"{function} failed in a worker, which ended with {process.returncode}:\n{complaint}")


def _write(path: Path, schema: pa.Schema, batches: Any) -> None:
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


def _read(path: Path) -> pa.Table:
    # Mapped, not read: what has been used can leave memory again.
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def _work(name: str, stem: Path) -> None:
    """Do a worker's share: read its inputs, call the function on each, write the results."""
    module, _, function_name = name.partition(":")
    function = getattr(importlib.import_module(module), function_name)
    inputs = _read(stem.with_suffix(".in"))
    _write(stem.with_suffix(".out"), _schema(function, inputs), _map(function, inputs))


if __name__ == "__main__":
    # Millions of small objects and no cycles among them: looking for some takes a fifth of the time.
    gc.disable()
    _work(sys.argv[1], Path(sys.argv[2]))
