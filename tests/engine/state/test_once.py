from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import NamedError, UnderWayError
from engine.state import State
from engine.state.once import once
from engine.state.schema import MIGRATIONS, migrate


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State.open(tmp_path) as opened:
        yield opened


def test_what_has_a_name_is_done_once(state: State) -> None:
    done: list[int] = []

    def act() -> int:
        done.append(7)
        return 7

    assert [once(state, "key", "n1", b"asked", act) for _ in range(3)] == [7, 7, 7]
    assert done == [7]
    assert once(state, "other", "n1", b"asked", lambda: 8) == 8
    with pytest.raises(NamedError, match="something else"):
        once(state, "key", "n1", b"asked otherwise", act)


def test_what_failed_may_be_tried_again(state: State) -> None:
    def fail() -> int:
        raise ValueError

    with pytest.raises(ValueError):
        once(state, "key", "n1", b"asked", fail)
    assert once(state, "key", "n1", b"asked", lambda: 7) == 7


def test_what_is_under_way_is_not_begun_again_before_it_must_be_over(state: State, tmp_path: Path) -> None:
    def meanwhile() -> int:
        with pytest.raises(UnderWayError, match="under way"):
            once(state, "key", "n1", b"asked", lambda: 8)
        return 7

    assert once(state, "key", "n1", b"asked", meanwhile) == 7
    with closing(sqlite3.connect(tmp_path / "state.db", isolation_level=None)) as connection:
        # As a process that was killed leaves it.
        connection.execute("UPDATE once SET entry = NULL, at = at - 61000000")
    assert once(state, "key", "n1", b"asked", lambda: 9) == 9


def test_the_words_and_the_name_of_a_request_are_not_kept(state: State, tmp_path: Path) -> None:
    once(state, "key", "ann@email.com", b"john@email.com", lambda: 7)
    state.close()
    for file in tmp_path.iterdir():
        kept = file.read_bytes()
        assert b"john@email.com" not in kept
        assert b"ann@email.com" not in kept


def test_names_that_were_kept_as_they_were_sent_are_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, path, MIGRATIONS[:-1])
        connection.execute("INSERT INTO once VALUES ('key', 'ann@email.com', x'00', 1, 7)")
    with State.open(tmp_path) as state:
        assert list(state.rows("SELECT * FROM once")) == []
