from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.errors import StateError
from engine.state.accesses import Accessed, AccessLog, accesses_about, remove_accesses

AT = datetime(2026, 1, 1, 12)


def access(customer: str, request: str = "r1") -> Accessed:
    return Accessed(AT, "0badcafe", "desk", "GET /v1/whois", customer, True, request)


def test_accesses_are_found_by_customer(tmp_path: Path) -> None:
    assert accesses_about(tmp_path, {"C1"}) == []
    with AccessLog(tmp_path) as log:
        log.append([access("C1"), access("C2"), access("C1", "r2")])
    assert accesses_about(tmp_path, {"C1"}) == [access("C1"), access("C1", "r2")]
    assert len(accesses_about(tmp_path, {"C1", "C2"})) == 3


@pytest.mark.parametrize("change", ["DELETE FROM access", "UPDATE access SET customer = 'C9'"])
def test_nothing_is_taken_back(tmp_path: Path, change: str) -> None:
    with AccessLog(tmp_path) as log:
        log.append([access("C1")])
    with (
        closing(sqlite3.connect(tmp_path / "access.db")) as connection,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        connection.execute(change)


def test_what_is_old_is_removed_while_somebody_writes(tmp_path: Path) -> None:
    assert remove_accesses(tmp_path, AT) == 0
    later = access("C1", "late")._replace(at=AT + timedelta(days=1))
    with AccessLog(tmp_path) as log:
        log.append([access("C1")] * 30_000 + [later])
        assert remove_accesses(tmp_path, later.at, dry_run=True) == 30_000
        assert len(accesses_about(tmp_path, {"C1"})) == 30_001
        assert remove_accesses(tmp_path, later.at) == 30_000
        log.append([access("C2")])
    assert accesses_about(tmp_path, {"C1"}) == [later]
    with (
        closing(sqlite3.connect(tmp_path / "access.db")) as connection,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        connection.execute("DELETE FROM access")


def test_several_may_make_it_and_write_at_once(tmp_path: Path) -> None:
    def write(number: int) -> None:
        with AccessLog(tmp_path) as log:
            for _ in range(20):
                log.append([access(f"C{number}")])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(accesses_about(tmp_path, {f"C{number}"})) for number in range(4)] == [20] * 4


def test_another_file_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "access.db")) as connection:
        connection.execute("CREATE TABLE theirs (id)")
    with pytest.raises(StateError, match="another program"):
        AccessLog(tmp_path)
    (tmp_path / "access.db").write_bytes(b"no database" * 100)
    with pytest.raises(StateError, match=r"access\.db is not a database.* with state\.db, customer ids start anew"):
        AccessLog(tmp_path)
