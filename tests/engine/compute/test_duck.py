"""The connection: tables in and out, files whole or not at all, connected components."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import pyarrow as pa
import pytest

from engine.compute import Compute, literal, quote
from engine.compute.failure import MEANINGLESS, UNREADABLE
from engine.errors import ConfigError
from tests.child import run_apart


@pytest.fixture
def compute(tmp_path: Path) -> Iterator[Compute]:
    with Compute(tmp_path, threads=2) as found:
        yield found


@pytest.mark.parametrize("name", ["order", 'say "hi"', "two words", "x; DROP TABLE t", "größe", "it's"])
def test_any_name_can_be_a_table_and_a_column(compute: Compute, name: str) -> None:
    assert compute.table(name, f"SELECT 1 AS {quote(name)}") == 1
    assert compute.exists(name)
    assert list(compute.columns(name)) == [name]
    assert compute.table_names() == [name]
    compute.drop(name)
    assert not compute.exists(name)


def test_it_takes_as_many_threads_as_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEW_THREADS", "3")
    with Compute() as compute:
        assert compute.threads == compute.value("SELECT current_setting('threads')") == 3
    for wrong in ("0", "many", "-1"):
        monkeypatch.setenv("CLEW_THREADS", wrong)
        with pytest.raises(ConfigError, match=f"CLEW_THREADS is '{wrong}': it must be a whole number"):
            Compute()


def test_values_are_parameters(compute: Compute) -> None:
    nasty = "'; DROP TABLE t; --"
    compute.table("t", "SELECT $v AS v", {"v": nasty})
    assert compute.rows("SELECT v FROM t WHERE v = ?", [nasty]) == [(nasty,)]
    assert compute.value("SELECT v FROM t WHERE false") is None


def test_arrow_comes_back_as_it_went_in(compute: Compute) -> None:
    data = pa.table({"n": pa.array([1, None, 3], pa.int64()), "s": ["a", None, "c"]})
    assert compute.load("t", data) == 3
    assert compute.arrow("SELECT * FROM t ORDER BY n NULLS LAST, s").to_pylist() == [
        {"n": 1, "s": "a"}, {"n": 3, "s": "c"}, {"n": None, "s": None},
    ]  # fmt: skip
    assert compute.load("t", data.slice(0, 1)) == 1


def test_parquet_is_whole_or_not_there(compute: Compute, tmp_path: Path) -> None:
    compute.table("t", "SELECT range AS n FROM range(5)")
    path = tmp_path / "it's here.parquet"
    compute.write_parquet("t", path, order_by="n DESC")
    compute.read_parquet("back", path)
    assert compute.rows("SELECT n FROM back") == [(n,) for n in (4, 3, 2, 1, 0)]
    with pytest.raises(MEANINGLESS):
        compute.write_parquet("t", tmp_path / "other.parquet", order_by="no_such_column")
    assert not (tmp_path / "other.parquet").exists()


def test_a_value_of_a_table_that_is_sought_in_is_in_one_part(compute: Compute, tmp_path: Path) -> None:
    compute.table("t", "SELECT n, md5(n::VARCHAR) AS value FROM range(100_000) AS r(n)")
    parts = {}
    for sought in (False, True):
        path = tmp_path / f"{sought}.parquet"
        compute.write_parquet("t", path, order_by="n", sought=sought)
        probed = compute.rows(
            "SELECT bloom_filter_excludes FROM parquet_bloom_probe(?, 'value', md5('5'))", [str(path)]
        )
        parts[sought] = [excluded for (excluded,) in probed]
        assert compute.value("SELECT n FROM read_parquet(?) WHERE value = md5('5')", [str(path)]) == 5
    assert parts[False] == [False] * 7
    assert not parts[True][0]
    assert sum(parts[True]) >= 5


def test_the_same_rows_in_the_same_order_are_the_same_bytes(compute: Compute, tmp_path: Path) -> None:
    for seed in (1, 2):
        compute.table("t", f"SELECT range AS n, 'x' || range AS s FROM range(3000) ORDER BY hash(range + {seed})")
        compute.write_parquet("t", tmp_path / f"{seed}.parquet", order_by="n")
    assert (tmp_path / "1.parquet").read_bytes() == (tmp_path / "2.parquet").read_bytes()


def test_what_can_not_be_read_and_what_means_nothing_are_told_apart(compute: Compute, tmp_path: Path) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    for path in (tmp_path / "broken.parquet", tmp_path / "nowhere.parquet"):
        with pytest.raises(UNREADABLE):
            compute.rows("SELECT * FROM read_parquet(?)", [str(path)])
    for sql in ("SELECT nothing", "SELECT * FROM nowhere", "SELECT = ="):
        with pytest.raises(MEANINGLESS):
            compute.rows(sql)


def test_scratch_is_gone_afterwards(tmp_path: Path) -> None:
    with Compute(tmp_path, threads=1) as compute:
        compute.table("t", "SELECT 1 AS n")
        assert compute.folder.parent == tmp_path
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(RuntimeError, match="stop"), Compute(tmp_path, threads=1):
        raise RuntimeError("stop")
    assert list(tmp_path.iterdir()) == []


def test_nothing_of_one_is_left_for_the_next() -> None:
    settings = "SELECT " + ", ".join(f"current_setting('{s}')" for s in ("threads", "TimeZone", "temp_directory"))
    for threads in (2, 1, 2):
        with Compute(threads=threads) as compute:
            assert compute.table_names() == []
            assert compute.rows(settings) == [(threads, "UTC", str(compute.folder / "spill"))]
            compute.table("t", "SELECT 1 AS n")
            compute.run("CREATE TEMP TABLE u AS SELECT 2 AS n")
            compute.run("SET TimeZone = 'Asia/Tokyo'")
            assert compute.table_names() == ["t", "u"]


def test_two_at_once_see_nothing_of_each_other(compute: Compute, tmp_path: Path) -> None:
    compute.table("t", "SELECT 1 AS n")
    with Compute(threads=1) as other:
        assert not other.exists("t")
        other.table("t", "SELECT 2 AS n")
        beside = other.beside()
        assert beside.rows("SELECT n FROM t") == [(2,)]
        beside.connection.close()
    with compute.into(tmp_path / "file.duckdb"):
        assert not compute.rows("SHOW TABLES")
    assert compute.rows("SELECT n FROM t") == [(1,)]


def test_it_spills_where_it_is_told(tmp_path: Path) -> None:
    for _ in range(2):
        with Compute(tmp_path, "30MB", threads=1) as compute:
            compute.table(
                "t", "SELECT range AS n, md5(range::VARCHAR) AS a, md5(range || 'b') AS b FROM range(600_000)"
            )
            assert list((compute.folder / "spill").iterdir())
        # Closed twice is closed once.
        compute.close()
        assert list(tmp_path.iterdir()) == []


def test_a_forked_process_has_an_engine_of_its_own() -> None:
    script = """
import os
from engine.compute import Compute
for _ in range(2):
    with Compute(threads=2) as compute:
        assert compute.value("SELECT sum(range) FROM range(500_000)") > 0
    if not os.fork():
        with Compute(threads=2) as compute:
            print(compute.value("SELECT count(DISTINCT range % 7) FROM range(500_000)"), flush=True)
        os._exit(0)
    os.wait()
"""
    assert run_apart(script) == ["7", "7"]


def test_every_statement_is_told_to_who_asks(compute: Compute, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="clew.sql"):
        compute.table("told", "SELECT 42 AS answer")
        compute.rows("SELECT answer FROM told")
        compute.arrow("SELECT answer + 1 FROM told")
    text = "\n".join(r.getMessage() for r in caplog.records)
    assert 'CREATE OR REPLACE TABLE "told" AS SELECT 42 AS answer' in text
    assert "SELECT answer FROM told" in text
    assert "SELECT answer + 1 FROM told" in text


@pytest.mark.parametrize("seed", range(8))
def test_components_are_those_of_networkx(compute: Compute, seed: int) -> None:
    dice = random.Random(seed)
    size = dice.randint(1, 80)
    graph = nx.gnm_random_graph(size, dice.randint(0, size), seed=seed)
    # Ids with gaps, in no order; an edge may stand twice, either way round, or lead to itself.
    ids = dice.sample(range(10_000), size)
    graph = nx.relabel_nodes(graph, dict(enumerate(ids)))
    edges = [(a, b) if dice.random() < 0.5 else (b, a) for a, b in graph.edges for _ in range(dice.randint(1, 2))]
    edges += [(n, n) for n in dice.sample(ids, min(3, size))]
    dice.shuffle(edges)
    compute.load("n", pa.table({"id": pa.array(ids, pa.int64())}))
    ends = [pa.array(column, pa.int64()) for column in (zip(*edges, strict=True) if edges else ([], []))]
    compute.load("e", pa.table(ends, names=["a", "b"]))
    count = compute.components("found", "SELECT id FROM n", "SELECT a, b FROM e")
    expected = {n: min(part) for part in nx.connected_components(graph) for n in part}
    assert dict(compute.rows("SELECT node_id, component FROM found")) == expected, f"seed {seed}"
    assert count == len(set(expected.values()))


def test_no_nodes_make_no_components(compute: Compute) -> None:
    compute.run("CREATE TABLE n (id BIGINT)")
    assert compute.components("found", "SELECT id FROM n", "SELECT id, id FROM n") == 0
    assert compute.count("found") == 0


def test_a_literal_says_what_it_holds() -> None:
    text = "it's 'quoted' -- \\ ü\n; DROP TABLE x"
    with Compute() as compute:
        assert compute.value(f"SELECT {literal(text)}") == text
