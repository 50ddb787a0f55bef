from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.project import open_project
from api.render.judgement import evaluation
from api.render.picture import as_text

PROJECT = (
    "sources: [{path: people.csv, map: {record: {key: id, name: name, identifiers: [{type: email, column: email}]}}}]"
)


@pytest.fixture
def strangers(tmp_path: Path) -> Path:
    """A shop of which nobody has two records, run, and the truth."""
    (tmp_path / "people.csv").write_text("id,email,name\n1,ann@mail.com,Ann Ames\n2,bob@mail.com,Bob Byrd\n")
    (tmp_path / "truth.csv").write_text("source,key,person\npeople,1,ann\npeople,2,bob\n")
    (tmp_path / "clew.yaml").write_text(PROJECT)
    with open_project(tmp_path / "clew.yaml") as project:
        project.run()
    return tmp_path


def test_what_no_pair_says_is_a_dash(strangers: Path) -> None:
    with open_project(strangers / "clew.yaml") as project:
        judged = project.evaluate(strangers / "truth.csv")
        promised = project.estimate(truth=strangers / "truth.csv")
    text = as_text(evaluation(judged))
    assert re.search(r"pairs of records +– +– +–\s", text)
    assert re.search(r"records \(B-cubed\) +100 % +100 % +100 %\s", text)
    assert judged.to_dict()["pairwise"] == {"precision": None, "recall": None, "f1": None}
    assert judged.to_pandas()["precision"].isna().tolist() == [True, False]
    step = promised.to_dict()["steps"][0]
    assert step["scores"] == step["true"] == {"precision": None, "recall": None, "f1": None}
    assert re.search(r"^ +0( +–){3} +0\.0 +0\.0( +–){2}\s*$", as_text(promised), re.MULTILINE)
