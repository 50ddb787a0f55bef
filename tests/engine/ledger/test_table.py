from __future__ import annotations

from pathlib import Path
from typing import Any

from pyarrow import parquet

from engine import tables
from engine.compute import Compute
from engine.ledger import customer_id, write_ledger
from engine.state import State
from tests.engine.ledger.scenario import Shop

C1, C2, C3 = (customer_id(number) for number in (1, 2, 3))


def rows(shop: Shop, run: int) -> list[dict[str, Any]]:
    path = shop.folder / f"ledger-{run}.parquet"
    with State.open(shop.folder, read_only=True) as state:
        write_ledger(state, f"run-{run}", path)
    found: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return found


def test_entries_say_who_was_joined_why_and_which_records_moved(shop: Shop) -> None:
    shop.publish("ab c d", [("a", "b", "same e-mail")])
    shop.publish("abc d", [("a", "b", "same e-mail"), ("b", "c", "same phone")])
    found = rows(shop, 1)
    assert [row["seq"] for row in found] == list(range(1, len(found) + 1))
    (merged,) = [row for row in found if row["kind"] == "merged"]
    assert merged["customer_ids"] == [C2, C1]
    assert (merged["record_ids"], merged["reason"], merged["run_id"]) == (["s:c"], "same phone", "run-1")
    created = {row["customer_ids"][0]: row for row in found if row["kind"] == "created"}
    assert created.keys() == {C1, C2, C3}
    assert sorted(created[C1]["record_ids"]) == ["s:a", "s:b"]
    assert created[C1]["reason"] == "same e-mail"
    assert created[C3]["reason"] == ""


def test_a_runs_table_holds_what_was_known_then(shop: Shop) -> None:
    shop.publish("ab c")
    shop.publish("abc")
    assert {row["kind"] for row in rows(shop, 0)} == {"created"}
    assert rows(shop, 1)[: len(rows(shop, 0))] == rows(shop, 0)


def test_it_has_the_columns_that_a_graph_takes_in(shop: Shop, compute: Compute, tmp_path: Path) -> None:
    shop.publish("ab c")
    rows(shop, 0)
    compute.read_parquet("ledger_file", shop.folder / "ledger-0.parquet")
    tables.check(compute, tables.LEDGER, "ledger_file")
