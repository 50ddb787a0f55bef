from __future__ import annotations

import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import StateError
from engine.state import State
from engine.state.database import explained
from engine.state.schema import MIGRATIONS, migrate, version
from tests.access import let_others_in


def test_a_newer_file_is_refused_with_who_wrote_it(tmp_path: Path) -> None:
    State.open(tmp_path).close()
    path = tmp_path / "state.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE meta SET value = 'Clew 9.1' WHERE key = 'written_by'")
        connection.execute("PRAGMA user_version = 99")
    for read_only in (True, False):
        with pytest.raises(StateError, match=r"state.db was written by Clew 9.1 \(schema 99\).*Install"):
            State.open(tmp_path, read_only=read_only)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DROP TABLE meta")
    with pytest.raises(StateError, match="by a later version of Clew"):
        State.open(tmp_path)


def test_an_older_file_is_backed_up_and_migrated(tmp_path: Path) -> None:
    State.open(tmp_path).close()
    path = tmp_path / "state.db"
    newer = (*MIGRATIONS, ("CREATE TABLE further (id INTEGER)", "INSERT INTO further VALUES (7)"))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        key = connection.execute("SELECT value FROM meta WHERE key = 'record_key'").fetchone()
        backup = migrate(connection, path, newer)
        assert version(connection) == len(newer)
        assert connection.execute("SELECT id FROM further").fetchall() == [(7,)]
        assert connection.execute("SELECT value FROM meta WHERE key = 'record_key'").fetchone() == key
        assert migrate(connection, path, newer) is None
    assert backup is not None
    with closing(sqlite3.connect(backup)) as connection:
        assert version(connection) == len(MIGRATIONS)


def test_runs_of_the_first_version_are_kept_without_who_and_why(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, path, MIGRATIONS[:1])
        connection.execute("INSERT INTO run (run_id, started, config_hash, status) VALUES ('one', 0, '', 'published')")
    # Whoever only reads brings it up to date, too.
    for read_only in (True, False):
        with State.open(tmp_path, read_only=read_only) as state:
            assert [(run.run_id, run.actor, run.reason) for run in state.runs()] == [("one", None, None)]
    assert len(list(tmp_path.glob("state.db.schema-1-*.backup"))) == 1


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    State.open(tmp_path).close()
    path = tmp_path / "state.db"
    broken = (*MIGRATIONS, ("CREATE TABLE further (id INTEGER)", "INSERT INTO nowhere VALUES (7)"))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        with pytest.raises(sqlite3.OperationalError, match="nowhere"):
            migrate(connection, path, broken)
        assert version(connection) == len(MIGRATIONS)
    State.open(tmp_path).close()


def test_another_programs_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (id INTEGER)")
    before = path.read_bytes()
    with pytest.raises(StateError, match="of another program"):
        State.open(tmp_path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"hello, this is text and no database" * 100, b"SQLite format 3" + bytes(600)])
def test_what_is_no_database_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state.db").write_bytes(content)
    with pytest.raises(StateError, match=r"state.db is not a database"):
        State.open(tmp_path)


def test_an_empty_file_is_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "state.db").touch()
    with State.open(tmp_path) as state:
        assert state.runs() == []


def test_a_path_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match=r"file.* can't be used: not a directory"):
        State.open(tmp_path / "file" / "store")
    (tmp_path / "state.db").mkdir()
    with pytest.raises(StateError, match="can't be opened"):
        State.open(tmp_path)


def test_nothing_to_read_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="nothing has been run here yet"):
        State.open(tmp_path, read_only=True)


def test_a_full_disk_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA max_page_count = 2")
        with pytest.raises(StateError, match="disk is full"), explained(path):
            connection.execute("CREATE TABLE a (b)")
            connection.execute("INSERT INTO a VALUES (zeroblob(100000))")


def test_errors_of_the_program_are_not_dressed_up(tmp_path: Path) -> None:
    with State.open(tmp_path) as state, pytest.raises(sqlite3.OperationalError, match="no such table"):
        list(state.rows("SELECT * FROM nowhere"))


def test_a_read_only_folder_can_be_read_and_says_why_it_cannot_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    State.open(folder).close()
    script = """
        import os, sys
        from pathlib import Path
        from engine.errors import StateError
        from engine.state import State

        folder = Path(sys.argv[1])
        State.open(folder.with_name("other")).close()  # a Python in root's home can't import any more as somebody else
        if os.geteuid() == 0:
            os.setuid(65534)
        print(State.open(folder, read_only=True).next_number)
        try:
            with State.open(folder) as state, state.writing("x"):
                print("written")
        except StateError as error:
            print(error)
    """
    let_others_in(tmp_path)
    (folder / "state.db").chmod(0o444)
    folder.chmod(0o555)
    command = [sys.executable, "-c", textwrap.dedent(script), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[3], check=False)
    folder.chmod(0o755)
    number, said = done.stdout.splitlines()
    assert number == "1"
    assert "state.db can't be written: the disk or the file is read-only" in said


def test_a_new_store_is_its_owners_alone_and_an_old_one_stays_as_it_is(tmp_path: Path) -> None:
    for folder, mode in ((tmp_path / "new", 0o700), (tmp_path / "old", 0o750)):
        if folder.name == "old":
            folder.mkdir()
            folder.chmod(mode)
        State.open(folder).close()
        assert folder.stat().st_mode & 0o777 == mode
