"""Tables of other databases: SQLite, which needs no server."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from engine.errors import SourceError
from tests.engine.sources.reading import PEOPLE, reading


def _source(url: str, **what: str) -> dict[str, object]:
    return {"name": "crm", "database": {"url": url, **(what or {"table": "people"})}, "map": PEOPLE}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE TABLE people (id INTEGER, name TEXT, email TEXT, score REAL)")
        rows = [(i, "Zoë 100%" if i == 1 else None, f"b{i}@x.com", 2.0) for i in range(1, 50_002)]
        connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", rows)
    connection.close()
    return tmp_path


def test_a_sqlite_table_is_read_in_parts(shop: Path) -> None:
    with reading(shop, _source("sqlite:///shop.db")) as read:
        assert read.only.records == 50_001
        assert read.records("key", "name")[0] == ("1", "Zoë 100%")
        ((file, rows, sha),) = read.rows("source_files", "file", "rows", "sha256")
        assert (file, rows, len(sha)) == ("table people", 50_001, 64)
    with reading(shop, _source("sqlite:///shop.db")) as again:
        assert again.rows("source_files", "sha256") == [(sha,)]


def test_a_query_and_a_password_from_the_environment(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DB", "shop.db")
    query = "SELECT id, name, email FROM people WHERE name LIKE 'Zo%' AND ':x' <> email"
    with reading(shop, _source("sqlite:///${SHOP_DB}", query=query)) as read:
        assert read.records("key") == [("1",)]
    monkeypatch.delenv("SHOP_DB")
    with (
        pytest.raises(SourceError, match="environment variable SHOP_DB"),
        reading(shop, _source("sqlite:///${SHOP_DB}")),
    ):
        pass


def test_nothing_is_ever_written(shop: Path) -> None:
    query = "DELETE FROM people RETURNING id, name, email"
    with pytest.raises(SourceError, match="readonly"), reading(shop, _source("sqlite:///shop.db", query=query)):
        pass
    with pytest.raises(SourceError, match=r"no database file gone.db"), reading(shop, _source("sqlite:///gone.db")):
        pass
    assert not (shop / "gone.db").exists()


def test_what_is_wrong_is_said(shop: Path) -> None:
    for source, message in (
        (_source("sqlite:///shop.db", table="persons"), "table persons can't be read: no such table"),
        (_source("sqlite:///shop.db", query="SELECT id, email FROM people"), "has no column 'name'"),
        (_source("shop.db"), "not one that SQLAlchemy knows"),
        (_source("oracle://u:secret@h/db"), "no driver for oracle"),
    ):
        with pytest.raises(SourceError, match=message) as caught, reading(shop, source):
            pass
        assert "secret" not in str(caught.value)


def test_an_empty_table_warns(shop: Path) -> None:
    with reading(shop, _source("sqlite:///shop.db", query="SELECT * FROM people WHERE id < 0")) as read:
        assert read.warnings == ("crm: query SELECT * FROM people WHERE id < 0 has no rows",)
