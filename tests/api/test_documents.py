"""docs/python.md is what the code says, docs/index.md leads everywhere, and the documents' examples run on the demo."""

from __future__ import annotations

import inspect
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from api.project import Project, open_project
from api.reference import reference, settings
from api.results import Demo
from tests.api.test_notebooks import run_cell

HOME = Path(__file__).parents[2]
DOCS = HOME / "docs"


def test_the_reference_is_what_the_code_says() -> None:
    told = (DOCS / "python.md").read_text(encoding="utf-8")
    assert told == reference(), "python -m api.reference > docs/python.md"
    asked = [n for n in dir(Project) if not n.startswith("_") and inspect.isfunction(getattr(Project, n))]
    assert [name for name in asked if f"### `project.{name}(" not in told] == ["close"]
    assert "### `answer.to_polars(" in told


def test_the_settings_are_told_as_the_code_knows_them() -> None:
    told = (DOCS / "settings.md").read_text(encoding="utf-8")
    assert told == settings(), "python -m api.reference settings > docs/settings.md"
    assert not re.findall(r"^\| `\w+` \|  \|.*", told, re.MULTILINE), "settings of which nothing is said"


@pytest.mark.long
@pytest.mark.parametrize("document", ["notebooks", "python", "splink"])
def test_the_examples_run(document: str, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(copy)
    text = (DOCS / f"{document}.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert blocks
    for number, block in enumerate(blocks, 1):
        run_cell(block, f"docs/{document}.md, example {number}", names)
    if document == "notebooks":
        assert names["plan"].comparison.shifts, "the rule that is tried changes nobody"
    names["project"].close()


@pytest.mark.long
def test_the_tutorial_runs(
    shop: Demo, clew: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    for file in (*shop.folder.glob("*.csv"), *shop.folder.glob("*.ndjson")):
        if not file.name.startswith("truth"):
            shutil.copy(file, exports)
    monkeypatch.chdir(tmp_path)
    project = exports / "clew.yaml"
    ids = {"PLAN": Path(".clew/plans"), "RUN": Path(".clew/runs")}
    change = ""
    for kind, block in re.findall(r"```(sh|yaml)\n(.*?)```", (DOCS / "tutorial.md").read_text("utf-8"), re.DOTALL):
        if kind == "yaml":
            change = block
            project.write_text(project.read_text("utf-8") + block, "utf-8")
            continue
        for line in block.splitlines():
            program, *words = shlex.split(line)
            if program == "cd":
                monkeypatch.chdir(*words)
            if program != "clew" or words == ["demo"]:
                continue
            if words[0] == "rollback":
                project.write_text(project.read_text("utf-8").replace(change, ""), "utf-8")
            done = clew(*(min(p.name for p in ids[w].iterdir()) if w in ids else w for w in words))
            assert done.exit_code == 0, (line, done.output)
            if words[0] == "changes":
                assert "fewer doubtful joins" in done.output
                assert re.search(r"linkage\.threshold\s+0\.0\s+4\.0", done.output)


def test_the_front_page_names_every_document_once() -> None:
    named = re.findall(r"\]\(([^)#:]+)\)", (DOCS / "index.md").read_text(encoding="utf-8"))
    documents = [path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md") if path.name != "index.md"]
    assert sorted(named) == sorted(["../README.md", *documents])
    assert "](docs/index.md)" in (HOME / "README.md").read_text(encoding="utf-8")


@pytest.mark.long
def test_the_project_file_for_splinks_tutorial_runs(tmp_path: Path) -> None:
    (project,) = re.findall(r"```yaml clew.yaml\n(.*?)```", (DOCS / "splink.md").read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "clew.yaml").write_text(project, encoding="utf-8")
    rows = [
        "unique_id,first_name,surname,dob,postcode_fake,gender,birth_place,occupation",
        "1,thomas,hinchliff,1862-01-24,ls28 5su,male,leeds,mountaineer",
        "2,tom,hinchliff,1862-01-24,ls28 5su,male,leeds,mountaineer",
        "3,ada,spink,1840-04-01,n16 5ql,female,bristol,artist",
    ]
    (tmp_path / "historical_50k.csv").write_text("\n".join(rows), encoding="utf-8")
    with open_project(tmp_path) as opened:
        assert opened.run().customers == 2


def test_every_notebook_is_told_of() -> None:
    told = (DOCS / "notebooks.md").read_text(encoding="utf-8")
    named = re.findall(r"\]\(\.\./notebooks/(\w+\.ipynb)\)", told)
    assert named == [path.name for path in sorted((HOME / "notebooks").glob("*.ipynb"))]


@pytest.mark.parametrize("document", ["notebooks", "python", "splink", "method", "tutorial", "index"])
def test_links_lead_somewhere(document: str) -> None:
    text = (DOCS / f"{document}.md").read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (DOCS / link).exists(), link
