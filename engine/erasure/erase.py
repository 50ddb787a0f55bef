"""Erasing a person.

What can't be undone comes in this order: a run without the person is written and published, by an entry that names no
value; then every older run, every plan and every model in the store is cleaned. Stopped in between, the next command
that writes goes on: which records and values are meant stands in state.db, as keyed hashes.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from engine import plans
from engine.compute import Compute, literal, quote
from engine.config import Config, config_hash
from engine.erasure.forget import find_gone, forget
from engine.erasure.recount import recount
from engine.erasure.stop import erased_marks
from engine.errors import StateError
from engine.fingerprints import write_fingerprints
from engine.ledger import customer_number
from engine.ledger.decisions import value_mark
from engine.link.model import Model
from engine.runs import Layout, RunTables, manifest_hash, read_manifest, write_manifest
from engine.stages import RUN_TABLES
from engine.state import ENTRIES, MOVED, Changes, State
from engine.state.numbers import record_number

#: SQL of the values that records of `theirs` hold, and whether no other record does: of those that only earlier runs
#: hold, what they held last. What never links says nothing of anybody, and may be everybody's.
_HELD = """WITH held AS (FROM identifiers UNION ALL BY NAME FROM former_identifiers)
    SELECT type, value, bool_and(record_id IN (FROM theirs)) FROM held
    WHERE status IN ('ok', 'weak')
        AND (type, value) IN (SELECT (type, value) FROM held SEMI JOIN theirs USING (record_id))
    GROUP BY type, value"""

#: What a cleaned run is called until it takes the place of the run, and that run until it is gone.
_CLEAN, _OLD = ".clean", ".old"


@dataclass(frozen=True)
class Erasing:
    """What would go with a customer.

    `record_ids` are theirs in the current run, counted by source; `former` those that only earlier runs hold. `values`
    (type, value) are held by nobody else, and will be stopped where they come in again; `shared` are held by others
    too, and stay with these. `runs` and `plans` hold the person now.
    """

    customer_id: str
    record_ids: tuple[str, ...]
    former: tuple[str, ...]
    sources: dict[str, int]
    values: tuple[tuple[str, str], ...]
    shared: tuple[tuple[str, str], ...]
    orders: int
    events: int
    runs: tuple[str, ...]
    plans: tuple[str, ...]


def find_person(layout: Layout, run: RunTables, customer_id: str) -> Erasing:
    """What is held of a customer of the current run, and where."""
    earlier = [name for name in _names(layout.runs) if name != run.run_id]
    with Compute() as compute:
        for table in ("members", "identifiers", "device_windows", "event_owners", "orders", "redirects"):
            compute.read_parquet(table, run.path(table))
        given = {"customer": customer_id}
        compute.table("theirs", "SELECT record_id FROM members WHERE customer_id = $customer", given)
        records = [r for (r,) in compute.rows("SELECT record_id FROM theirs ORDER BY record_id")]
        former = _find_former(compute, [layout.run(name) for name in reversed(earlier)], customer_id)
        alone: dict[tuple[str, str], bool] = {}
        devices = """SELECT 'device', device, bool_and(customer_id = $customer) FROM device_windows
            WHERE device IN (SELECT device FROM device_windows WHERE customer_id = $customer) GROUP BY device"""
        for kind, value, only in compute.rows(f"{_HELD} UNION ALL {devices} ORDER BY ALL", given):
            alone[kind, value] = alone.get((kind, value), True) and only
        orders = int(compute.value("SELECT count(*) FROM orders SEMI JOIN theirs USING (record_id)"))
        events = int(compute.value("SELECT count(*) FROM event_owners WHERE customer_id = $customer", given))
    return Erasing(
        customer_id,
        tuple(records),
        tuple(former),
        dict(sorted(Counter(r.split(":", 1)[0] for r in records).items())),
        tuple(sorted(value for value, only in alone.items() if only)),
        tuple(sorted(value for value, only in alone.items() if not only)),
        orders,
        events,
        tuple(_names(layout.runs)),
        tuple(plans.waiting(layout)),
    )


def _find_former(compute: Compute, earlier: list[RunTables], customer_id: str) -> list[str]:
    """Add to `theirs` the records that only `earlier` runs (newest first) hold, and make `former_identifiers`.

    They were the customer's, or that of one that became it; or they would be stopped if they came in again, as they
    hold a value that no record of the current run holds but the customer's.
    """
    compute.run("CREATE TABLE former (record_id VARCHAR, customer_id VARCHAR)")
    compute.run("CREATE TABLE former_identifiers (record_id VARCHAR, type VARCHAR, value VARCHAR, status VARCHAR)")
    for run in earlier:
        for table in ("members", "identifiers"):
            compute.read_parquet(f"earlier_{table}", run.path(table))
        compute.table(
            "_more",
            """SELECT record_id, customer_id FROM earlier_members
            ANTI JOIN members USING (record_id) ANTI JOIN former USING (record_id)""",
        )
        compute.run(
            """INSERT INTO former_identifiers
            SELECT record_id, type, value, status FROM earlier_identifiers SEMI JOIN _more USING (record_id)"""
        )
        compute.run("INSERT INTO former FROM _more")
    compute.table(
        "_theirs",
        """WITH RECURSIVE became(customer_id) AS (
            SELECT $customer
            UNION SELECT old_id FROM redirects JOIN became ON new_id = customer_id WHERE kind = 'merged'),
        mine AS (
            SELECT type, value FROM identifiers WHERE status IN ('ok', 'weak') AND type <> 'device' GROUP BY type, value
            HAVING bool_and(record_id IN (FROM theirs)))
        SELECT record_id FROM former SEMI JOIN became USING (customer_id)
        UNION SELECT record_id FROM former_identifiers SEMI JOIN mine USING (type, value)
        WHERE status IN ('ok', 'weak') ORDER BY record_id""",
        {"customer": customer_id},
    )
    compute.run("INSERT INTO theirs FROM _theirs")
    return [record for (record,) in compute.rows("FROM _theirs ORDER BY record_id")]


def erase(
    config: Config, layout: Layout, state: State, before: RunTables, person: Erasing, run_id: str, *, actor: str,
    reason: str | None = None,
) -> RunTables:  # fmt: skip
    """Publish run `run_id`, which is the current one, `before`, without a person; `finish` cleans all else.

    The state must be being written. Errors: any ClewError; before the publish nothing has changed then.
    """
    now = datetime.now(UTC)
    numbers = sorted(record_number(state.key, record_id) for record_id in person.record_ids)
    once = (record_number(state.key, record_id) for record_id in person.former)
    marks = {*numbers, *once, *(value_mark(state.key, *value) for value in person.values)}
    state.begin(run_id, config_hash(config), now, actor, reason)
    part = layout.runs / f"{run_id}.part"
    try:
        forget(before, part, state.key, pa.table({"mark": pa.array(sorted(marks), pa.int64())}))
        _redirect(part / "redirects.parquet", person.customer_id, now)
        (part / "ledger.parquet").unlink(missing_ok=True)  # it is written anew, with the entry
        (part / "ledger.hashes").unlink(missing_ok=True)
        manifest = read_manifest(before) | {"run_id": run_id, "started": now.isoformat()}
        recount(config, part, manifest, now)
        write_manifest(part, manifest)
        number = customer_number(person.customer_id)
        names = {record_number(state.key, record_id): record_id for record_id in person.record_ids}
        entries = pa.Table.from_pylist(
            [{"kind": "erased", "origin": number, "target": None, "size": len(numbers), "cause": None}], schema=ENTRIES
        )
        moved = pa.table({"number": numbers, "record_id": [names[n] for n in numbers]}, schema=MOVED)
        part.rename(layout.runs / run_id)
        digest = manifest_hash(manifest)
        changes = Changes(entries, moved, state.next_number, state.head()[0])
        state.publish(run_id, changes, digest, now, actor, erased=marks)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        with suppress(StateError):
            state.fail(run_id, datetime.now(UTC))
        raise
    return layout.run(run_id)


def _redirect(path: Path, customer_id: str, now: datetime) -> None:
    """Add to a run's redirects where the customer went: nowhere."""
    with Compute() as compute:
        compute.table("redirects", f"FROM read_parquet({literal(str(path))})")
        compute.run(
            "INSERT INTO redirects VALUES ($id, NULL, 'erased', $at)",
            {"id": customer_id, "at": now.replace(tzinfo=None)},
        )
        compute.write_parquet("redirects", path, order_by=RUN_TABLES["redirects"])
        write_fingerprints(compute, path)


def finish(layout: Layout, state: State) -> int | None:
    """Clean what was kept before the last erasure, if that wasn't done to its end; then returns its entry."""
    entry = state.erasing
    if entry is None:
        return None
    marks = erased_marks(state).select(["mark"])
    for plan_id in plans.waiting(layout):
        shutil.rmtree(layout.plan(plan_id).folder, ignore_errors=True)
    for parent in (layout.runs, layout.models):
        _repair(parent)
    current = state.setting("current_run") or ""
    earlier = [name for name in _names(layout.runs) if name != current]
    for name in _names(layout.models):
        with _cleaned(layout.models, name) as (model, clean):
            _clean_model(layout, model, clean, earlier, current, state.key, marks)
    for name in earlier:
        with _cleaned(layout.runs, name) as (run, clean):
            forget(RunTables(run), clean, state.key, marks)
    for backup in layout.store.glob("state.db.*.backup"):
        backup.unlink()
    state.erased()
    return entry


def _names(folder: Path) -> list[str]:
    """What is kept in a folder of runs or models, by its final name."""
    return sorted(f.name for f in folder.iterdir() if f.is_dir() and f.suffix not in (_CLEAN, _OLD, ".part"))


def _repair(parent: Path) -> None:
    """Put in its place what was left without it between the two renames of `_cleaned`."""
    for old in parent.glob(f"*{_OLD}"):
        folder = old.with_suffix("")
        if not folder.exists():
            folder.with_name(folder.name + _CLEAN).rename(folder)


@contextmanager
def _cleaned(parent: Path, name: str) -> Iterator[tuple[Path, Path]]:
    """Give a folder and one to write its clean form to, which takes its place: at any moment one of both is whole."""
    folder, clean, old = (parent / (name + ending) for ending in ("", _CLEAN, _OLD))
    shutil.rmtree(clean, ignore_errors=True)
    yield folder, clean
    shutil.rmtree(old, ignore_errors=True)
    folder.rename(old)
    clean.rename(folder)
    shutil.rmtree(old)


def _clean_model(
    layout: Layout, model: Path, clean: Path, earlier: list[str], current: str, key: str, marks: pa.Table
) -> None:
    """Write a model whose term frequencies lack what only erased records held, going by the runs before."""
    with Compute() as compute:
        kept = {name: layout.run(current).path(name) for name in ("records", "identifiers")}
        for name, path in kept.items():
            compute.read_parquet(f"kept_{name}", path)
        compute.run("CREATE TABLE values_gone (field VARCHAR, value VARCHAR)")
        for run in earlier:
            for table in ("records", "identifiers", "members", "events", "event_owners"):
                compute.read_parquet(f"run_{table}", layout.run(run).path(table))
            if find_gone(compute, key, marks):
                columns = [c for c, kind in compute.columns("run_records").items() if kind in ("VARCHAR", "DATE")]
                for column in columns:
                    _note_values(compute, column, f"{quote(column)}::VARCHAR", "records", "true")
                for kind in ("email", "phone"):
                    _note_values(compute, kind, "value", "identifiers", f"type = {literal(kind)}")
        compute.run(
            """INSERT INTO values_gone SELECT 'rare_domain', split_part(value, '@', 2) FROM values_gone
            WHERE field = 'email' AND split_part(value, '@', 2) NOT IN (
                SELECT split_part(value, '@', 2) FROM kept_identifiers WHERE type = 'email')"""
        )
        found = Model.load(compute, model)
        fields = {column: "birth_date" if column == "birth_text" else column for column in found.term_frequencies}
        gone = {c: f"SELECT value FROM values_gone WHERE field = {literal(f)}" for c, f in fields.items()}
        found.without(compute, gone).write(compute, clean)


def _note_values(compute: Compute, field: str, value: str, table: str, which: str) -> None:
    """Add to `values_gone` what erased records hold in a field, and no record of the current run does."""
    compute.run(
        f"""INSERT INTO values_gone
        SELECT {literal(field)}, {value} FROM run_{table} SEMI JOIN gone_records USING (record_id)
        WHERE {which} AND {value} IS NOT NULL EXCEPT SELECT {literal(field)}, {value} FROM kept_{table} WHERE {which}"""
    )
