"""What an auditor uses: the style, the saved queries on a real server, the guide; and the file of Docker Compose."""

from __future__ import annotations

import re
import threading
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from http.server import HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from neo4j import GraphDatabase

from engine.config import DEFAULT_IDENTIFIERS
from graph.neo4j.browser import GUIDE, STYLE, Query, queries, query
from graph.neo4j.browser.__main__ import Handler
from graph.neo4j.browser.guide import guide
from graph.neo4j.schema import IDENTIFIER, NODES, RELATIONSHIPS, second_label
from graph.store import GraphStore
from tests.graph.runs import Run, customer, identifier, known, match, member, permission, reason, record
from tests.neo4j.graphs import Graphs

REPOSITORY = Path(__file__).parents[3]
#: Customers of two records each, so that a scan costs far more than an answer.
CROWD = 700
NAMES = [q.name for q in queries()]
#: What reads all nodes or relationships of a kind.
SCANS = re.compile(r"AllNodesScan|NodeByLabelScan|RelationshipTypeScan|AllRelationshipsScan|IndexScan")


def _style() -> dict[str, dict[str, str]]:
    """The rules of the style, read as the Browser does: no comments, no colon in a value."""
    rules = re.findall(r"([^{}]+)\{((?:\"[^\"]*\"|[^{}\"])*)\}", STYLE.read_text())
    return {
        name.strip(): {
            key.strip(): value.strip().strip('"') for key, value in (p.split(":") for p in body.split(";") if p.strip())
        }
        for name, body in rules
    }


def _contrast(one: str, other: str) -> float:
    """The contrast of two colours, by WCAG 2."""

    def luminance(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


class TestStyle:
    def test_everything_in_the_schema_has_a_style(self) -> None:
        types = {f"node.{second_label(t)}" for t in DEFAULT_IDENTIFIERS}
        named = {f"node.{n.label}" for n in NODES} | {f"relationship.{r.type}" for r in RELATIONSHIPS}
        assert set(_style()) == {"node", "relationship"} | types | named

    def test_every_caption_names_properties_of_its_own(self) -> None:
        properties = {f"node.{n.label}": {p.name for p in n.properties} for n in NODES}
        properties |= {f"relationship.{r.type}": {p.name for p in r.properties} for r in RELATIONSHIPS}
        for name, rule in _style().items():
            caption = rule.get("caption")
            if name in properties:
                assert caption
            found = set(re.findall(r"\{(\w+)\}", caption or ""))
            assert found <= properties.get(name, {p.name for p in IDENTIFIER.properties}), name
            assert found or caption in (None, "<type>"), name

    def test_it_can_be_read_on_light_and_on_dark(self) -> None:
        for name, rule in _style().items():
            for page in ("#FFFFFF", "#31333B"):
                assert _contrast(rule["color"], page) >= 3, name
                assert _contrast(rule.get("text-color-external", rule["color"]), page) >= 3, name
            assert _contrast(rule["color"], rule.get("text-color-internal", "#101114")) >= 4.5, name


def _crowd() -> Run:
    """Many customers, and among them those whom the questions are about."""
    rows: dict[str, list[dict[str, Any]]] = {}

    def add(table: str, *more: dict[str, Any]) -> None:
        rows.setdefault(table, []).extend(more)

    def people(customer_id: str, *ids: str, **values: Any) -> None:
        made = customer(customer_id, ids[0], *ids, **values)
        add("customers", *made["customers"])
        add("members", *made["members"])
        add("records", *(record(i) for i in ids))

    for n in range(CROWD):
        one, two, mail = f"shop:{n}", f"crm:{n}", f"p{n}@mail.com"
        people(f"p{n}", one, two, name=f"Person {n}")
        add("identifiers", identifier(one, "email", mail), identifier(two, "email", mail))
        add("known_by", known(f"p{n}", "email", mail, 1.0, "crm", "shop"))
        add("matches", match(one, two, 0.5 if n == 7 else 9.0 + n % 5, 1, reason("e-mail", "exact match", 9.0)))
    # Two threads lead from his e-mail to his phone: the long one is wider.
    people("john", "a:1", "a:2", "a:3", name="John Doe")
    add("identifiers", identifier("a:1", "email", "john@email.com"), identifier("a:3", "phone", "+15551234567"))
    add("identifiers", identifier("a:1", "phone", "+19990000000"), *(_junk(n) for n in range(40)))
    add("known_by", known("john", "email", "john@email.com", 1.0, "a"))
    add("matches", match("a:1", "a:2", 9.0, 1), match("a:2", "a:3", 8.0, 2), match("a:1", "a:3", 3.0, 3))
    add("shared_values", {"type": "phone", "value": "+19990000000", "reason": "junk", "records": 41, "customers": 41})
    add(
        "permissions",
        permission("john", "email", "john@email.com", "out", conflict=True, said_in=["shop"], said_out=["crm"]),
        *(permission(f"p{n}", "email", f"p{n}@mail.com", "in", said_in=["shop"]) for n in range(CROWD)),
    )
    people("new", "b:2", name="Ann")
    people("old", "b:1")
    now = datetime.now(UTC).replace(tzinfo=None)
    for n, customer_id in enumerate(("old", "new", "john", *(f"p{n}" for n in range(CROWD))), 1):
        add("ledger", _entry(n, "created", now - timedelta(days=50), [customer_id], []))
    return Run({table: tuple(found) for table, found in rows.items()})


def _junk(n: int) -> dict[str, Any]:
    return identifier(f"shop:{n}", "phone", "+19990000000")


def _entry(seq: int, kind: str, at: datetime, customers: list[str], records: list[str]) -> dict[str, Any]:
    texts = {"kind": kind, "run_id": "two", "actor": "clew run", "reason": "same phone", "hash": f"{seq:x}"}
    return {"seq": seq, "at": at, **texts, "customer_ids": customers, "record_ids": records}


def _next(run: Run) -> Run:
    """The run after it: `old` and a customer of a month ago became `new`."""
    now = datetime.now(UTC).replace(tzinfo=None)
    yesterday, month = now - timedelta(days=1), now - timedelta(days=30)
    run = run.without("customers", lambda r: r["customer_id"] == "old")
    run = run.without("members", lambda r: r["customer_id"] == "old").with_rows("members", member("b:1", "new"))
    run = run.with_rows("matches", match("b:1", "b:2", 6.0, 1, reason("phone", "exact match", 6.0), rule="same phone"))
    run = run.with_rows(
        "redirects",
        {"old_id": "old", "new_id": "new", "kind": "merged", "at": yesterday},
        {"old_id": "older", "new_id": "old", "kind": "merged", "at": month},
    )
    seq = len(run.tables["ledger"])
    return run.with_rows(
        "ledger",
        _entry(seq + 1, "merged", month, ["older", "old"], []),
        _entry(seq + 2, "merged", yesterday, ["old", "new"], ["b:1"]),
    )


@pytest.fixture(scope="module")
def shown(neo4j: Graphs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    """A graph of two publishes."""
    folder = tmp_path_factory.mktemp("runs")
    one = _crowd()
    written = one.write(folder / "one"), _next(one).write(folder / "two")

    def fill(store: GraphStore) -> None:
        store.publish(written[0], None)
        store.publish(written[1], written[0])

    opened = neo4j.shown(fill)
    yield opened
    opened.close()


@pytest.fixture
def graphs(neo4j: Graphs, shown: GraphStore) -> Graphs:
    assert shown.current_run() == "two"
    return neo4j


def _ask(graphs: Graphs, name: str, **values: str) -> list[dict[str, Any]]:
    """The rows of a saved query, with other values at its top."""
    text = query(name).code
    for old, new in values.items():
        assert f"'{old}'" in text
        text = text.replace(f"'{old}'", f"'{new}'")
    return _run(graphs, text)[0]


def _run(graphs: Graphs, text: str) -> tuple[list[dict[str, Any]], Any]:
    server = graphs.server
    with (
        GraphDatabase.driver(server.uri, auth=(server.user, server.password)) as driver,
        driver.session(database=server.database) as session,
    ):
        result = session.run(text)
        return [record.data() for record in result], result.consume().profile


def _steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("children", ()):
        yield from _steps(child)


class TestQueries:
    @pytest.mark.parametrize("name", NAMES)
    def test_it_starts_from_an_index(self, graphs: Graphs, name: str) -> None:
        code = query(name).code.replace("'C0000120H'", "'john'")
        rows, plan = _run(graphs, f"PROFILE {code}")
        steps = list(_steps(plan))
        assert rows
        scans = [s["args"]["Details"] for s in steps if SCANS.search(s["operatorType"])]
        # The marker is one node.
        assert not [s for s in scans if s != "clew:Clew"]
        # The weakest bridges are sought among all who changed lately; everything else looks at its answer alone.
        if name != "4-weakest-bridges":
            assert sum(s["args"].get("DbHits", 0) for s in steps) < CROWD / 2

    def test_they_show_the_run_that_readers_see_and_nothing_else(self, graphs: Graphs) -> None:
        def answers() -> list[int]:
            return [len(_ask(graphs, name, **({"C0000120H": "old"} if "history" in name else {}))) for name in NAMES]

        before = answers()
        assert all(before)
        mark = "MATCH (m:Clew) MATCH ()-[x]->() SET x.gone = m.publish + $later"
        values = "MATCH (m:Clew) MATCH (x:Identifier) SET x.gone = m.publish + $later"
        try:
            # The next publish is under way: what it takes away is there still.
            graphs.run(mark, later=1)
            graphs.run(values, later=1)
            assert answers() == before
            # It is shown: that is gone.
            graphs.run(mark, later=0)
            graphs.run(values, later=0)
            assert not any(answers())
        finally:
            graphs.run("MATCH ()-[x]->() REMOVE x.gone")
            graphs.run("MATCH (x:Identifier) REMOVE x.gone")
        # What a publish brings isn't there before it is shown.
        graphs.run("MATCH (m:Clew) SET m.publish = m.publish - 1")
        try:
            assert dict(zip(NAMES, answers(), strict=True))["3-customers-merged-last-week"] == 0
            graphs.run("MATCH (m:Clew) SET m.publish = m.publish - 1")
            assert not any(answers())
        finally:
            graphs.run("MATCH (m:Clew) SET m.publish = 2")

    def test_who_is_this_email(self, graphs: Graphs) -> None:
        rows = _ask(graphs, "who-is", **{"john@email.com": "p5@mail.com"})
        assert {(r["customer"], r["name"], r["record"]) for r in rows} == {
            ("p5", "Person 5", "crm:5"),
            ("p5", "Person 5", "shop:5"),
        }

    def test_the_thread_is_the_widest_path(self, graphs: Graphs) -> None:
        (row,) = _ask(graphs, "thread")
        assert (row["hops"], row["weakest hop in bits"]) == (2, 8.0)
        assert row["hop by hop"] == ["a:1 – a:2: email", "a:2 – a:3: email"]
        # One record holds both; and two customers have nothing between them.
        (row,) = _ask(graphs, "thread", **{"+15551234567": "+19990000000"})
        assert (row["hops"], row["weakest hop in bits"]) == (0, None)
        assert _ask(graphs, "thread", **{"john@email.com": "p99@mail.com"}) == []

    def test_customers_merged_last_week(self, graphs: Graphs) -> None:
        (row,) = _ask(graphs, "merged")
        assert (row["customer"], row["into"], row["why"], row["records moved"]) == ("old", "new", "same phone", 1)
        assert (row["strongest match"], row["bits"]) == ("b:1 – b:2", 6.0)

    def test_weakest_bridges(self, graphs: Graphs) -> None:
        first, second, *_ = rows = _ask(graphs, "bridges")
        assert (first["customer"], first["bits"], first["match"]) == ("p7", 0.5, "crm:7 – shop:7")
        assert second["customer"] == "new"
        # John's three records hold together without any one match.
        assert "john" not in {row["customer"] for row in rows}

    def test_shared_values(self, graphs: Graphs) -> None:
        (row,) = _ask(graphs, "shared")
        assert (row["value"], row["customers"], row["records"], row["because"]) == ("+19990000000", 41, 41, "junk")
        assert len(row["some"]) == 5

    def test_customers_with_conflicting_consent(self, graphs: Graphs) -> None:
        (row,) = _ask(graphs, "conflicting")
        assert (row["customer"], row["channel"], row["address"]) == ("john", "email", "john@email.com")
        assert (row["say yes"], row["say no"], row["may be used"]) == (["shop"], ["crm"], "opted out")

    def test_the_history_of_a_retired_id(self, graphs: Graphs) -> None:
        rows = _ask(graphs, "history", C0000120H="old")
        assert [(r["what"], r["others"]) for r in rows] == [("created", []), ("merged", ["older"]), ("merged", ["new"])]
        assert {tuple(r["now"]) for r in rows} == {("new",)}


class _Slides(HTMLParser):
    """The code of each slide."""

    def __init__(self) -> None:
        super().__init__()
        self.slides = 0
        self.code: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.slides += tag == "slide"
        if tag == "pre":
            assert "runnable" in (dict(attrs)["class"] or "")
            self._inside = True
            self.code.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "pre"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.code[-1] += data


class TestGuide:
    def test_it_is_made_of_the_queries(self) -> None:
        assert GUIDE.read_text() == guide(), "python -m graph.neo4j.browser write"
        page = _Slides()
        page.feed(guide())
        assert page.slides == len(queries()) + 1
        assert page.code == [q.code for q in queries()]

    def test_a_browser_page_of_elsewhere_may_fetch_it(self) -> None:
        with HTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.handle_request, daemon=True).start()
            with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/guide.html", timeout=10) as answer:
                assert answer.headers["Access-Control-Allow-Origin"] == "*"
                assert answer.read() == GUIDE.read_bytes()

    @pytest.mark.parametrize("saved", queries(), ids=NAMES)
    def test_a_query_says_what_it_is(self, saved: Query) -> None:
        assert saved.title.endswith("?")
        assert saved.notes
        assert max(map(len, saved.code.splitlines())) <= 100


def test_compose_has_no_password_of_its_own() -> None:
    text = (REPOSITORY / "docker-compose.yml").read_text()
    compose = yaml.safe_load(text)
    server, program = compose["services"]["neo4j"], compose["services"]["clew"]
    assert server["image"].startswith("neo4j:5.26") and server["image"].endswith("-community")
    assert server["healthcheck"]["test"]
    assert set(compose["volumes"]) == {v.split(":")[0] for v in server["volumes"]}
    assert {"NEO4J_server_memory_heap_max__size", "NEO4J_server_memory_pagecache_size"} <= set(server["environment"])
    api = compose["services"]["api"]
    assert api["command"][:3] == ["serve", "--host", "0.0.0.0"]
    assert api["environment"] == program["environment"]
    for secret in (server["environment"]["NEO4J_AUTH"], program["environment"]["CLEW_NEO4J_PASSWORD"]):
        assert re.fullmatch(r"(neo4j/)?\$\{NEO4J_PASSWORD:\?[^}]+\}", secret)
    assert all(port.startswith("127.0.0.1:") for port in server["ports"] + api["ports"])
    assert program["environment"]["CLEW_NEO4J_URI"] == "bolt://neo4j:7687"
    assert program["depends_on"]["neo4j"]["condition"] == "service_healthy"
