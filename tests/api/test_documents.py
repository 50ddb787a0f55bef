"""docs/python.md is what the code says, and the examples of docs/notebooks.md and docs/splink.md run on the demo."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from api.project import Project, open_project
from api.reference import reference
from tests.api.test_notebooks import run_cell

HOME = Path(__file__).parents[2]
DOCS = HOME / "docs"


def test_the_reference_is_what_the_code_says() -> None:
    told = (DOCS / "python.md").read_text(encoding="utf-8")
    assert told == reference(), "python -m api.reference > docs/python.md"
    asked = [n for n in dir(Project) if not n.startswith("_") and inspect.isfunction(getattr(Project, n))]
    assert [name for name in asked if f"### `project.{name}(" not in told] == ["close"]
    assert "### `answer.to_polars(" in told


@pytest.mark.parametrize("document", ["notebooks", "python", "splink"])
def test_the_examples_run(document: str, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(copy)
    text = (DOCS / f"{document}.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert blocks
    for number, block in enumerate(blocks, 1):
        run_cell(block, f"docs/{document}.md, example {number}", names)
    names["project"].close()  # type: ignore[attr-defined]


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


@pytest.mark.parametrize("document", ["notebooks", "python", "splink", "method"])
def test_links_lead_somewhere(document: str) -> None:
    text = (DOCS / f"{document}.md").read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (DOCS / link).exists(), link
