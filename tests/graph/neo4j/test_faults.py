"""What may befall a graph on a server: outages, kills, rivals, strangers, wrong passwords; and readers meanwhile."""

from __future__ import annotations

import logging
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import ClassVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from neo4j import ManagedTransaction
from neo4j.exceptions import DriverError

from engine.errors import StateError
from engine.runs import RunTables
from graph.neo4j import Neo4jStore, Server, connection, delta, lease
from graph.neo4j import publish as publishing
from graph.neo4j.schema import SCHEMA_VERSION
from tests.child import Children
from tests.graph.runs import chain, john
from tests.neo4j.graphs import Graphs
from tests.neo4j.server import JavaNeo4j


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> RunTables:
    return chain(600).write(tmp_path_factory.mktemp("runs") / "old")


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> RunTables:
    """As `old`, but every second record has another name, and the customers of every tenth record another size."""
    run = chain(600).changed("records", lambda r: int(r["key"]) % 2 == 0, name="changed")
    run = run.changed("customers", lambda r: r["customer_id"].endswith("7"), records=11)
    run = run.without("known_by", lambda r: r["value"].endswith("3"))
    return run.write(tmp_path_factory.mktemp("runs") / "new")


@pytest.fixture
def store(neo4j: Graphs, one: RunTables) -> Iterator[Neo4jStore]:
    """A store that shows run one."""
    store = neo4j.empty()
    store.publish(one, None)
    yield store
    store.close()


@pytest.fixture
def empty(neo4j: Graphs) -> Iterator[Neo4jStore]:
    store = neo4j.empty()
    yield store
    store.close()


def _marks(neo4j: Graphs) -> int:
    """How many nodes and relationships carry a mark of a publish."""
    found = "x.fresh IS NOT NULL OR x.gone IS NOT NULL"
    return int(
        neo4j.run(
            f"""RETURN COUNT {{ MATCH (x) WHERE {found} OR x.turns IS NOT NULL OR x:ClewPublish OR x:ClewPublisher }}
            + COUNT {{ MATCH ()-[x]->() WHERE {found} }}"""
        )[0][0]
    )


class _Broken(Exception):  # noqa: N818
    """A publish ends here."""


@pytest.fixture(scope="module")
def dead() -> int:
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture
def publish_until(neo4j: Graphs, dead: int, monkeypatch: pytest.MonkeyPatch) -> Callable[..., bool]:
    """Publish, and die after so many transactions: leave everything as it is then. False if it was over before."""

    def publish(after: int, store: Neo4jStore, run: RunTables, previous: RunTables | None) -> bool:
        left = iter(range(after))
        fence = lease.Lease.fence

        def fenced(self: lease.Lease, tx: ManagedTransaction) -> None:
            if next(left, None) is None:
                raise _Broken
            fence(self, tx)

        with monkeypatch.context() as broken:
            broken.setattr(lease.Lease, "fence", fenced)
            broken.setattr(lease, "_release", lambda mine: None)
            try:
                store.publish(run, previous)
            except _Broken:
                return True
            finally:
                neo4j.run("MATCH (l:ClewPublisher) SET l.pid = $dead", dead=dead)
        return False

    return publish


class TestBrokenOff:
    @pytest.mark.parametrize("first", ["load", "change", "reload"])
    def test_after_any_transaction_readers_see_a_whole_run_and_the_next_publish_ends_it(
        self, neo4j: Graphs, empty: Neo4jStore, one: RunTables, two: RunTables, publish_until: Callable[..., bool],
        first: str,
    ) -> None:  # fmt: skip
        store = empty
        if first != "load":
            store.publish(one, None)
        shown = [store.current_run()]
        after = 0
        while publish_until(after, store, two, one if first == "change" else None):
            shown.append(store.current_run())
            assert shown[-1] in (shown[0], "two")
            if shown[-1] is not None:
                assert store.verify(one if shown[-1] == "one" else two) == []
            after += 9
        assert store.publish(two, one).unchanged
        assert store.verify(two) == []
        assert _marks(neo4j) == 0
        assert shown == sorted(shown, key=lambda run: run == "two")

    def test_another_run_undoes_what_no_reader_has_seen(
        self, neo4j: Graphs, store: Neo4jStore, one: RunTables, two: RunTables, tmp_path: Path,
        publish_until: Callable[..., bool],
    ) -> None:  # fmt: skip
        three = john().changed("customers", lambda r: True, phone="+1").write(tmp_path / "three")
        assert publish_until(12, store, two, one)
        assert _marks(neo4j) > 1
        assert store.publish(three, one).full is False
        assert store.verify(three) == []
        assert _marks(neo4j) == 0

    def test_killed_at_any_moment_and_started_again(
        self, neo4j: Graphs, empty: Neo4jStore, old: RunTables, new: RunTables
    ) -> None:
        empty.publish(old, None)
        seed = 7
        chance = random.Random(seed)
        at, before = new, old
        with _publishers(neo4j) as children:
            for attempt in range(4):
                children.begin(at.folder, before.folder, 100)
                time.sleep(chance.uniform(0, 1.2))
                children.kill()
                current = empty.current_run()
                shown = at if current == at.run_id else before
                assert current == shown.run_id, f"seed {seed}, attempt {attempt}"
                assert empty.verify(shown) == [], f"seed {seed}, attempt {attempt}"
                if shown is at:
                    at, before = before, at
        assert empty.publish(at, before).run_id == at.run_id
        assert empty.verify(at) == []
        assert _marks(neo4j) == 0

    @pytest.mark.parametrize("kill", [False, True])
    def test_the_server_goes_and_comes_back(
        self, neo4j: Graphs, empty: Neo4jStore, old: RunTables, new: RunTables, kill: bool,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        if not neo4j.neo4j.ours:
            pytest.skip("the server is not the tests' to stop")
        monkeypatch.setattr(delta, "ROWS", 100)
        empty.publish(old, None)
        half = threading.Event()
        batch = publishing._batch
        count = iter(range(1000))

        def watched(*given: object) -> Callable[[object], None]:
            if next(count) == 5:
                half.set()
                down.wait()
            return batch(*given)  # type: ignore[arg-type, return-value]

        down = threading.Event()
        monkeypatch.setattr(publishing, "_batch", watched)
        failed: list[BaseException] = []

        def publish() -> None:
            try:
                empty.publish(new, old)
            except BaseException as error:
                failed.append(error)

        publisher = threading.Thread(target=publish)
        publisher.start()
        assert half.wait(60)
        neo4j.neo4j.stop(kill)
        down.set()
        with pytest.raises(StateError, match="doesn't answer"):
            reader = Neo4jStore(neo4j.server)
            try:
                reader.current_run()
            finally:
                reader.close()
        neo4j.neo4j.start()
        publisher.join(120)
        assert failed == []
        assert empty.verify(new) == []
        assert _marks(neo4j) == 0

    def test_a_first_load_goes_on_where_it_stopped(
        self, neo4j: Graphs, empty: Neo4jStore, old: RunTables, publish_until: Callable[..., bool]
    ) -> None:
        assert publish_until(4, empty, old, None)
        assert empty.current_run() is None
        with pytest.raises(StateError, match="holds no run yet: run `clew publish`"):
            empty.customer("c1")
        made = neo4j.run("MATCH (n:Record) RETURN min(elementId(n)), count(n)")
        assert made[0][1] == 600
        assert empty.publish(old, None).full
        assert neo4j.run("MATCH (n:Record) RETURN min(elementId(n)), count(n)") == made
        assert empty.verify(old) == []

    def test_a_first_load_of_another_run_begins_anew(
        self, neo4j: Graphs, empty: Neo4jStore, old: RunTables, one: RunTables, publish_until: Callable[..., bool]
    ) -> None:
        assert publish_until(6, empty, old, None)
        assert empty.publish(one, None).full
        assert empty.verify(one) == []


def test_readers_get_one_whole_run_while_another_is_published(
    neo4j: Graphs, store: Neo4jStore, one: RunTables, two: RunTables
) -> None:
    before, unknown = store.customer("c1"), store.find("phone", "+15550000000")
    store.publish(two, one)
    after, owned = store.customer("c1"), store.find("phone", "+15550000000")
    wrong: list[object] = []
    asked = [0]
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            customer, phone = store.customer("c1"), store.find("phone", "+15550000000")
            asked[0] += 1
            time.sleep(0.02)
            if customer not in (before, after) or phone not in (unknown, owned):
                wrong.append((customer, phone))

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    publisher = Neo4jStore(neo4j.server)
    # By difference, and by what the graph itself holds.
    for run, previous in ((one, two), (two, None)):
        publisher.publish(run, previous)
    done.set()
    for thread in threads:
        thread.join()
    publisher.close()
    assert not wrong
    assert asked[0] > 20
    assert store.customer("c1") == after


class TestRivals:
    def test_a_second_publisher_is_told_who_publishes(
        self, neo4j: Graphs, store: Neo4jStore, one: RunTables, two: RunTables
    ) -> None:
        rival = Neo4jStore(neo4j.server)
        with lease.held(rival._connection):
            for act in (lambda: store.publish(two, one), store.drop):
                with pytest.raises(StateError, match=rf"being published to by process {os.getpid()} on .* since 20"):
                    act()
            assert store.current_run() == "one"
        rival.close()
        assert store.publish(two, one).added

    def test_a_lease_that_has_run_out_passes_on_and_the_sleeper_can_write_no_more(
        self, neo4j: Graphs, store: Neo4jStore, one: RunTables, two: RunTables
    ) -> None:
        sleeper = Neo4jStore(neo4j.server)
        with lease.held(sleeper._connection) as slept:
            neo4j.run("MATCH (l:ClewPublisher) SET l.until = datetime() - duration('PT1S'), l.host = 'elsewhere'")
            store.publish(two, one)
            with pytest.raises(StateError, match="taken over by another publisher"):
                publishing.Publisher(sleeper._connection, slept).alone("MATCH (n) DETACH DELETE n")
        sleeper.close()
        assert store.verify(two) == []


class TestStrangers:
    def test_somebody_elses_data_is_left_alone(self, neo4j: Graphs, empty: Neo4jStore, one: RunTables) -> None:
        store = empty
        neo4j.run("CREATE (:Movie {title: 'The Matrix'})<-[:LIKES]-(:Customer {id: 'c1'})")
        for act in (store.current_run, store.drop, lambda: store.publish(one, None), lambda: store.customer("c1")):
            with pytest.raises(StateError, match=r"holds somebody else's data \((Movie|Customer)\)"):
                act()
        assert neo4j.run("MATCH (n) RETURN count(n)") == [[2]]

    @pytest.mark.parametrize("label", ["Movie", "Customer", "Record"])
    def test_a_graph_with_somebody_elses_nodes_in_it_is_not_dropped(
        self, neo4j: Graphs, store: Neo4jStore, one: RunTables, label: str
    ) -> None:
        neo4j.run(f"CREATE (:{label} {{id: 'The Matrix'}})-[:HAS]->(:Actor)")
        before = neo4j.run("MATCH (n) RETURN count(n)")
        with pytest.raises(StateError, match=rf"somebody else's data beside the graph \(Actor 1, {label} 1\)"):
            store.drop()
        assert neo4j.run("MATCH (n) RETURN count(n)") == before
        assert store.current_run() == one.run_id
        strange = {"Actor, not Clew's: rows should be 0 and is 1", f"{label}, not Clew's: rows should be 0 and is 1"}
        assert strange <= set(map(str, store.verify(one)))

    def test_a_broken_off_first_load_is_undone_without_touching_what_is_not_clews(
        self, neo4j: Graphs, store: Neo4jStore, one: RunTables
    ) -> None:
        neo4j.run("MATCH (m:Clew) REMOVE m.publish, m.run")
        neo4j.run("CREATE (:ClewPublish {name: 'publish', number: 1, run: 'x', full: true, size: '', phase: 'load'})")
        neo4j.run("MATCH (p:ClewPublish) SET p.step = 0, p.done = 0 CREATE (:Customer {id: 'mine'})-[:HAS]->(:Movie)")
        store.publish(one, None)
        assert neo4j.run("MATCH (c:Customer {id: 'mine'})-[:HAS]->(:Movie) RETURN count(c)") == [[1]]

    def test_a_drop_takes_all_that_is_clews(self, neo4j: Graphs, store: Neo4jStore) -> None:
        store.drop()
        assert neo4j.run("MATCH (n) RETURN labels(n)") == []
        assert neo4j.run("SHOW INDEXES YIELD name WHERE name STARTS WITH 'clew' RETURN name") == []

    def test_the_graph_of_another_project_is_refused_until_it_is_taken_over(
        self, neo4j: Graphs, store: Neo4jStore, one: RunTables, two: RunTables
    ) -> None:
        mine, other = (Neo4jStore(neo4j.server, "500MB", project) for project in ("mine", "other"))
        mine.take_over()
        for refused in (other.current_run, lambda: other.publish(two, None), other.drop):
            with pytest.raises(StateError, match=rf"another project \(run {one.run_id}\).*--take-over"):
                refused()
        assert mine.current_run() == one.run_id
        other.take_over()
        assert other.publish(two, None).removed["records"] > 0
        assert other.verify(two) == []
        with pytest.raises(StateError, match="another project"):
            mine.current_run()
        for each in (mine, other):
            each.close()

    def test_an_index_that_could_not_be_filled_is_made_anew(
        self, neo4j: Graphs, store: Neo4jStore, one: RunTables
    ) -> None:
        neo4j.run("DROP INDEX clew_record_fresh")
        # More than an index takes; as with a full disk, it is there from then on, but can't be used.
        neo4j.run("CREATE (:Record {fresh: $long})", long="x" * 40_000)
        neo4j.run("CREATE INDEX clew_record_fresh FOR (n:Record) ON (n.fresh)")
        state = "SHOW INDEXES YIELD name, state WHERE name = 'clew_record_fresh' RETURN state"
        deadline = time.monotonic() + 60
        while neo4j.run(state) != [["FAILED"]]:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        neo4j.run("MATCH (n:Record) WHERE n.id IS NULL DELETE n")
        assert store.publish(one, None).unchanged
        assert neo4j.run(state) == [["ONLINE"]]
        assert store.verify(one) == []

    def test_a_newer_graph_is_refused(self, neo4j: Graphs, store: Neo4jStore, two: RunTables) -> None:
        neo4j.run("MATCH (m:Clew) SET m.schema_version = $next", next=SCHEMA_VERSION + 1)
        for act in (store.current_run, lambda: store.publish(two, None), store.drop, lambda: store.customer("c1")):
            with pytest.raises(StateError, match="newer Clew"):
                act()

    def test_an_older_graph_gets_what_came_since(self, neo4j: Graphs, store: Neo4jStore, one: RunTables) -> None:
        neo4j.run("MATCH (m:Clew) SET m.schema_version = $before", before=SCHEMA_VERSION - 1)
        neo4j.run("MATCH (c:Customer) REMOVE c.names, c.others")
        neo4j.run("DROP INDEX clew_customer_words")
        assert store.current_run() is None
        report = store.publish(one, None)
        assert (report.previous, report.unchanged, report.added["records"]) == (None, False, 0)
        assert (store.current_run(), store.verify(one)) == ("one", [])
        assert [hit.customer_id for hit in store.search("john")] == ["c1"]
        assert store.publish(one, None).unchanged

    def test_a_graph_that_was_tampered_with_is_found_out(
        self, neo4j: Graphs, store: Neo4jStore, one: RunTables, two: RunTables
    ) -> None:
        neo4j.run("MATCH (:Record {id: 'shop:1'})-[m:MATCHES]->() DELETE m")
        assert [d.table for d in store.verify(one)] == ["matches"]
        with pytest.raises(StateError, match="the graph isn't what its marker says"):
            store.publish(two, one)
        assert store.current_run() == "one"
        # What is there is compared, where the run before isn't to be believed.
        assert store.publish(two, None).full
        assert store.verify(two) == []


class TestConnecting:
    def test_a_wrong_password(self, neo4j: Graphs, one: RunTables) -> None:
        store = Neo4jStore(replace(neo4j.server, password="not the password"))
        for act in (store.current_run, lambda: store.publish(one, None)):
            with pytest.raises(StateError, match="refuses user neo4j with this password") as caught:
                act()
            assert "not the password" not in str(caught.value)
            assert "\n" not in str(caught.value)
        store.close()

    def test_an_unknown_database(self, neo4j: Graphs) -> None:
        store = Neo4jStore(replace(neo4j.server, database="atlantis"))
        with pytest.raises(StateError, match=r"\(database atlantis\): there is no such database"):
            store.current_run()
        store.close()

    def test_nobody_there(self, one: RunTables) -> None:
        store = Neo4jStore(Server("bolt://127.0.0.1:9", "neo4j", "secret-1"))
        for act in (store.current_run, lambda: store.publish(one, None)):
            with pytest.raises(StateError, match=r"^bolt://127\.0\.0\.1:9: the server doesn't answer") as caught:
                act()
            assert "secret-1" not in str(caught.value)
        store.close()

    @pytest.mark.parametrize("scheme", ["bolt+s", "bolt+ssc", "neo4j+s"])
    def test_an_encrypted_address_of_a_server_without_encryption(self, neo4j: Graphs, scheme: str) -> None:
        assert _refusal(neo4j.server, scheme) == (
            "no encrypted connection with the server: if it isn't encrypted, leave out the address's +s or +ssc"
        )

    def test_a_server_that_wants_encryption(
        self, neo4j: Graphs, one: RunTables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if not isinstance(neo4j.neo4j, JavaNeo4j):
            pytest.skip("no server to encrypt: it is not one that was assembled here")
        _certify(tmp_path / "certificates" / "bolt")
        encrypted = Encrypted(neo4j.neo4j.jars, tmp_path)
        try:
            for scheme in ("bolt", "neo4j"):
                assert "with +s if the server is encrypted" in _refusal(encrypted.server, scheme)
            for scheme in ("bolt+s", "neo4j+s"):
                said = _refusal(encrypted.server, scheme)
                assert said.startswith("the server's certificate isn't trusted here")
                assert said.endswith("A self-signed one takes +ssc in place of +s")
            store = Neo4jStore(_addressed(encrypted.server, "bolt+ssc"))
            store.publish(one, None)
            store.close()
            monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificates" / "bolt" / "public.crt"))
            for scheme in ("bolt+s", "neo4j+s", "neo4j+ssc"):
                store = Neo4jStore(_addressed(encrypted.server, scheme))
                assert store.verify(one) == []
                store.close()
        finally:
            encrypted.close()

    def test_a_server_that_is_waited_for_is_told_of_once(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(connection, "PATIENCE", 1.0)
        monkeypatch.setattr(connection.patience, "said", None)
        away = connection.Connection(Server("bolt://127.0.0.1:9", "neo4j", "secret-1"))
        logging.getLogger("neo4j.notifications").warning("no such label")
        assert connection.patience.said is None
        with pytest.raises(DriverError):
            away.change("RETURN 1")
        away.close()
        (said,) = (r.getMessage() for r in caplog.records if r.name == "clew.graph")
        assert said == "Neo4j doesn't answer as it should: trying again, for up to 1 s"
        # Without logging of somebody's, Python prints what no handler takes.
        assert logging.getLogger("neo4j").handlers

    def test_a_routing_address_and_a_database_by_name(self, neo4j: Graphs, store: Neo4jStore) -> None:
        uri = neo4j.server.uri.replace("bolt://", "neo4j://")
        other = Neo4jStore(replace(neo4j.server, uri=uri, database="neo4j"))
        assert other.customer("c1") == store.customer("c1")
        other.close()


class Encrypted(JavaNeo4j):
    """A server that takes encrypted connections alone."""

    options: ClassVar[list[str]] = [*JavaNeo4j.options, "-Dclew.encrypted=true"]


def _certify(folder: Path) -> None:
    """Sign a certificate of this machine's by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True)
    (folder / "public.crt").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "private.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _addressed(server: Server, scheme: str) -> Server:
    return replace(server, uri=server.uri.replace("bolt://", f"{scheme}://"))


def _refusal(server: Server, scheme: str) -> str:
    """What is said of a server that can't be talked to so."""
    store = Neo4jStore(_addressed(server, scheme))
    with pytest.raises(StateError) as caught:
        store.current_run()
    store.close()
    return str(caught.value).partition(": ")[2]


PUBLISH = """
from pathlib import Path
from engine.runs import RunTables
from graph.neo4j import Neo4jStore, Server, delta

def act(run, previous, rows):
    delta.ROWS = int(rows)
    Neo4jStore(Server.from_environment()).publish(RunTables(Path(run)), RunTables(Path(previous)))
"""


def _publishers(neo4j: Graphs) -> Children:
    server = neo4j.server
    settings = {"CLEW_NEO4J_URI": server.uri, "CLEW_NEO4J_USER": server.user, "CLEW_NEO4J_PASSWORD": server.password}
    return Children(PUBLISH, **settings, CLEW_NEO4J_DATABASE=server.database or "")
