from __future__ import annotations

import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from engine.compute import Compute
from engine.ledger import customer_id
from tests.engine.ledger.scenario import Shop

C1, C2 = customer_id(1), customer_id(2)


@pytest.fixture(scope="module")
def template(compute: Compute, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = Shop(compute, tmp_path_factory.mktemp("template"))
    shop.publish("ab c d", [("a", "b", "email")])
    shop.publish("abc d", [("a", "b", "email"), ("b", "c", "phone")])
    return shop


@pytest.fixture
def shop(template: Shop, tmp_path: Path) -> Shop:
    shutil.copytree(template.folder, tmp_path, dirs_exist_ok=True)
    shop = Shop(template.compute, tmp_path)
    shop.runs, shop.members = template.runs, tmp_path / "run-1.parquet"
    return shop


def tamper(shop: Shop, *statements: str) -> None:
    """What somebody with the file and the sqlite3 shell could do."""
    connection = sqlite3.connect(shop.folder / "state.db")
    for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {trigger}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_an_untouched_ledger_is_well(shop: Shop) -> None:
    assert shop.problems() == []


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE entry SET target = 2 WHERE seq = 1", "entry 1 was altered"),
        ("UPDATE entry SET kind = 'joined' WHERE seq = 1", "entry 1 was altered"),
        ("UPDATE entry SET records = x'0000000000000001' WHERE seq = 2", "entry 2 was altered"),
        ("UPDATE entry SET cause = NULL WHERE seq = 1", "entry 1 was altered"),
        ("UPDATE entry SET hash = zeroblob(32) WHERE seq = 2", "entry 2 was altered"),
        ("UPDATE cause SET text = '{}' WHERE id = 1", "entry 1 was altered"),
        ("UPDATE act SET actor = 'nobody' WHERE id = 2", "entry 4 was altered"),
        ("UPDATE act SET at = at + 1 WHERE id = 1", "entry 1 was altered"),
        ("DELETE FROM entry WHERE seq = 2", "entries 2 to 2 are missing from the ledger"),
        ("DELETE FROM entry WHERE seq = 4", "entries 4 to 4 are missing from the end"),
        ("DELETE FROM entry WHERE seq = 2", "takes record number"),
        ("UPDATE run SET head = zeroblob(32) WHERE run_id = 'run-0'", "the ledger was rewritten: run run-0"),
        ("UPDATE record SET record_id = 's:z' WHERE record_id = 's:a'", "was given another name: s:z"),
        ("UPDATE record SET entry = 2 WHERE record_id = 's:a'", "was last moved by entry 1, not 2"),
        ("UPDATE meta SET value = '2' WHERE key = 'next_number'", "was given before"),
        ("UPDATE entry SET kind = 'created' WHERE seq = 4", f"customer {C1} was created 2 times"),
        ("UPDATE entry SET kind = 'joined' WHERE seq = 3", f"customer {customer_id(3)} was never created"),
        ("UPDATE entry SET origin = 3 WHERE seq = 4", f"customer {customer_id(3)} has ended but still holds records"),
    ],
)
def test_whatever_was_altered_is_found(shop: Shop, statement: str, sentence: str) -> None:
    tamper(shop, statement)
    assert any(sentence in problem for problem in shop.problems()), shop.problems()


def test_members_that_do_not_follow_from_the_entries_are_found(shop: Shop) -> None:
    late = (shop.now - timedelta(hours=1)).isoformat()
    for change, sentence in (
        ("customer_id", f"'{C2}' AS customer_id"),
        ("since", f"TIMESTAMP '{late}' AS since"),
        ("record_id", "'s:new' AS record_id"),
    ):
        assert shop.members is not None
        shop.compute.read_parquet("wrong_members", shop.members)
        shop.compute.table("wrong", f"SELECT * REPLACE ({sentence}) FROM wrong_members WHERE record_id = 's:d'")
        shop.compute.run("INSERT INTO wrong SELECT * FROM wrong_members WHERE record_id <> 's:d'")
        whole, shop.members = shop.members, shop.folder / f"{change}.parquet"
        shop.compute.write_parquet("wrong", shop.members)
        problems = shop.problems()
        assert len(problems) == (2 if change == "record_id" else 1)
        assert all("s:d" in problem or "number" in problem or "s:new" in problem for problem in problems)
        shop.members = whole


def test_many_problems_are_counted_not_listed(shop: Shop) -> None:
    shop.publish({f"r{number}": number for number in range(30)})
    tamper(shop, "UPDATE act SET actor = 'nobody'")
    problems = shop.problems()
    assert len(problems) == 11
    assert problems[-1].startswith("... and ")


def test_a_damaged_file_is_named(shop: Shop) -> None:
    path = shop.folder / "state.db"
    content = bytearray(path.read_bytes())
    content[3 * 4096 : 5 * 4096] = bytes(2 * 4096)
    path.write_bytes(content)
    assert all("damaged" in problem for problem in shop.problems())
    assert shop.problems()


def test_the_ledger_refuses_changes(shop: Shop) -> None:
    connection = sqlite3.connect(shop.folder / "state.db")
    for statement in (
        "UPDATE entry SET kind = 'x'",
        "DELETE FROM entry",
        "DELETE FROM act",
        "UPDATE cause SET text = ''",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
    connection.close()
