"""Tables of MySQL and Postgres, on real servers: where there is none, the tests skip or fail, as is wished."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.config import DatabaseTable
from engine.errors import SourceError
from engine.sources.database import ROWS_AT_A_TIME, read_database
from tests.engine.sources.reading import PEOPLE, reading
from tests.engine.sources.servers import Server, mysql, postgres

pytestmark = pytest.mark.long

__all__ = ["mysql", "postgres"]

DOUBLINGS = 17
ROWS = 2**DOUBLINGS


def _source(url: str, **what: str) -> dict[str, Any]:
    return {"name": "crm", "database": {"url": url, **(what or {"table": "people"})}, "map": PEOPLE}


def _rows(url: str, query: str) -> list[dict[str, Any]]:
    parts = read_database(DatabaseTable(url=url, query=query), Path(), "crm")
    return [row for part in parts for row in part.to_pylist()]


@pytest.fixture(params=["mysql", "postgres"], scope="module")
def server(request: pytest.FixtureRequest) -> Server:
    """A server with a table of people, which stays as it is."""
    found: Server = request.getfixturevalue(request.param)
    found.run(
        "DROP TABLE IF EXISTS people",
        "CREATE TABLE people (id bigint, name varchar(90), email varchar(90))",
        "INSERT INTO people VALUES (1, 'Zoë 100%', '1@x.com')",
        *(
            f"INSERT INTO people SELECT id + {2**n}, name, concat(id + {2**n}, '@x.com') FROM people"
            for n in range(DOUBLINGS)
        ),
    )
    return found


class TestReading:
    def test_a_table_comes_in_parts(self, server: Server, tmp_path: Path) -> None:
        assert ROWS > 2 * ROWS_AT_A_TIME
        with reading(tmp_path, _source(server.text)) as read:
            assert read.only.records == ROWS
            assert ("1", "Zoë 100%") in read.records("key", "name")

    def test_a_query_keeps_its_percent_signs_and_colons(self, server: Server, tmp_path: Path) -> None:
        query = "SELECT id, name, email FROM people WHERE name LIKE 'Zo%' AND email <> ':x %s' AND id % 50000 = 0"
        with reading(tmp_path, _source(server.text, query=query)) as read:
            assert sorted(read.records("key")) == [("100000",), ("50000",)]

    def test_a_table_with_an_odd_name(self, server: Server, tmp_path: Path) -> None:
        name = server.quoted("Odd % Name")
        server.run(f"DROP TABLE IF EXISTS {name}", f"CREATE TABLE {name} AS SELECT * FROM people WHERE id = 7")
        with reading(tmp_path, _source(server.text, table="Odd % Name")) as read:
            assert read.records("key") == [("7",)]

    def test_a_url_without_a_driver_takes_that_of_the_extra(self, server: Server) -> None:
        url = server.url.set(drivername=server.url.get_backend_name())
        assert _rows(url.render_as_string(hide_password=False), "SELECT 1 AS one") == [{"one": "1"}]

    @pytest.mark.parametrize("password", ["p@ss/w:rd#1%41?", "пароль", "café"])
    def test_a_password_of_the_environment_stands_as_it_is(
        self, server: Server, monkeypatch: pytest.MonkeyPatch, password: str
    ) -> None:
        server.make_user("reader", password)
        monkeypatch.setenv("CRM_USER", "reader")
        monkeypatch.setenv("CRM_PASSWORD", password)
        monkeypatch.setenv("CRM_HOST", f"{server.url.host}:{server.url.port}")
        url = f"{server.url.drivername}://${{CRM_USER}}:${{CRM_PASSWORD}}@${{CRM_HOST}}/{server.url.database}"
        assert _rows(url, "SELECT 1 AS one") == [{"one": "1"}]
        monkeypatch.setenv("CRM_URL", server.text)
        assert _rows("${CRM_URL}", "SELECT 2 AS two") == [{"two": "2"}]


class TestTypes:
    def test_of_mysql(self, mysql: Server) -> None:
        mysql.run(
            "DROP TABLE IF EXISTS kinds",
            "CREATE TABLE kinds (big bigint unsigned, paid decimal(20, 10), ratio double, yes tinyint(1), flag bit(1),"
            " mask bit(12), day date, clock time, at datetime(3), seen timestamp, never datetime, doc json, name text,"
            " note blob, code binary(4), kind enum('a', 'b'), tags set('x', 'y'), made year) CHARSET utf8mb4",
            # A zero date, as old shops have it; and a session in another time zone than the server's.
            "SET SESSION sql_mode = '', time_zone = '+02:00'",
            "INSERT INTO kinds VALUES (18446744073709551615, 0, 1e3, 1, b'1', b'100000000001', '2026-03-01',"
            " '-25:01:02', '2026-03-01 10:00:00.5', '2026-03-01 10:00:00', '0000-00-00', '{\"a\": [1, \"é\"]}',"
            " 'Zoë 😀', 'text 😀', x'00ff0a20', 'b', 'x,y', 2026)",
            "INSERT INTO kinds () VALUES ()",
        )
        full, empty = _rows(mysql.text, "SELECT * FROM kinds ORDER BY big DESC")
        doc = full.pop("doc")
        assert doc.replace(" ", "") == '{"a":[1,"é"]}'
        assert full == {
            "big": "18446744073709551615",
            "paid": "0.0000000000",
            "ratio": "1000",
            "yes": "1",
            "flag": "1",
            "mask": "2049",
            "day": "2026-03-01",
            "clock": "-25:01:02",
            "at": "2026-03-01T10:00:00.500000",
            "seen": "2026-03-01T08:00:00+00:00",
            "never": "0000-00-00 00:00:00",
            "name": "Zoë 😀",
            "note": "text 😀",
            "code": "00ff0a20",
            "kind": "b",
            "tags": "x,y",
            "made": "2026",
        }
        assert set(empty.values()) == {None}

    def test_of_postgres(self, postgres: Server) -> None:
        postgres.run(
            "DROP TABLE IF EXISTS kinds",
            "CREATE TABLE kinds (paid numeric, yes boolean, clock time, spent interval, at timestamp, seen timestamptz,"
            " doc jsonb, tags text[], name text, code bytea, id uuid)",
            "SET TIME ZONE 'Europe/Berlin'",
            "INSERT INTO kinds VALUES (0.0000000000, true, '09:05', '25:01:02', '2026-03-01 10:00', '2026-03-01 10:00',"
            " '{\"a\": [1, \"é\"]}', '{x,\"y z\"}', 'Zoë 😀', '\\x00ff', '00112233-4455-6677-8899-aabbccddeeff')",
        )
        (row,) = _rows(postgres.text, "SELECT * FROM kinds")
        seen = row.pop("seen")
        assert datetime.fromisoformat(seen) == datetime(2026, 3, 1, 9, tzinfo=UTC)
        assert row == {
            "paid": "0.0000000000",
            "yes": "true",
            "clock": "09:05:00",
            "spent": "25:01:02",
            "at": "2026-03-01T10:00:00",
            "doc": '{"a": [1, "é"]}',
            "tags": '["x", "y z"]',
            "name": "Zoë 😀",
            "code": "00ff",
            "id": "00112233-4455-6677-8899-aabbccddeeff",
        }

    def test_a_documents_parts_may_be_asked_for(self, server: Server, tmp_path: Path) -> None:
        server.run("DROP TABLE IF EXISTS documents", "CREATE TABLE documents (id bigint, doc json)")
        server.run('INSERT INTO documents VALUES (1, \'{"name": "Zoë", "mails": ["z@x.com"]}\')')
        names = {"key": "id", "name": "doc.name", "identifiers": [{"type": "email", "column": "doc.mails[0]"}]}
        source = {"name": "crm", "database": {"url": server.text, "table": "documents"}, "map": {"record": names}}
        with reading(tmp_path, source) as read:
            assert read.records("key", "name") == [("1", "Zoë")]
            assert read.values("email") == {"1": {"z@x.com"}}


class TestFaults:
    @pytest.mark.parametrize(
        ("source", "message"),
        [
            ({"table": "persons"}, r"table persons can't be read: .*persons.* (doesn't|does not) exist"),
            ({"query": "SELEC 1"}, r"query SELEC 1 can't be read: .*syntax"),
            ({"query": "SET @a = 1; SELECT 1"}, "can't be read: .*syntax"),
            ({"query": "SELECT id, email FROM people WHERE id = 1"}, "has no column 'name'"),
        ],
    )
    def test_a_wrong_question(self, server: Server, tmp_path: Path, source: dict[str, str], message: str) -> None:
        with pytest.raises(SourceError, match=message), reading(tmp_path, _source(server.text, **source)):
            pass

    def test_an_answer_that_nobody_wants_is_not_read_to_its_end(self, server: Server, tmp_path: Path) -> None:
        endless = "SELECT a.id, repeat('x', 500) AS email FROM people a, people b"
        with (
            pytest.raises(SourceError, match="no column 'name'"),
            reading(tmp_path, _source(server.text, query=endless)),
        ):
            pass

    def test_a_statement_that_asks_nothing(self, mysql: Server) -> None:
        with pytest.raises(SourceError, match=r"query COMMIT can't be read: it isn't a SELECT\."):
            _rows(mysql.text, "COMMIT")

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"password": "not-the-one"}, "password"),
            ({"database": "atlantis"}, "atlantis"),
            ({"port": 9}, r"127\.0\.0\.1"),
            ({"query": {"nonsense": "1"}}, "nonsense"),
        ],
    )
    def test_a_server_that_lets_nobody_in(self, server: Server, change: dict[str, Any], message: str) -> None:
        url = server.url.set(**change).render_as_string(hide_password=False)
        with pytest.raises(SourceError, match=rf"^source crm: .*{message}") as caught:
            _rows(url, "SELECT 1")
        for secret in (str(server.url.password), "not-the-one", "\n"):
            assert secret not in str(caught.value)

    @pytest.mark.parametrize(
        "statement",
        [
            "DELETE FROM people",
            "TRUNCATE TABLE people",
            "DROP TABLE people",
            "INSERT INTO people (id) VALUES (0)",
        ],
    )
    def test_nothing_is_ever_written(self, server: Server, statement: str) -> None:
        with pytest.raises(SourceError, match="can't be read"):
            _rows(server.text, statement)
        assert _rows(server.text, "SELECT count(*) AS n FROM people") == [{"n": str(ROWS)}]

    def test_not_even_a_counter_goes_on(self, postgres: Server) -> None:
        postgres.run("DROP SEQUENCE IF EXISTS counter", "CREATE SEQUENCE counter")
        with pytest.raises(SourceError, match="read-only transaction"):
            _rows(postgres.text, "SELECT nextval('counter') AS id")

    def test_a_server_that_goes_away_in_the_middle(self, server: Server) -> None:
        # More than all buffers on the way hold, so that rows are missing.
        query = "SELECT id, repeat('x', 500) AS name FROM people"
        parts = read_database(DatabaseTable(url=server.text, query=query), Path(), "crm")
        assert next(parts).num_rows == ROWS_AT_A_TIME
        server.stop()
        try:
            with pytest.raises(
                SourceError, match=r"^source crm: query SELECT id.* can't be read: .*(onnection|ackets)"
            ):
                list(parts)
        finally:
            server.start()
        assert len(_rows(server.text, query)) == ROWS
