"""What may befall the file `graph.db`: other programs, newer versions, deletion, rivals, a full disk, kill -9."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine.erasure.search import search
from engine.errors import StateError
from engine.runs import RunTables
from graph.sqlite import SqliteStore, schema
from tests.access import let_others_in
from tests.child import Children, run_apart
from tests.graph.runs import called, chain, crowd, john, known, member, record


@pytest.fixture
def store(tmp_path: Path, one: RunTables) -> SqliteStore:
    store = SqliteStore(tmp_path / "graph.db")
    store.publish(one, None)
    return store


def _sql(path: Path, statement: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def test_another_programs_database_is_left_alone(tmp_path: Path, one: RunTables) -> None:
    path = tmp_path / "graph.db"
    _sql(path, "CREATE TABLE accounts (id)")
    before = path.read_bytes()
    store = SqliteStore(path)
    for act in (store.current_run, store.drop, lambda: store.publish(one, None), lambda: store.customer("c1")):
        with pytest.raises(StateError, match=r"another program's database \(it holds accounts\)"):
            act()
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path, one: RunTables) -> None:
    path = tmp_path / "graph.db"
    path.write_text("a letter to my aunt\n" * 100)
    store = SqliteStore(path)
    for act in (store.current_run, store.drop, lambda: store.publish(one, None)):
        with pytest.raises(StateError, match="not a graph"):
            act()
    assert path.read_text().startswith("a letter")


def test_an_empty_file_is_taken(tmp_path: Path, one: RunTables) -> None:
    path = tmp_path / "graph.db"
    path.touch()
    store = SqliteStore(path)
    with pytest.raises(StateError, match="clew publish"):
        store.members()
    store.publish(one, None)
    assert store.verify(one) == []
    store.close()


def test_a_newer_graph_is_refused(store: SqliteStore, two: RunTables) -> None:
    store.close()
    _sql(store.path, f"PRAGMA user_version = {schema.SCHEMA_VERSION + 1}")
    for act in (store.current_run, lambda: store.publish(two, None), store.drop):
        with pytest.raises(StateError, match="newer Clew"):
            act()


def test_an_older_graph_is_filled_anew(store: SqliteStore, one: RunTables, two: RunTables) -> None:
    store.close()
    _sql(store.path, f"PRAGMA user_version = {schema.SCHEMA_VERSION - 1}")
    _sql(store.path, "DROP TABLE redirect")
    reader = SqliteStore(store.path)
    assert reader.current_run() is None
    with pytest.raises(StateError, match="holds no run yet: run `clew publish`"):
        reader.customer("c1")
    assert reader.publish(two, one).full
    assert reader.verify(two) == []
    reader.close()


def test_a_damaged_graph_says_what_to_do(store: SqliteStore) -> None:
    store.close()
    size = store.path.stat().st_size
    with store.path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with pytest.raises(StateError, match=r"damaged: delete it and run `clew publish`"):
        store.customer("c1")
    store.close()


def test_deleted_under_a_reader(store: SqliteStore, two: RunTables) -> None:
    assert store.customer("c1").name == "John Doe"
    store.path.unlink()
    with pytest.raises(StateError, match="isn't there: run `clew publish`"):
        store.customer("c1")
    assert store.current_run() is None
    # The log of the old file is still there, and must not be taken for the new one's.
    SqliteStore(store.path).publish(two, None)
    assert store.verify(two) == []
    assert store.customer("c4").anchor == "till:9"
    store.close()


def test_a_file_that_is_being_built_anew_under_a_reader(store: SqliteStore, tmp_path: Path) -> None:
    assert store.find("email", "john@email.com").status == "known"
    away = store.path.rename(tmp_path / "away.db")
    with pytest.raises(StateError, match="isn't there"):
        store.find("email", "john@email.com")
    # The new file may well have the old one's number.
    with closing(sqlite3.connect(away)) as connection:
        schema.create(connection)
        connection.execute("DELETE FROM meta")
        connection.commit()
    away.rename(store.path)
    with pytest.raises(StateError, match="holds no run yet"):
        store.find("email", "john@email.com")


def test_replaced_under_a_reader(store: SqliteStore, tmp_path: Path, two: RunTables) -> None:
    assert store.current_run() == "one"
    other = SqliteStore(tmp_path / "other" / "graph.db")
    other.publish(two, None)
    other.close()
    store.drop()
    (tmp_path / "other" / "graph.db").rename(store.path)
    assert store.current_run() == "two"
    store.close()


def test_replaced_in_the_middle_of_an_answer(store: SqliteStore, tmp_path: Path, two: RunTables) -> None:
    other = SqliteStore(tmp_path / "other" / "graph.db")
    other.publish(two, None)
    other.close()
    rival = SqliteStore(store.path)

    def candidates() -> Iterator[tuple[str, str]]:
        yield "email", "john@email.com"
        rival.drop()
        other.path.rename(store.path)
        # Another thread asks, and is answered from the new file.
        assert store.current_run() == "two"
        yield "account", "hubspot:123"

    assert [o.customer_id for f in store.find_any(candidates()) for o in f.customers] == ["c1", "c2"]
    assert store.current_run() == "two"
    assert [o.customer_id for o in store.find("account", "hubspot:123").customers] == ["c1"]
    store.close()


def test_a_second_publisher_is_told_who_publishes(
    store: SqliteStore, two: RunTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "WRITE_TIMEOUT", 0.1)
    rival = schema.open_writer(store.path)
    rival.execute("BEGIN IMMEDIATE")
    rival.execute("INSERT OR REPLACE INTO meta VALUES ('publisher', 'process 7 on moon')")
    rival.execute("COMMIT")
    rival.execute("BEGIN IMMEDIATE")
    for act in (lambda: store.publish(two, None), store.drop):
        with pytest.raises(StateError, match="published to by process 7 on moon"):
            act()
    assert store.current_run() == "one"
    rival.execute("ROLLBACK")
    rival.close()
    store.publish(two, None)
    assert _sql(store.path, "SELECT name FROM meta ORDER BY name") == [("run",)]
    store.close()


def test_threads_read_one_whole_run_while_another_is_published(
    store: SqliteStore, one: RunTables, two: RunTables
) -> None:
    before = store.customer("c1")
    SqliteStore(store.path).publish(two, one)
    after = store.customer("c1")
    wrong: list[object] = []
    asked = [0]
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            found = store.customer("c1")
            asked[0] += 1
            # The publisher is to get its turn.
            time.sleep(0.002)
            if found not in (before, after):
                wrong.append(found)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    publisher = SqliteStore(store.path)
    for run, previous in ((one, two), (two, None), (one, two)):
        publisher.publish(run, previous)
    done.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert asked[0] > 50
    assert store.customer("c1") == before
    store.close()


def test_erased_values_leave_no_trace_in_the_file(tmp_path: Path) -> None:
    secret = "very.secret.person@example.com"
    run = john().with_rows("known_by", known("c1", "email", secret, 1.0, "shop"))
    run = run.with_rows("records", record("shop:5", name=secret)).with_rows("members", member("shop:5", "c1"))
    full, less = run.write(tmp_path / "full"), john().write(tmp_path / "less")
    store = SqliteStore(tmp_path / "graph.db")
    store.publish(full, None)
    assert secret.encode() in store.path.read_bytes()
    store.publish(less, full)
    store.close()
    for file in tmp_path.glob("graph.db*"):
        assert secret.encode() not in file.read_bytes(), file


def test_the_words_of_who_is_gone_leave_no_trace_in_the_file(tmp_path: Path) -> None:
    run = (
        crowd().with_rows("records", called("shop:9", "Zebulon Quagmire")).with_rows("members", member("shop:9", "bob"))
    )
    full, less = run.write(tmp_path / "full"), crowd().write(tmp_path / "less")
    store = SqliteStore(tmp_path / "graph.db")
    store.publish(full, None)
    assert search(tmp_path, ["quagmire"])[1] == [full.path("records"), store.path]
    words = "SELECT count(*) FROM customer_word WHERE term IN ('zebulon', 'quagmire')"
    with closing(sqlite3.connect(store.path)) as connection:
        assert connection.execute(words).fetchone() == (2,)
    store.publish(less, full)
    store.close()
    assert [hit.customer_id for hit in store.search("quagmire")] == []
    with closing(sqlite3.connect(store.path)) as connection:
        assert connection.execute(words).fetchone() == (0,)
    store.close()
    for file in tmp_path.glob("graph.db*"):
        assert b"quagmir" not in file.read_bytes(), file


def test_no_question_scans_a_table(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    opened = schema.open_reader(store.path)
    opened.set_trace_callback(asked.append)
    monkeypatch.setattr(schema, "open_reader", lambda _: opened)
    store.close()
    store.customer("c1")
    store.find("phone", "+15550000000")
    store.find("device", "d-1")
    store.find_id("123")
    store.find_id("c99")
    store.record("shop:1")
    store.evidence("c1")
    store.refusals("c1")
    store.windows("d-1")
    store.retired("c2")
    store.search("jhon doe")
    opened.set_trace_callback(None)
    # FTS5 asks its own tables.
    aside = ("FROM meta", "customer_search_")
    statements = {s for s in asked if s.lstrip().startswith("SELECT") and not any(a in s for a in aside)}
    assert len(statements) > 15
    for statement in statements:
        plan = [r[3] for r in opened.execute(f"EXPLAIN QUERY PLAN {statement}")]
        # What FTS5 finds (M: by a match) is no scan, nor is the list of it.
        plan = [step for step in plan if "VIRTUAL TABLE INDEX 0:M" not in step]
        scans = [step for step in plan if step.startswith("SCAN") and step.split()[1] not in ("o", "s", "CONSTANT")]
        assert not scans, (statement, plan)
    store.close()


PUBLISH = """
from pathlib import Path
import adbc_driver_sqlite.dbapi
from engine.runs import RunTables
from graph.sqlite import SqliteStore

def act(path, run, previous):
    SqliteStore(Path(path)).publish(RunTables(Path(run)), RunTables(Path(previous)))
"""
#: The same where no file may grow beyond a size; prints what went wrong.
LITTLE_ROOM = (
    PUBLISH
    + """
import resource, signal, sys
from engine.errors import DiskError

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
try:
    act(*sys.argv[1:])
except DiskError as error:
    print(error)
"""
)


def test_killed_at_any_moment_the_old_run_or_the_new_one_stands_whole(tmp_path: Path) -> None:
    old = chain(1500).write(tmp_path / "runs" / "old")
    new = (
        chain(1500)
        .changed("records", lambda r: int(r["key"]) % 2 == 0, name="changed")
        .write(tmp_path / "runs" / "new")
    )
    store = SqliteStore(tmp_path / "graph.db")
    store.publish(old, None)
    seed = 5
    chance = random.Random(seed)
    with Children(PUBLISH) as children:
        children.begin(store.path, new.folder, old.folder)
        start = time.perf_counter()
        assert children.end() == 0
        took = time.perf_counter() - start
        store.publish(old, new)
        for attempt in range(3):
            # Half of the publishes load everything, over the run that is there.
            children.begin(store.path, new.folder, (old if attempt % 2 else new).folder)
            time.sleep(chance.uniform(0, took))
            children.kill()
            current = store.current_run()
            assert current in ("old", "new"), f"seed {seed}, attempt {attempt}"
            assert store.verify(old if current == "old" else new) == [], f"seed {seed}, attempt {attempt}"
            if current == "new":
                store.publish(old, new)
    # What a killed publisher had on its way is in nobody's way, and doesn't stay.
    schema.stage_file(store.path).write_text("half a file")
    assert store.publish(new, old).run_id == "new"
    assert store.verify(new) == []
    assert not schema.stage_file(store.path).exists()
    store.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="limits on file size are a Unix thing")
def test_a_full_disk_leaves_the_old_run(tmp_path: Path, one: RunTables) -> None:
    store = SqliteStore(tmp_path / "graph.db")
    store.publish(one, None)
    large = chain(1500).write(tmp_path / "runs" / "large")
    told = run_apart(LITTLE_ROOM, str(store.path), str(large.folder), str(one.folder))
    assert "the disk is full or fails" in " ".join(told)
    assert store.current_run() == "one"
    assert store.verify(one) == []
    store.publish(large, one)
    assert store.verify(large) == []
    store.close()


def test_another_user_may_read_what_they_may_not_write(
    store: SqliteStore, tmp_path: Path, one: RunTables, two: RunTables
) -> None:
    """Whoever may write publishes while the other reads: that answer, which may be of two runs, isn't given."""
    store.close()
    let_others_in(tmp_path)
    store.path.chmod(0o444)
    tmp_path.chmod(0o555)
    said = run_apart(OTHER, str(store.path), str(one.folder), str(two.folder))
    tmp_path.chmod(0o755)
    assert said[0] == "one c1 john@email.com"
    assert said[1].endswith("graph.db was published to while it was read: ask again")
    assert said[2] == "two"
    assert "read-only for this user" in said[3]
    assert said[4].endswith("graph.db: this user may not read the file: its owner can allow it (chmod)")


OTHER = """
import os, sys
from pathlib import Path
from engine.errors import StateError
from engine.runs import RunTables
from graph.sqlite import SqliteStore

path, one, two = Path(sys.argv[1]), RunTables(Path(sys.argv[2])), RunTables(Path(sys.argv[3]))
mine, others = SqliteStore(path), SqliteStore(path)
other = 65534 if os.getuid() == 0 else os.getuid()


def publish():
    os.seteuid(os.getuid())
    path.chmod(0o644)
    path.parent.chmod(0o755)
    mine.publish(two, None)
    mine.close()
    path.chmod(0o444)
    path.parent.chmod(0o555)
    os.seteuid(other)


def tell(act):
    try:
        print(act())
    except StateError as error:
        print(error)


mine.customer("c1")  # a Python in root's home can't import any more as somebody else
mine.close()
os.seteuid(other)
tell(lambda: f"{others.current_run()} {others.customer('c1').customer_id} {others.customer('c1').email}")
tell(lambda: others.together(lambda graph: publish()))
tell(others.current_run)
tell(lambda: others.publish(one, None))
os.seteuid(os.getuid())
path.chmod(0)
os.setuid(other)
tell(others.current_run)
"""
