"""A small shop whose groups a test moves about, run by run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa

from engine.compute import Compute
from engine.ledger import assign_ids, recall, verify
from engine.state import Changes, State

START = datetime(2025, 1, 1)

#: Groups as text: "ab cd" is two groups of two records.
Groups = Mapping[str, int] | str


class Shop:
    """Publishes runs of groups of records, and shows what became of the ids."""

    def __init__(self, compute: Compute, folder: Path) -> None:
        self.compute = compute
        self.folder = folder
        self.members: Path | None = None
        self.matches: Path | None = None
        self.runs = 0
        self.created: dict[str, datetime] = {}

    @property
    def now(self) -> datetime:
        return START + timedelta(days=self.runs)

    def publish(
        self,
        groups: Groups,
        causes: Iterable[tuple[str, str, str]] | None = None,
        seed: int = 0,
        given: bool = False,
        refusals: Iterable[tuple[str, str, str]] = (),
    ) -> Changes:
        """One whole run: assign, publish, write members; `seed` shuffles the rows; `given` as `assign_ids` has it."""
        with State.open(self.folder) as state, state.writing("test"):
            run_id = f"run-{self.runs}"
            state.begin(run_id, "config", self.now)
            changes = self.assign(state, groups, causes, seed, given, refusals)
            state.publish(run_id, changes, "manifest", self.now)
        self.compute.table("members", "SELECT record_id, customer_id, 1.0::DOUBLE AS confidence, since FROM ids")
        self.members = self.folder / f"{run_id}.parquet"
        self.compute.write_parquet("members", self.members)
        self.matches = None
        if causes is not None:
            self.matches = self.folder / f"{run_id}-matches.parquet"
            self.compute.write_parquet("causes", self.matches)
        self.runs += 1
        return changes

    def assign(
        self,
        state: State,
        groups: Groups,
        causes: Iterable[tuple[str, str, str]] | None = None,
        seed: int = 0,
        given: bool = False,
        refusals: Iterable[tuple[str, str, str]] = (),
    ) -> Changes:
        if isinstance(groups, str):
            groups = {record: number for number, group in enumerate(groups.split()) for record in group}
        rows = {"record_id": [f"s:{record}" for record in groups], "group_id": list(groups.values())}
        types = {"record_id": pa.string(), "group_id": pa.int64()}
        table = pa.table({name: pa.array(rows[name], kind) for name, kind in types.items()})
        self.compute.load("unshuffled", table)
        self.compute.table("groups", f"SELECT * FROM unshuffled ORDER BY hash(record_id || '{seed}')")
        times = pa.array([self.created.get(record) for record in groups], pa.timestamp("us"))
        self.compute.load("records", pa.table({"record_id": table.column("record_id"), "created_at": times}))
        for name, said, pairs in (("causes", "rule", causes or ()), ("refusals", "refusal", refusals)):
            self.compute.run(f"CREATE OR REPLACE TABLE {name} (record_a VARCHAR, record_b VARCHAR, {said} VARCHAR)")
            for pair in pairs:
                self.compute.run(f"INSERT INTO {name} VALUES ('s:' || ?, 's:' || ?, ?)", list(pair))
        return assign_ids(
            self.compute,
            recall(state),
            self.now,
            previous=self.members,
            causes_table="causes" if causes else None,
            refusals_table="refusals",
            matches_before=self.matches,
            given=given,
        )

    def ids(self) -> dict[str, str]:
        """Customer id -> its records, as text."""
        rows = self.compute.rows("SELECT customer_id, record_id FROM ids ORDER BY ALL")
        found: dict[str, str] = {}
        for customer, record in rows:
            found[customer] = found.get(customer, "") + record.removeprefix("s:")
        return found

    def entries(self) -> list[tuple[str, int | None, int | None, str]]:
        """All moves of the ledger: kind, origin, target (customer numbers), records."""
        with State.open(self.folder, read_only=True) as state:
            names = {
                number: name.removeprefix("s:") for number, name in state.rows("SELECT number, record_id FROM record")
            }
            return [
                (kind, origin, target, "".join(sorted(names[n] for n in numbers(records))))
                for kind, origin, target, records in state.rows(
                    "SELECT kind, origin, target, records FROM entry ORDER BY seq"
                )
            ]

    def problems(self) -> list[str]:
        with State.open(self.folder, read_only=True) as state:
            return verify(state, self.compute, self.members)


def numbers(records: bytes) -> list[int]:
    return [int.from_bytes(records[start : start + 8], "big") for start in range(0, len(records), 8)]
