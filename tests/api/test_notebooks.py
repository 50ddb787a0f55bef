"""The notebooks run from top to bottom on the demo shop, each cell shows what it ends with, and they leave no output.

They are copied as `clew notebooks` does it, so that each works in a folder of its own.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

import clew
from api.project import Project, init, open_project

pytestmark = pytest.mark.long

HOME = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(HOME.glob("*.ipynb"))
#: What a person would type, by the beginning of the question.
ANSWERS = {"s same": "d", "Decide by": "y"}

#: What is true of a notebook's answers on the demo, by its name.
HOLDS: dict[str, Callable[[dict[str, Any]], bool]] = {
    # The comparison that was changed changes customers.
    "2_tune": lambda names: bool(names["plan"].comparison.shifts),
    # A column of one's own is compared.
    "8_splink": lambda names: bool(names["there"]),
    # Records that say the same are one thing to compare, so that many equal orders make nobody loosely held.
    # Households are several people, some of whom only a household spoke for; a narrower limit parts more.
    "4_clusters": lambda names: bool(
        (names["clusters"]["density"] <= 1).all()
        and (names["clusters"].nlargest(5, "records")["density"] > 0.3).all()
        and (names["households"]["customers"] > 1).all()
        and names["households"]["kept_apart"].str.contains("rather than of a household").any()
        and names["moved"]["split"]["limits.max_records: 10"] > names["moved"]["split"]["limits.max_records: 20"] > 0
    ),
}


def _show(value: Any) -> None:
    """Make what a notebook would show; Altair's charts say what is wrong with them only where they are written out."""
    for way in ("to_dict", "_repr_mimebundle_", "_repr_html_"):
        if hasattr(value, way):
            assert getattr(value, way)() is not None, value


def run_cell(cell: str, name: str, names: dict[str, Any]) -> None:
    """Run a cell as a notebook does: its last expression is shown."""
    parsed = ast.parse(cell, name)
    last = parsed.body.pop() if isinstance(parsed.body[-1], ast.Expr) else None
    exec(compile(parsed, name, "exec"), names)
    if isinstance(last, ast.Expr):
        _show(eval(compile(ast.Expression(last.value), name, "eval"), names))


def cell_with(notebook: str, text: str) -> str:
    """The one cell of code that holds a text."""
    cells = json.loads((HOME / notebook).read_text(encoding="utf-8"))["cells"]
    (found,) = [s for c in cells if c["cell_type"] == "code" and text in (s := "".join(c["source"]))]
    return found


def _run(path: Path) -> dict[str, Any]:
    """Run all cells of a notebook in the folder of now; the names that they leave."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert all(c["outputs"] == [] and c["execution_count"] is None for c in code), "strip the outputs"
    names: dict[str, Any] = {
        "input": lambda asked: next(answer for start, answer in ANSWERS.items() if asked.startswith(start)),
        "display": _show,
    }
    for number, cell in enumerate(code, 1):
        run_cell("".join(cell["source"]), f"{path.name}, cell {number}", names)
    names["project"].close()
    return names


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_on_the_demo(path: Path, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLEW_URL", "CLEW_NEO4J_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(copy)
    assert HOLDS.get(path.stem, bool)(_run(path))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_begins_with_a_question_and_ends_with_a_decision(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    assert texts[0].startswith("# ")
    assert texts[0].splitlines()[0].endswith("?")
    assert texts[-1].startswith("## Decide\n")


@pytest.fixture(scope="module")
def mailing_list(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A list of names and e-mails, without John and without an address."""
    folder = tmp_path_factory.mktemp("mailing")
    columns = "{key: id, name: name, identifiers: [{type: email, column: email}]}"
    (folder / "clew.yaml").write_text(f"sources: [{{path: people.csv, map: {{record: {columns}}}}}]", encoding="utf-8")
    people = ["1,Ada Spink,ada@spink.org", "2,Bo Fell,bo@fell.org", "3,Bo Fell,bo@fell.org"]
    (folder / "people.csv").write_text("\n".join(["id,name,email", *people]), encoding="utf-8")
    with open_project(folder) as opened:
        opened.run()
        yield opened


def test_there_are_no_households_where_nobody_has_an_address(mailing_list: Project) -> None:
    names: dict[str, Any] = {"project": mailing_list}
    run_cell(cell_with("4_clusters.ipynb", "households = "), "4_clusters.ipynb", names)
    assert names["households"].empty


def test_without_john_and_a_key_the_notebook_asks_for_somebody_and_says_what_is_missing(
    mailing_list: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLEW_URL", "http://127.0.0.1:9")
    for name in ("CLEW_KEY", "CLEW_NEO4J_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(mailing_list.layout.store.parent)
    names = _run(HOME / "6_who_is_this.ipynb")
    assert names["answer"].customer.name == "Bo Fell"
    told = capsys.readouterr().out
    assert told.startswith("there is no john@email.com here; this is the customer of most records\n")
    assert "CLEW_URL is set and CLEW_KEY isn't" in told


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({}, ["CLEW_URL isn't set", "CLEW_NEO4J_URI isn't set"]),
        ({"CLEW_URL": "http://127.0.0.1:9", "CLEW_KEY": "k"}, ["the server gives no answer"]),
        ({"CLEW_URL": "nowhere", "CLEW_KEY": "k"}, ["that is no server's address"]),
        ({"CLEW_NEO4J_URI": "bolt://127.0.0.1:9", "CLEW_NEO4J_PASSWORD": "p"}, ["Couldn't connect to 127.0.0.1:9"]),
        ({"CLEW_NEO4J_URI": "bolt://127.0.0.1:9"}, ["the Neo4j store needs CLEW_NEO4J_PASSWORD"]),
    ],
)
def test_without_a_server_or_neo4j_the_notebook_says_so(
    mailing_list: Project, named: dict[str, str], told: list[str], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    for name in ("CLEW_URL", "CLEW_KEY", "CLEW_NEO4J_URI", "CLEW_NEO4J_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    names: dict[str, Any] = {"clew": clew, "os": os, "WHO": "ada@spink.org"}
    names["answer"] = mailing_list.whois(names["WHO"])
    for text in ("clew.Client", "CYPHER"):
        run_cell(cell_with("6_who_is_this.ipynb", text), "6_who_is_this.ipynb", names)
    said = capsys.readouterr().out
    assert all(words in said for words in told), said


@pytest.fixture(scope="module")
def loner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop of one customer: nothing to compare, nothing in doubt, nothing bought."""
    folder = tmp_path_factory.mktemp("loner")
    (folder / "people.csv").write_text("id,name,email\n1,Ada Spink,ada@spink.org\n", encoding="utf-8")
    init(folder)
    with open_project(folder) as opened:
        opened.run()
    return folder


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list of e-mails and nothing else, some of them twice and some misspelt."""
    folder = tmp_path_factory.mktemp("addresses")
    columns = "{key: email, identifiers: [{type: email, column: email}]}"
    (folder / "clew.yaml").write_text(f"sources: [{{path: emails.csv, map: {{record: {columns}}}}}]", encoding="utf-8")
    mails = [f"{name}.{n}@{name}mail.org" for name in ("ada", "bo", "cleo") for n in range(70)]
    again = [mail.upper() for mail in mails[::30]] + [mail.replace("mail", "mial") for mail in mails[::20]]
    (folder / "emails.csv").write_text("\n".join(["email", *mails, *again]), encoding="utf-8")
    with open_project(folder) as opened:
        opened.run()
    return folder


@pytest.mark.parametrize("shop", ["loner", "addresses"])
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_where_little_is_known(
    path: Path, shop: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CLEW_URL", "CLEW_NEO4J_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(shutil.copytree(request.getfixturevalue(shop), tmp_path / "shop"))
    _run(path)


def test_there_is_one_of_each() -> None:
    named = ["audit", "tune", "threshold", "clusters", "review", "who_is_this", "impact", "splink"]
    assert [path.stem for path in NOTEBOOKS] == [f"{n}_{name}" for n, name in enumerate(named, 1)]


def test_they_are_copied_and_nothing_is_written_over(clew: Callable[..., Result], tmp_path: Path) -> None:
    done = clew("notebooks", tmp_path / "mine")
    assert done.exit_code == 0, done.output
    assert sorted(p.name for p in (tmp_path / "mine").iterdir()) == [p.name for p in NOTEBOOKS]
    assert (tmp_path / "mine" / "1_audit.ipynb").read_bytes() == NOTEBOOKS[0].read_bytes()
    assert "Where does identity get lost?" in done.output
    assert "jupyter lab" in done.output
    (tmp_path / "mine" / "1_audit.ipynb").unlink()
    again = clew("notebooks", tmp_path / "mine")
    assert again.exit_code == 2
    assert "2_tune.ipynb is there already" in again.stderr
    assert not (tmp_path / "mine" / "1_audit.ipynb").exists()
