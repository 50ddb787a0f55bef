"""A project whose graph is in Neo4j: the same commands, the same answers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from api.project import Project
from engine.demo.hero import EMAIL
from engine.errors import ConfigError, StateError
from tests.api.test_notebooks import cell_with
from tests.neo4j.graphs import Graphs

Clew = Callable[..., Result]


@pytest.fixture
def server(neo4j: Graphs, monkeypatch: pytest.MonkeyPatch) -> Graphs:
    """An empty graph, where the environment says."""
    neo4j.empty().close()
    monkeypatch.setenv("CLEW_NEO4J_URI", neo4j.server.uri)
    if neo4j.server.user == "neo4j":
        # Who that is need not be said.
        monkeypatch.delenv("CLEW_NEO4J_USER", raising=False)
    else:
        monkeypatch.setenv("CLEW_NEO4J_USER", neo4j.server.user)
    monkeypatch.setenv("CLEW_NEO4J_PASSWORD", neo4j.server.password)
    return neo4j


def test_publish_verify_and_the_same_answers(
    server: Graphs, clew: Clew, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = json.loads(clew("-p", copy, "publish", "--store", "neo4j", "--verify", "--json").stdout)
    assert (first["full"], first["verified"], first["store"]) == (True, True, "neo4j")
    assert "All of it agrees" in clew("-p", copy, "publish", "--store", "neo4j", "--verify").stdout
    asked = clew("-p", copy, "whois", EMAIL, "--json").stdout
    with Project(copy) as project:
        names = {"os": os, "answer": project.whois(EMAIL)}
    capsys.readouterr()
    exec(cell_with("6_who_is_this.ipynb", "CYPHER ="), names)
    assert f"value='{EMAIL}' sure=1.0" in capsys.readouterr().out
    settings = (copy / "clew.yaml").read_text()
    (copy / "clew.yaml").write_text(settings + "\ngraph: neo4j\n")
    (copy / ".clew" / "graph.db").unlink()
    assert clew("-p", copy, "whois", EMAIL, "--json").stdout == asked
    assert not (copy / ".clew" / "graph.db").exists()
    server.run("MATCH (:Record)-[m:MATCHES]->() WITH m LIMIT 1 DELETE m")
    with (
        Project(copy) as project,
        pytest.raises(StateError, match=r"the graph isn't run .*: matches: rows should be .*--rebuild"),
    ):
        project.publish(verify=True)
    (copy / "clew.yaml").write_text(settings)
    told = clew("-p", copy, "publish", "--store", "neo4j", "--verify").stderr
    assert "`clew publish --store neo4j --rebuild` builds it anew" in told


def test_an_erased_person_is_gone_from_neo4j_too(server: Graphs, clew: Clew, copy: Path) -> None:
    (copy / "clew.yaml").write_text((copy / "clew.yaml").read_text() + "\ngraph: neo4j\n")
    assert clew("-p", copy, "whois", EMAIL).exit_code == 0
    anywhere = """MATCH (n) WITH n, [k IN keys(n) | toStringOrNull(n[k])] AS told
        WHERE any(text IN told WHERE text CONTAINS $email) RETURN count(n) AS found"""
    assert server.run(anywhere, email=EMAIL)[0][0] > 0
    done = clew("-p", copy, "erase", EMAIL, "--really")
    assert "and the graph in Neo4j is what their tables say" in " ".join(done.stdout.split()), done.stderr
    assert server.run(anywhere, email=EMAIL)[0][0] == 0
    in_matches = anywhere.replace("MATCH (n)", "MATCH ()-[n]->()")
    assert server.run(in_matches, email=EMAIL)[0][0] == 0


def test_export_says_how_to_import(clew: Clew, copy: Path, tmp_path: Path) -> None:
    told = clew("-p", copy, "export", "neo4j", tmp_path / "files").stdout
    assert "neo4j-admin database import full neo4j" in told
    assert "clew publish --store neo4j --verify" in told
    assert (tmp_path / "files" / "README.txt").exists()
    assert clew("-p", copy, "export", "neo4j", tmp_path / "files").exit_code == ConfigError.exit_code


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("", "needs CLEW_NEO4J_URI and CLEW_NEO4J_PASSWORD in the environment"),
        ("http://host", "is no address such as neo4j://HOST"),
        ("bolt://me:hunter2@host", "holds a user or a password"),
    ],
)
def test_settings_that_are_wrong(clew: Clew, copy: Path, monkeypatch: pytest.MonkeyPatch, uri: str, said: str) -> None:
    monkeypatch.setenv("CLEW_NEO4J_URI", uri)
    monkeypatch.setenv("CLEW_NEO4J_PASSWORD", "hunter2" if uri else "")
    found = clew("-p", copy, "publish", "--store", "neo4j")
    assert found.exit_code == ConfigError.exit_code
    assert said in " ".join(found.stderr.split())
    assert "hunter2" not in found.stderr
